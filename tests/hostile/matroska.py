"""Matroska files written by hand. Source: RFC 8794 (EBML), RFC 9559 (Matroska)."""

import struct
import zlib

from tests.hostile.kit import RATE, Good, Kit, Sample
from workers.transcode.reasons import DAMAGED, INCOMPLETE, NO_SOUND, TIMELESS, TOO_LARGE, TOO_LONG, TOO_NARROW

UNKNOWN = b"\x01" + b"\xff" * 7


def element(name: str, payload: bytes) -> bytes:
    """An element by its identifier in hexadecimal, its size in eight bytes."""
    return bytes.fromhex(name) + struct.pack(">Q", len(payload) | 1 << 56) + payload


def number(name: str, value: int) -> bytes:
    return element(name, value.to_bytes(8, "big"))


def written(
    frames: list[bytes],
    *,
    packed: bool = False,
    size: tuple[int, int] = (96, 54),
    first: int = 0,
    apart: int = 1000 // RATE,
    tick: int = 1_000_000,
) -> bytes:
    """A film of JPEG frames, so many ticks apart, a tick in nanoseconds; `packed`: zlib compressed each."""
    head = element("1A45DFA3", element("4282", b"matroska") + number("4287", 4) + number("4285", 2))
    info = element(
        "1549A966", number("2AD7B1", tick) + element("4489", struct.pack(">d", len(frames) * apart))
    )
    picture = element("E0", number("B0", size[0]) + number("BA", size[1]))
    track = number("D7", 1) + number("73C5", 1) + number("83", 1) + element("86", b"V_MJPEG") + picture
    if packed:
        compression = element("5034", number("4254", 0))
        track += element("6D80", element("6240", number("5031", 0) + number("5032", 1) + compression))
    tracks = element("1654AE6B", element("AE", track))
    blocks = b"".join(
        element("A3", b"\x81" + struct.pack(">hB", first + position * apart, 0x80) + frame)
        for position, frame in enumerate(frames)
    )
    return head + element("18538067", info + tracks + element("1F43B675", number("E7", 0) + blocks))


def packed_frames(kit: Kit) -> bytes:
    return written([zlib.compress(kit.jpeg)] * 20, packed=True)


def bomb(kit: Kit) -> bytes:
    """A few kilobytes a frame that unpack to sixty-four megabytes each."""
    frame = zlib.compress(kit.jpeg + bytes(64 << 20), 9)
    return written([frame] * 20, packed=True)


def large(kit: Kit) -> bytes:
    """Some kilobytes a frame that decode to two hundred megabytes each."""
    return written([kit.plain(8192, 8192)] * 4, size=(8192, 8192))


def growing(kit: Kit) -> bytes:
    """Frames that double in mid-stream until one is larger than any screen."""
    sides = (96, 192, 1536, 8192)
    frames = [kit.plain(side, side) for side in sides]
    return written([frame for frame in frames for _ in range(5)])


def early(kit: Kit) -> bytes:
    """Times that begin before nought."""
    return written([kit.jpeg] * 20, first=-1500)


def fast(kit: Kit) -> bytes:
    """A clock of a tenth of a millisecond, and a frame at each tick."""
    return written([kit.jpeg] * 1500, apart=1, tick=100_000)


def tiny(kit: Kit, width: int, height: int) -> bytes:
    return written([kit.plain(width, height)] * 20, size=(width, height))


def titled(kit: Kit) -> bytes:
    """More words than any tool should print in one line."""
    name = "Once upon a time. " * 120_000
    words = str(kit.written("title.txt", f";FFMETADATA1\ntitle={name}\n".encode()))
    film = str(kit.written("in.mp4", kit.film))
    return kit.forged(
        "titled.mkv", "-i", film, "-f", "ffmetadata", "-i", words, "-map_metadata", "1", "-c", "copy"
    )


def late_sound(kit: Kit) -> bytes:
    film = str(kit.written("in.mp4", kit.film))
    return kit.forged(
        "late.mkv", "-i", film, "-itsoffset", "3600", "-i", film, "-map", "0:v", "-map", "1:a", "-c", "copy"
    )


def endless(kit: Kit) -> bytes:
    """As a live recorder leaves it: sizes unknown, no length, no index."""
    return kit.forged("live.mkv", "-i", str(kit.written("in.mp4", kit.film)), "-c", "copy", "-live", "1")


SAMPLES = [
    Sample("times before nought", early, TIMELESS),
    Sample(
        "ten thousand frames a second, fifteen hundred of them",
        fast,
        Good(seconds=0.15, sound=False, warnings=(NO_SOUND,)),
    ),
    Sample("a title of two megabytes", titled, Good()),
    Sample("sound that starts after an hour", late_sound, TOO_LONG),
    Sample(
        "a picture of two pixels by two",
        lambda kit: tiny(kit, 2, 2),
        Good(2, 2, sound=False, warnings=(NO_SOUND,)),
    ),
    Sample(
        "a picture of one pixel", lambda kit: tiny(kit, 1, 1), Good(2, 2, sound=False, warnings=(NO_SOUND,))
    ),
    Sample("a picture of one pixel by four thousand", lambda kit: tiny(kit, 4000, 1), TOO_NARROW),
    Sample("frames packed with zlib", packed_frames, Good(sound=False, warnings=(NO_SOUND,))),
    Sample("packed frames that unpack to much", bomb, INCOMPLETE),
    Sample("frames of sixty-seven million pixels", large, TOO_LARGE),
    Sample("frames that grow in mid-stream", growing, INCOMPLETE),
    Sample(
        "frames of 32,768 pixels, says the header",
        lambda kit: written([kit.jpeg] * 20, size=(32768, 32768)),
        Good(sound=False, warnings=(NO_SOUND, DAMAGED)),
    ),
    Sample("a live recording without an end", endless, Good()),
]
