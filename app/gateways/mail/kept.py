"""Reading the mail that the embedded default keeps."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.i18n import N_
from app.gateways.models import KeptMail


def newest(session: Session, limit: int = 100) -> Sequence[KeptMail]:
    """The mail kept last."""
    return session.scalars(select(KeptMail).order_by(KeptMail.id.desc()).limit(limit)).all()


def one(session: Session, mail_id: int) -> KeptMail:
    """A kept mail. Raises NotFound."""
    mail = session.get(KeptMail, mail_id)
    if mail is None:
        raise NotFound(N_("There is no such mail."))
    return mail
