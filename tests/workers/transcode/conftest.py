from pathlib import Path

import pytest

from tests.clips import Clips
from tests.films import Films
from workers.transcode import encode, probe
from workers.transcode.encode import Encoded, Tools


@pytest.fixture(scope="session")
def tools(clips: Clips) -> Tools:
    return Tools(clips.ffmpeg, clips.ffprobe, "ultrafast")


@pytest.fixture(scope="session")
def films(clips: Clips) -> Films:
    return Films(clips.folder, clips.ffmpeg, clips.ffprobe)


def previewed(tools: Tools, source: Path, folder: Path) -> Encoded:
    """What the worker makes of `source` first."""
    seen = probe.probe(tools.ffprobe, source, 600)
    return encode.preview(tools, source, folder, seen, lambda _: None)
