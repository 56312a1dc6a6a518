"""The durable task of the picture that a creator chose: one frame of the published film, as a JPEG."""

from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from app.core import runtime
from app.core.db import unit_of_work
from app.core.tasks import Claim
from app.gateways.s3 import open_store
from app.videos import lifecycle, outputs, posters, renditions
from app.videos.models import Video
from workers.lease import Finisher, Lease, nothing
from workers.transcode import guard
from workers.transcode.run import Limits, run
from workers.transcode.workspace import workspace

MOST_TRIES = 4
LIMITS = Limits(wall_seconds=120, stall_seconds=120, cpu_seconds=60)
# A film's last frame begins before its end: who points there is shown the frame before.
STEPS_BACK_MS = (0, 300, 1500)

log = structlog.get_logger()


class NoFrameError(Exception):
    """The film has no frame at the moment that was chosen, nor right before it."""


def make(claim: Claim, _lease: Lease, *, video_id: int, at_ms: int) -> Finisher:
    """Make the picture of `at_ms` and let it stand for the video, unless another was chosen meanwhile."""
    with unit_of_work() as session:
        video = session.get(Video, video_id)
    files = renditions.published(video) if video else None
    if video is None or files is None or not is_wanted(video, at_ms):
        return nothing if claim.attempt == 1 else lambda session: posters.clear_later(session, video_id)
    store = open_store(runtime.settings())
    key = posters.fresh_key(video.code)
    try:
        with workspace() as folder:
            film = folder / "film.mp4"
            store.media.download(files.mp4, film)
            store.media.put(key, frame(runtime.settings().ffmpeg, film, at_ms))
    except Exception:  # whatever broke, the wish does not wait for ever
        if claim.attempt < MOST_TRIES:
            raise
        log.exception("no picture", video=video.code, at_ms=at_ms)
        return lambda session: posters.give_up(session, video_id, at_ms)

    def finish(session: Session) -> None:
        posters.settle(session, video, at_ms, key)

    return finish


def is_wanted(video: Video, at_ms: int) -> bool:
    """Whether the creator still wants this very picture of a film that others may see."""
    return video.poster_ms == at_ms and video.state in lifecycle.PLAYABLE and not outputs.is_withdrawn(video)


def frame(ffmpeg: str, film: Path, at_ms: int) -> Path:
    """The frame shown at `at_ms` as a JPEG beside `film`. Raises NoFrameError, and what `run` raises."""
    target = film.with_name(renditions.POSTER)
    for back in STEPS_BACK_MS:
        run(arguments(ffmpeg, film, max(0, at_ms - back), target), film.parent, LIMITS, lambda _: True)
        if target.exists() and target.stat().st_size:
            return target
    raise NoFrameError(f"{at_ms} ms")


def arguments(ffmpeg: str, film: Path, at_ms: int, target: Path) -> list[str]:
    """Seek in a film of our own making, which is guarded like every other, and write one frame."""
    seek = ["-ss", f"{at_ms / 1000:.3f}", *guard.input_arguments(), "-i", str(film), "-map", "0:v:0"]
    picture = ["-frames:v", "1", "-vf", "scale=out_range=full,format=yuvj420p", "-q:v", "3"]
    anonymous = ["-map_metadata", "-1", "-fflags", "+bitexact", "-update", "1", "-f", "image2"]
    return [ffmpeg, "-nostdin", *guard.QUIET, *seek, *picture, *anonymous, "-y", str(target)]
