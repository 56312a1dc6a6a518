from collections.abc import Iterator

import pytest

from app.core import runtime
from app.core.settings import Settings
from tests.conftest import fresh_database
from tests.engines import Engines
from tests.faults.house import House


@pytest.fixture(scope="package")
def built_house(
    engines: Engines, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with fresh_database(engines, settings) as live:
        house = House(live, tmp_path_factory.mktemp("house"))
        yield house
        house.close()


@pytest.fixture
def house(built_house: House, settings: Settings) -> Iterator[House]:
    """A house with everything in order, to which this process is connected."""
    engine = runtime.start(built_house.settings)
    yield built_house
    try:
        built_house.tidy()
    finally:  # whatever is broken in the house, the tests after it are not its tests
        engine.dispose()
        runtime.start(settings)
