"""Films with too much, too little or the wrong things in them."""

import struct

from tests.hostile.kit import Good, Kit, Sample
from workers.transcode.reasons import (
    DAMAGED,
    NO_PICTURE,
    NO_SOUND,
    NOT_A_VIDEO,
    PICTURE,
    UNDECODABLE,
)

SUBTITLES = "1\n00:00:00,000 --> 00:00:01,500\nHello\n\n2\n00:00:01,600 --> 00:00:02,000\nBye\n"


def film_file(kit: Kit) -> str:
    return str(kit.written("in.mp4", kit.film))


def subtitles_only(kit: Kit) -> bytes:
    return kit.forged("words.mkv", "-i", str(kit.written("words.srt", SUBTITLES.encode())))


def subtitles_too(kit: Kit) -> bytes:
    words = str(kit.written("words.srt", SUBTITLES.encode()))
    return kit.forged("both.mkv", "-i", film_file(kit), "-i", words, "-c", "copy", "-c:s", "ass")


def attached(kit: Kit) -> bytes:
    """Fonts, as subtitled films carry them; here none, under a name that leads out."""
    font = str(kit.written("font.ttf", b"\0\1\0\0" + b"not a font" * 1000))
    told = ("-attach", font, "-metadata:s:t", "mimetype=font/ttf", "-metadata:s:t", "filename=../../font.ttf")
    return kit.forged("fonts.mkv", "-i", film_file(kit), "-c", "copy", *told)


def cover(kit: Kit, side: int) -> str:
    return str(kit.written(f"cover{side}.jpg", kit.plain(side, side)))


def cover_only(kit: Kit) -> bytes:
    mapped = ("-map", "0:a", "-map", "1:v", "-c", "copy", "-disposition:v", "attached_pic")
    return kit.forged("cover.mp4", "-i", film_file(kit), "-i", cover(kit, 600), *mapped)


def huge_cover(kit: Kit) -> bytes:
    """The film is small; the picture on its box has sixty-seven million pixels."""
    mapped = ("-map", "1:v", "-map", "0:v", "-map", "0:a", "-c", "copy", "-disposition:v:0", "attached_pic")
    return kit.forged("huge.mp4", "-i", film_file(kit), "-i", cover(kit, 8192), *mapped)


def single_frame(kit: Kit) -> bytes:
    return kit.forged("one.mp4", "-i", film_file(kit), "-frames:v", "1", "-an", "-c", "copy")


def two_frames(kit: Kit) -> bytes:
    return kit.forged("two.mp4", "-i", film_file(kit), "-frames:v", "2", "-an", "-c", "copy")


def raw_pictures(kit: Kit) -> bytes:
    return kit.made("raw.avi", "-c:v", "rawvideo", "-an")


def unknown_codec(kit: Kit) -> bytes:
    return kit.film.replace(b"avc1", b"zzzz")


def b_frames(kit: Kit) -> bytes:
    """An old AVI that tells when its frames are decoded, and not when they are shown."""
    return kit.made("old.avi", "-c:v", "mpeg4", "-bf", "2", "-c:a", "copy", "-vtag", "XVID")


def late(kit: Kit) -> bytes:
    """A broadcast that has been running for a day when the recording starts."""
    return kit.copied("late.ts", "-output_ts_offset", "86000")


def riff(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def playlist_as_subtitles(kit: Kit) -> bytes:
    """An AVI whose subtitle track is a playlist: the trick that once read any file of a server.

    Source: the GAB2 subtitle chunk of AVI; its text is looked at and opened by the demuxer itself.
    """
    target = f"file://{kit.canary.text}"
    playlist = f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nconcat:{target}\n#EXT-X-ENDLIST\n".encode()
    words = (
        struct.pack("<H", 2)
        + struct.pack("<I", 4)
        + b"p\0\0\0"
        + struct.pack("<H", 4)
        + struct.pack("<I", len(playlist))
    )
    gab2 = b"GAB2\0" + words + playlist
    header = struct.pack("<4s4sIHHIIIIIIIIHHHH", b"txts", b"", 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0)
    track = riff(b"LIST", b"strl" + riff(b"strh", header) + riff(b"strf", bytes(40)))
    avi = kit.avi
    lists_end = 12 + 8 + struct.unpack_from("<I", avi, 16)[0]
    hdrl = avi[20:lists_end] + track
    hdrl = hdrl.replace(struct.pack("<I", 2) + struct.pack("<III", 1 << 20, 96, 54), b"", 0)
    rest = avi[lists_end:]
    movi = rest.index(b"movi")
    size = struct.unpack_from("<I", rest, movi - 4)[0]
    inside = b"movi" + riff(b"02tx", gab2) + rest[movi + 4 : movi - 0 + size]
    body = b"AVI " + riff(b"LIST", hdrl) + rest[: movi - 8] + riff(b"LIST", inside)
    return b"RIFF" + struct.pack("<I", len(body)) + body


SAMPLES = [
    Sample("sound only", lambda kit: kit.copied("sound.mp4", "-vn"), NO_PICTURE),
    Sample("sound with a cover", cover_only, NO_PICTURE),
    Sample("a small film with a huge cover", huge_cover, Good(warnings=(DAMAGED,))),
    Sample("a single frame", single_frame, PICTURE),
    Sample("two frames", two_frames, Good(seconds=0.2, sound=False, warnings=(NO_SOUND,))),
    Sample("subtitles only", subtitles_only, NOT_A_VIDEO),
    Sample("a film with subtitles", subtitles_too, Good()),
    Sample("a film with fonts", attached, Good()),
    Sample("pictures that are not compressed", raw_pictures, Good(sound=False, warnings=(NO_SOUND,))),
    Sample("a codec nobody knows", unknown_codec, UNDECODABLE),
    Sample("an AVI with frames out of order", b_frames, Good()),
    Sample("a broadcast that began a day ago", late, Good()),
    Sample("a playlist as an AVI's subtitles", playlist_as_subtitles, Good(warnings=(DAMAGED,))),
]
