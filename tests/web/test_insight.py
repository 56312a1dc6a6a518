"""Insight on the desk: what the models say stands beside credit, worked out from the paths by hand here."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.models import Task
from app.credit import touches
from app.gateways.payments.contract import EventKind
from app.gateways.touch_stream import Entry
from app.insight.models import Estimate
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.videos.models import Video
from tests import factories
from tests.web.conftest import sign_in_as
from workers import credit
from workers.runner import run_due


class Town:
    """Clip A leads to clip B: ann saw A and gave from B, ben gave from A, cat from B, dan saw A and left."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.owner: Person = factories.person(session, "Omar Owner")
        self.nonprofit: Nonprofit = factories.nonprofit(session, self.owner)
        self.project: Project = factories.project(session, self.nonprofit)
        self.a, self.b = (
            factories.video(session, carries=self.project, title=title) for title in ("Clip A", "Clip B")
        )
        self.sees("ann", self.a)
        self.sees("dan", self.a)
        self.sees("crawler", self.b, held="bot")
        self.gives(self.b, 1000, visitor="ann")
        self.gives(self.a, 500)
        cat = self.gives(self.b, 600)
        event = factories.event(session, cat, EventKind.REFUNDED, 200)
        credit.settle(session, event_ids=[event.id])
        self.gives(None, 300)

    def sees(self, visitor: str, video: Video, held: str = "") -> None:
        at = (clock.now() - timedelta(hours=1)).timestamp()
        told = {"told": [[video.code, "view", 0]], "through": "", "held": held}
        touches.write(self.session, [Entry(visitor, {"visitor": visitor, "session": at, "now": at, **told})])

    def gives(self, video: Video | None, minor: int, visitor: str = ""):
        gift = factories.donation(self.session, video, self.project, amount_minor=minor, visitor=visitor)
        credit.settle(self.session, event_ids=[factories.event(self.session, gift).id])
        return gift

    @property
    def address(self) -> str:
        return f"/desk/{self.nonprofit.code}/reports/insight"

    def rows(self, page: str) -> dict[str, list[str]]:
        """The cells of each row of the table, under its first words."""
        body = page.partition("<tbody>")[2].partition("</table>")[0]
        found: dict[str, list[str]] = {}
        for row in body.split("</tr>"):
            words = [one.strip() for one in re.sub("<[^>]*>", "\n", row).splitlines() if one.strip()]
            if words:
                found[words[0]] = words[1:]
        return found


@pytest.fixture
def town(session: Session) -> Town:
    return Town(session)


@pytest.fixture
def desk(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in_as(client, town.owner)


def test_what_the_models_say_is_worked_out_by_a_task_and_stands_beside_credit(
    desk: FlaskClient, session: Session, town: Town
) -> None:
    assert "Not worked out yet" in desk.get(town.address).text
    assert desk.post(town.address).status_code == 303
    assert "data-poll" in desk.get(town.address).text
    assert desk.get(f"{town.address}/state").json == {"settled": False}
    desk.post(town.address)  # somebody else asks for the same
    assert len(session.scalars(select(Task).where(Task.name == "insight.work_out")).all()) == 1
    run_due("reports")
    assert desk.get(f"{town.address}/state").json == {"settled": True}
    rows = town.rows(desk.get(town.address).text)
    assert rows["Clip B"][1:] == ["€14.00", "€9.50", "€9.00", "67%"]
    assert rows["Clip A"][1:] == ["€5.00", "€9.50", "€10.00", "67%"]
    assert rows["No video is known"] == ["€3.00", "€3.00", "€3.00", "–"]
    assert rows["Total"] == ["€22.00", "€22.00", "€22.00"]
    [estimate] = session.scalars(select(Estimate)).all()
    assert estimate.found is not None
    read = {name: estimate.found[name] for name in ("gifts", "agreed", "pathless", "nulls", "paths")}
    assert read == {"gifts": 4, "agreed": 1, "pathless": 1, "nulls": 1, "paths": 3}


def test_a_task_that_died_is_said_and_can_be_asked_for_again(
    desk: FlaskClient, session: Session, town: Town
) -> None:
    desk.post(town.address)
    [task] = session.scalars(select(Task).where(Task.name == "insight.work_out")).all()
    task.dead_at = clock.now()
    session.flush()
    assert "could not be worked out" in desk.get(town.address).text
    desk.post(town.address)
    run_due("reports")
    assert "€9.50" in desk.get(town.address).text


def test_a_project_in_which_nothing_came_in_says_so(desk: FlaskClient, session: Session, town: Town) -> None:
    quiet = factories.project(session, town.nonprofit)
    desk.post(town.address, data={"project": quiet.code})
    run_due("reports")
    assert "No gift came in on these days" in desk.get(f"{town.address}?project={quiet.code}").text
