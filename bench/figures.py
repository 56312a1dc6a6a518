"""What a run took: CPU of the platform's processes, and times of many requests."""

from collections.abc import Callable, Iterable, Mapping
from statistics import quantiles

import psutil

SIGNS: Mapping[str, Callable[[list[str]], bool]] = {
    "web": lambda words: "granian" in " ".join(words),
    "workers": lambda words: words[1:3] == ["-m", "workers"],
    "postgres": lambda words: "postgres" in words[0],
    "valkey": lambda words: "valkey" in words[0],
}


def cpu_seconds(host: psutil.Process, names: Iterable[str]) -> dict[str, float]:
    """CPU seconds so far of parts of the platform that runs under `host`, by their names in SIGNS."""
    parts = dict.fromkeys(names, 0.0)
    for process in host.children(recursive=True):
        try:
            words, used = process.cmdline() or [""], process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds = used.user + used.system
        if words[1:2] == ["-D"]:  # the database server itself, with its connections that were closed
            seconds += used.children_user + used.children_system
        for part in parts:
            if SIGNS[part](words):
                parts[part] += seconds
    return parts


def milliseconds(name: str, seconds: list[float]) -> dict[str, float]:
    """Median, 99th percentile and the largest."""
    if len(seconds) < 2:
        return {}
    cuts = quantiles(seconds, n=100)
    named = {"p50": cuts[49], "p99": cuts[98], "max": max(seconds)}
    return {f"{name}_ms_{key}": round(value * 1000, 1) for key, value in named.items()}
