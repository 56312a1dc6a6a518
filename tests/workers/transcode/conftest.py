from pathlib import Path

import pytest

from tests.clips import Clips
from workers.transcode.encode import Tools


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def tools(clips: Clips) -> Tools:
    return Tools(clips.ffmpeg, clips.ffprobe, "ultrafast")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
