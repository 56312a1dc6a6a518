"""Files that broke on their way: cut short, flipped, emptied, stitched together."""

from collections.abc import Callable

from tests.hostile.kit import Good, Kit, Sample
from tests.hostile.mp4 import Movie
from workers.transcode.reasons import DAMAGED, EMPTY, INCOMPLETE, NOT_A_VIDEO, SPLICED, UNDECODABLE

Film = Callable[[Kit], bytes]


def film(kit: Kit) -> bytes:
    return kit.film


def front(kit: Kit) -> bytes:
    return kit.front


def mkv(kit: Kit) -> bytes:
    return kit.mkv


def ts(kit: Kit) -> bytes:
    return kit.ts


def avi(kit: Kit) -> bytes:
    return kit.avi


def tenths(source: Film, tenth: int) -> Callable[[Kit], bytes]:
    def make(kit: Kit) -> bytes:
        whole = source(kit)
        return whole[: len(whole) * tenth // 10]

    return make


def flipped(source: Film, start: float, length: int) -> Callable[[Kit], bytes]:
    """Every bit of `length` bytes flipped, from `start` on, a share of the file."""

    def make(kit: Kit) -> bytes:
        whole = bytearray(source(kit))
        for at in range(int(len(whole) * start), min(len(whole), int(len(whole) * start) + length)):
            whole[at] ^= 0xFF
        return bytes(whole)

    return make


def sprinkled(source: Film, every: int) -> Callable[[Kit], bytes]:
    """One byte changed in each `every`, headers and all."""

    def make(kit: Kit) -> bytes:
        whole = bytearray(source(kit))
        for at in range(every // 2, len(whole), every):
            whole[at] ^= 0x55
        return bytes(whole)

    return make


def silenced_pictures(kit: Kit) -> bytes:
    """The index is whole; every byte of the media is nought."""
    movie = Movie(kit.film)
    movie.box("mdat").payload = bytes(len(movie.box("mdat").payload))
    return movie.written()


def twice(kit: Kit) -> bytes:
    return kit.film + kit.film


def other_programme(kit: Kit) -> bytes:
    """A broadcast whose streams change their numbers half-way."""
    other = kit.copied("other.ts", "-mpegts_start_pid", "0x300", "-output_ts_offset", "2")
    return kit.ts + other


SAMPLES = [
    *(Sample(f"MP4, {n} tenths of it", tenths(film, n), INCOMPLETE) for n in range(1, 10)),
    *(
        Sample(f"MP4 with its index in front, {n} tenths of it", tenths(front, n), INCOMPLETE)
        for n in range(1, 9)
    ),
    Sample("MP4 without its last moment", tenths(front, 9), Good(seconds=1.8, warnings=(DAMAGED,))),
    *(Sample(f"Matroska, {n} tenths of it", tenths(mkv, n), INCOMPLETE) for n in (1, 5, 8)),
    *(Sample(f"AVI, {n} tenths of it", tenths(avi, n), INCOMPLETE) for n in (1, 5, 8)),
    Sample("a broadcast, half of it", tenths(ts, 5), Good(seconds=1.1, warnings=(DAMAGED,))),
    Sample("MP4 with its first bytes flipped", flipped(film, 0, 24), NOT_A_VIDEO),
    Sample("MP4 with its media flipped here and there", flipped(film, 0.5, 200), Good(warnings=(DAMAGED,))),
    Sample("MP4 with its index flipped", flipped(film, 0.99, 900), UNDECODABLE),
    Sample("MP4 with a byte in a hundred changed", sprinkled(film, 100), NOT_A_VIDEO),
    Sample("MP4 with a byte in a thousand changed", sprinkled(film, 1000), Good(warnings=(DAMAGED,))),
    Sample("Matroska with a byte in a thousand changed", sprinkled(mkv, 1000), Good(warnings=(DAMAGED,))),
    Sample("a broadcast with a byte in a thousand changed", sprinkled(ts, 1000), Good(warnings=(DAMAGED,))),
    Sample("MP4 whose media is all noughts", silenced_pictures, UNDECODABLE),
    Sample("two films in one file", twice, Good()),
    Sample("a broadcast that changes its streams", other_programme, SPLICED),
    Sample("nothing", lambda _: b"", EMPTY),
    Sample("one byte", lambda _: b"\0", NOT_A_VIDEO),
    Sample("noughts only", lambda _: bytes(1 << 16), NOT_A_VIDEO),
    Sample("a first box and no more", lambda kit: kit.film[:32], INCOMPLETE),
]
