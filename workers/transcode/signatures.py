"""What the first bytes of a file tell of its kind, whatever its name says."""

from pathlib import Path

MP4_BOXES = {b"ftyp", b"mdat", b"free", b"wide", b"skip", b"moov"}
STILL_BRANDS = {b"heic", b"heix", b"mif1", b"avif"}
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
SOUNDS = (b"ID3", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9")
SOUNDS_IN_OGG = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex")
ENOUGH = 64


def is_picture(source: Path) -> bool:
    """Whether the file starts like a still picture, or a moving one that has no sound and no clock."""
    start = _start(source)
    is_webp = start.startswith(b"RIFF") and start[8:12] == b"WEBP"
    is_still = start[4:8] == b"ftyp" and start[8:12] in STILL_BRANDS
    return start.startswith(PICTURES) or is_webp or is_still


def is_sound(source: Path) -> bool:
    """Whether the file starts like music or speech: WAV, MP3, AAC, FLAC or Ogg without a film."""
    start = _start(source)
    is_wave = start.startswith(b"RIFF") and start[8:12] == b"WAVE"
    is_ogg = start.startswith(b"OggS") and any(name in start for name in SOUNDS_IN_OGG)
    return start.startswith(SOUNDS) or is_wave or is_ogg


def is_mp4(source: Path) -> bool:
    """Whether the file starts like an MP4 or MOV, which may lack its index."""
    return _start(source)[4:8] in MP4_BOXES


def _start(source: Path) -> bytes:
    with source.open("rb") as stream:
        return stream.read(ENOUGH)
