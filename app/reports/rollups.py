"""The rollup: sums by day, project and video that reports are read from.

It is added to in the transaction that gives or takes back credit, so it is never behind; it can be rebuilt
from the credits at any time, and `differences` proves that it need not be.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CompoundSelect, Select, Subquery, cast, delete, func, insert, literal, select
from sqlalchemy import Date as SqlDate
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.credit.credits import Held, Part, Reversal
from app.credit.models import Credit, CreditReversal, CreditWithdrawal
from app.credit.moving import Moved
from app.donations.models import Donation
from app.nonprofits.models import Nonprofit
from app.reports.models import DayRollup

KEY = ("project_id", "video_id", "day", "currency")
SUMS = ("donations", "gross_minor", "fee_minor", "refunded_minor")
COLUMNS = ("nonprofit_id", "creator_id", *KEY, *SUMS)


def count(session: Session, parts: Sequence[Part], reversals: Sequence[Reversal]) -> None:
    """Count new credits on the day they were given; refunds and lost disputes on the day they happened,
    whatever day the gift was counted on."""
    given = [(one.donation, one.row["at"], _given(one.row)) for one in parts]
    gone = [(one.move.donation, one.move.at, _gone(one)) for one in reversals]
    _count(session, [*given, *gone])


def count_decision(session: Session, made: Moved) -> None:
    """Count credit that a nonprofit has moved on the day it decided: out of some videos' figures, with all
    that was taken back of it, into those of others. What stood in days before stays there."""
    out = [_taken_out(one) for one in made.withdrawn]
    into = [{**_given(row), "refunded_minor": gone} for row, gone in made.given]
    _count(session, [(made.donation, made.at, row) for row in (*out, *into)])


def rebuild(session: Session, nonprofit_id: int) -> None:
    """Write an organisation's rollup anew from its credits, after its time zone has changed."""
    session.execute(delete(DayRollup).where(DayRollup.nonprofit_id == nonprofit_id))
    fresh = _recomputed(nonprofit_id)
    session.execute(insert(DayRollup).from_select(COLUMNS, select(*[fresh.c[name] for name in COLUMNS])))


def differences(session: Session, nonprofit_id: int) -> Sequence[Any]:
    """Rows in which the rollup and a recomputation from the credits do not agree; empty when all is well."""
    fresh = _recomputed(nonprofit_id)
    computed = select(*[fresh.c[name] for name in COLUMNS])
    kept = select(*[getattr(DayRollup, name) for name in COLUMNS]).where(
        DayRollup.nonprofit_id == nonprofit_id
    )
    missing = computed.except_(kept)
    surplus = kept.except_(computed)
    return [*session.execute(missing).all(), *session.execute(surplus).all()]


def _given(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("video_id", "creator_id", "currency", "fee_minor")},
        "donations": 1,
        "gross_minor": row["amount_minor"],
        "refunded_minor": 0,
    }


def _gone(one: Reversal) -> dict[str, Any]:
    return {
        **_whose(one.credit),
        "donations": 0,
        "gross_minor": 0,
        "fee_minor": one.fee_minor,
        "refunded_minor": one.amount_minor,
    }


def _taken_out(one: Held) -> dict[str, Any]:
    return {
        **_whose(one.credit),
        "donations": -1,
        "gross_minor": -one.credit.amount_minor,
        "fee_minor": -one.fee,
        "refunded_minor": -one.gone,
    }


def _whose(credit: Credit) -> dict[str, Any]:
    return {name: getattr(credit, name) for name in ("video_id", "creator_id", "currency")}


def _count(session: Session, counted: Sequence[tuple[Donation, datetime, dict[str, Any]]]) -> None:
    """Add figures to their rows: each row once, all in one order, so that no two workers block each other."""
    if not counted:
        return
    zones = _zones(session, {donation.nonprofit_id for donation, _, _ in counted})
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for donation, at, figures in counted:
        day = at.astimezone(zones[donation.nonprofit_id]).date()
        row = {
            "nonprofit_id": donation.nonprofit_id,
            "project_id": donation.project_id,
            "day": day,
            **figures,
        }
        same = rows.setdefault(tuple(row[name] or 0 for name in KEY), {**row, **dict.fromkeys(SUMS, 0)})
        for name in SUMS:
            same[name] += row[name]
    statement = upsert(DayRollup).values([rows[key] for key in sorted(rows)])
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[getattr(DayRollup, name) for name in KEY],
            set_={name: getattr(DayRollup, name) + statement.excluded[name] for name in SUMS},
        )
    )


def _zones(session: Session, nonprofit_ids: Collection[int]) -> dict[int, ZoneInfo]:
    # The share lock keeps the time zones as they are until this is committed; `rebuild` follows their change.
    query = select(Nonprofit.id, Nonprofit.time_zone).where(Nonprofit.id.in_(nonprofit_ids))
    rows = session.execute(query.order_by(Nonprofit.id).with_for_update(read=True))
    return {nonprofit_id: ZoneInfo(zone) for nonprofit_id, zone in rows}


def _recomputed(nonprofit_id: int) -> Subquery:
    events = _events(nonprofit_id).subquery()
    keys = [events.c[name] for name in ("nonprofit_id", "creator_id", *KEY)]
    sums = [cast(func.sum(events.c[name]), events.c[name].type).label(name) for name in SUMS]
    return select(*keys, *sums).group_by(*keys).subquery()


def _events(nonprofit_id: int) -> CompoundSelect[Any]:
    zero = literal(0)
    gifts = _rows(
        Credit.at,
        literal(1).label("donations"),
        Credit.amount_minor.label("gross_minor"),
        Credit.fee_minor,
        zero.label("refunded_minor"),
    )
    refunds = _rows(
        CreditReversal.at,
        zero.label("donations"),
        zero.label("gross_minor"),
        CreditReversal.fee_minor,
        CreditReversal.amount_minor.label("refunded_minor"),
    ).join(CreditReversal, CreditReversal.credit_id == Credit.id)
    taken_out = _rows(
        CreditWithdrawal.at,
        literal(-1).label("donations"),
        (-Credit.amount_minor).label("gross_minor"),
        -CreditWithdrawal.fee_minor,
        (-CreditWithdrawal.refunded_minor).label("refunded_minor"),
    ).join(CreditWithdrawal, CreditWithdrawal.credit_id == Credit.id)
    own = Nonprofit.id == nonprofit_id
    return gifts.where(own).union_all(refunds.where(own), taken_out.where(own))


def _rows(at: Any, *sums: Any) -> Select[*tuple[Any, ...]]:
    day = cast(func.timezone(Nonprofit.time_zone, at), SqlDate).label("day")
    return (
        select(
            Donation.nonprofit_id,
            Credit.creator_id,
            Donation.project_id,
            Credit.video_id,
            day,
            Credit.currency,
            *sums,
        )
        .select_from(Credit)
        .join(Donation, Donation.id == Credit.donation_id)
        .join(Nonprofit, Nonprofit.id == Donation.nonprofit_id)
    )
