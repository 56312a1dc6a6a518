"""How long the exact models take on many paths.

`python -m bench.insight [--paths N --videos K] [--json]`

Paths are drawn at random (a few videos are met much more often than others). When the package
ChannelAttribution is installed, its Markov model, which simulates, runs on the same file in the same run.
"""

import argparse
import importlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.insight import estimates, paths
from app.insight.paths import Attribution

HEADER = "path,total_conversions,total_conversion_value,total_null\n"
CHUNK = 50_000
KINDS = ("wall", "cpu")


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of CPU by all threads of this process."""

    wall: float
    cpu: float

    def __add__(self, other: "Took") -> "Took":
        return Took(self.wall + other.wall, self.cpu + other.cpu)


def main() -> None:
    """Print what each model costs, and the peer's ratio if it is there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--paths", type=int, default=1_000_000)
    parser.add_argument("--videos", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "paths.csv"
        write(file, wanted.paths, wanted.videos)
        figures = measured(file)
    if wanted.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:44} {value:10.3f}")


def measured(file: Path) -> dict[str, float]:
    """Seconds of reading and of each model, with the peer beside our Markov if it is there."""
    read, asked = timed(lambda: paths.read(file))
    ours: dict[str, Took] = {"read": read}
    said: dict[str, Attribution] = {}
    for name in estimates.NAMES:
        ours[name], said[name] = timed(lambda name=name: estimates.attribute(asked, name))
    ours["read and markov"] = ours["read"] + ours["markov"]
    figures = {f"{name}, {kind}": getattr(took, kind) for name, took in ours.items() for kind in KINDS}
    try:
        peer: Any = importlib.import_module("ChannelAttribution")
    except ImportError:
        return figures
    return figures | beside(peer, file, ours, said["markov"])


def beside(peer: Any, file: Path, ours: Mapping[str, Took], exact: Attribution) -> dict[str, float]:
    """What the peer takes for the same file, how much longer that is, and how far it is from exact."""
    import pandas  # it comes with the peer

    read, table = timed(lambda: pandas.read_csv(file))
    markov, simulated = timed(
        lambda: peer.markov_model(
            table,
            "path",
            "total_conversions",
            var_value="total_conversion_value",
            var_null="total_null",
            out_more=True,
        )
    )
    theirs = {"markov": markov, "read and markov": read + markov}
    figures = {
        f"peer: {name}, {kind}": getattr(took, kind) for name, took in theirs.items() for kind in KINDS
    }
    for name, took in theirs.items():
        for kind in KINDS:
            figures[f"peer ÷ ours: {name}, {kind}"] = getattr(took, kind) / getattr(ours[name], kind)
    given = simulated["result"].set_index("channel_name")["total_conversions"]
    wrong = np.abs(given.reindex(exact.channels).to_numpy() - exact.conversions).sum() / 2
    figures["peer: part of conversions misplaced"] = float(wrong / exact.conversions.sum())
    return figures


def timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    """What work takes, and what comes of it."""
    began, busy = time.perf_counter(), time.process_time()
    made = work()
    return Took(time.perf_counter() - began, time.process_time() - busy), made


def write(file: Path, count: int, videos: int) -> None:
    """A file of `count` paths over `videos` videos, 3 steps long on average."""
    random = np.random.default_rng(1)
    popular = 1 / np.arange(1, videos + 1) ** 0.8
    names = np.array([f"video{number}" for number in range(videos)])
    with file.open("w") as out:
        out.write(HEADER)
        for begun in range(0, count, CHUNK):
            lengths = random.geometric(0.3, min(CHUNK, count - begun)).clip(1, 12)
            steps = names[random.choice(videos, lengths.sum(), p=popular / popular.sum())]
            gifts = random.integers(0, 3, len(lengths))
            nothing = random.integers(0, 20, len(lengths))
            parts = np.split(steps, np.cumsum(lengths)[:-1])
            for part, gift, none in zip(parts, gifts, nothing, strict=True):
                out.write(f"{' > '.join(part)},{gift},{gift * 700},{none}\n")


if __name__ == "__main__":
    main()
