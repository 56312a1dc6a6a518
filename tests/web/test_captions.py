import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.videos import captions
from app.videos.models import Caption, Video
from tests import factories
from tests.web.conftest import sign_in_as

SUBRIP = b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHello <script>\r\n"


@pytest.fixture
def video(session: Session) -> Video:
    """A draft with sound, about which its creator has not said anything."""
    return factories.video(session, publishing="draft", no_speech=False)


@pytest.fixture
def studio(client: FlaskClient, session: Session, video: Video) -> FlaskClient:
    return sign_in_as(client, session.get_one(Person, video.creator_id))


def page(video: Video) -> str:
    return f"/studio/videos/{video.code}"


def send(studio: FlaskClient, video: Video, language: str = "en", typed: str = "", file: bytes = b"") -> str:
    answer = studio.post(
        f"{page(video)}/captions",
        data={"language": language, "typed": typed, "file": (io.BytesIO(file), "clip.srt" if file else "")},
        follow_redirects=True,
    )
    return answer.text


def kept(session: Session, video: Video) -> dict[str, Caption]:
    return {row.language: row for row in captions.of_video(session, video.id)}


def test_a_file_of_captions_is_kept_and_the_video_can_be_published(
    studio: FlaskClient, session: Session, video: Video
):
    shown = send(studio, video, "zh-Hans", file=SUBRIP)
    assert "1 caption in Chinese (Simplified)." in shown
    assert "clip.srt" in shown
    assert "Nobody speaks in it" not in shown
    studio.post(f"{page(video)}/publishing", data={"to": "published"})
    assert video.publishing == "published"


def test_typed_lines_are_captions_too(studio: FlaskClient, session: Session, video: Video):
    assert "2 captions in English." in send(studio, video, typed="0:01 One\r\n0:03 Two\r\n")
    assert kept(session, video)["en"].cues == 2


def test_captions_that_overlap_are_kept_and_told(studio: FlaskClient, video: Video):
    assert "At line 2 two captions overlap" in send(studio, video, typed="0:01-0:04 One\n0:03-0:05 Two")


@pytest.mark.parametrize(
    ("sent", "field"), [({"typed": "0:05 One\n0:03 Two"}, "typed"), ({"file": b"0:05 One\n0:03 Two"}, "file")]
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(
    studio: FlaskClient, session: Session, video: Video, sent: dict[str, bytes], field: str
):
    shown = send(studio, video, "fr", **sent)  # pyright: ignore[reportArgumentType]
    error = re.search(rf'id="{field}-error".*?</p>', shown, re.DOTALL)
    assert error
    assert "Line 2: this caption begins before the one above it." in error[0]
    assert 'selected value="fr"' in shown
    assert ("0:05 One\n0:03 Two" in shown) is (field == "typed")
    assert kept(session, video) == {}


def test_nothing_chosen_and_nothing_typed_is_asked_for(studio: FlaskClient, video: Video):
    assert "Please choose a file, or type the captions." in send(studio, video)


def test_a_language_that_is_not_on_the_list_is_refused(studio: FlaskClient, video: Video):
    assert "Choose one from the list." in send(studio, video, "xx", typed="0:01 Hi")


def test_a_video_without_a_choice_is_not_published_and_its_page_says_why(studio: FlaskClient, video: Video):
    shown = studio.post(f"{page(video)}/publishing", data={"to": "published"}, follow_redirects=True).text
    assert "Please add captions, or say that nobody speaks in this video." in shown
    assert "Nobody speaks in it" in shown
    assert video.publishing == "draft"


def test_nobody_speaks_can_be_said_and_taken_back(studio: FlaskClient, video: Video):
    shown = studio.post(f"{page(video)}/no-speech", data={"nobody_speaks": "yes"}, follow_redirects=True).text
    assert "You said that nobody speaks" in shown
    assert video.no_speech
    studio.post(f"{page(video)}/no-speech", data={"nobody_speaks": "no"})
    assert not video.no_speech


def test_what_was_kept_can_be_typed_on(studio: FlaskClient, video: Video):
    send(studio, video, typed="0:01-0:02 I <3 you & me\n0:03.5-0:05 Two")
    shown = studio.get(f"{page(video)}/captions?language=en").text
    assert "0:01-0:02 I &lt;3 you &amp; me\n0:03.5-0:05 Two</textarea>" in shown
    assert 'selected value="en"' in shown


def test_the_next_language_is_proposed(studio: FlaskClient, video: Video):
    assert 'selected value="en"' in studio.get(f"{page(video)}/captions").text
    send(studio, video, typed="0:01 Hi")
    assert 'selected value="zh-Hans"' in studio.get(f"{page(video)}/captions").text


def test_captions_are_downloaded_and_removed(studio: FlaskClient, session: Session, video: Video):
    send(studio, video, file=SUBRIP)
    code = kept(session, video)["en"].code
    file = studio.get(f"{page(video)}/captions/{code}")
    assert file.headers["Content-Disposition"] == f"attachment; filename={video.code}.en.vtt"
    assert "script" not in file.text
    studio.post(f"{page(video)}/captions/{code}/remove")
    assert kept(session, video) == {}


def test_the_last_captions_of_a_published_video_stay(studio: FlaskClient, session: Session, video: Video):
    send(studio, video, file=SUBRIP)
    studio.post(f"{page(video)}/publishing", data={"to": "published"})
    code = kept(session, video)["en"].code
    shown = studio.post(f"{page(video)}/captions/{code}/remove", follow_redirects=True).text
    assert "needs captions or your word" in shown
    assert "Removed." not in shown
    assert set(kept(session, video)) == {"en"}


def test_a_player_gets_plain_webvtt_for_a_minute(client: FlaskClient, session: Session):
    video = factories.video(session)
    caption = factories.caption(session, video)
    address = f"/v/{video.code}/captions/{caption.code}.vtt"
    answer = client.get(address)
    assert (answer.status_code, answer.text) == (200, caption.content)
    assert answer.content_type == "text/vtt; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    video.publishing = "taken_down"
    session.flush()
    assert client.get(address).status_code == 404


def test_only_its_creator_gets_the_captions_of_a_draft(client: FlaskClient, session: Session, video: Video):
    address = f"/v/{video.code}/captions/{factories.caption(session, video).code}.vtt"
    assert client.get(address).status_code == 404
    assert sign_in_as(client, factories.person(session)).get(address).status_code == 404
    assert sign_in_as(client, session.get_one(Person, video.creator_id)).get(address).status_code == 200


def test_the_watch_page_names_every_language_in_its_own_words_and_to_machines(
    client: FlaskClient, session: Session
):
    video = factories.video(session)
    made = {language: factories.caption(session, video, language) for language in ("en", "zh-Hans")}
    shown = client.get(f"/v/{video.code}").text
    for language, label in (("en", "English"), ("zh-Hans", "中文 (简体)")):
        address = f"/v/{video.code}/captions/{made[language].code}.vtt"
        track = f'<track kind="captions" src="{address}" srclang="{language}" label="{label}">'
        assert track in shown
        assert re.search(rf'"contentUrl": ?"http[^"]+{address}"', shown)
    assert '"accessibilityFeature"' in shown
