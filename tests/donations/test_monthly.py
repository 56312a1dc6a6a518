"""Monthly gifts: begun by the first payment, renewed by events in any order, failed, mended, ended."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import KindrelayError
from app.core.models import Task
from app.core.money import Money
from app.credit import inheritance
from app.credit.models import Credit
from app.donations import holds, monthly, renewals
from app.donations.models import Donation, MonthlyGift, PaymentEvent
from app.donations.monthly import Change
from app.donations.settlement import UnknownPayment
from app.finance import books
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import Nonprofit
from app.projects import lifecycle
from app.videos.models import Video
from tests import factories
from workers import credit
from workers.lease import GiveUp
from workers.runner import run_due

SUBSCRIPTION = "subscription-1"


@pytest.fixture
def first(session: Session, video: Video) -> Donation:
    made = factories.donation(session, video, public_message="For the swing", private_note="A note")
    monthly.begin(session, made)
    return made


@pytest.fixture
def gift(session: Session, first: Donation) -> MonthlyGift:
    return session.scalars(select(MonthlyGift)).one()


def news(
    session: Session, about: Donation, kind: EventKind, reference: str = "", **values: object
) -> PaymentEvent:
    return factories.event(
        session, about, kind, **{"subscription": SUBSCRIPTION, "reference": reference, **values}
    )


def told(
    session: Session, about: Donation, kind: EventKind, reference: str = "", **values: object
) -> PaymentEvent:
    event = news(session, about, kind, reference, **values)
    credit.settle(session, event_ids=[event.id])
    return event


def begun(session: Session, first: Donation) -> None:
    told(session, first, EventKind.SUCCEEDED, first.reference or "")


def renewals_of(session: Session, first: Donation) -> list[Donation]:
    query = select(Donation).where(Donation.monthly_gift_id == first.monthly_gift_id, Donation.id != first.id)
    return list(session.scalars(query.order_by(Donation.id)))


def mails(session: Session) -> list[str]:
    rows = session.scalars(select(Task.args).where(Task.name == "mail.send").order_by(Task.id))
    return [args["mail"] for args in rows]


def test_a_monthly_gift_begins_with_its_first_payment(session: Session, first: Donation, gift: MonthlyGift):
    assert gift.state == "pending"
    begun(session, first)
    assert (gift.state, gift.reference) == ("active", SUBSCRIPTION)
    assert gift.next_at is not None
    assert gift.next_at > clock.now() + timedelta(days=27)
    assert mails(session).count("monthly_started") == 1


def test_a_renewal_is_a_donation_of_its_own_with_the_first_ones_split(session: Session, first: Donation):
    begun(session, first)
    told(session, first, EventKind.RENEWED, "payment-2", amount_minor=1500, fee_minor=44)
    [renewal] = renewals_of(session, first)
    assert (renewal.state, renewal.captured_minor, renewal.fee_minor) == ("paid", 1500, 44)
    assert (renewal.video_id, renewal.link_id, renewal.email) == (first.video_id, first.link_id, first.email)
    assert (renewal.public_message, renewal.private_note) == ("", "")
    [part] = session.scalars(select(Credit).where(Credit.donation_id == renewal.id))
    assert (part.video_id, part.amount_minor, part.rule) == (first.video_id, 1500, "last")
    assert part.evidence["inherited_from"] == first.number
    assert books.check(session).right


def test_renewals_inherit_a_split_of_several_videos_by_its_exact_weights(
    session: Session, first: Donation, video: Video
):
    others = [factories.video(session) for _ in range(2)]
    codes = [session.get_one(Video, first.video_id).code, *(one.code for one in others)]
    first.captured_minor = 1000
    # As a rule that splits between three videos would have written it.
    for video_id, minor in zip([first.video_id, *(one.id for one in others)], (334, 333, 333), strict=True):
        session.add(
            Credit(
                donation_id=first.id,
                project_id=first.project_id,
                video_id=video_id,
                creator_id=session.get_one(Video, video_id).creator_id,
                amount_minor=minor,
                currency=first.currency,
                rule="linear",
                rule_version=1,
                evidence={"path": [], "weights": [[code, "1/3"] for code in codes]},
            )
        )
    session.flush()
    renewal = factories.donation(session, video, monthly_gift_id=first.monthly_gift_id)
    decided = inheritance.of_renewals(session, [first, renewal])
    assert list(decided) == [renewal.id]
    assert [str(weight) for weight in decided[renewal.id].weights.values()] == ["1/3"] * 3
    assert (decided[renewal.id].rule, decided[renewal.id].version) == ("linear", 1)


@pytest.mark.parametrize("times", [1, 3])
def test_a_renewal_counts_once_however_often_it_is_told(session: Session, first: Donation, times: int):
    begun(session, first)
    for _ in range(times):
        told(session, first, EventKind.RENEWED, "payment-2")
    again = session.scalars(select(PaymentEvent).where(PaymentEvent.kind == EventKind.RENEWED)).first()
    assert again is not None
    credit.settle(session, event_ids=[again.id])
    assert [one.captured_minor for one in renewals_of(session, first)] == [1000]
    assert books.check(session).right


def test_a_renewal_before_the_first_success_waits_for_it(session: Session, first: Donation):
    early = news(session, first, EventKind.RENEWED, "payment-2")
    tasks.defer(session, "credit.settle", event_id=early.id)
    run_due("money")
    assert (early.applied_at, renewals_of(session, first)) == (None, [])
    success = news(session, first, EventKind.SUCCEEDED, first.reference or "")
    tasks.defer(session, "credit.settle", event_id=success.id)
    run_due("money")
    assert [one.state for one in renewals_of(session, first)] == ["paid"]
    assert books.check(session).right


def test_the_end_told_before_the_beginning_ends_it_afterwards(
    session: Session, first: Donation, gift: MonthlyGift
):
    with pytest.raises(UnknownPayment):
        told(session, first, EventKind.SUBSCRIPTION_ENDED)
    begun(session, first)
    run_due("money")
    assert gift.state == "ended"


def test_a_renewal_that_comes_after_the_end_is_still_a_donation(
    session: Session, first: Donation, gift: MonthlyGift
):
    begun(session, first)
    told(session, first, EventKind.SUBSCRIPTION_ENDED)
    told(session, first, EventKind.RENEWED, "payment-2")
    assert gift.state == "ended"
    assert len(renewals_of(session, first)) == 1


def test_a_failed_renewal_is_told_once_and_mended_by_the_next(
    session: Session, first: Donation, gift: MonthlyGift
):
    begun(session, first)
    for _ in range(2):
        told(session, first, EventKind.RENEWAL_FAILED, occurred_at=clock.now())
    assert gift.state == "failing"
    assert mails(session).count("monthly_failed") == 1
    told(session, first, EventKind.RENEWED, "payment-2", occurred_at=clock.now())
    assert (gift.state, gift.failed_at) == ("active", None)


def test_news_of_an_older_failure_does_not_undo_a_newer_payment(
    session: Session, first: Donation, gift: MonthlyGift
):
    begun(session, first)
    told(session, first, EventKind.RENEWED, "payment-2")
    told(session, first, EventKind.RENEWAL_FAILED, occurred_at=clock.now() - timedelta(hours=1))
    assert gift.state == "active"


@pytest.mark.parametrize("kind", [EventKind.RENEWED, EventKind.RENEWAL_FAILED, EventKind.SUBSCRIPTION_ENDED])
def test_news_of_another_account_is_refused(
    session: Session, first: Donation, gift: MonthlyGift, kind: EventKind
):
    begun(session, first)
    with pytest.raises(GiveUp, match="somebody-else"):
        told(session, first, kind, "payment-2", account="somebody-else")
    assert (gift.state, renewals_of(session, first)) == ("active", [])


def test_a_renewal_in_another_currency_is_refused(session: Session, first: Donation):
    begun(session, first)
    with pytest.raises(GiveUp), session.begin_nested():
        told(session, first, EventKind.RENEWED, "payment-2", currency="USD")
    assert renewals_of(session, first) == []


def test_the_donors_changes_are_noted_as_the_state_allows(
    session: Session, first: Donation, gift: MonthlyGift
):
    begun(session, first)
    token = monthly.link_token(gift, "secret")

    def change(what: Change, amount: Money | None = None) -> str:
        monthly.check(monthly.by_token(session, token, "secret"), what, amount)
        monthly.note(session, gift.id, what, amount)
        return gift.state

    assert change(Change.PAUSE) == "paused"
    with pytest.raises(KindrelayError, match="cannot be done"):
        change(Change.PAUSE)
    assert change(Change.AMOUNT, Money(2500, gift.currency)) == "paused"
    assert change(Change.RESUME) == "active"
    with pytest.raises(KindrelayError, match="smallest gift"):
        change(Change.AMOUNT, Money(50, gift.currency))
    assert change(Change.END) == "ended"
    monthly.note(session, gift.id, Change.END)
    assert (gift.amount_minor, gift.end_reason) == (2500, "donor")
    assert mails(session).count("monthly_ended") == 1


@pytest.mark.parametrize(
    ("began", "after", "due"),
    [
        ("2026-01-31", "2026-01-31", "2026-02-28"),
        ("2026-01-31", "2026-02-28", "2026-03-31"),
        ("2028-01-30", "2028-01-30", "2028-02-29"),
        ("2026-12-15", "2026-12-15", "2027-01-15"),
        ("2026-01-10", "2026-05-11", "2026-06-10"),
    ],
)
def test_the_next_payment_keeps_its_day_of_the_month(began: str, after: str, due: str):
    at = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (began, after, due)]
    assert renewals.next_payment(at[0], at[1]) == at[2]


def test_what_may_not_receive_any_more_has_its_monthly_gifts_looked_at_at_once(session: Session) -> None:
    project = factories.project(session)
    lifecycle.close(session, project, factories.person(session).id)
    assert session.scalars(select(Task.name).where(Task.name == "monthly.hold")).all() == ["monthly.hold"]


def test_of_two_cards_the_one_that_was_given_last_is_taken_whichever_is_told_first(
    session: Session, first: Donation, gift: MonthlyGift
):
    begun(session, first)
    assert monthly.card_given(session, gift.id) is None
    for part, minutes_ago in (("given last", 1), ("given first", 5)):
        at = clock.now() - timedelta(minutes=minutes_ago)
        told(session, first, EventKind.CARD_GIVEN, amount_minor=0, part=part, occurred_at=at)
    tasks = session.scalars(select(Task.args).where(Task.name == "monthly.take_card")).all()
    assert list(tasks) == [{"gift_id": gift.id}] * 2
    card = monthly.card_given(session, gift.id)
    assert card is not None
    assert (card.subscription, card.part) == (SUBSCRIPTION, "given last")
    monthly.note(session, gift.id, Change.END)
    assert monthly.card_given(session, gift.id) is None


def test_a_failing_monthly_gift_that_was_held_is_freed_and_goes_on_to_fail(
    session: Session, first: Donation, gift: MonthlyGift
):
    begun(session, first)
    nonprofit = session.get_one(Nonprofit, first.nonprofit_id)
    nonprofit.status = "suspended"
    [pause] = holds.due(session, first.provider)
    holds.note(session, pause)
    told(session, first, EventKind.RENEWAL_FAILED, occurred_at=clock.now())
    assert (gift.state, gift.held_at is not None) == ("failing", True)
    nonprofit.status = "verified"
    session.flush()
    [resume] = holds.due(session, first.provider)
    assert resume.change is Change.RESUME
    holds.note(session, resume)
    assert (gift.state, gift.held_at) == ("failing", None)
    assert holds.due(session, first.provider) == []
    told(session, first, EventKind.RENEWED, "payment-2", occurred_at=clock.now())
    assert gift.state == "active"
