"""The floor under a donation: the very rows that it leaves, by raw psycopg, and nothing around them.

One transaction to keep the provider's event with its task, one to settle it, on one connection, with the
database's own triggers and the same `synchronous_commit`. No signature, no rule, no lock, no state machine.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import make_url

from tests.many import AMOUNT, CURRENCY, FEE, Receiving

KEEP_EVENT = """
    INSERT INTO payment_event (provider, event_id, kind, account, reference, part, alias, subscription, card,
        reason, amount_minor, fee_minor, currency, payload, occurred_at, received_at)
    VALUES ('sandbox', %s, 'payment.succeeded', %s, %s, '', '', '', '', '', %s, %s, %s, %s, %s, %s)
    RETURNING id
"""
KEEP_TASK = """
    INSERT INTO task (name, queue, priority, args, run_after, attempts, created_at)
    VALUES ('credit.settle', 'floor', 1, %s, now(), 0, now()) RETURNING id
"""
SETTLE = (
    "UPDATE donation SET state = 'paid', captured_minor = amount_minor, fee_minor = %(fee)s, paid_at = %(at)s"
    " WHERE provider = 'sandbox' AND reference = %(name)s RETURNING id",
    "UPDATE payment_event SET applied_at = %(at)s WHERE id = %(event)s",
    "INSERT INTO donation_move (donation_id, from_state, to_state, event_id, at)"
    " VALUES (%(donation)s, 'pending', 'paid', %(event)s, %(at)s)",
    "WITH booked AS (INSERT INTO ledger_transaction (kind, idempotency, donation_id, at)"
    " VALUES ('capture', 'capture:' || %(donation)s, %(donation)s, %(at)s) RETURNING id)"
    " INSERT INTO ledger_entry (transaction_id, account, currency, amount_minor)"
    " SELECT id, account, %(currency)s, minor FROM booked, (VALUES ('donations', -%(amount)s::bigint),"
    " ('fees', %(fee)s), ('provider', %(amount)s::bigint - %(fee)s)) sides (account, minor)",
    "INSERT INTO credit (donation_id, project_id, video_id, creator_id, amount_minor, fee_minor, currency,"
    " rule, rule_version, evidence, at) VALUES (%(donation)s, %(project)s, %(video)s, %(creator)s,"
    " %(amount)s, %(fee)s, %(currency)s, 'last', 1, %(evidence)s, %(at)s)",
    "INSERT INTO day_rollup (nonprofit_id, project_id, video_id, creator_id, day, currency, rule,"
    " donations, creator_donations, gifts, gross_minor, fee_minor, refunded_minor, relay_minor, lines)"
    " VALUES (%(nonprofit)s, %(project)s, %(video)s, %(creator)s, %(day)s, %(currency)s, 'last v1', 1, 1, 1,"
    " %(amount)s, %(fee)s, 0, 0, 1) ON CONFLICT (project_id, video_id, day, currency, rule) DO UPDATE SET"
    " donations = day_rollup.donations + 1, gross_minor = day_rollup.gross_minor + excluded.gross_minor,"
    " fee_minor = day_rollup.fee_minor + excluded.fee_minor",
    "UPDATE task SET done_at = now() WHERE id = %(task)s",
)


@dataclass(frozen=True)
class Floor:
    """Seconds that a donation takes at the least."""

    keep: float
    settle: float


def measure(database_url: str, to: Receiving, names: Sequence[str]) -> Floor:
    """Keep and settle the named payments, one by one; the average of each in seconds."""
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, prepare_threshold=0) as connection:
        began = time.perf_counter()
        kept = list(_keep_all(connection, to, names))
        between = time.perf_counter()
        for name, event, task in kept:
            _settle(connection, to, name, event, task)
        ended = time.perf_counter()
    return Floor((between - began) / len(names), (ended - between) / len(names))


def _keep_all(
    connection: psycopg.Connection, to: Receiving, names: Sequence[str]
) -> Iterator[tuple[str, int, int]]:
    for name in names:
        at = datetime.now(UTC)
        values = [f"event-{name}", to.account, name, AMOUNT, FEE, CURRENCY, Jsonb({"id": name}), at, at]
        [event] = connection.execute(KEEP_EVENT, values).fetchone() or [0]
        [task] = connection.execute(KEEP_TASK, [Jsonb({"event_id": event})]).fetchone() or [0]
        connection.commit()
        yield name, event, task


def _settle(connection: psycopg.Connection, to: Receiving, name: str, event: int, task: int) -> None:
    at = datetime.now(UTC)
    values = {
        "name": name,
        "event": event,
        "task": task,
        "at": at,
        "day": at.date(),
        "nonprofit": to.nonprofit_id,
        "project": to.project_id,
        "video": to.video_id,
        "creator": to.creator_id,
        "currency": CURRENCY,
        "amount": AMOUNT,
        "fee": FEE,
        "evidence": Jsonb({"path": [{"video": to.video_code, "kind": "made_from"}], "weights": []}),
    }
    [values["donation"]] = connection.execute(SETTLE[0], values).fetchone() or [0]
    for statement in SETTLE[1:]:
        connection.execute(statement, values)
    connection.commit()
