"""Donors' paths as arrays: which channels (videos) they went through, and what came of it."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.insight import plain_file
from app.insight.plain_file import Cut

SEPARATOR = " > "
NUMBERS = ("total_conversions", "total_conversion_value", "total_null")
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class BadPaths(KindrelayError):  # noqa: N818 (it names what was read)
    """The paths cannot be read; the message says where and why."""


@dataclass(frozen=True)
class Paths:
    """Paths of channels, one after the other.

    `steps` are indices into `channels`; path i is steps[starts[i] : starts[i + 1]], so `starts` has one more
    than there are paths. `conversions`, `values` and `nulls` say for each path how often it ended in a gift,
    what those gifts were worth in all, and how often it ended in none.
    """

    channels: Sequence[str]
    steps: Ints
    starts: Ints
    conversions: Floats
    values: Floats
    nulls: Floats

    @property
    def lengths(self) -> Ints:
        """How many steps each path has."""
        return np.diff(self.starts)

    @property
    def owners(self) -> Ints:
        """For each step, the index of its path."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


@dataclass(frozen=True)
class Attribution:
    """What a model gives each channel. `removal_effects` is None for models that have none."""

    channels: Sequence[str]
    conversions: Floats
    values: Floats
    removal_effects: Floats | None = None


def summed(at: Ints, amounts: Floats, count: int) -> Floats:
    """The amounts added up by index, for the indices 0 to `count` - 1."""
    return np.bincount(at, amounts, count).astype(np.float64, copy=False)


def of(
    paths: Sequence[Sequence[str]],
    conversions: Sequence[float],
    values: Sequence[float] | None = None,
    nulls: Sequence[float] | None = None,
) -> Paths:
    """Paths from plain lists. Without `values` each conversion is worth 1; without `nulls` there are none."""
    return _built(
        list(chain.from_iterable(paths)),
        [len(path) for path in paths],
        conversions,
        conversions if values is None else values,
        [0.0] * len(paths) if nulls is None else nulls,
    )


def read(file: Path) -> Paths:
    """Read a CSV of path, total_conversions, total_conversion_value, total_null (the last may be missing).

    Raises BadPaths with the line for what is not such a file.
    """
    raw = file.read_bytes()
    plain = plain_file.cut(raw, "path", NUMBERS)
    if plain is not None and all(name in plain.numbers for name in NUMBERS[:2]):
        return _of_plain(plain)
    try:
        columns = _columns(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadPaths(N_("This is no text in UTF-8. Save the table as CSV with that encoding.")) from None
    written = [path.strip() for path in columns["path"]]
    try:
        numbers = {name: list(map(float, columns[name])) for name in NUMBERS if name in columns}
    except ValueError as error:
        raise BadPaths(N_("A column of numbers holds something else: %(error)s."), error=str(error)) from None
    paths = _built(
        SEPARATOR.join(written).split(SEPARATOR) if written else [],
        [path.count(SEPARATOR) + 1 for path in written],
        numbers[NUMBERS[0]],
        numbers[NUMBERS[1]],
        numbers.get(NUMBERS[2], [0.0] * len(written)),
    )
    _must_be_possible(paths)
    return paths


def _of_plain(plain: Cut) -> Paths:
    none = np.zeros(len(plain.lengths))
    return Paths(
        plain.names,
        plain.steps,
        np.concatenate([np.zeros(1, np.int64), np.cumsum(plain.lengths)]),
        plain.numbers[NUMBERS[0]],
        plain.numbers[NUMBERS[1]],
        plain.numbers.get(NUMBERS[2], none),
    )


def _built(
    steps: list[str],
    lengths: Sequence[int],
    conversions: Sequence[float],
    values: Sequence[float],
    nulls: Sequence[float],
) -> Paths:
    index: defaultdict[str, int] = defaultdict(count().__next__)  # a channel gets its number when it is met
    numbers = np.fromiter(map(index.__getitem__, steps), np.int64, len(steps))
    return Paths(
        list(index),
        numbers,
        np.concatenate([np.zeros(1, np.int64), np.cumsum(np.asarray(lengths, np.int64))]),
        np.asarray(conversions, np.float64),
        np.asarray(values, np.float64),
        np.asarray(nulls, np.float64),
    )


def _columns(text: str) -> dict[str, Sequence[str]]:
    """The cells by column, each under the name in the first line."""
    if '"' in text:
        table = [row for row in csv.reader(text.splitlines(keepends=True)) if row]
        header, widths = [name.strip() for name in table[0]], [len(row) for row in table]
        cells = list(chain.from_iterable(table))
    else:  # nothing is quoted: a million lines are cut in one go
        lines = [line for line in text.splitlines() if line]
        header = [name.strip() for name in ",".join(lines[:1]).split(",")]
        widths = [line.count(",") + 1 for line in lines]
        cells = ",".join(lines).split(",")
    missing = [name for name in ("path", *NUMBERS[:2]) if name not in header]
    if missing:
        raise BadPaths(N_("The first line must name the column %(name)s."), name=missing[0])
    _must_be_even(widths)
    width = len(header)
    return {name: cells[width + at :: width] for at, name in enumerate(header)}


def _must_be_even(widths: Sequence[int]) -> None:
    for number, width in enumerate(widths, 1):
        if width != widths[0]:
            raise BadPaths(
                N_("Line %(line)s has %(cells)s cells; the first line has %(width)s."),
                line=number,
                cells=width,
                width=widths[0],
            )


def _must_be_possible(paths: Paths) -> None:
    for numbers in (paths.conversions, paths.values, paths.nulls):
        wrong = np.flatnonzero(~np.isfinite(numbers) | (numbers < 0))
        if len(wrong):
            raise BadPaths(
                N_("Path %(number)s has a number that is negative or not a number."), number=int(wrong[0]) + 1
            )
    if any(name.strip(" >") == "" or name.startswith("> ") or name.endswith(" >") for name in paths.channels):
        raise BadPaths(N_("A path has an empty step. Steps are parted by “ > ”."))
