"""Where a video's published files are in the media bucket."""

from dataclasses import dataclass

from app.videos.models import Video

POSTER = "poster.jpg"
MP4 = "video.mp4"
PLAYLIST = "master.m3u8"


@dataclass(frozen=True)
class Renditions:
    """Object keys of what browsers read: the first picture, the plain file, the adaptive playlist."""

    poster: str
    mp4: str
    playlist: str


def published(video: Video) -> Renditions | None:
    """The best published set of files: the whole ladder, else the preview, else None."""
    prefix = video.ladder_prefix or video.preview_prefix
    if not prefix:
        return None
    folder = prefix.rstrip("/")
    return Renditions(f"{folder}/{POSTER}", f"{folder}/{MP4}", f"{folder}/{PLAYLIST}")
