import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.home import Home


@pytest.fixture
def home() -> Iterator[Home]:
    """A home in a folder that PostgreSQL's user reaches even when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="kindrelay-home-"))
    folder.chmod(0o755)
    yield Home(folder)
    shutil.rmtree(folder)
