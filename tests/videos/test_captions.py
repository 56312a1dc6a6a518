from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid, KindrelayError, NotFound
from app.videos import captions, lifecycle, publishing
from app.videos.models import Caption, Video
from tests import factories

BODY = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nThere\n"


def speaking(session: Session, **values: object) -> Video:
    """A draft with sound, about which its creator has not said anything."""
    return factories.video(session, **{"publishing": "draft", "no_speech": False, **values})


def add(session: Session, video: Video, language: str = "en", body: bytes = BODY) -> Caption:
    return captions.add(session, video, language=language, filename="clip.srt", body=body).caption


def test_captions_are_kept_as_webvtt(session: Session):
    kept = add(session, speaking(session))
    assert kept.content.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n")
    assert (kept.cues, kept.filename) == (2, "clip.srt")


def test_captions_replace_those_of_the_same_language_only(session: Session):
    video = speaking(session)
    first, chinese = add(session, video), add(session, video, "zh-Hans")
    second = add(session, video, body=b"0:01 Only one")
    assert [row.id for row in captions.of_video(session, video.id)] == [chinese.id, second.id]
    assert first.code != second.code


def test_a_language_that_is_not_offered_is_refused(session: Session):
    with pytest.raises(Invalid) as refused:
        add(session, speaking(session), "tlh")
    assert refused.value.field == "language"


def test_captions_beyond_the_film_are_refused(session: Session):
    with pytest.raises(Invalid, match="the video is over at 00:00:01"):
        add(session, speaking(session, duration_ms=1_000))
    assert add(session, speaking(session, duration_ms=None)).cues == 2


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\clips\\a.srt", "a.srt"),
        ("../../etc/passwd", "passwd"),
        ("a\x00\nb\u202e.srt", "a b.srt"),
        ("", "en.vtt"),
    ],
)
def test_a_filename_is_only_a_name(session: Session, sent: str, kept: str):
    added = captions.add(session, speaking(session), language="en", filename=sent, body=BODY)
    assert added.caption.filename == kept


@pytest.mark.parametrize("to", ["published", "unlisted", "scheduled"])
@pytest.mark.parametrize("has_audio", [True, None])
def test_nothing_with_sound_is_shown_before_its_creator_has_written_or_said_something(
    session: Session, to: str, has_audio: bool | None
):
    video = speaking(session, has_audio=has_audio)
    with pytest.raises(KindrelayError, match="add captions, or say that nobody speaks"):
        show(session, video, to)
    assert video.publishing == "draft"
    add(session, video)
    show(session, video, to)
    assert video.publishing == to


def test_a_word_that_nobody_speaks_is_enough(session: Session):
    video = speaking(session)
    captions.say_no_speech(session, video, True)
    show(session, video, "published")
    assert video.publishing == "published"


def test_a_film_without_sound_needs_nothing(session: Session):
    video = speaking(session, has_audio=False)
    show(session, video, "published")
    assert video.publishing == "published"


def show(session: Session, video: Video, to: str) -> None:
    if to == "scheduled":
        publishing.schedule(session, video, clock.now() + timedelta(hours=1), video.creator_id)
    else:
        publishing.publish(session, video, to, video.creator_id)


def test_captions_take_back_the_word_that_nobody_speaks(session: Session):
    video = speaking(session, no_speech=True)
    add(session, video)
    assert video.no_speech is False
    with pytest.raises(KindrelayError, match="has captions"):
        captions.say_no_speech(session, video, True)


@pytest.mark.parametrize("publishing", ["published", "unlisted", "scheduled"])
def test_the_last_captions_of_a_film_that_others_see_stay(session: Session, publishing: str):
    video = speaking(session, publishing=publishing, scheduled_for=clock.now())
    english, chinese = add(session, video), add(session, video, "zh-Hans")
    captions.remove(session, video, english.code)
    with pytest.raises(KindrelayError, match="needs captions"), session.begin_nested():
        captions.remove(session, video, chinese.code)
    assert [row.code for row in captions.of_video(session, video.id)] == [chinese.code]


def test_the_last_captions_of_a_draft_can_go(session: Session):
    video = speaking(session)
    captions.remove(session, video, add(session, video).code)
    assert not captions.of_video(session, video.id)


def test_a_word_that_lets_others_see_a_film_is_not_taken_back(session: Session):
    video = speaking(session, publishing="published", no_speech=True)
    with pytest.raises(KindrelayError, match="needs captions"):
        captions.say_no_speech(session, video, False)


def test_captions_of_another_video_are_not_removed(session: Session):
    theirs = add(session, speaking(session))
    with pytest.raises(NotFound):
        captions.remove(session, speaking(session), theirs.code)


@pytest.mark.parametrize(
    ("publishing", "to_all", "to_creator"),
    [
        ("published", True, True),
        ("unlisted", True, True),
        ("draft", False, True),
        ("taken_down", False, False),
    ],
)
def test_captions_are_seen_by_whoever_sees_their_video(
    session: Session, publishing: str, to_all: bool, to_creator: bool
):
    video = speaking(session, publishing=publishing)
    caption = factories.caption(session, video)
    assert seen(session, video, caption, None) is to_all
    assert seen(session, video, caption, factories.person(session).id) is to_all
    assert seen(session, video, caption, video.creator_id) is to_creator
    other = factories.video(session)
    assert not seen(session, other, caption, None)


def seen(session: Session, video: Video, caption: Caption, viewer_id: int | None) -> bool:
    try:
        return captions.visible(session, video.code, caption.code, viewer_id).id == caption.id
    except NotFound:
        return False


def test_a_removed_video_keeps_no_words(session: Session):
    video = speaking(session)
    add(session, video)
    lifecycle.remove(session, video, video.creator_id)
    assert session.scalars(select(Caption).where(Caption.video_id == video.id)).all() == []


def test_the_captions_of_many_videos_are_one_query(session: Session):
    videos = [speaking(session) for _ in range(3)]
    for video in videos[:2]:
        add(session, video)
        add(session, video, "fr")
    session.flush()
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *said: asked.append(said[2]))
    found = captions.of_videos(session, [video.id for video in videos])
    assert len(asked) == 1
    assert "content" not in asked[0]
    assert {number: [row.language for row in rows] for number, rows in found.items()} == {
        video.id: ["en", "fr"] for video in videos[:2]
    }
