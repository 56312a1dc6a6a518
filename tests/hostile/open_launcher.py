"""The launcher where the platform allows no network namespace: all of the cage but that."""

import importlib.util
import sys
from pathlib import Path

LAUNCHER = Path(__file__).parents[2] / "workers" / "transcode" / "launcher.py"

spec = importlib.util.spec_from_file_location("launcher", LAUNCHER)
assert spec is not None
assert spec.loader is not None
launcher = importlib.util.module_from_spec(spec)
spec.loader.exec_module(launcher)
vars(launcher)["leave_network_and_die_with_parent"] = lambda: None
launcher.main(sys.argv[1:])
