"""Where an organisation's money goes: its own account at a payment provider.

Connecting one asks the provider, so it has steps: `may_connect` in a transaction, the provider outside of
any, then `connect` with what it answered. An account that the provider lets receive nothing yet is kept and
not ready; nobody can give until it is.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, clock, tasks
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.gateways.payments.contract import AccountStatus
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.nonprofits.registration import subject


def may_connect(session: Session, nonprofit: Nonprofit, provider: str) -> PaymentAccount | None:
    """The account whose connecting was begun at this provider, if one was.

    Raises KindrelayError when the organisation is not verified, receives already, or there is no provider.
    """
    if provider == "none":
        raise KindrelayError(N_("This site has no payment provider yet. Ask the people who run it."))
    if nonprofit.status != "verified":
        raise KindrelayError(N_("You can connect a payment account once you are verified."))
    account = account_of(session, nonprofit)
    if account is None:
        return None
    if account.ready or account.provider != provider:
        raise KindrelayError(N_("A payment account is connected already."))
    return account


def connect(
    session: Session, nonprofit: Nonprofit, person_id: int, provider: str, status: AccountStatus
) -> PaymentAccount:
    """Keep the account that the provider has given the organisation, ready or not.

    Raises KindrelayError as `may_connect` does, and for an account that is another organisation's.
    """
    session.refresh(nonprofit, with_for_update=True)
    begun = may_connect(session, nonprofit, provider)
    if begun is not None and begun.reference == status.account:
        note(session, begun, status)
        return begun
    _refuse_taken(session, nonprofit, provider, status.account)
    if begun is not None:
        begun.disconnected_at = clock.now()
        session.flush()
    return _kept(session, nonprofit, person_id, provider, status)


def disconnect(session: Session, nonprofit: Nonprofit, person_id: int) -> None:
    """Stop receiving. What was given before stays on record. Raises KindrelayError when none is connected."""
    session.refresh(nonprofit, with_for_update=True)
    account = account_of(session, nonprofit)
    if account is None:
        raise KindrelayError(N_("No payment account is connected."))
    account.disconnected_at = clock.now()
    tasks.defer(session, "donations.close_open", nonprofit_id=nonprofit.id)
    tasks.defer(session, "monthly.hold")
    audit.record(session, "payee.disconnected", person_id, subject(nonprofit), account=account.reference)


def note(session: Session, account: PaymentAccount, status: AccountStatus) -> None:
    """Note what the provider has answered about an account."""
    if account.ready != status.ready:
        nonprofit = session.get_one(Nonprofit, account.nonprofit_id)
        action = "payee.ready" if status.ready else "payee.restricted"
        audit.record(session, action, None, subject(nonprofit), account=account.reference)
        if not status.ready:
            tasks.defer(session, "donations.close_open", nonprofit_id=nonprofit.id)
            tasks.defer(session, "monthly.hold")
    account.ready = status.ready
    account.missing = list(status.missing)


def by_reference(session: Session, provider: str, reference: str) -> PaymentAccount | None:
    """The account that receives, by its name at the provider; locked until the transaction ends."""
    return session.scalar(
        select(PaymentAccount)
        .where(
            PaymentAccount.provider == provider,
            PaymentAccount.reference == reference,
            PaymentAccount.disconnected_at.is_(None),
        )
        .with_for_update()
    )


def account_of(session: Session, nonprofit: Nonprofit) -> PaymentAccount | None:
    """The account that is connected now; it receives once it is ready."""
    return session.scalar(
        select(PaymentAccount).where(
            PaymentAccount.nonprofit_id == nonprofit.id, PaymentAccount.disconnected_at.is_(None)
        )
    )


def count_of(session: Session, nonprofit: Nonprofit) -> int:
    """How many accounts were connected before the one that is connected now, if one is."""
    return len(
        session.scalars(
            select(PaymentAccount.id).where(
                PaymentAccount.nonprofit_id == nonprofit.id, PaymentAccount.disconnected_at.is_not(None)
            )
        ).all()
    )


def accounts_of(session: Session, nonprofit_ids: Collection[int]) -> dict[int, PaymentAccount]:
    """The accounts that are connected now, by nonprofit id; one query for all of them."""
    found = session.scalars(
        select(PaymentAccount).where(
            PaymentAccount.nonprofit_id.in_(nonprofit_ids), PaymentAccount.disconnected_at.is_(None)
        )
    )
    return {account.nonprofit_id: account for account in found}


def _kept(
    session: Session, nonprofit: Nonprofit, person_id: int, provider: str, status: AccountStatus
) -> PaymentAccount:
    account = session.scalar(
        select(PaymentAccount).where(
            PaymentAccount.provider == provider, PaymentAccount.reference == status.account
        )
    )
    if account is None:
        account = PaymentAccount(nonprofit_id=nonprofit.id, provider=provider, reference=status.account)
        session.add(account)
    account.connected_by_id = person_id
    account.connected_at = clock.now()
    account.disconnected_at = None
    account.ready = status.ready
    account.missing = list(status.missing)
    session.flush()
    audit.record(
        session,
        "payee.connected",
        person_id,
        subject(nonprofit),
        provider=provider,
        account=account.reference,
        ready=account.ready,
    )
    return account


def _refuse_taken(session: Session, nonprofit: Nonprofit, provider: str, reference: str) -> None:
    other = session.scalar(
        select(PaymentAccount.nonprofit_id).where(
            PaymentAccount.provider == provider,
            PaymentAccount.reference == reference,
            PaymentAccount.nonprofit_id != nonprofit.id,
        )
    )
    if other is not None:
        raise KindrelayError(N_("This payment account belongs to another organisation here."))
