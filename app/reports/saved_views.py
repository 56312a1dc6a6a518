"""Pages of the reports under a name: kept, opened again, renamed, removed. They are the whole team's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.nonprofits.models import Nonprofit
from app.reports import periods
from app.reports.files.models import ReportMail, SavedView
from app.reports.periods import Period

PAGES = ("creators", "videos", "projects", "time", "cohorts")
# What a page's address may say beside its days: order, size of steps, whom it is about, what is shown.
CHOICES = ("sort", "order", "step", "video", "creator", "project", "show")
RUNNING = ("30-days", "this-month", "this-quarter", "this-year")  # spans that today belongs to
LONGEST_NAME, LONGEST_CHOICE = 80, 40
MOST = 50


@dataclass(frozen=True)
class Sketch:
    """What somebody wants to keep: a page with its days, which move if there is a `span`, and its choices."""

    name: str
    page: str
    span: str = ""
    first: date | None = None
    last: date | None = None
    choices: Mapping[str, str] = field(default_factory=dict[str, str])


def keep(session: Session, nonprofit: Nonprofit, person_id: int, sketch: Sketch) -> SavedView:
    """Keep a view. Raises Invalid for its name, page or days, KindrelayError when there are too many."""
    if sketch.page not in PAGES:
        raise Invalid("page", N_("Choose one from the list."))
    if len(of(session, nonprofit.id)) >= MOST:
        raise KindrelayError(N_("There are many views already. Remove one first."))
    view = SavedView(
        nonprofit_id=nonprofit.id,
        made_by_id=person_id,
        page=sketch.page,
        choices={
            name: value[:LONGEST_CHOICE]
            for name, value in sketch.choices.items()
            if name in CHOICES and value
        },
        **_days(sketch),
    )
    session.add(view)
    _name(session, view, sketch.name)
    return view


def rename(session: Session, view: SavedView, name: str) -> None:
    """Give a view another name. Raises Invalid("name")."""
    _name(session, view, name)


def remove(session: Session, view: SavedView, person_id: int) -> None:
    """Remove a view, and the mails with it. Raises KindrelayError while others get it by mail."""
    others = select(ReportMail.id).where(
        ReportMail.view_id == view.id, ReportMail.person_id != person_id, ReportMail.confirmed_at.is_not(None)
    )
    if session.scalar(others.limit(1)):
        raise KindrelayError(N_("Others in your team get this view by mail. They have to stop that first."))
    session.delete(view)


def of(session: Session, nonprofit_id: int) -> Sequence[SavedView]:
    """The views of an organisation, by name."""
    return session.scalars(
        select(SavedView).where(SavedView.nonprofit_id == nonprofit_id).order_by(SavedView.name, SavedView.id)
    ).all()


def by_code(session: Session, nonprofit_id: int, code: str) -> SavedView:
    """A view of an organisation. Raises NotFound."""
    view = session.scalar(
        select(SavedView).where(SavedView.nonprofit_id == nonprofit_id, SavedView.code == code)
    )
    if view is None:
        raise NotFound(N_("This view is not kept any more."))
    return view


def address_of(view: SavedView) -> dict[str, str]:
    """What the address of the view's page says."""
    if view.span:
        return {"span": view.span, **view.choices}
    return {"first": str(view.first), "last": str(view.last), **view.choices}


def whole_days(view: SavedView, now: datetime, zone: str) -> Period:
    """The view's days as somebody wants them who reads them later: they end before today."""
    if not view.span:
        assert view.first is not None  # noqa: S101 (a rule of the table)
        assert view.last is not None  # noqa: S101 (as above)
        return periods.between(view.first, view.last, zone)
    if view.span not in RUNNING:
        return periods.named(view.span, now, zone)
    period = periods.named(view.span, now - timedelta(days=1), zone)
    yesterday = periods.latest(now, zone).last - timedelta(days=1)
    return periods.between(period.first, min(period.last, yesterday), zone)


def _days(sketch: Sketch) -> dict[str, str | date | None]:
    if sketch.span:
        if sketch.span not in periods.SPANS:
            raise Invalid("span", N_("Choose one from the list."))
        return {"span": sketch.span, "first": None, "last": None}
    if sketch.first is None or sketch.last is None:
        raise Invalid("first", N_("Choose the first and the last day."))
    period = periods.between(sketch.first, sketch.last, "UTC")
    return {"span": "", "first": period.first, "last": period.last}


def _name(session: Session, view: SavedView, name: str) -> None:
    name = " ".join(name.split())
    if not name:
        raise Invalid("name", N_("Give it a name."))
    if len(name) > LONGEST_NAME:
        raise Invalid("name", N_("The name is too long. %(most)s characters fit."), most=LONGEST_NAME)
    view.name = name
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        raise Invalid("name", N_("Another view has this name.")) from None
