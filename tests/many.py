"""Gifts by the thousand: a project with a video, and as many open payments as are wanted."""

from dataclasses import dataclass

from sqlalchemy import text

from app.core import db
from app.nonprofits import payees
from app.nonprofits.models import Nonprofit
from tests import factories

AMOUNT, FEE = 2500, 73
CURRENCY = "EUR"

_BEGIN = text("""
    INSERT INTO donation (code, number, nonprofit_id, project_id, payment_account_id, video_id, link_id,
        amount_minor, currency, state, captured_minor, refunded_minor, fee_minor, disputed_minor, lost_minor,
        donor_name, anonymous, email, public_message, private_note, locale, provider, reference, pay_url,
        idempotency, created_at)
    SELECT md5('code' || name), md5('number' || name), :nonprofit_id, :project_id, :account_id, :video_id,
        :link_id, :amount, :currency, 'pending', 0, 0, 0, 0, 0, 'Dora', false, '', '', '', 'en', 'sandbox',
        name, 'http://127.0.0.1/pay/' || name, md5('form' || name), now()
    FROM (SELECT :prefix || n AS name FROM generate_series(1, :count) n) names
""")


@dataclass(frozen=True)
class Receiving:
    """Where the gifts go."""

    nonprofit_id: int
    project_id: int
    account_id: int
    account: str
    video_id: int
    link_id: int
    creator_id: int
    video_code: str


def receiving() -> Receiving:
    """A live project with a published video that carries its link."""
    with db.unit_of_work() as session:
        project = factories.project(session)
        video = factories.video(session)
        link = factories.link(session, video, project)
        account = payees.account_of(session, session.get_one(Nonprofit, project.nonprofit_id))
        assert account is not None
        return Receiving(
            project.nonprofit_id,
            project.id,
            account.id,
            account.reference,
            video.id,
            link.id,
            video.creator_id,
            video.code,
        )


def begin(to: Receiving, prefix: str, count: int) -> list[str]:
    """Write `count` donations whose payments are open; returns what the provider calls these."""
    values = {
        "nonprofit_id": to.nonprofit_id,
        "project_id": to.project_id,
        "account_id": to.account_id,
        "video_id": to.video_id,
        "link_id": to.link_id,
        "amount": AMOUNT,
        "currency": CURRENCY,
        "prefix": f"{prefix}-",
        "count": count,
    }
    with db.unit_of_work() as session:
        session.execute(_BEGIN, values)
    return [f"{prefix}-{number}" for number in range(1, count + 1)]
