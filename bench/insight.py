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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from app.insight import estimates, paths

HEADER = "path,total_conversions,total_conversion_value,total_null\n"
CHUNK = 50_000


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
    for name, seconds in figures.items():
        print(f"{name:32} {seconds:10.3f}")


def measured(file: Path) -> dict[str, float]:
    """Wall seconds of reading and of each model, and the peer beside it if it is there."""
    seconds, read = timed(lambda: paths.read(file))
    figures = {"read": seconds}
    for name in estimates.NAMES:
        figures[name], _ = timed(lambda name=name: estimates.attribute(read, name))
    figures["read and markov"] = figures["read"] + figures["markov"]
    try:
        peer: Any = importlib.import_module("ChannelAttribution")
    except ImportError:
        return figures
    import pandas  # it comes with the peer

    table = pandas.read_csv(file)
    columns = ("path", "total_conversions")
    figures["ChannelAttribution's markov"], _ = timed(
        lambda: peer.markov_model(
            table, *columns, var_value="total_conversion_value", var_null="total_null", out_more=True
        )
    )
    figures["its seconds ÷ ours"] = figures["ChannelAttribution's markov"] / figures["markov"]
    return figures


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Wall seconds, and what came of it."""
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


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
