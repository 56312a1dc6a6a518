"""The provider's own list of what has happened, asked for and laid beside the books, payment by payment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core import clock, db
from app.donations.models import Donation, Refund
from app.finance.findings import Check
from app.finance.sums import Key, Sums, keyed
from app.gateways.payments.contract import Awaited, PaymentGateway, VerifiedEvent
from app.nonprofits.models import PaymentAccount

THE_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
# News this young may still be on its way: told and not settled, or listed and not told.
ON_THE_WAY = timedelta(minutes=5)
CHUNK = 5000


@dataclass(frozen=True)
class Listed:
    """What a provider listed when it was asked at `asked_at`, about what has happened since `since`."""

    provider: str
    since: datetime
    asked_at: datetime
    events: Sequence[VerifiedEvent]


def ask(gateway: PaymentGateway) -> Listed:
    """Ask for everything the provider can list; not inside a transaction.

    Raises PaymentsUnavailable when it does not answer, PaymentRefused when it will not.
    """
    asked_at = clock.now()
    reach = gateway.capabilities().history
    since = THE_BEGINNING if reach is None else asked_at - reach
    with db.unit_of_work() as session:
        accounts = session.scalars(
            select(PaymentAccount.reference).where(PaymentAccount.provider == gateway.name)
        ).all()
        lists = gateway.capabilities().lists_events
        awaited = () if lists else _payments(session, gateway.name)
    return Listed(gateway.name, since, asked_at, gateway.list_settled(since, accounts, awaited))


def lay_out(session: Session, listed: Listed) -> None:
    """Put the list into a table of this transaction, `provider_event`, for the queries below.

    What is older than the list reaches, and what came while it was read, is taken from the events we kept.
    """
    session.execute(text("DROP TABLE IF EXISTS pg_temp.provider_event"))
    session.execute(text(_TABLE))
    for columns in _chunks(listed.events):
        session.execute(text(_INSERT), columns)
    session.execute(
        text(_KEPT), {"provider": listed.provider, "since": listed.since, "asked_at": listed.asked_at}
    )
    session.execute(text(_YOUNG), {"provider": listed.provider, "young": listed.asked_at - ON_THE_WAY})
    session.execute(text("ANALYZE provider_event"))
    session.execute(text("DROP TABLE IF EXISTS pg_temp.provider_payment"))
    session.execute(text(_PAYMENTS), {"provider": listed.provider})
    session.execute(text("ANALYZE provider_payment"))


def sums_of(session: Session, listed: Listed) -> dict[Key, Sums]:
    """What the provider says, once `lay_out` has put it there.

    Gifts through another provider than the one that was asked are counted as we have them.
    """
    return keyed(session.execute(text(_SUMS), {"provider": listed.provider}))


def _payments(session: Session, provider: str) -> Sequence[Awaited]:
    named = func.coalesce(Refund.reference, Refund.code)
    refunds = select(func.array_agg(named)).where(Refund.donation_id == Donation.id).scalar_subquery()
    rows = session.execute(
        select(PaymentAccount.reference, Donation.reference, refunds)
        .join(PaymentAccount, PaymentAccount.id == Donation.payment_account_id)
        .where(Donation.provider == provider, Donation.reference.is_not(None))
    )
    return [Awaited(account, reference or "", names or ()) for account, reference, names in rows]


def _chunks(events: Iterable[VerifiedEvent]) -> Iterable[dict[str, list[Any]]]:
    """The events, a chunk at a time, as a list of values for each column."""
    rest = iter(events)
    while chunk := list(islice(rest, CHUNK)):
        yield {
            "event_id": [event.event_id for event in chunk],
            "kind": [event.kind.value for event in chunk],
            "account": [event.account for event in chunk],
            "reference": [event.reference for event in chunk],
            "part": [event.part for event in chunk],
            "amount_minor": [event.amount.minor for event in chunk],
            "fee_minor": [event.fee_minor for event in chunk],
            "currency": [event.amount.currency for event in chunk],
            "occurred_at": [event.occurred_at for event in chunk],
        }


_COLUMNS = "event_id, kind, account, reference, part, amount_minor, fee_minor, currency, occurred_at"
_TABLE = """
    CREATE TEMPORARY TABLE provider_event (
        event_id text PRIMARY KEY, kind text, account text, reference text, part text, amount_minor bigint,
        fee_minor bigint, currency text, occurred_at timestamptz
    ) ON COMMIT DROP
"""
_INSERT = f"""
    INSERT INTO provider_event ({_COLUMNS})
    SELECT * FROM unnest(CAST(:event_id AS text[]), CAST(:kind AS text[]), CAST(:account AS text[]),
        CAST(:reference AS text[]), CAST(:part AS text[]), CAST(:amount_minor AS bigint[]),
        CAST(:fee_minor AS bigint[]), CAST(:currency AS text[]), CAST(:occurred_at AS timestamptz[]))
    ON CONFLICT DO NOTHING
"""
_KEPT = (
    f"INSERT INTO provider_event ({_COLUMNS}) SELECT {_COLUMNS} FROM payment_event "
    "WHERE provider = :provider AND (occurred_at < :since OR received_at >= :asked_at) ON CONFLICT DO NOTHING"
)
_YOUNG = """
    DELETE FROM provider_event WHERE occurred_at > :young AND event_id NOT IN (
        SELECT event_id FROM payment_event WHERE provider = :provider AND applied_at IS NOT NULL)
