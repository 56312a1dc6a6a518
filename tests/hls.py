"""Goes through finished playlists segment by segment, reading the boxes of the files themselves."""

import re
from pathlib import Path


def uris(playlist: Path) -> list[Path]:
    lines = playlist.read_text().splitlines()
    return [playlist.parent / line for line in lines if line and not line.startswith("#")]


def init_of(playlist: Path) -> Path:
    found = re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist.read_text())
    assert found
    return playlist.parent / found[1]


def joined(rendition: Path, target: Path) -> Path:
    """The rendition in one file, as a player puts it together."""
    playlist = rendition / "index.m3u8"
    target.write_bytes(b"".join(path.read_bytes() for path in (init_of(playlist), *uris(playlist))))
    return target
