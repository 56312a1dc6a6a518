"""Clips for the transcode benchmark, made from real footage."""

from pathlib import Path

from bench.bare import ffmpeg
from tests.clips import bunny
from workers.transcode.encode import Tools

# As phones record: High profile with CABAC and deblocking, which decoding has to undo, at a steady high rate.
PHONE = ("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-g", "30", "-bf", "0")
RATE = ("-b:v", "14M", "-maxrate", "14M", "-bufsize", "14M")
SOUND = ("-c:a", "aac", "-b:a", "128k", "-ac", "2")


def clips(tools: Tools, folder: Path, seconds: int) -> list[Path]:
    """Big Buck Bunny as it comes (720p) and enlarged, an upright phone clip, one of 60 frames a second."""
    phone = "crop=404:720,scale=1080:1920,setsar=1,fps=30,noise=alls=8:allf=t"
    fast = "scale=1920:1080,fps=60,noise=alls=6:allf=t"
    return [
        filmed(tools, folder / "bunny-720p.mp4", seconds, "null"),
        filmed(tools, folder / "bunny-1080p.mp4", seconds, "scale=1920:1080"),
        filmed(tools, folder / "phone-1080x1920.mp4", seconds, phone),
        filmed(tools, folder / "fast-60fps.mp4", seconds, fast),
    ]


def filmed(tools: Tools, target: Path, seconds: int, picture: str) -> Path:
    """The film over and over for `seconds`, at 14 Mb/s as phones record."""
    looped = ("-stream_loop", "-1", "-i", str(bunny()), "-t", str(seconds), "-vf", picture)
    ffmpeg(tools, *looped, *PHONE, *RATE, *SOUND, str(target))
    return target
