"""Other kinds of files under a film's name, and files that are two kinds at once."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.hostile.kit import Good, Kit, Sample
from tests.hostile.mp4 import Box, Movie
from workers.transcode.reasons import NO_PICTURE, NOT_A_VIDEO, PICTURE

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SHELL = b"#!/bin/sh\ntouch /tmp/canary\nexit 0\n"
PHP = b"<?php system($_GET['c']); ?>\n"
EXE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HH", 0x8664, 1) + bytes(400)
MEDIA = {  # what ffmpeg makes of the film, by file name, with its options
    "clip.flv": ("-c:v", "flv", "-an"),
    "clip.ogv": ("-c:v", "libtheora", "-an"),
    "clip.wmv": ("-c:v", "wmv2", "-an"),
    "clip.mpg": ("-c:v", "mpeg2video", "-r", "25", "-an"),
    "clip.nut": ("-c", "copy"),
    "clip.h264": ("-c:v", "copy", "-an"),
    "clip.y4m": ("-an",),
    "clip.yuv": ("-an", "-f", "rawvideo"),
    "clip.ivf": ("-c:v", "libvpx", "-an"),
    "clip.swf": ("-c:v", "flv", "-an"),
    "clip.mxf": ("-c:v", "mpeg2video", "-r", "25", "-an"),
}
SOUNDS = {
    "clip.wav": (),
    "clip.mp3": ("-c:a", "libmp3lame"),
    "clip.flac": (),
    "clip.ogg": ("-c:a", "libvorbis"),
    "clip.aac": ("-c", "copy"),
    "clip.m4a": ("-c", "copy"),
}
PICTURES = {
    "clip.mjpeg": (),
    "clip.png": ("-frames:v", "1"),
    "clip.gif": (),
    "clip.webp": ("-c:v", "libwebp_anim"),
    "clip.bmp": ("-frames:v", "1"),
    "clip.tiff": ("-frames:v", "1"),
    "clip.apng": (),
    "clip.avif": ("-frames:v", "1", "-c:v", "libaom-av1", "-cpu-used", "8"),
}


def of(name: str, *options: str) -> Callable[[Kit], bytes]:
    return lambda kit: kit.made(f"disguised-{name}", *options)


def renamed(name: str, options: tuple[str, ...], verdict: str | Good) -> Sample:
    return Sample(f"{name.partition('.')[2]} named .mp4", of(name, *options), verdict)


def before(prefix: Callable[[Kit], bytes]) -> Callable[[Kit], bytes]:
    """Something else first, then the film."""
    return lambda kit: prefix(kit) + kit.film


def behind(suffix: Callable[[Kit], bytes]) -> Callable[[Kit], bytes]:
    return lambda kit: kit.film + suffix(kit)


def within(content: bytes) -> Callable[[Kit], bytes]:
    """In a free box of the film, where nothing plays it."""

    def make(kit: Kit) -> bytes:
        movie = Movie(kit.film)
        movie.inside.append(Box(b"free", content))
        return movie.written()

    return make


def archive(kit: Kit) -> bytes:
    """A ZIP with a text that unpacks to a thousand times its size."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("film.txt", bytes(1 << 20))
    return target.getvalue()


def constant(content: bytes) -> Callable[[Kit], bytes]:
    return lambda _: content


SAMPLES = [
    *(renamed(name, options, NOT_A_VIDEO) for name, options in MEDIA.items()),
    *(renamed(name, ("-vn", *options), NO_PICTURE) for name, options in SOUNDS.items()),
    *(renamed(name, ("-an", *options), PICTURE) for name, options in PICTURES.items()),
    Sample("jpg named .mp4", lambda kit: kit.jpeg, PICTURE),
    Sample("txt named .mp4", constant(b"Dear diary\n" * 300), NOT_A_VIDEO),
    Sample("pdf named .mp4", constant(PDF), NOT_A_VIDEO),
    Sample("zip named .mp4", archive, NOT_A_VIDEO),
    Sample("gz named .mp4", constant(zlib.compress(bytes(1 << 20), wbits=31)), NOT_A_VIDEO),
    Sample("exe named .mp4", constant(EXE), NOT_A_VIDEO),
    Sample("a film behind a ZIP", before(archive), NOT_A_VIDEO),
    Sample("a film before a ZIP", behind(archive), Good()),
    Sample("a film behind a PDF", before(constant(PDF)), NOT_A_VIDEO),
    Sample("a film behind a picture", before(lambda kit: kit.jpeg), PICTURE),
    Sample("a film behind a GIF's first bytes", before(constant(b"GIF89a" + bytes(10))), PICTURE),
    Sample("a film behind a shell script", before(constant(SHELL)), NOT_A_VIDEO),
    Sample("a film with a PHP page inside", within(PHP), Good()),
    Sample("a film before a playlist", behind(constant(b"#EXTM3U\n#EXTINF:1,\ncanary.mp4\n")), Good()),
]
