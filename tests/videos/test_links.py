import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.videos import links
from app.videos.models import DonationLink, Video
from tests import factories


@pytest.fixture
def video(session: Session) -> Video:
    return factories.video(session)


def test_a_tag_in_any_spelling_attaches_its_project(session: Session, video: Video):
    project = factories.project(session, tag="把画变成现实")
    link = links.attach(session, video, " #把画变成现实 ")
    assert link.project_id == project.id
    assert links.live_link(session, video) is link


def test_attaching_the_same_project_again_keeps_the_link(session: Session, video: Video):
    project = factories.project(session)
    assert links.attach(session, video, project.tag).code == links.attach(session, video, project.tag).code


def test_a_video_keeps_its_link_when_the_project_has_closed(session: Session, video: Video):
    project = factories.project(session)
    link = links.attach(session, video, project.tag)
    project.status = "closed"
    assert links.attach(session, video, f"#{project.tag.upper()}") is link
    assert link.retired_at is None


def test_another_project_retires_the_link_and_keeps_it_on_record(session: Session, video: Video):
    first, second = factories.project(session), factories.project(session)
    before = links.attach(session, video, first.tag)
    after = links.attach(session, video, second.tag)
    assert before.retired_at is not None
    assert after.retired_at is None
    assert session.scalar(select(func.count()).where(DonationLink.video_id == video.id)) == 2


def test_a_video_may_carry_no_project_again(session: Session, video: Video):
    links.attach(session, video, factories.project(session).tag)
    links.detach(session, video)
    assert links.live_link(session, video) is None


@pytest.mark.parametrize("status", ["draft", "closed"])
def test_only_a_live_project_is_attached(session: Session, video: Video, status: str):
    project = factories.project(session, status=status)
    with pytest.raises(Invalid) as refusal:
        links.attach(session, video, project.tag)
    assert refusal.value.field == "tag"


def test_an_unknown_tag_is_named(session: Session, video: Video):
    with pytest.raises(Invalid, match="#nobody-has-this"):
        links.attach(session, video, "#nobody-has-this")


def test_a_tag_written_in_the_words_is_found(session: Session):
    project = factories.project(session, tag="Swing-for-all")
    text = "We painted it! #unknown #SWING-for-all #more"
    assert links.tag_in(session, text) == project.tag
    assert links.tag_in(session, "no tag here") is None
