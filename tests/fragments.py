"""What lies in the files of fragmented MP4: an init segment's track, and the frames of media segments."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import unpack_from

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf"}
NOT_SYNC = 1 << 16


@dataclass(frozen=True)
class Sample:
    """A frame of picture or sound: when it is decoded and shown, how long, in ticks, and where it lies."""

    decoded: int
    shown: int
    duration: int
    at: int
    size: int
    is_key: bool


@dataclass(frozen=True)
class Init:
    """What an init segment says of its one track."""

    path: Path

    @cached_property
    def content(self) -> bytes:
        return self.path.read_bytes()

    def box(self, name: bytes) -> bytes:
        """The payload of the first box with this name."""
        return next(self.content[start:end] for found, start, end in boxes(self.content) if found == name)

    @property
    def scale(self) -> int:
        """Ticks in a second."""
        header = self.box(b"mdhd")
        return unpack_from(">I", header, 20 if header[0] else 12)[0]

    @property
    def skipped(self) -> int:
        """Ticks before the moment that is shown as zero."""
        edits = [self.content[start:end] for found, start, end in boxes(self.content) if found == b"elst"]
        if not edits:
            return 0
        [[count]] = [unpack_from(">I", edit, 4) for edit in edits]
        skipped = unpack_from(">q" if edits[0][0] else ">i", edits[0], 16 if edits[0][0] else 12)[0]
        assert (count, skipped >= 0) == (1, True), "browsers read the first edit alone, and no empty one"
        return skipped

    @property
    def defaults(self) -> tuple[int, int, int]:
        """Duration, size and flags of a sample that does not tell its own."""
        return unpack_from(">III", self.box(b"trex"), 12)

    @property
    def size(self) -> tuple[int, int]:
        at = self.content.index(b"avc1", self.content.index(b"stsd")) + 4
        return unpack_from(">HH", self.content, at + 24)

    @property
    def profile(self) -> tuple[int, int, int]:
        """Profile, constraints and level of H.264."""
        at = self.content.index(b"avcC") + 5
        return self.content[at], self.content[at + 1], self.content[at + 2]

    @property
    def sound(self) -> tuple[int, int]:
        """Channels and samples a second."""
        at = self.content.index(b"mp4a", self.content.index(b"stsd")) + 4
        return unpack_from(">H", self.content, at + 16)[0], unpack_from(">I", self.content, at + 24)[0] >> 16


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin and end of the payload of each box, inner ones too. Source: ISO/IEC 14496-12."""
    end = len(content) if end is None else end
    while start + 8 <= end:
        size, name = unpack_from(">I4s", content, start)
        assert size >= 8, f"a box of {size} bytes"
        yield name, start + 8, start + size
        if name in CONTAINERS:
            yield from boxes(content, start + 8, start + size)
        start += size
    assert start == end, "the last box is cut off"


def samples(content: bytes, init: Init) -> list[Sample]:
    """The frames of one media segment."""
    usual_duration, usual_size, usual_flags = init.defaults
    found: list[Sample] = []
    fragment = decoded = 0
    for name, start, _ in boxes(content):
        if name == b"moof":
            fragment = start - 8
        elif name == b"tfhd":
            flags, at = unpack_from(">I", content, start)[0], start + 8
            at += (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
            if flags & 0x8:
                usual_duration, at = unpack_from(">I", content, at)[0], at + 4
            if flags & 0x10:
                usual_size, at = unpack_from(">I", content, at)[0], at + 4
            if flags & 0x20:
                usual_flags = unpack_from(">I", content, at)[0]
        elif name == b"tfdt":
            decoded = unpack_from(">Q" if content[start] else ">I", content, start + 4)[0]
        elif name == b"trun":
            run = _run(content, start, fragment, decoded, (usual_duration, usual_size, usual_flags))
            found += run
            decoded = run[-1].decoded + run[-1].duration
    return found


def _run(
    content: bytes, start: int, fragment: int, decoded: int, usual: tuple[int, int, int]
) -> list[Sample]:
    flags, count = unpack_from(">II", content, start)
    at, data = start + 8, fragment
    if flags & 0x1:
        data, at = fragment + unpack_from(">i", content, at)[0], at + 4
    first_flags = None
    if flags & 0x4:
        first_flags, at = unpack_from(">I", content, at)[0], at + 4
    found: list[Sample] = []
    for number in range(count):
        told = list(usual)
        for part, bit in enumerate((0x100, 0x200, 0x400)):
            if flags & bit:
                told[part], at = unpack_from(">I", content, at)[0], at + 4
        later = 0
        if flags & 0x800:
            later, at = unpack_from(">i", content, at)[0], at + 4
        if number == 0 and first_flags is not None:
            told[2] = first_flags
        duration, size, kind = told
        found.append(Sample(decoded, decoded + later, duration, data, size, not kind & NOT_SYNC))
        decoded, data = decoded + duration, data + size
    return found
