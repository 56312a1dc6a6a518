"""Another card for a subscription: a page of the simulated provider asks for it, the platform takes it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.money import Money
from app.gateways.models import SandboxCardPage, SandboxSubscription
from app.gateways.payments.contract import CardRequest, EventKind
from app.gateways.payments.sandbox import scripts, subscriptions
from app.gateways.payments.sandbox.lookup import by_code
from app.gateways.payments.sandbox.news import News, tell
from app.gateways.payments.sandbox.scripts import Script


def ask(session: Session, asked: CardRequest) -> SandboxCardPage:
    """Open a page for another card, or find the one that was opened with the same key. Raises NotFound."""
    subscription = subscriptions.living(session, asked.subscription, asked.account)
    same_key = select(SandboxCardPage).where(
        SandboxCardPage.account == asked.account, SandboxCardPage.idempotency == asked.key
    )
    page = session.scalar(same_key)
    if page is None:
        page = SandboxCardPage(
            account=asked.account,
            idempotency=asked.key,
            subscription=subscription.code,
            return_url=asked.return_url,
            back_url=asked.back_url,
        )
        session.add(page)
        session.flush()
    return page


def find(session: Session, code: str, *, lock: bool = False) -> SandboxCardPage:
    """A page by its code. Raises NotFound."""
    return by_code(session, SandboxCardPage, code, lock=lock)


def give(session: Session, code: str, card: str) -> None:
    """Give a card on a page, once, and tell the platform; nothing is charged.

    Raises Invalid("card") for one that is not in the list, KindrelayError for one that is declined.
    """
    page = find(session, code, lock=True)
    subscription = subscriptions.living(session, page.subscription, page.account)
    script = scripts.script_for(card, subscription.amount_minor)
    if script is None:
        raise Invalid("card", N_("Choose one of the test cards."))
    if script is Script.DECLINED:
        raise KindrelayError(N_("The card was declined. Nothing was charged. Try another card, or go back."))
    if page.card:
        return
    page.card = scripts.plain_digits(card)
    nothing = Money(0, subscription.currency)
    tell(session, News(EventKind.CARD_GIVEN, subscription, nothing, part=page.code, card=page.card))


def take(session: Session, subscription_code: str, account: str, code: str) -> SandboxSubscription:
    """Pay a subscription with the card that was given on a page of it.

    Raises NotFound, and KindrelayError when none was given or the subscription has ended.
    """
    subscription = subscriptions.living(session, subscription_code, account)
    page = by_code(session, SandboxCardPage, code, account=account)
    if not page.card or page.subscription != subscription.code:
        raise KindrelayError(N_("No card was given on this page."))
    subscription.card = page.card
    return subscription
