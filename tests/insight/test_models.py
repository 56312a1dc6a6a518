"""Insight: cases worked out by hand, a slower way to the same figures, and files that are wrong."""

import json
from collections import Counter
from itertools import chain, combinations
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli import main
from app.insight import estimates, markov, paths, plain_file, shapley

CHANNELS = st.sampled_from("abcde")
MANY = st.lists(
    st.tuples(st.lists(CHANNELS, min_size=1, max_size=5), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
    max_size=12,
)


def shares(found: paths.Attribution) -> dict[str, float]:
    return dict(zip(found.channels, found.conversions.tolist(), strict=True))


def test_markov_by_hand() -> None:
    found = markov.attribute(paths.of([["C1", "C2", "C3"], ["C1"], ["C2", "C3"]], [1, 0, 0], nulls=[0, 1, 1]))
    assert found.removal_effects == pytest.approx([0.5, 1, 1], abs=1e-12)
    assert shares(found) == pytest.approx({"C1": 0.2, "C2": 0.4, "C3": 0.4}, abs=1e-12)


def test_shapley_by_hand() -> None:
    assert shares(shapley.attribute(paths.of([["a"], ["a", "b"]], [4, 6]))) == {"a": 7, "b": 3}


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        ("first", [1, 0, 0, 0]),
        ("last", [0, 0, 0, 1]),
        ("linear", [0.25] * 4),
        ("decay", [1 / 15, 2 / 15, 4 / 15, 8 / 15]),
        ("position", [0.4, 0.1, 0.1, 0.4]),
    ],
)
def test_the_weights_of_positions(model: str, weights: list[float]) -> None:
    found = estimates.attribute(paths.of([["a", "b", "c", "d"]], [1]), model)
    assert list(shares(found).values()) == pytest.approx(weights, abs=1e-12)


@pytest.mark.parametrize(("length", "weights"), [(1, [1.0]), (2, [0.5, 0.5])])
def test_short_paths_share_by_position(length: int, weights: list[float]) -> None:
    found = estimates.attribute(paths.of([list("ab")[:length]], [1]), "position")
    assert list(shares(found).values()) == pytest.approx(weights)


def test_each_touch_counts_as_given() -> None:
    assert shares(estimates.attribute(paths.of([["a", "b", "a"]], [3]), "linear")) == pytest.approx(
        {"a": 2, "b": 1}
    )


def removed(rows: list[tuple[list[str], int, int]], gone: str | None) -> float:
    """The chance to convert by walking the chain step by step, with `gone` leading nowhere."""
    moves: Counter[tuple[str, str]] = Counter()
    for path, converted, lost in rows:
        for end, count in (("(yes)", converted), ("(no)", lost)):
            for pair in zip(["(start)", *path], [*path, end], strict=True):
                moves[pair] += count
    names = sorted({name for pair in moves for name in pair})
    at = {name: index for index, name in enumerate(names)}
    chances = np.zeros((len(names), len(names)))
    for (here, there), count in moves.items():
        chances[at[here], at[there]] = count
    out = chances.sum(axis=1, keepdims=True)
    chances = np.divide(chances, out, out=np.zeros_like(chances), where=out > 0)
    if gone is not None and gone in at:
        chances[at[gone]] = 0
    state = np.zeros(len(names))
    state[at["(start)"]] = 1
    arrived = 0.0
    for _ in range(4000):
        state = state @ chances
        arrived += state[at["(yes)"]]
        state[at["(yes)"]] = 0
    return float(arrived)


@given(MANY)
@settings(max_examples=25)
def test_removal_effects_are_what_taking_a_channel_out_leaves(rows: list[tuple[list[str], int, int]]) -> None:
    asked = paths.of([row[0] for row in rows], [row[1] for row in rows], nulls=[row[2] for row in rows])
    effects = markov.removal_effects(asked)
    whole = removed(rows, None)
    for channel, effect in zip(asked.channels, effects, strict=True):
        expected = 1 - removed(rows, channel) / whole if whole else 0
        assert effect == pytest.approx(expected, abs=1e-9)


@given(MANY)
@settings(max_examples=25)
def test_shapley_is_the_average_over_all_orders(rows: list[tuple[list[str], int, int]]) -> None:
    asked = paths.of([row[0] for row in rows], [row[1] for row in rows])
    channels = asked.channels

    def worth(members: set[str]) -> float:
        return sum(converted for path, converted, _ in rows if set(path) <= members)

    for channel, share in shares(shapley.attribute(asked)).items():
        others = [one for one in channels if one != channel]
        expected = 0.0
        for group in chain.from_iterable(combinations(others, size) for size in range(len(others) + 1)):
            orders = factorial(len(group)) * factorial(len(others) - len(group)) / factorial(len(channels))
            expected += orders * (worth({*group, channel}) - worth(set(group)))
        assert share == pytest.approx(expected, abs=1e-9)


