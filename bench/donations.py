"""Donations accepted and settled by the platform, beside the floor under them, in one run on this machine.

`python -m bench.donations [--rate N] [--seconds S] [--reads N] [--json]`

The platform is started as `kindrelay up` starts it. Signed webhooks of the simulated provider come at a
rate, from a process of their own, while pages of a video are read. Some seconds of fewer come before the
clock runs: what a process does for the first time it does only once. Answers are timed from when a webhook
was due, so that one that had to wait to be sent counts as slow. The floor is what the same rows cost by raw
psycopg, one transaction to keep a donation's event and one to settle it.
"""

import argparse
import json
import time
from datetime import timedelta
from functools import partial
from typing import Any

import psutil
from sqlalchemy import text

from app.core import db, runtime, tasks
from app.embedded.ports import is_free
from bench import floor, load
from bench.engines import platform
from bench.figures import cpu_seconds, milliseconds
from tests import many
from tests.many import Receiving
from workers import runner
from workers.lease import Lease

PATIENCE_SECONDS = 180.0
PARTS = ("web", "workers", "postgres", "valkey")
WARM_RATE, WARM_SECONDS = 20.0, 5.0
OWN_QUEUE = "bench"  # which no worker of the platform listens to

SETTLED = text(
    "SELECT count(*) FROM credit c JOIN donation d ON d.id = c.donation_id WHERE d.reference LIKE :of"
)
LAGS = text("""
    SELECT extract(epoch FROM c.at - e.received_at)
    FROM payment_event e
    JOIN donation d ON d.provider = e.provider AND d.reference = e.reference
    JOIN credit c ON c.donation_id = d.id
    WHERE d.reference LIKE :of
""")
KEPT = text("""
    WITH kept AS (
        INSERT INTO payment_event (provider, event_id, kind, account, reference, part, alias, subscription,
            card, reason, amount_minor, fee_minor, currency, payload, occurred_at, received_at)
        SELECT 'sandbox', 'event-' || name, 'payment.succeeded', :account, name, '', '', '', '', '', :amount,
            :fee, :currency, '{}', now(), now() FROM unnest(CAST(:names AS text[])) name
        RETURNING id
    )
    INSERT INTO task (name, queue, priority, args, run_after, attempts, created_at)
    SELECT 'credit.settle', :queue, 1, jsonb_build_object('event_id', id), now(), 0, now() FROM kept
""")


def main() -> None:
    """Print what the platform carried, and what it cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=350.0, help="webhooks a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--reads", type=float, default=10.0, help="watch pages a second")
    parser.add_argument(
        "--sample", type=int, default=1000, help="donations for the floor and the settle cost"
    )
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    port = next(port for port in range(8600, 8700) if is_free(port, "127.0.0.1"))
    with platform(port) as (settings, host):
        runtime.start(settings)
        to = many.receiving()
        send = partial(load.Plan, port, settings.sandbox_secret, to.account, page=f"/v/{to.video_code}")
        load.run(
            send(many.begin(to, "warm", round(WARM_RATE * WARM_SECONDS)), rate=WARM_RATE, reads=WARM_RATE)
        )
        payments = many.begin(to, "sent", round(wanted.rate * wanted.seconds))
        under = load_figures(host, send(payments, rate=wanted.rate, reads=wanted.reads))
        lowest = floor.measure(settings.database_url, to, many.begin(to, "floor", wanted.sample))
        settle = settle_seconds(to, wanted.sample)
    figures = under | {
        "floor_keep_ms": round(lowest.keep * 1000, 2),
        "floor_settle_ms": round(lowest.settle * 1000, 2),
        "settle_ms": round(settle * 1000, 2),
        "settle_cost_in_floors": round(settle / lowest.settle, 2),
        "floor_donations_per_s": round(1 / (lowest.keep + lowest.settle)),
    }
    lines = (f"{name:>28}  {value}" for name, value in figures.items())
    print(json.dumps(figures) if wanted.json else "\n".join(lines))


def load_figures(host: psutil.Process, plan: load.Plan) -> dict[str, Any]:
    """What the platform did with the webhooks that came at the wanted rate, beside the pages."""
    payments = plan.payments
    before = cpu_seconds(host, PARTS)
    seen = load.run(plan)
    waited = until_settled(len(seen.webhooks))
    spent = {name: seconds - before[name] for name, seconds in cpu_seconds(host, PARTS).items()}
    spent["sender"] = seen.cpu
    with db.unit_of_work() as session:
        settled = session.scalar(SETTLED, {"of": "sent-%"}) or 0
        lags = [float(lag) for lag in session.scalars(LAGS, {"of": "sent-%"})]
    return {
        "wanted_per_s": plan.rate,
        "accepted_per_s": round(len(seen.webhooks) / seen.seconds, 1),
        "accepted": len(seen.webhooks),
        "lost": len(payments) - settled,
        "refused": seen.refused,
        **milliseconds("answer", seen.webhooks),
        **milliseconds("credit_lag", lags),
        "last_credit_after_s": round(waited, 2),
        "pages_per_s": round(len(seen.pages) / seen.seconds, 1),
        **milliseconds("page", seen.pages),
        **{f"cpu_ms_{name}": round(seconds * 1000 / len(payments), 2) for name, seconds in spent.items()},
    }


def until_settled(count: int) -> float:
    """Wait until so many donations are credited; the seconds that took, at most the patience there is."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        with db.unit_of_work() as session:
            if (session.scalar(SETTLED, {"of": "sent-%"}) or 0) >= count:
                break
        time.sleep(0.2)
    return time.monotonic() - began


def settle_seconds(to: Receiving, count: int) -> float:
    """Seconds a donation, when a worker settles what has piled up: claimed, settled, marked as done."""
    values = {"account": to.account, "amount": many.AMOUNT, "fee": many.FEE, "currency": many.CURRENCY}
    with db.unit_of_work() as session:
        session.execute(KEPT, {**values, "names": many.begin(to, "settle", count), "queue": OWN_QUEUE})
    began = time.perf_counter()
    while True:
        with db.unit_of_work() as session:
            claims = tasks.claim_due(session, OWN_QUEUE, timedelta(seconds=60), runner.BATCH)
        if not claims:
            return (time.perf_counter() - began) / count
        with Lease(claims, timedelta(seconds=60)) as lease:
            runner.run_all(claims, lease)


if __name__ == "__main__":
    main()
