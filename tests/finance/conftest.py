"""A nonprofit's money in every state, made by the platform itself, and what the provider lists of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.core import clock, db
from app.core.money import Money
from app.core.settings import Settings
from app.donations import receipts
from app.donations.models import Donation, PaymentEvent
from app.finance import payouts, snapshots
from app.finance.provider_list import THE_BEGINNING, Listed
from app.gateways.payments.contract import EventKind, PayoutLine, SentPayout, VerifiedEvent
from app.nonprofits.models import Nonprofit, PaymentAccount
from tests import factories
from workers import credit

DAYS_AGO = 3


@dataclass
class World:
    """The world of a test: gifts by what has become of them."""

    nonprofit: Nonprofit
    account: PaymentAccount
    gifts: dict[str, Donation] = field(default_factory=dict[str, Donation])


@pytest.fixture(scope="module")
def made(database: Engine, settings: Settings) -> Iterator[tuple[Session, World]]:
    """The world, made once for a module, in a transaction that is undone."""
    with database.connect() as connection, connection.begin() as transaction:
        with (
            Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
            db.joined(session),
            pytest.MonkeyPatch.context() as patch,
        ):
            real = clock.now
            patch.setattr(clock, "now", lambda: real() - timedelta(days=DAYS_AGO))
            world = build(session)
            patch.setattr(clock, "now", real)
            snapshots.take(session)
            yield session, world
        transaction.rollback()


@pytest.fixture
def world(made: tuple[Session, World]) -> Iterator[World]:
    """The world for one test; what the test does to it is undone."""
    session, money = made
    with db.joined(session):
        step = session.begin_nested()
        yield money
        step.rollback()
        session.expire_all()


@pytest.fixture
def books_session(made: tuple[Session, World]) -> Session:
    return made[0]


def told(
    session: Session, about: Donation, kind: EventKind, minor: int | None = None, **values: object
) -> None:
    event = factories.event(session, about, kind, minor, **values)
    credit.settle(session, event_ids=[event.id])


def build(session: Session) -> World:
    """Gifts that are paid, partly refunded, refunded, in dispute, lost, paid without a video; a payout."""
    nonprofit = factories.nonprofit(session)
    project = factories.project(session, nonprofit)
    video = factories.video(session, carries=project)
    yen = factories.project(session, nonprofit, goal=Money(500_000, "JPY"))
    account = session.scalars(select(PaymentAccount).where(PaymentAccount.nonprofit_id == nonprofit.id)).one()
    world = World(nonprofit, account)
    for name in ("paid", "partly", "refunded", "disputed", "lost"):
        world.gifts[name] = factories.donation(session, video)
        told(session, world.gifts[name], EventKind.SUCCEEDED, fee_minor=29)
    world.gifts["plain"] = factories.donation(session, to=yen, amount_minor=5000)
    told(session, world.gifts["plain"], EventKind.SUCCEEDED, fee_minor=145)
    world.gifts["waiting"] = factories.donation(session, video)
    for name in ("paid", "plain", "lost"):
        receipts.ensure(session, world.gifts[name].id)
    told(session, world.gifts["partly"], EventKind.REFUNDED, 400, part="re-1")
    told(session, world.gifts["refunded"], EventKind.REFUNDED, 1000, part="re-2")
    told(session, world.gifts["disputed"], EventKind.DISPUTE_OPENED, 1000, part="dp-1")
    told(session, world.gifts["lost"], EventKind.DISPUTE_OPENED, 1000, part="dp-2")
    told(session, world.gifts["lost"], EventKind.DISPUTE_LOST, 1000, part="dp-2", fee_minor=150)
    payouts.keep(session, account, [payout_of(world, "po-1", "paid")])
    session.flush()
    return world


def payout_of(world: World, reference: str, *names: str, state: str = "paid") -> SentPayout:
    """A payout of gifts, as the provider would list it."""
    lines = [
        PayoutLine(
            EventKind.SUCCEEDED,
            world.gifts[name].reference or "",
            world.gifts[name].amount_minor,
            29,
            clock.now(),
        )
        for name in names
    ]
    minor = sum(line.amount_minor - line.fee_minor for line in lines)
    return SentPayout(reference, world.account.reference, Money(minor, "EUR"), state, clock.now(), lines)


def listing(session: Session) -> Listed:
    """What a provider lists that has told us everything."""
    events = session.scalars(select(PaymentEvent).order_by(PaymentEvent.id))
    return Listed("sandbox", THE_BEGINNING, clock.now(), [as_told(event) for event in events])


def as_told(event: PaymentEvent, **other: object) -> VerifiedEvent:
    values = {
        "provider": event.provider,
        "event_id": event.event_id,
        "kind": EventKind(event.kind),
        "account": event.account,
        "reference": event.reference,
        "amount": Money(event.amount_minor, event.currency),
        "fee_minor": event.fee_minor,
        "occurred_at": event.occurred_at,
        "part": event.part,
        "alias": event.alias,
    }
    return VerifiedEvent(**{**values, **other})  # pyright: ignore[reportArgumentType] (by name)
