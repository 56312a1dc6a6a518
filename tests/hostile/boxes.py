"""MP4 files whose boxes lie: about sizes, counts, places, times and shapes."""

import struct
import zlib
from collections.abc import Callable

from tests.hostile.kit import RATE, SECONDS, Good, Kit, Sample
from tests.hostile.mp4 import Box, Movie, full, table
from workers.transcode.reasons import (
    DAMAGED,
    INCOMPLETE,
    NO_PICTURE,
    NOT_A_VIDEO,
    TIMELESS,
    TOO_HARD,
    TOO_LONG,
    TOO_NARROW,
    TOO_SHORT,
    UNDECODABLE,
)

MOST = 0xFFFFFFFF
FRAMES = int(SECONDS * RATE)
TRAK = "moov/trak"
MDHD = "moov/trak/mdia/mdhd"


def changed(what: str, change: Callable[[Movie, Kit], None], verdict: str | Good) -> Sample:
    """The whole film after surgery on its tree of boxes."""

    def make(kit: Kit) -> bytes:
        movie = Movie(kit.film)
        change(movie, kit)
        return movie.written()

    return Sample(what, make, verdict)


def rewritten(what: str, path: str, offset: int, layout: str, *values: int, verdict: str | Good) -> Sample:
    """The whole film with some numbers of one box overwritten."""

    def change(movie: Movie, _: Kit) -> None:
        movie.box(path).put(offset, layout, *values)

    return changed(what, change, verdict)


def resized(what: str, kind: bytes, size: bytes, verdict: str | Good, *, front: bool = False) -> Sample:
    """The size of a box replaced by other four bytes; what follows stays where it is."""

    def make(kit: Kit) -> bytes:
        mp4 = kit.front if front else kit.film
        at = mp4.index(kind) - 4
        return mp4[:at] + size + mp4[at + 4 :]

    return Sample(what, make, verdict)


def no_index(kit: Kit) -> bytes:
    movie = Movie(kit.film)
    movie.drop("moov")
    return movie.written()


def index_after_half_the_film(kit: Kit) -> bytes:
    """A broken copy that kept both ends: the index stands where the second half of the film should."""
    movie = Movie(kit.film)
    media = movie.box("mdat")
    media.payload = media.payload[: len(media.payload) // 2]
    return movie.written()


def sixty_four_bits(kit: Kit) -> bytes:
    """A size of eight bytes that points past every disk."""
    film = kit.film
    at = film.index(b"mdat") - 4
    return film[:at] + struct.pack(">I4sQ", 1, b"mdat", (1 << 63) + 7) + film[at + 16 :]


def nested(movie: Movie, _: Kit) -> None:
    deep = Box(b"udta")
    for _level in range(20_000):
        deep = Box(b"udta", deep.written() if len(deep.inside) == 0 else b"", [])
    movie.box("moov").inside.append(deep)


def looped(movie: Movie, _: Kit) -> None:
    """A meta box in a meta box in a meta box, with an item table that names itself."""
    items = full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, 0, MOST))
    meta = full(b"meta", items.written())
    for _level in range(64):
        meta = full(b"meta", meta.written() + items.written())
    movie.box("moov").inside.append(Box(b"udta", meta.written()))
    movie.inside.append(meta)


def compressed_index(kit: Kit) -> bytes:
    """An old QuickTime index packed with zlib that unpacks to far more than it says."""
    movie = Movie(kit.film)
    packed = zlib.compress(bytes(64 << 20))
    inside = Box(b"dcom", b"zlib").written() + Box(b"cmvd", struct.pack(">I", MOST) + packed).written()
    movie.box("moov").inside = [Box(b"cmov", inside)]
    return movie.written()


def edit_list(*edits: tuple[int, int]) -> Callable[[Movie, Kit], None]:
    """Edits as (length in the movie's time, start in the track's time; -1 shows nothing)."""

    def change(movie: Movie, _: Kit) -> None:
        rows = b"".join(struct.pack(">IiI", length, start, 1 << 16) for length, start in edits)
        track = movie.box(TRAK)
        track.inside = [box for box in track.inside if box.kind != b"edts"]
        track.inside.insert(1, Box(b"edts", full(b"elst", struct.pack(">I", len(edits)) + rows).written()))

    return change


def external(kind: bytes, record: Callable[[Kit], bytes]) -> Callable[[Movie, Kit], None]:
    """The samples of both tracks stand in another file, says the data reference."""

    def change(movie: Movie, kit: Kit) -> None:
        entry = full(kind, record(kit)).written()
        for track in (0, 1):
            movie.box(f"moov/trak:{track}/mdia/minf/dinf/dref").payload = struct.pack(">II", 0, 1) + entry

    return change


