"""Mails about reports: the link that begins them, and that a file is ready."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.reports import report_mails
from app.reports.files import orders
from app.reports.files.models import ReportFile, ReportMail
from workers.letters import Letter, address


def report_mail_confirm(session: Session, *, mail_id: int) -> Letter | None:
    """Asks whether a view shall come by mail; nothing once that is answered."""
    mail = _mail(session, mail_id)
    if mail is None or mail.confirmed_at is not None:
        return None
    return Letter(mail.person.email, mail.person.locale, _values(mail))


def report_ready(session: Session, *, file_id: int) -> Letter | None:
    """Says that a view's file is there, and where; nothing once the mails are stopped or the reader left."""
    file = session.get_one(ReportFile, file_id)
    mail = _mail(session, file.mail_id)
    if mail is None or not orders.is_there(file) or not report_mails.may_read(session, mail):
        return None
    folder = f"/desk/{mail.view.nonprofit.code}/reports/files"
    values = {
        **_values(mail),
        "first": file.first,
        "last": file.last,
        "link": address(f"{folder}/{file.code}"),
        "until": file.expires_at,
    }
    return Letter(mail.person.email, mail.person.locale, values)


def _mail(session: Session, mail_id: int | None) -> ReportMail | None:
    return session.scalar(select(ReportMail).where(ReportMail.id == mail_id).options(*report_mails.WHOLE))


def _values(mail: ReportMail) -> dict[str, object]:
    return {
        "name": mail.person.name,
        "view": mail.view.name,
        "nonprofit": mail.view.nonprofit.name,
        "weekly": mail.every == "week",
        "format": mail.format.upper(),
        "choose": address(f"/report-mails/{mail.code}"),
    }
