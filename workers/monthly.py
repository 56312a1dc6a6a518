"""Monthly gifts at the provider: nothing is taken for what may not receive, another card is taken."""

import structlog
from sqlalchemy.orm import Session

from app.core import db, runtime, tasks
from app.core.tasks import Claim
from app.donations import holds, monthly
from app.gateways import traffic
from app.gateways.payments.contract import PaymentRefused, PaymentsUnavailable
from app.gateways.payments.registry import open_gateway
from workers.lease import Finisher, GiveUp, Lease, nothing

log = structlog.get_logger()


def hold(_claim: Claim, lease: Lease) -> Finisher:
    """Pause or end the monthly gifts to what may not receive, and let those go on that may again.

    Raises PaymentsUnavailable, once the others are done, when the provider did not answer for some.
    """
    gateway = open_gateway(runtime.settings(), traffic.transport())
    if gateway is None:
        return nothing
    with db.unit_of_work() as session:
        steps = holds.due(session, gateway.name)
    silent = done = 0
    for step in steps:
        if lease.lost.is_set():
            break
        try:
            monthly.ask(gateway, step.account, step.reference, step.change)
        except PaymentRefused as error:
            log.warning("monthly gift not held", reference=step.reference, reason=error.detail)
        except PaymentsUnavailable:
            silent += 1
        else:
            with db.unit_of_work() as session:
                holds.note(session, step)
            done += 1
        with db.unit_of_work() as session:
            holds.looked_at(session, step)
    if silent:
        raise PaymentsUnavailable(f"{silent} of {len(steps)} monthly gifts could not be held")
    return _go_on if done and len(steps) == holds.AT_ONCE else nothing


def take_card(_claim: Claim, _lease: Lease, *, gift_id: int) -> Finisher:
    """Have a monthly gift paid with the newest card that its donor has given, whichever was told last.

    Raises PaymentsUnavailable while the provider does not answer, GiveUp when it will not take the card.
    """
    gateway = open_gateway(runtime.settings(), traffic.transport())
    with db.unit_of_work() as session:
        card = monthly.card_given(session, gift_id)
    if gateway is None or card is None or card.provider != gateway.name:
        return nothing
    try:
        gateway.take_card(card.account, card.subscription, card.part)
    except PaymentRefused as error:
        raise GiveUp(f"the card for {card.subscription} is not taken: {error.detail}") from error
    return lambda session: monthly.note_card(session, gift_id)


def _go_on(session: Session) -> None:
    """There may be more: they need not wait for the next hour."""
    tasks.defer(session, "monthly.hold")