def alias(kit: Kit) -> bytes:
    """A Macintosh alias record that leads to the file beside this one."""
    path = kit.canary.film.as_posix().encode()
    volume = b"\x01/".ljust(28, b"\0")
    name = bytes([len(kit.canary.film.name)]) + kit.canary.film.name.encode().ljust(63, b"\0")
    levels = struct.pack(">HH", 1, 1)
    absolute = struct.pack(">HH", 2, len(path)) + path + b"\0" * (len(path) % 2)
    return bytes(10) + volume + bytes(12) + name + bytes(16) + levels + bytes(16) + absolute + b"\xff\xff\0\0"


def far_away(movie: Movie, _: Kit) -> None:
    """Every chunk of the picture starts where no file reaches."""
    chunks = movie.table("stco")
    count = struct.unpack_from(">I", chunks.payload, 4)[0]
    chunks.put(8, f">{count}I", *range(MOST - count, MOST))


def far_away_first(movie: Movie, _: Kit) -> None:
    movie.table("stco").put(8, ">I", MOST - 9)


def other_size(width: int, height: int) -> Callable[[Movie, Kit], None]:
    def change(movie: Movie, _: Kit) -> None:
        movie.box("moov/trak/tkhd").put(76, ">II", width << 16 & MOST, height << 16 & MOST)
        movie.table("stsd").put(8 + 8 + 24, ">HH", width & 0xFFFF, height & 0xFFFF)

    return change


def squeezed(across: int, down: int) -> Callable[[Movie, Kit], None]:
    """Another shape for the pixels, in the box that says so or in one of its own."""

    def change(movie: Movie, _: Kit) -> None:
        description = movie.table("stsd")
        at = description.payload.index(b"pasp")
        description.put(at + 4, ">II", across, down)

    return change


def longest(movie: Movie, _: Kit) -> None:
    """Lengths of 2⁶³ - 1, written in eight bytes, in every header that tells one."""
    most = (1 << 63) - 1
    movie.box("moov/mvhd").payload = (
        struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, most) + movie.box("moov/mvhd").payload[20:]
    )
    movie.box(MDHD).payload = struct.pack(">IQQIQI", 1 << 24, 0, 0, 10240, most, 0)


def lengthless(movie: Movie, _: Kit) -> None:
    movie.box("moov/mvhd").put(16, ">I", 0)
    for track in (0, 1):
        movie.box(f"moov/trak:{track}/tkhd").put(20, ">I", 0)
        movie.box(f"moov/trak:{track}/mdia/mdhd").put(16, ">I", 0)
        movie.box(f"moov/trak:{track}").inside = [
            box for box in movie.box(f"moov/trak:{track}").inside if box.kind != b"edts"
        ]


def ticking(scale: int, delta: int) -> Callable[[Movie, Kit], None]:
    """Another clock for the picture: `scale` ticks a second and `delta` ticks a frame."""

    def change(movie: Movie, _: Kit) -> None:
        movie.box(MDHD).put(12, ">II", scale, min(MOST, delta * FRAMES))
        movie.table("stts").payload = struct.pack(">IIII", 0, 1, FRAMES, delta)
        track = movie.box(TRAK)
        track.inside = [box for box in track.inside if box.kind != b"edts"]

    return change


def shifted(ticks: int) -> Callable[[Movie, Kit], None]:
    """Frames shown so long after they are decoded; when negative, before the film begins."""

    def change(movie: Movie, _: Kit) -> None:
        offsets = full(b"ctts", struct.pack(">IIi", 1, FRAMES, ticks), version=1)
        movie.box("moov/trak/mdia/minf/stbl").inside.append(offsets)

    return change


def encrypted(movie: Movie, _: Kit) -> None:
    """What shops with copy protection sell: whole, and unreadable."""
    description = movie.table("stsd")
    protection = Box(
        b"sinf",
        Box(b"frma", b"avc1").written()
        + full(b"schm", b"cenc" + struct.pack(">I", 0x10000)).written()
        + Box(b"schi", full(b"tenc", struct.pack(">HBB", 0, 1, 8) + bytes(16)).written()).written(),
    ).written()
    entry = description.payload[8:].replace(b"avc1", b"encv", 1) + protection
    description.payload = description.payload[:8] + struct.pack(">I", len(entry)) + entry[4:]
    media = movie.box("mdat")
    media.payload = bytes(byte ^ 0xA5 for byte in media.payload)


def without_the_film(movie: Movie, _: Kit) -> None:
    movie.drop(TRAK)


def repeated(path: str, times: int) -> Callable[[Movie, Kit], None]:
    def change(movie: Movie, _: Kit) -> None:
        movie.parent(path).inside.extend([movie.box(path)] * times)

    return change