@given(MANY, st.sampled_from(estimates.NAMES))
@settings(max_examples=50)
def test_every_conversion_is_given_away_once(rows: list[tuple[list[str], int, int]], model: str) -> None:
    asked = paths.of([row[0] for row in rows], [row[1] for row in rows], nulls=[row[2] for row in rows])
    assert estimates.attribute(asked, model).conversions.sum() == pytest.approx(sum(row[1] for row in rows))


def test_a_file_is_read_and_answered_in_json(tmp_path: Path) -> None:
    file = tmp_path / "paths.csv"
    file.write_text(
        "path,total_conversions,total_conversion_value,total_null\n"
        'C1 > C2 > C3,1,30,0\nC1,0,0,1\n"C2 > C3",0,0,1\n'
    )
    said = CliRunner().invoke(main, ["insight", "--model", "markov", "--json", str(file)])
    rows = {row["channel"]: row for row in json.loads(said.output)["channels"]}
    assert rows["C1"] == pytest.approx(
        {"channel": "C1", "conversions": 0.2, "value": 6, "removal_effect": 0.5}
    )
    plain = CliRunner().invoke(main, ["insight", "--model", "last", str(file)])
    assert "C3" in plain.output
    assert plain.exit_code == 0


def test_a_file_without_nulls_is_read(tmp_path: Path) -> None:
    file = tmp_path / "paths.csv"
    file.write_text("path,total_conversions,total_conversion_value\na > b,2,2\n")
    assert shares(estimates.attribute(paths.read(file), "first")) == {"a": 2, "b": 0}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "The first line must name the column path."),
        ("path,total_conversions\na,1\n", "The first line must name the column total_conversion_value."),
        ("path,total_conversions,total_conversion_value\na,1\n", "Line 2 has 2 cells; the first line has 3."),
        (
            "path,total_conversions,total_conversion_value\na,one,1\n",
            "A column of numbers holds something else",
        ),
        (
            "path,total_conversions,total_conversion_value\na,-1,1\n",
            "Path 1 has a number that is negative or not a number.",
        ),
        ("path,total_conversions,total_conversion_value\na > ,1,1\n", "A path has an empty step."),
    ],
)
def test_a_file_that_is_none_says_why(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "paths.csv"
    file.write_text(content)
    with pytest.raises(paths.BadPaths) as refused:
        paths.read(file)
    assert says in str(refused.value)


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    file = tmp_path / "film.csv"
    file.write_bytes(b"\x00\x00\x00\x18ftypmp42\xff\xfe,\xff")
    with pytest.raises(paths.BadPaths, match="no text in UTF-8"):
        paths.read(file)


NAMES = st.text("ab字 ", min_size=1, max_size=11).filter(lambda name: name.strip() == name)
ROWS = st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=4), st.integers(0, 1200)), min_size=1)


@given(ROWS)
@settings(max_examples=40)
def test_a_plain_file_and_the_same_with_quotes_are_read_alike(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[list[str], int]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "paths.csv"
    lines = [(" > ".join(path), number) for path, number in rows]
    head = "path,total_conversions,total_conversion_value\n"
    file.write_text(head + "".join(f"{path},{number},{number * 7}\n" for path, number in lines))
    plain = paths.read(file)
    file.write_text(head + "".join(f'"{path}",{number},{number * 7}\n' for path, number in lines))
    quoted = paths.read(file)
    assert list(plain.channels) == list(quoted.channels)
    for name in ("steps", "starts", "conversions", "values", "nulls"):
        assert getattr(plain, name).tolist() == getattr(quoted, name).tolist()


def test_names_that_fall_on_one_place_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_file, "PLACE_BITS", 1)
    file = tmp_path / "paths.csv"
    ways = ["a > b > a > a long name > c", "another long name > a long name", "c > d > e"]
    head = "path,total_conversions,total_conversion_value\n"
    file.write_text(head + "".join(f"{way},1,1\n" for way in ways))
    read = paths.read(file)
    assert [read.channels[step] for step in read.steps] == " > ".join(ways).split(" > ")
    assert list(read.channels) == ["a", "b", "a long name", "c", "another long name", "d", "e"]
