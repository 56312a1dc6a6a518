"""Organisations as everybody may see them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.i18n import N_
from app.nonprofits.models import Nonprofit

KNOWN = ("verified", "suspended")


def by_code(session: Session, code: str) -> Nonprofit:
    """An organisation that was verified, also while it is suspended. Raises NotFound."""
    found = session.scalar(select(Nonprofit).where(Nonprofit.code == code, Nonprofit.status.in_(KNOWN)))
    if found is None:
        raise NotFound(N_("There is no organisation at this address."))
    return found