SAMPLES = [
    Sample("no index", no_index, INCOMPLETE),
    Sample("the index after half the film", index_after_half_the_film, INCOMPLETE),
    Sample("a size of sixty-four bits past every disk", sixty_four_bits, INCOMPLETE),
    Sample("a packed index that unpacks to much", compressed_index, TOO_HARD),
    resized("media of size nought", b"mdat", bytes(4), INCOMPLETE),
    resized("media of size nought after its index", b"mdat", bytes(4), Good(), front=True),
    resized("media smaller than its header", b"mdat", struct.pack(">I", 7), INCOMPLETE),
    resized("media of a wrong size", b"mdat", struct.pack(">I", 4000), INCOMPLETE),
    resized("an index smaller than its header", b"moov", struct.pack(">I", 4), INCOMPLETE),
    resized("an index larger than the file", b"moov", struct.pack(">I", MOST), Good()),
    resized("a table smaller than its header", b"stsz", struct.pack(">I", 3), NOT_A_VIDEO),
    changed("twenty thousand boxes deep", nested, NOT_A_VIDEO),
    changed("tables of items that loop", looped, Good()),
    changed("samples beyond the end", far_away, INCOMPLETE),
    changed("a first sample beyond the end", far_away_first, Good()),
    rewritten("four thousand million samples", table("stsz"), 8, ">I", MOST, verdict=NOT_A_VIDEO),
    rewritten(
        "four thousand million samples of one size", table("stsz"), 4, ">II", 9, MOST, verdict=INCOMPLETE
    ),
    rewritten("four thousand million chunks", table("stco"), 4, ">I", MOST, verdict=Good()),
    rewritten("four thousand million times", table("stts"), 4, ">I", MOST, verdict=TOO_HARD),
    rewritten("one time for four thousand million frames", table("stts"), 8, ">I", MOST, verdict=Good()),
    rewritten("chunks that start before the first", table("stsc"), 8, ">I", 0, verdict=Good()),
    rewritten("four thousand million descriptions", table("stsd"), 4, ">I", MOST, verdict=NOT_A_VIDEO),
    changed("samples in a file beside it", external(b"alis", alias), INCOMPLETE),
    changed(
        "samples behind a file URL",
        external(b"url ", lambda kit: f"file://{kit.canary.film}\0".encode()),
        Good(),
    ),
    changed(
        "samples at a web address",
        external(b"url ", lambda kit: f"http://127.0.0.1:{kit.canary.port}/canary.mp4\0".encode()),
        Good(),
    ),
    changed("a picture of 32,768 pixels", other_size(32768, 32768), Good(warnings=(DAMAGED,))),
    changed("pixels a thousand times as wide as high", squeezed(1000, 1), TOO_NARROW),
    changed("pixels without a width", squeezed(0, 1), Good()),
    changed("a picture of no pixels", other_size(0, 0), Good()),
    rewritten("a turn that is none", "moov/trak/tkhd", 40, ">9I", *([MOST] * 9), verdict=Good()),
    changed("ten thousand frames a second", ticking(10_000, 1), TOO_SHORT),
    changed("one tick a second", ticking(1, 1), Good(seconds=20.0, rate=1)),
    changed("one tick a second and no time", ticking(1, 0), TIMELESS),
    changed("the fastest clock", ticking(MOST // 2, MOST // 2 // RATE), Good()),
    changed("a clock faster than the fastest", ticking(MOST, MOST // RATE), TOO_LONG),
    changed("the slowest film", ticking(1, MOST // FRAMES), TOO_LONG),
    changed("a length of nought", lengthless, Good()),
    changed("a length of 2⁶³", longest, Good()),
    changed("frames just before the film begins", shifted(-1024), Good()),
    changed("frames long before the film begins", shifted(-(1 << 30)), TIMELESS),
    changed("an edit that starts with nothing", edit_list((500, -1), (2000, 0)), Good(seconds=2.5)),
    changed("an edit that cuts out the middle", edit_list((500, 0), (500, 15360)), Good(seconds=1.0)),
    changed("an edit outside of the film", edit_list((2000, 1 << 30)), TIMELESS),
    changed("an edit of no length", edit_list((0, 0)), TIMELESS),
    changed("six hundred edits", edit_list(*[(1, 0)] * 600), Good(seconds=0.6)),
    changed("a film under copy protection", encrypted, UNDECODABLE),
    changed("sound whose film was taken out", without_the_film, NO_PICTURE),
    changed("fifty films in one", repeated(TRAK, 49), Good()),
    changed("a hundred sounds in one", repeated("moov/trak:1", 99), Good()),
    changed("the same clock twice", repeated(MDHD, 1), NOT_A_VIDEO),
]