"""
# By payment: what was captured, refunded and taken by banks, each refund and dispute counted once, however
# often it was told.
_PAYMENTS = """
    CREATE TEMPORARY TABLE provider_payment ON COMMIT DROP AS
    WITH about AS (
        SELECT event.*, coalesce(opened.id, captured.id) AS donation_id,
            CASE WHEN kind IN ('payment.succeeded', 'subscription.renewed') THEN 'success'
                 WHEN kind IN ('dispute.won', 'dispute.lost') THEN 'closed' ELSE kind END AS class
        FROM provider_event event
        LEFT JOIN donation opened ON opened.provider = :provider AND opened.reference = event.reference
        LEFT JOIN donation captured
            ON captured.provider = :provider AND captured.capture_reference = event.reference
        WHERE event.reference <> '' AND kind IN ('payment.succeeded', 'subscription.renewed',
            'payment.fee', 'refund.succeeded', 'refund.failed', 'dispute.opened', 'dispute.won',
            'dispute.lost')
    ), once AS (
        SELECT DISTINCT ON (coalesce(donation_id::text, reference), class, part)
            coalesce(donation_id::text, reference) AS payment, *
        FROM about
        ORDER BY coalesce(donation_id::text, reference), class, part,
            CASE WHEN class = 'refund.succeeded' AND part = '' THEN -amount_minor END, occurred_at, event_id
    ), summed AS (
        SELECT this.payment, min(this.donation_id) AS donation_id, min(this.reference) AS reference,
            min(this.account) AS account, min(this.currency) AS currency,
            coalesce(sum(this.amount_minor) FILTER (WHERE this.class = 'success'), 0) AS captured,
            greatest(
                coalesce(sum(this.amount_minor)
                    FILTER (WHERE this.class = 'refund.succeeded' AND this.part <> ''), 0),
                coalesce(max(this.amount_minor)
                    FILTER (WHERE this.class = 'refund.succeeded' AND this.part = ''), 0)
            ) - coalesce(sum(before.amount_minor) FILTER (WHERE this.class = 'refund.failed'), 0) AS refunded,
            coalesce(sum(before.amount_minor) FILTER (WHERE this.kind = 'dispute.lost'), 0) AS taken,
            coalesce(sum(this.fee_minor), 0) AS fee
        FROM once this
        LEFT JOIN once before ON before.payment = this.payment AND before.part = this.part
            AND before.class = CASE this.class WHEN 'refund.failed' THEN 'refund.succeeded'
                                               WHEN 'closed' THEN 'dispute.opened' END
        GROUP BY this.payment
    )
    SELECT coalesce(donation.nonprofit_id, payee.nonprofit_id) AS nonprofit_id, summed.donation_id,
        summed.reference, summed.currency, captured,
        refunded + least(taken, captured - refunded) AS given_back,
        fee + taken - least(taken, captured - refunded) AS fees
    FROM summed
    LEFT JOIN donation ON donation.id = summed.donation_id
    LEFT JOIN payment_account payee ON payee.provider = :provider AND payee.reference = summed.account
    WHERE captured > 0 AND (payee.id IS NOT NULL OR donation.id IS NOT NULL)
"""
_SUMS = """
    SELECT nonprofit_id, currency, sum(captured), sum(given_back), sum(fees) FROM (
        SELECT nonprofit_id, currency, captured, given_back, fees FROM provider_payment
        UNION ALL
        SELECT nonprofit_id, currency, captured_minor, refunded_minor + lost_minor, fee_minor
        FROM donation WHERE provider <> :provider AND captured_minor > 0
    ) payment GROUP BY nonprofit_id, currency
"""

CHECKS = (
    Check(
        "payment that the books have otherwise",
        "provider",
        """
        SELECT donation.nonprofit_id, donation.number AS donation,
            side.subject || ' of payment ' || coalesce(payment.reference, donation.reference, '-') AS subject,
            side.told AS expected, side.kept AS found, donation.currency
        FROM donation
        LEFT JOIN provider_payment payment ON payment.donation_id = donation.id
        CROSS JOIN LATERAL (VALUES
            ('captured', coalesce(payment.captured, 0), donation.captured_minor),
            ('given back', coalesce(payment.given_back, 0), donation.refunded_minor + donation.lost_minor),
            ('fees', coalesce(payment.fees, 0), donation.fee_minor)
        ) side (subject, told, kept)
        WHERE side.told <> side.kept
          AND donation.provider = :provider
        """,
    ),
    Check(
        "payment that no donation has",
        "provider",
        """
        SELECT nonprofit_id, NULL AS donation, 'payment ' || reference AS subject, captured AS expected,
            '' AS found, currency
        FROM provider_payment WHERE donation_id IS NULL
        """,
    ),
    Check(
        "payment in another currency",
        "provider",
        """
        SELECT donation.nonprofit_id, donation.number AS donation, 'payment ' || payment.reference AS subject,
            payment.currency AS expected, donation.currency AS found, '' AS currency
        FROM provider_payment payment JOIN donation ON donation.id = payment.donation_id
        WHERE payment.currency <> donation.currency
        """,
    ),
)
