"""Finding what the simulated provider keeps under a code."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.i18n import N_
from app.gateways.models import SandboxCardPage, SandboxPayment, SandboxSubscription

Kept = TypeVar("Kept", SandboxPayment, SandboxSubscription, SandboxCardPage)


def by_code(session: Session, kind: type[Kept], code: str, *, account: str = "", lock: bool = False) -> Kept:
    """What is kept under that code, at `account` if that is given. Raises NotFound."""
    query = select(kind).where(kind.code == code)
    if account:
        query = query.where(kind.account == account)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(N_("There is no such payment."))
    return found
