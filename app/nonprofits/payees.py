"""Where an organisation's money goes: its own account at a payment provider."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.core.ids import new_code
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.nonprofits.registration import subject


def connect(session: Session, nonprofit: Nonprofit, person_id: int, provider: str) -> PaymentAccount:
    """Open the organisation's account at the simulated provider and connect it.

    Raises KindrelayError when the organisation is not verified, has an account already, or there is no
    provider.
    """
    if provider != "sandbox":
        raise KindrelayError(N_("This site has no payment provider yet. Ask the people who run it."))
    session.refresh(nonprofit, with_for_update=True)
    if nonprofit.status != "verified":
        raise KindrelayError(N_("You can connect a payment account once you are verified."))
    if account_of(session, nonprofit) is not None:
        raise KindrelayError(N_("A payment account is connected already."))
    account = PaymentAccount(
        nonprofit_id=nonprofit.id,
        provider=provider,
        reference=f"sandbox-{nonprofit.code}-{new_code(6)}",
        connected_by_id=person_id,
    )
    session.add(account)
    session.flush()
    audit.record(
        session,
        "payee.connected",
        person_id,
        subject(nonprofit),
        provider=provider,
        account=account.reference,
    )
    return account


def disconnect(session: Session, nonprofit: Nonprofit, person_id: int) -> None:
    """Stop receiving. What was given before stays on record. Raises KindrelayError when none is connected."""
    session.refresh(nonprofit, with_for_update=True)
    account = account_of(session, nonprofit)
    if account is None:
        raise KindrelayError(N_("No payment account is connected."))
    account.disconnected_at = clock.now()
    audit.record(session, "payee.disconnected", person_id, subject(nonprofit), account=account.reference)


def account_of(session: Session, nonprofit: Nonprofit) -> PaymentAccount | None:
    """The account that receives now."""
    return session.scalar(
        select(PaymentAccount).where(
            PaymentAccount.nonprofit_id == nonprofit.id, PaymentAccount.disconnected_at.is_(None)
        )
    )


def accounts_of(session: Session, nonprofit_ids: Collection[int]) -> dict[int, PaymentAccount]:
    """The accounts that receive now, by nonprofit id; one query for all of them."""
    found = session.scalars(
        select(PaymentAccount).where(
            PaymentAccount.nonprofit_id.in_(nonprofit_ids), PaymentAccount.disconnected_at.is_(None)
        )
    )
    return {account.nonprofit_id: account for account in found}
