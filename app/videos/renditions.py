"""What a video's published files are called, and where they are in the media bucket."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the encoder takes the names from here, and runs without a database
    from app.videos.models import Video

POSTER = "poster.jpg"
MP4 = "video.mp4"
PLAYLIST = "master.m3u8"
STORYBOARD = "storyboard.vtt"
STORYBOARD_SHEET = "storyboard.jpg"


@dataclass(frozen=True)
class Renditions:
    """Object keys of what browsers read.

    The first picture (the creator's choice where there is one), the plain file, the plain file that weighs
    least, the adaptive playlist, and the index of the storyboard, which only the whole ladder has.
    """

    poster: str
    mp4: str
    light: str
    playlist: str
    storyboard: str | None


def published(video: "Video") -> Renditions | None:
    """The best published set of files: the whole ladder, else the preview, else None."""
    prefix = video.ladder_prefix or video.preview_prefix
    if not prefix:
        return None
    folder = prefix.rstrip("/")
    return Renditions(
        poster=video.poster_key or f"{folder}/{POSTER}",
        mp4=f"{folder}/{MP4}",
        light=f"{(video.preview_prefix or folder).rstrip('/')}/{MP4}",
        playlist=f"{folder}/{PLAYLIST}",
        storyboard=f"{folder}/{STORYBOARD}" if video.ladder_prefix else None,
    )
