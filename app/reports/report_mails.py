"""Saved views that come by mail each week or month: wanted on the desk, begun and stopped by mailed links."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from app.accounts.permissions import Action, permits
from app.core import clock, tasks
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_code
from app.nonprofits.models import Membership, Nonprofit
from app.reports import saved_views, shapes
from app.reports.files import orders
from app.reports.files.models import EVERY, SECRET_LENGTH, ReportMail, SavedView
from app.reports.files.orders import FORMATS, Wanted

AT_HOUR = 6  # of the nonprofit's day
WHOLE = (
    joinedload(ReportMail.person),
    joinedload(ReportMail.view).joinedload(SavedView.nonprofit),
)
EAST_OF_ALL = timedelta(hours=14)  # so far ahead of UTC the day begins somewhere


def want(
    session: Session, view: SavedView, nonprofit: Nonprofit, person_id: int, every: str, format_: str
) -> ReportMail:
    """Send a view to this person from now on; asked again, it replaces what was wanted.

    The first time somebody wants any view by mail, a link goes out, and nothing more until it is opened.
    Raises Invalid("every"), Invalid("format"), and Invalid("span") for a view whose days stay the same.
    """
    if every not in EVERY:
        raise Invalid("every", N_("Choose one from the list."))
    if format_ not in FORMATS["report"]:
        raise Invalid("format", N_("Choose one from the list."))
    if not view.span:
        raise Invalid(
            "span", N_("The days of this view stay the same. Keep one whose days move, for a mail.")
        )
    at = clock.now()
    known = ReportMail.person_id == person_id, ReportMail.confirmed_at.is_not(None)
    is_known = session.scalar(select(ReportMail.id).where(*known).limit(1)) is not None
    today = at.astimezone(ZoneInfo(nonprofit.time_zone)).date()
    chosen = {"every": every, "format": format_, "next_on": next_after(every, today)}
    row = {"code": new_code(SECRET_LENGTH), "view_id": view.id, "person_id": person_id, "created_at": at}
    mail_id = session.scalars(
        insert(ReportMail)
        .values({**row, **chosen, "confirmed_at": at if is_known else None})
        .on_conflict_do_update(index_elements=[ReportMail.view_id, ReportMail.person_id], set_=chosen)
        .returning(ReportMail.id)
    ).one()
    mail = session.get_one(ReportMail, mail_id, populate_existing=True)
    if mail.confirmed_at is None:
        turn = f"{at:%Y-%m-%dT%H}"
        key = f"report-mail:{mail.id}:{turn}"
        tasks.defer(session, "mail.send", dedupe_key=key, mail="report_mail_confirm", mail_id=mail.id)
    return mail


def of_person(session: Session, nonprofit_id: int, person_id: int) -> dict[int, ReportMail]:
    """Which views of an organisation somebody gets, or waits to begin to get, by the view's id."""
    rows = session.scalars(
        select(ReportMail)
        .join(SavedView, SavedView.id == ReportMail.view_id)
        .where(SavedView.nonprofit_id == nonprofit_id, ReportMail.person_id == person_id)
    )
    return {mail.view_id: mail for mail in rows}


def by_code(session: Session, code: str) -> ReportMail:
    """What a mailed link is about, with its view, organisation and person. Raises NotFound."""
    mail = session.scalar(select(ReportMail).where(ReportMail.code == code).options(*WHOLE))
    if mail is None:
        raise NotFound(N_("These mails have been stopped."))
    return mail


def confirm(session: Session, mail: ReportMail) -> None:
    """Whoever opened the mailed link wants the mails: from its next day on they come."""
    mail.confirmed_at = mail.confirmed_at or clock.now()
    session.flush()


def stop(session: Session, mail: ReportMail) -> None:
    """Send no more of these."""
    session.delete(mail)
    session.flush()


def stop_own(session: Session, view: SavedView, person_id: int) -> None:
    """Send this view to this person no more; nothing happens when nothing was sent."""
    for mail in session.scalars(
        select(ReportMail).where(ReportMail.view_id == view.id, ReportMail.person_id == person_id)
    ):
        stop(session, mail)


def order_due(session: Session) -> None:
    """Ask for the files of the mails whose day has come; who may not read the reports any more gets none.

    A day that was missed is made up for once, however often it would have been.
    """
    at = clock.now()
    for mail, role in _due(session, (at + EAST_OF_ALL).date()):
        nonprofit = mail.view.nonprofit
        local = at.astimezone(ZoneInfo(nonprofit.time_zone))
        if not permits(role, Action.REPORT_READ):
            stop(session, mail)
        elif (local.date(), local.hour) >= (mail.next_on, AT_HOUR):
            period = saved_views.whole_days(mail.view, at, nonprofit.time_zone)
            shape = shapes.shape(mail.view.choices, mail.view.page)
            wanted = Wanted("report", mail.format, period, mail.person.locale, shape=shape)
            orders.ask(session, nonprofit, mail.person_id, wanted, mail_id=mail.id)
            mail.next_on = next_after(mail.every, local.date())
    session.flush()


def _due(session: Session, latest: date) -> Sequence[tuple[ReportMail, str | None]]:
    rows = session.execute(
        select(ReportMail, Membership.role)
        .join(SavedView, SavedView.id == ReportMail.view_id)
        .join(Nonprofit, Nonprofit.id == SavedView.nonprofit_id)
        .outerjoin(
            Membership,
            and_(Membership.nonprofit_id == Nonprofit.id, Membership.person_id == ReportMail.person_id),
        )
        .where(ReportMail.confirmed_at.is_not(None), ReportMail.next_on <= latest)
        .order_by(ReportMail.id)
        .options(*WHOLE)
        .with_for_update(of=ReportMail, skip_locked=True)
    ).all()
    return [(mail, role) for mail, role in rows]


def may_read(session: Session, mail: ReportMail) -> bool:
    """Whether the person still works where the view is from, in a role that reads its reports."""
    role = session.scalar(
        select(Membership.role).where(
            Membership.nonprofit_id == mail.view.nonprofit_id, Membership.person_id == mail.person_id
        )
    )
    return permits(role, Action.REPORT_READ)


def next_after(every: str, day: date) -> date:
    """The first Monday, or the first first of a month, after a day."""
    if every == "week":
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
