"""What is done to pictures and sound between decoding and encoding. Pure: it builds a filter graph."""

from math import log2
from typing import Any

from workers.transcode.header import Orientation
from workers.transcode.ladder import Rung
from workers.transcode.playlists import Storyboard
from workers.transcode.probe import Probe

LIGHT_TABLE = "light.cube"  # where a clip in wide colours finds its table
SOUND_RATE = 48_000
LOUDEST = 0.8  # of surround sound after mixing; AAC overshoots a little
LOW_FREQUENCIES = 0.5  # of the sixth channel of surround sound; a plain downmix leaves it out
# From a picture as stored to one that is upright, by its orientation.
UPRIGHT: dict[Orientation, tuple[tuple[str, dict[str, str]], ...]] = {
    (1, 0, 0, 1): (),
    (-1, 0, 0, 1): (("hflip", {}),),
    (1, 0, 0, -1): (("vflip", {}),),
    (-1, 0, 0, -1): (("hflip", {}), ("vflip", {})),
    (0, 1, -1, 0): (("transpose", {"dir": "clock"}),),
    (0, -1, 1, 0): (("transpose", {"dir": "cclock"}),),
    (0, 1, 1, 0): (("transpose", {"dir": "cclock_flip"}),),
    (0, -1, -1, 0): (("transpose", {"dir": "clock_flip"}),),
}


def normalised(video: Any, probe: Probe, top: Rung) -> Any:
    """Frames at a constant rate, upright, square, progressive, in ordinary light, at the top rung's size.

    Expects pictures as they are stored, and LIGHT_TABLE where ffmpeg is run if the clip's colours are wide.
    """
    if probe.is_interlaced:
        video = video.filter("yadif", deint="interlaced")
    video = video.filter("fps", fps=str(probe.rate), start_time=0)
    coding = probe.colours
    read: dict[str, str] = {}
    if coding.matrix:
        read = {"in_range": "full" if coding.is_full else "limited", "in_color_matrix": coding.matrix}
    lies = probe.orientation[0] == 0  # turned last: fewer pixels, and interlaced lines are still lines
    size = (top.height, top.width) if lies else (top.width, top.height)
    if coding.are_wide:
        video = video.filter("scale", *size, **read).filter("format", "gbrpf32le")
        video = video.filter("exposure", exposure=f"{-log2(coding.strongest):.5f}")
        video = video.filter("lut3d", LIGHT_TABLE)
        size, read = (), {}
    video = video.filter("scale", *size, **read, out_range="limited", out_color_matrix="bt709")
    video = video.filter("format", "yuv420p")
    for name, options in UPRIGHT[probe.orientation]:
        video = video.filter(name, **options)
    # The note has been followed; players would follow it again.
    video = video.filter("sidedata", mode="delete", type="DISPLAYMATRIX")
    told = {"range": "limited", "colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709"}
    return video.filter("setsar", 1).filter("setparams", **told)


def small(frames: Any, board: Storyboard) -> Any:
    """One picture for each tile of the storyboard, the one shown when its time begins."""
    return still(frames.filter("fps", fps=f"1/{board.interval}", round="up"), board.width, board.height)


def still(frames: Any, *size: int) -> Any:
    """Frames in the coding of JPEG files, which is not that of films."""
    told = {"out_range": "full", "out_color_matrix": "bt601"}
    return frames.filter("scale", *size, **told).filter("format", "yuvj420p")


def sound(audio: Any, probe: Probe) -> Any:
    """Stereo that begins with the clip, whenever the sound in the file begins, and has no holes."""
    options: dict[str, Any] = {"async": 1, "first_pts": 0, "lfe_mix_level": LOW_FREQUENCIES}
    mixed = audio.filter("aresample", **options)
    if probe.audio_channels == 1:  # a plain upmix makes it quieter
        mixed = mixed.filter("pan", args="stereo|c0=c0|c1=c0")
    mixed = mixed.filter("aformat", sample_rates=SOUND_RATE, channel_layouts="stereo")
    if (probe.audio_channels or 0) > 2:  # channels add up; what gets too loud is held, not cut off
        mixed = mixed.filter("alimiter", limit=LOUDEST, level=0, latency=1)
    return mixed
