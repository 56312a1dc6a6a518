"""Whether accounts can receive, as the provider says: asked when it has news of one, and once a day."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import runtime, tasks
from app.core.tasks import Claim
from app.gateways import traffic
from app.gateways.payments.registry import open_gateway
from app.nonprofits import payees
from app.nonprofits.models import PaymentAccount
from workers.lease import Finisher, Lease, nothing


def look(session: Session) -> None:
    """Have every account that is connected to the site's provider asked about."""
    connected = select(PaymentAccount.reference).where(
        PaymentAccount.provider == runtime.settings().payment_provider,
        PaymentAccount.disconnected_at.is_(None),
    )
    accounts = [{"account": account} for account in session.scalars(connected.order_by(PaymentAccount.id))]
    tasks.defer_all(session, "payees.refresh", accounts)


def refresh(_claim: Claim, _lease: Lease, *, account: str) -> Finisher:
    """Ask the provider about an account, and note the answer if the account is still connected."""
    gateway = open_gateway(runtime.settings(), traffic.transport())
    if gateway is None:
        return nothing
    status = gateway.account_status(account)

    def note(session: Session) -> None:
        connected = payees.by_reference(session, gateway.name, account)
        if connected is not None:
            payees.note(session, connected, status)

    return note
