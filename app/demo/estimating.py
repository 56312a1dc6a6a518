"""What the models say of the demo's projects, asked for as on the page of insight."""

from app.core import clock
from app.core.db import unit_of_work
from app.demo.content.projects import PROJECTS
from app.demo.founding import OWNER_OF, person
from app.demo.planning import films_of
from app.insight import asking
from app.projects import queries
from app.reports import periods


def ask() -> None:
    """Have estimates worked out of the last days for every project that several films carry."""
    for undertaking in PROJECTS:
        if len(films_of(undertaking)) < 2:
            continue
        with unit_of_work() as session:
            project = queries.by_tag(session, undertaking.tag)
            owner = person(session, OWNER_OF[undertaking.owner].email)
            days = periods.latest(clock.now(), project.nonprofit.time_zone)
            asking.ask(session, project, days.first, days.until, days.zone, owner.id)
