"""What viewers are shown, and what stays hidden."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound
from app.videos import feed, links, renditions
from tests.factories import person, project, video


def codes(showings: list[feed.Showing]) -> list[str]:
    return [one.video.code for one in showings]


def test_the_feed_goes_from_the_newest_on_without_gaps_or_repeats(session: Session) -> None:
    moment = clock.now()
    made = [video(session, published_at=moment - timedelta(minutes=age // 2)) for age in range(5)]
    first = feed.newest(session, 3)
    rest = feed.newest(session, 10, after=first[-1].video.code)
    assert sorted(codes(first) + codes(rest)) == sorted(one.code for one in made)
    times = [one.video.published_at or moment for one in first + rest]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "hidden",
    [
        {"publishing": "draft"},
        {"publishing": "unlisted"},
        {"publishing": "taken_down"},
        {"state": "preparing"},
    ],
)
def test_the_feed_has_only_published_videos_that_play(session: Session, hidden: dict[str, Any]) -> None:
    video(session, **hidden)
    assert feed.newest(session, 10) == []


def test_a_link_opens_what_is_unlisted_or_still_being_prepared(session: Session) -> None:
    unlisted = video(session, publishing="unlisted")
    preparing = video(session, state="preparing", preview_prefix=None, ladder_prefix=None)
    assert feed.by_code(session, unlisted.code).playable
    assert not feed.by_code(session, preparing.code).playable
    assert renditions.published(preparing) is None


@pytest.mark.parametrize(
    "hidden",
    [{"publishing": "draft"}, {"publishing": "taken_down"}, {"state": "rejected"}, {"state": "removed"}],
)
def test_a_link_opens_nothing_else(session: Session, hidden: dict[str, Any]) -> None:
    made = video(session, **hidden)
    with pytest.raises(NotFound):
        feed.by_code(session, made.code)


def test_a_draft_is_shown_to_its_creator_alone(session: Session) -> None:
    draft = video(session, publishing="draft")
    assert feed.by_code(session, draft.code, draft.creator_id).video is draft
    with pytest.raises(NotFound):
        feed.by_code(session, draft.code, person(session).id)


def test_a_showing_names_the_project_the_video_carries_now(session: Session) -> None:
    before, now = project(session), project(session)
    made = video(session, carries=before)
    links.attach(session, made, now.tag)
    assert feed.by_code(session, made.code).project is now
    assert codes(feed.carrying(session, now.id, 10)) == [made.code]
    assert feed.carrying(session, before.id, 10) == []
    assert feed.carrying(session, now.id, 10, except_id=made.id) == []


def test_the_whole_ladder_is_preferred_to_the_preview(session: Session) -> None:
    made = video(session, preview_prefix="v/a/", ladder_prefix=None)
    preview = renditions.published(made)
    assert preview is not None
    assert (preview.mp4, preview.storyboard) == ("v/a/video.mp4", None)
    made.ladder_prefix = "v/b/"
    ladder = renditions.published(made)
    assert ladder is not None
    assert (ladder.playlist, ladder.storyboard) == ("v/b/master.m3u8", "v/b/storyboard.vtt")


def test_the_picture_its_creator_chose_is_preferred_to_the_one_we_made(session: Session) -> None:
    made = video(session, poster_key="v/a/poster/b/poster.jpg")
    files = renditions.published(made)
    assert files is not None
    assert files.poster == "v/a/poster/b/poster.jpg"
