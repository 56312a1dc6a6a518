"""Files of a large site in a process of their own, with all that a worker has loaded and nothing else.

`python -m bench.report_file csv|xlsx` writes every line of two years, of every organisation, each as a file,
as the task does, and prints what that took as JSON. Its environment says which database is read.
"""

import importlib
import json
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from app.core import clock, db, runtime, settings
from app.donations.models import Donation
from app.reports.files import making
from app.reports.files.orders import Order, Wanted
from app.reports.periods import Period

KILOBYTES_IN_MB = 1024


def main() -> None:
    """Make the files, and print figures."""
    form = sys.argv[1]
    importlib.import_module("workers.jobs")
    runtime.start(settings.load())
    today = clock.now().date()
    period = Period(today - timedelta(days=730), today + timedelta(days=1), "UTC")
    wanted = Wanted("donations", form, period, "en", with_donors=True)
    with db.unit_of_work() as session:
        ids = session.scalars(select(Donation.nonprofit_id).distinct()).all()
    rows = size = 0
    told: list[int] = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"lines.{form}"
        for nonprofit_id in ids:
            order = Order(0, "bench", nonprofit_id, "Bench", "NL", wanted)
            rows += making.make(order, path, lambda done, _: told.append(done))
            size += path.stat().st_size
    figures = {
        f"{form}_rows": rows,
        f"{form}_mb": round(size / 1e6, 1),
        f"{form}_s": round(time.perf_counter() - began, 1),
        f"{form}_progress_told": len(told),
        f"{form}_peak_memory_mb": round(_peak() / KILOBYTES_IN_MB, 1),
    }
    print(json.dumps(figures))


def _peak() -> int:
    """In kilobytes. (What `getrusage` tells was as much in the process that started this one.)"""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
