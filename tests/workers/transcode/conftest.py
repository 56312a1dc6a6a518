import pytest

from tests.clips import Clips
from workers.transcode.encode import Tools


@pytest.fixture(scope="session")
def tools(clips: Clips) -> Tools:
    return Tools(clips.ffmpeg, clips.ffprobe, "ultrafast")
