"""What organisations have granted this site at Alipay: to act for one account, named by its seller id (PID).

A token opens nothing by itself: Alipay takes it only in requests that the site's own key has signed, and
that key is in no database.
"""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import unit_of_work
from app.gateways.models import AlipayGrant
from app.gateways.payments.contract import PaymentRefused


def keep(seller_id: str, token: str) -> None:
    """Keep the token of an account; a newer one takes the place of an older."""
    values = {"token": token, "granted_at": clock.now()}
    with unit_of_work() as session:
        session.execute(
            insert(AlipayGrant)
            .values(seller_id=seller_id, **values)
            .on_conflict_do_update(index_elements=[AlipayGrant.seller_id], set_=values)
        )


def token_of(seller_id: str) -> str:
    """The token of an account. Raises PaymentRefused when its organisation has granted none."""
    with unit_of_work() as session:
        token = session.scalar(select(AlipayGrant.token).where(AlipayGrant.seller_id == seller_id))
    if token is None:
        raise PaymentRefused(f"no grant of the Alipay account {seller_id}")
    return token
