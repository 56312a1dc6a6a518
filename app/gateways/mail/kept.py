"""Reading the mail that the embedded default keeps."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from app.core.errors import NotFound
from app.core.i18n import N_
from app.gateways.models import KeptAttachment, KeptMail


def newest(session: Session, limit: int = 100) -> Sequence[KeptMail]:
    """The mail kept last."""
    return session.scalars(select(KeptMail).order_by(KeptMail.id.desc()).limit(limit)).all()


def one(session: Session, mail_id: int) -> KeptMail:
    """A kept mail with what is attached to it. Raises NotFound."""
    mail = session.scalar(
        select(KeptMail).where(KeptMail.id == mail_id).options(selectinload(KeptMail.attachments))
    )
    if mail is None:
        raise NotFound(N_("There is no such mail."))
    return mail


def attachment(session: Session, mail_id: int, number: int) -> KeptAttachment:
    """A file that came with a kept mail, counted from 1. Raises NotFound."""
    found = session.scalars(
        select(KeptAttachment)
        .where(KeptAttachment.mail_id == mail_id)
        .order_by(KeptAttachment.id)
        .offset(max(number, 1) - 1)
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such mail."))
    return found


def forget(session: Session, address: str) -> None:
    """Drop all mail that was kept for an address, in any letter case."""
    theirs = select(KeptMail.id).where(func.lower(KeptMail.to) == address.lower())
    session.execute(delete(KeptAttachment).where(KeptAttachment.mail_id.in_(theirs)))
    session.execute(delete(KeptMail).where(KeptMail.id.in_(theirs)))
