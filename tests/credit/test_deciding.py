"""Credit over what donors met before they gave: by the project's rule and window, for its own videos."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.credit import evidence, touches
from app.donations.models import Donation
from app.gateways.touch_stream import TouchStream
from app.projects.models import Project
from app.videos.models import Video
from tests import factories
from workers import credit

ANN = "ann"


def met(stream: TouchStream, video: Video, kind: str = "view", hours_ago: float = 1) -> None:
    then = (clock.now() - timedelta(hours=hours_ago)).timestamp()
    stream.append({"visitor": ANN, "session": then, "now": then, "told": [[video.code, kind, 0]]})
    touches.drain(stream)


def given(session: Session, video: Video, minor: int = 1000, visitor: str = ANN) -> Donation:
    donation = factories.donation(session, video, amount_minor=minor)
    donation.visitor = visitor
    donation.created_at = clock.now() + timedelta(seconds=1)
    session.flush()
    credit.settle(session, event_ids=[factories.event(session, donation).id])
    return donation


def parts(session: Session, donation: Donation) -> dict[str, int]:
    return {
        part.video.title if part.video else "": part.amount.minor
        for part in evidence.parts_of(session, donation.id)
    }


def titled(session: Session, project: Project | None, title: str) -> Video:
    return factories.video(session, carries=project, title=title)


def test_every_video_on_the_way_shares_by_the_projects_rule(
    session: Session, stream: TouchStream, project: Project
) -> None:
    project.credit_rule = "position"
    first, second, last = (titled(session, project, name) for name in ("first", "second", "last"))
    met(stream, first, hours_ago=50)
    met(stream, second, hours_ago=30)
    assert parts(session, given(session, last)) == {"first": 400, "second": 200, "last": 400}


def test_the_evidence_names_path_weights_window_and_rule(
    session: Session, stream: TouchStream, project: Project
) -> None:
    project.credit_rule = "linear"
    seen, made_from = titled(session, project, "seen"), titled(session, project, "made from")
    met(stream, seen, "open")
    donation = given(session, made_from)
    credits = [part.credit for part in evidence.parts_of(session, donation.id)]
    assert {(one.rule, one.rule_version) for one in credits} == {("linear", 1)}
    told = credits[0].evidence
    assert [(step["video"], step["kind"]) for step in told["path"]] == [
        (seen.code, "open"),
        (made_from.code, "made_from"),
    ]
    assert told["weights"] == [[seen.code, "1/2"], [made_from.code, "1/2"]]
    assert told["window_days"] == 30


def test_without_consent_the_video_given_from_has_it_all(
    session: Session, stream: TouchStream, project: Project
) -> None:
    project.credit_rule = "linear"
    met(stream, titled(session, project, "seen"))
    donation = given(session, titled(session, project, "made from"), visitor="")
    assert parts(session, donation) == {"made from": 1000}


def test_videos_of_other_projects_have_no_part(
    session: Session, stream: TouchStream, project: Project
) -> None:
    project.credit_rule = "linear"
    met(stream, titled(session, factories.project(session, project.nonprofit), "another's"))
    met(stream, titled(session, None, "nobody's"))
    assert parts(session, given(session, titled(session, project, "made from"))) == {"made from": 1000}


def test_what_lies_before_the_window_has_no_part(
    session: Session, stream: TouchStream, project: Project
) -> None:
    project.credit_rule, project.credit_window_days = "linear", 7
    met(stream, titled(session, project, "old"), hours_ago=8 * 24)
    assert parts(session, given(session, titled(session, project, "made from"))) == {"made from": 1000}


def test_an_odd_cent_goes_where_largest_remainders_say(
    session: Session, stream: TouchStream, project: Project
) -> None:
    project.credit_rule = "linear"
    for name in ("a", "b"):
        met(stream, titled(session, project, name), hours_ago=2 if name == "a" else 1)
    donation = given(session, titled(session, project, "c"), minor=100)
    assert parts(session, donation) == {"a": 34, "b": 33, "c": 33}
