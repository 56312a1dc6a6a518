"""Insight: what the models say of a project's paths is worked out here, beside no other work."""

from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import unit_of_work
from app.core.tasks import Claim
from app.insight import asking, reading
from app.insight.models import Estimate
from app.projects.models import Project
from app.reports.periods import Period
from workers.lease import Finisher, GiveUp, Lease, nothing


def work_out(_claim: Claim, _lease: Lease, estimate_id: int) -> Finisher:
    """Read an estimate's paths, ask the models, and keep what they say as of when it was read."""
    from app.insight.paths import BadPaths  # numpy takes its time, and no other task of this queue wants it
    from app.insight.working_out import work_out as worked_out

    with unit_of_work() as session:
        estimate = session.get(Estimate, estimate_id)
        if estimate is None:
            return nothing
        period = Period(estimate.first, estimate.until, estimate.zone)
        project = session.get_one(Project, estimate.project_id)
        as_of = clock.now()
        read = reading.read(session, project, period.starts_at, period.ends_at)
    try:
        found = worked_out(read)
    except BadPaths as error:
        raise GiveUp(str(error)) from error

    def keep(session: Session) -> None:
        asking.keep(session, estimate_id, found, as_of)

    return keep
