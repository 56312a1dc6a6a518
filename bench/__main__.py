"""Every benchmark, one after the other: `python -m bench`."""

import runpy

BENCHMARKS = ("tasks", "transcode", "insight", "donations", "gate")

for name in BENCHMARKS:
    runpy.run_module(f"bench.{name}", run_name="__main__")
