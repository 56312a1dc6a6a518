import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.settings import Settings
from app.gateways.models import KeptMail
from app.gateways.object_store import Bucket
from app.gateways.s3 import open_store
from app.videos import outputs, publishing
from app.videos.models import Video
from tests import factories
from tests.web.conftest import sign_in_as
from workers.runner import run_due

REASON = "It shows a child whose family did not agree."


@pytest.fixture
def media(settings: Settings) -> Bucket:
    return open_store(settings).media


def with_files(media: Bucket, video: Video) -> Video:
    """The video with objects under its prefixes, as a transcode leaves them."""
    folder = f"{outputs.video_prefix(video.code)}r/abc/"
    video.preview_prefix = video.ladder_prefix = folder
    for name in ("master.m3u8", "poster.jpg", "480p/0000.m4s"):
        media.put(f"{folder}{name}", b"public")
    return video


def public_files(media: Bucket, video: Video) -> list[str]:
    return [stored.key for stored in media.list_prefix(outputs.video_prefix(video.code))]


def test_a_take_down_deletes_the_public_files_before_it_answers(
    office: FlaskClient, session: Session, media: Bucket
):
    creator = factories.person(session, "Cleo", email="cleo@example.org")
    video = with_files(media, factories.video(session, creator, carries=factories.project(session)))
    assert len(public_files(media, video)) == 3
    session.expunge_all()  # the view reads everything itself, as it does in a process of its own
    answer = office.post(f"/admin/videos/{video.code}/take-down", data={"reason": REASON})
    assert (answer.status_code, answer.location) == (303, f"/admin/videos/{video.code}")
    assert public_files(media, video) == []
    video = session.scalars(select(Video).where(Video.code == video.code)).one()
    assert (video.publishing, video.state, video.takedown_reason) == ("taken_down", "uploaded", REASON)
    assert video.source_key is not None
    assert REASON in office.get(f"/admin/videos/{video.code}").text
    run_due("outbound")
    mail = session.scalars(select(KeptMail).where(KeptMail.to == "cleo@example.org")).one()
    assert REASON in mail.text
    assert f"/studio/videos/{video.code}" in mail.text
    studio = sign_in_as(office, creator).get(f"/studio/videos/{video.code}").text
    assert REASON in studio
    assert "Publish" not in studio


def test_files_that_arrive_after_the_take_down_are_swept(
    office: FlaskClient, session: Session, media: Bucket
):
    video = with_files(media, factories.video(session))
    office.post(f"/admin/videos/{video.code}/take-down", data={"reason": REASON})
    media.put(f"{outputs.video_prefix(video.code)}r/late/poster.jpg", b"late")
    run_due("media")
    assert public_files(media, video) == []


def test_whoever_has_the_link_is_led_to_the_project_and_told_nothing_more(
    office: FlaskClient, session: Session, ada: Person
):
    project = factories.project(session)
    video = factories.video(session, carries=project, title="A title to keep quiet about")
    publishing.take_down(session, video, REASON, ada.id)
    for person in (None, factories.person(session), session.get_one(Person, video.creator_id)):
        page = sign_in_as(office, person).get(f"/v/{video.code}")
        assert page.status_code == 410
        assert f"/p/{project.code}" in page.text
        assert REASON not in page.text
        assert video.title not in page.text
    assert office.get(f"/v/{video.code}/donate").status_code == 404
    assert office.get(f"/v/{video.code}/qr.svg").status_code == 404
    assert f"/v/{video.code}" not in office.get(f"/p/{project.code}").text


@pytest.mark.parametrize("reason", ["", "   ", "x" * (publishing.REASON_LENGTH + 1)])
def test_nothing_is_taken_down_without_a_fair_reason(
    office: FlaskClient, session: Session, media: Bucket, reason: str
):
    video = with_files(media, factories.video(session))
    page = office.post(f"/admin/videos/{video.code}/take-down", data={"reason": reason})
    assert "error-list" in page.text
    session.refresh(video)
    assert video.publishing == "published"
    assert len(public_files(media, video)) == 3


def test_a_video_is_given_back_as_a_draft(office: FlaskClient, session: Session, ada: Person):
    video = factories.video(session)
    publishing.take_down(session, video, REASON, ada.id)
    session.flush()
    session.expunge_all()
    assert office.post(f"/admin/videos/{video.code}/restore").status_code == 303
    video = session.scalars(select(Video).where(Video.code == video.code)).one()
    assert (video.publishing, video.state) == ("draft", "uploaded")
    run_due("outbound")
    creator = session.get_one(Person, video.creator_id)
    mails = session.scalars(select(KeptMail).where(KeptMail.to == creator.email)).all()
    assert [mail.subject for mail in mails] == [f"Your video is back: {video.title}"]


def test_videos_are_found_by_link_title_and_creator(office: FlaskClient, session: Session, ada: Person):
    creator = factories.person(session, "Wilhelmina Rare", email="rare@example.org")
    video = factories.video(session, creator, title="100% of a swing", publishing="draft")
    other = factories.video(session, title="Something else")
    removed = factories.video(session, creator, state="removed", title="100% of a swing, removed")
    for words in (video.code, f"http://x.org/v/{video.code}?r=abc", "100% OF", "wilhelmina", "rare@exa"):
        page = office.get("/admin/videos", query_string={"q": words}).text
        assert f"/admin/videos/{video.code}" in page
        assert other.code not in page
        assert removed.code not in page
    assert "No video found" in office.get("/admin/videos?q=zzzz%25").text
    assert other.code in office.get("/admin/videos").text
    publishing.take_down(session, other, REASON, ada.id)
    page = office.get("/admin/videos?taken_down=1").text
    assert other.code in page
    assert video.code not in page


def test_a_removed_video_has_no_page(office: FlaskClient, session: Session):
    video = factories.video(session, state="removed")
    assert office.get(f"/admin/videos/{video.code}").status_code == 404
    assert office.post(f"/admin/videos/{video.code}/take-down", data={"reason": "x"}).status_code == 404
