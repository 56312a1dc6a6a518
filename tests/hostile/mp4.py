"""MP4 surgery: a file as a tree of boxes that can be changed and written again. Source: ISO/IEC 14496-12."""

import struct
from dataclasses import dataclass, field

PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"udta", b"moof", b"traf", b"mvex"}


@dataclass
class Box:
    """A kind of four letters with a payload, or with boxes inside."""

    kind: bytes
    payload: bytes = b""
    inside: "list[Box]" = field(default_factory=lambda: [])

    def written(self) -> bytes:
        payload = self.payload + b"".join(box.written() for box in self.inside)
        return struct.pack(">I4s", 8 + len(payload), self.kind) + payload

    def put(self, offset: int, layout: str, *values: int) -> None:
        """Overwrite numbers in the payload."""
        end = offset + struct.calcsize(layout)
        self.payload = self.payload[:offset] + struct.pack(layout, *values) + self.payload[end:]


class Movie(Box):
    """A whole file. Its index should stand at its end, so that changing it moves no samples."""

    def __init__(self, mp4: bytes) -> None:
        super().__init__(b"file", inside=parsed(mp4))

    def written(self) -> bytes:
        return b"".join(box.written() for box in self.inside)

    def parent(self, path: str) -> Box:
        return self.box(path.rpartition("/")[0])

    def box(self, path: str) -> Box:
        """The box at a path like `moov/trak:1/mdia/minf`: the second track's; no number means the first."""
        here: Box = self
        for step in path.split("/"):
            kind, _, position = step.partition(":")
            alike = [box for box in here.inside if box.kind == kind.encode()]
            here = alike[int(position or 0)]
        return here

    def table(self, name: str, track: int = 0) -> Box:
        """A sample table of a track: stts, stsz, stco…; the first track is the picture."""
        return self.box(f"moov/trak:{track}/mdia/minf/stbl/{name}")

    def drop(self, path: str) -> None:
        box = self.box(path)
        (self.parent(path) if "/" in path else self).inside.remove(box)


def parsed(mp4: bytes) -> list[Box]:
    boxes: list[Box] = []
    at = 0
    while at < len(mp4):
        size, kind = struct.unpack_from(">I4s", mp4, at)
        payload = mp4[at + 8 : at + size]
        boxes.append(Box(kind, inside=parsed(payload)) if kind in PARENTS else Box(kind, payload))
        at += size
    return boxes


def full(kind: bytes, payload: bytes, version: int = 0, flags: int = 0) -> Box:
    """A box that starts with a version and flags."""
    return Box(kind, struct.pack(">I", version << 24 | flags) + payload)


def table(name: str) -> str:
    """The path of one of the tables that say where the samples of a track are."""
    return f"moov/trak/mdia/minf/stbl/{name}"
