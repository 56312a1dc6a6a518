"""The explanation of a split: worked out by hand, and the same whoever asks."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from app.core.money import Money
from app.credit import explaining

GIVEN = datetime(2026, 11, 21, 12, tzinfo=UTC)


def evidence(**more: Any) -> dict[str, Any]:
    ages = {"a": 14, "b": 7, "c": 0}
    path = [
        {"video": code, "kind": "view", "at": (GIVEN - timedelta(days=age)).isoformat()}
        for code, age in ages.items()
    ]
    weights = [[code, "1/3"] for code in ages]
    return {"path": path, "weights": weights, "window_days": 30, "given_at": GIVEN.isoformat(), **more}


def test_an_odd_cent_and_what_other_rules_would_have_said() -> None:
    told = explaining.explain(evidence(), "linear", 1, Money(100, "EUR"), GIVEN)
    assert [(one.video, one.amount.minor, one.is_rounded_up) for one in told.shares] == [
        ("a", 34, True),
        ("b", 33, False),
        ("c", 33, False),
    ]
    assert told.shares[0].exact == Fraction(100, 3)
    assert [one.age for one in told.steps] == [timedelta(days=14), timedelta(days=7), timedelta()]
    others = {one.rule: [money.minor for _, money in one.parts] for one in told.others}
    assert others == {
        "last": [0, 0, 100],
        "first": [100, 0, 0],
        "linear": [34, 33, 33],
        "decay": [14, 29, 57],
        "position": [40, 20, 40],
    }


def test_a_creator_is_told_of_no_other_video() -> None:
    told = explaining.explain(evidence(), "linear", 1, Money(100, "EUR"), GIVEN)
    own = explaining.own_only(told, {"b"})
    assert [(one.video, one.at is None) for one in own.steps] == [(None, True), ("b", False), (None, True)]
    assert [one.amount.minor for one in own.shares] == [33]
    assert all([code for code, _ in one.parts] == ["b"] for one in own.others)


def test_a_gift_without_a_path_is_explained_too() -> None:
    told = explaining.explain(evidence(path=[], weights=[]), "last", 1, Money(7, "JPY"), GIVEN)
    assert [(one.video, one.amount.minor) for one in told.shares] == [(None, 7)]
    assert told.others == []
