"""Where a person works: the page that signing in leads to when none was asked for."""

from flask import url_for

from app.accounts.models import Person
from app.core.db import unit_of_work
from app.nonprofits import team
from app.videos import details


def workplace(person: Person) -> str:
    """The address of a person's desk (of several: their list), or else studio, admin, or feed."""
    with unit_of_work() as session:
        desks = [at.nonprofit.code for at in team.memberships(session, person.id)]
        has_videos = not desks and details.has_any(session, person.id)
    if len(desks) == 1:
        return url_for("desk.overview", nonprofit_code=desks[0])
    if desks:
        return url_for("desk.home")
    if has_videos:
        return url_for("studio.videos")
    return url_for("admin.queues" if person.is_admin else "public.home")
