import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid, KindrelayError
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import Bucket
from app.gateways.s3 import open_store
from app.videos import outputs, posters, publishing, references, renditions
from app.videos.models import Video
from tests import factories
from tests.clips import Clips
from workers.runner import run_due

BLUE, RED = (0, 0, 255), (255, 0, 0)


@pytest.fixture
def media(settings: Settings) -> Bucket:
    return open_store(settings).media


@pytest.fixture(scope="session")
def film(clips: Clips) -> Path:
    """A second of blue, then a second of red, upright."""
    path = clips.folder / "two-colours.mp4"
    colours = "color=blue:s=90x160:d=1:r=10[a];color=red:s=90x160:d=1:r=10[b];[a][b]concat"
    make = [clips.ffmpeg, "-v", "error", "-f", "lavfi", "-i", colours, "-g", "10", "-pix_fmt", "yuv420p"]
    subprocess.run([*make, str(path)], check=True)
    return path


@pytest.fixture
def video(session: Session, media: Bucket, film: Path) -> Video:
    """A ready video whose published film is there."""
    made = factories.video(session, duration_ms=2000, width=90, height=160)
    made.preview_prefix = None
    made.ladder_prefix = f"{outputs.video_prefix(made.code)}r/abc/"
    session.flush()
    media.put(f"{made.ladder_prefix}video.mp4", film)
    return made


def colour(clips: Clips, picture: bytes) -> tuple[int, ...]:
    """The mean colour of a picture."""
    pixel = ["-vf", "scale=1:1:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    ran = subprocess.run(
        [clips.ffmpeg, "-v", "error", "-i", "-", *pixel], input=picture, capture_output=True, check=True
    )
    return tuple(ran.stdout)


def is_like(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(found, wanted, strict=True))


def poster_of(session: Session, video: Video) -> str:
    session.refresh(video)
    files = renditions.published(video)
    assert files is not None
    return files.poster


def sweeps(session: Session) -> list[Task]:
    return list(session.scalars(select(Task).where(Task.name == "media.sweep_orphans").order_by(Task.id)))


@pytest.mark.parametrize(
    ("at_ms", "wanted"),
    [(0, BLUE), (500, BLUE), (1500, RED), (2000, RED)],
)
def test_the_frame_that_was_chosen_stands_for_the_video(
    session: Session, media: Bucket, video: Video, clips: Clips, at_ms: int, wanted: tuple[int, ...]
):
    posters.choose(session, video, at_ms)
    assert posters.is_being_made(session, video)
    run_due("preview")
    key = poster_of(session, video)
    assert key.startswith(f"v/{video.code}/poster/")
    assert not posters.is_being_made(session, video)
    picture = media.get(key)
    assert is_like(colour(clips, picture), wanted)
    assert b"Exif" not in picture
    assert references.home_of(key) in references.needed_media(session, [video.code])


def test_the_last_word_counts_and_the_picture_before_is_cleared_later(
    session: Session, media: Bucket, video: Video, clips: Clips
):
    posters.choose(session, video, 300)
    run_due("preview")
    before = poster_of(session, video)
    posters.choose(session, video, 400)
    posters.choose(session, video, 1500)
    run_due("preview")
    after = poster_of(session, video)
    assert is_like(colour(clips, media.get(after)), RED)
    assert references.home_of(before) not in references.needed_media(session, [video.code])
    later = sweeps(session)[-1]
    assert later.args == {"video_code": video.code}
    assert later.run_after > clock.now()
    assert media.head(before) is not None


def test_a_picture_made_while_the_video_is_taken_down_is_not_shown_and_goes_at_once(
    session: Session, media: Bucket, video: Video
):
    posters.choose(session, video, 300)
    key = posters.fresh_key(video.code)
    media.put(key, b"a picture that came too late")
    publishing.take_down(session, video, "Why", factories.admin(session).id)
    assert not posters.settle(session, video, 300, key)
    run_due("preview", "media")
    session.refresh(video)
    assert video.poster_key is None
    assert list(media.list_prefix(outputs.video_prefix(video.code))) == []


def test_a_film_that_cannot_be_read_leaves_the_picture_as_it_was(
    session: Session, media: Bucket, video: Video
):
    media.put(f"{video.ladder_prefix}video.mp4", b"this is not a film")
    before = poster_of(session, video)
    posters.choose(session, video, 300)
    for _ in range(4):
        session.execute(update(Task).where(Task.name == "media.poster").values(run_after=clock.now()))
        assert video.poster_ms == 300
        run_due("preview")
        session.refresh(video)
    assert poster_of(session, video) == before
    assert video.poster_ms is None
    assert not posters.is_being_made(session, video)


@pytest.mark.parametrize("at_ms", [-1, 2001])
def test_a_moment_outside_the_film_is_refused(session: Session, video: Video, at_ms: int):
    with pytest.raises(Invalid):
        posters.choose(session, video, at_ms)


@pytest.mark.parametrize("values", [{"state": "preparing"}, {"publishing": "taken_down"}])
def test_there_is_nothing_to_choose_from_without_a_film(session: Session, values: dict[str, Any]):
    video = factories.video(session, **values)
    with pytest.raises(KindrelayError, match="as soon as the video plays"):
        posters.choose(session, video, 0)
