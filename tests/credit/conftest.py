"""The stream on which pages tell what visitors meet."""

import pytest

from app.core.settings import Settings
from app.gateways.touch_stream import TouchStream
from tests.engines import Engines


@pytest.fixture
def stream(settings: Settings, engines: Engines) -> TouchStream:
    """The stream, empty."""
    engines.empty_redis(engines.worker)
    return TouchStream(settings.redis_url)
