"""Making unpayable what was opened before its project might not receive any more."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from app.core import clock, db, runtime, tasks
from app.core.tasks import Claim
from app.donations import closing
from app.gateways import traffic
from app.gateways.payments.contract import PaymentGateway, PaymentsUnavailable
from app.gateways.payments.registry import open_gateway
from workers.lease import Finisher, Lease

# A donor may be on the way to the provider at this very moment, and a page that is opened there only then
# can be closed only then: so it is looked at again.
AGAIN_AFTER = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))

log = structlog.get_logger()


def close_open(
    _claim: Claim,
    lease: Lease,
    *,
    project_id: int | None = None,
    nonprofit_id: int | None = None,
    look: int = 0,
) -> Finisher:
    """Close the open pay pages of a project or an organisation that may not receive.

    Named neither, it is every one whose project ended, or whose certificate did, while nobody did anything.
    Raises PaymentsUnavailable, once the others are closed, when the provider did not answer for some.
    """
    gateway = open_gateway(runtime.settings(), traffic.transport())
    if gateway is not None:
        with db.unit_of_work() as session:
            pages = closing.to_close(session, gateway.name, project_id=project_id, nonprofit_id=nonprofit_id)
        away = [page for page in pages if not lease.lost.is_set() and not _closed(gateway, page)]
        if away:
            raise PaymentsUnavailable(f"{len(away)} of {len(pages)} pay pages could not be closed")

    def look_again(session: Session) -> None:
        if (project_id or nonprofit_id) and look < len(AGAIN_AFTER):
            tasks.defer(
                session,
                "donations.close_open",
                run_after=clock.now() + AGAIN_AFTER[look],
                project_id=project_id,
                nonprofit_id=nonprofit_id,
                look=look + 1,
            )

    return look_again


def _closed(gateway: PaymentGateway, page: closing.OpenPage) -> bool:
    """False when it is not known to be closed. A page that was paid meanwhile is nothing to close."""
    try:
        if not closing.close(gateway, page):
            log.info("pay page was paid", reference=page.reference)
    except PaymentsUnavailable as error:
        log.warning("pay page not closed", reference=page.reference, reason=error.detail)
        return False
    return True
