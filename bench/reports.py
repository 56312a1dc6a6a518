"""Reports of a large site: from rollups and from the rows, as pages and as files, and rollups written anew.

`python -m bench.reports [--donations N] [--touches M] [--json]`

The same is measured at a sixteenth of the donations and touches, at a quarter and at all of them: what is
read from rollups must not grow with the donations. Times are medians in milliseconds, for the organisation
with most gifts and the last thirty days, unless a name says otherwise.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock, db
from app.core.settings import Settings
from app.credit.models import Credit
from app.donations.models import Donation
from app.reports import cohorts, movements, periods, queries, rebuilding, series, spans
from app.reports.periods import Period
from app.reports.queries import Order
from app.reports.which import Which
from app.videos.models import Video
from app.web import create_app
from app.web.reports import lines
from bench import report_data
from bench.engines import engines
from bench.report_data import Site
from tests.web.conftest import sign_in_as

TIMES = 7
GROWTH = (16, 4, 1)
ZONE = "UTC"


def main() -> None:
    """Print what each size costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--donations", type=int, default=1_180_000)
    parser.add_argument("--touches", type=int, default=20_000_000)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    with engines() as settings:
        report_data.begin()
        site = Site(0, "", 0, 0, 0)
        with create_engine(settings.database_url).connect() as connection:
            for part in GROWTH:
                began = time.perf_counter()
                site = report_data.add(connection, site, wanted.donations // part, wanted.touches // part)
                loaded = round(time.perf_counter() - began, 1)
                size = f"{site.donations} donations, {site.touches} touches"
                figures[size] = {"load_s": loaded, **measured(settings, site)}
                if not wanted.json:
                    print(
                        size,
                        *(f"  {name:34} {figure:12}" for name, figure in figures[size].items()),
                        sep="\n",
                    )
    if wanted.json:
        print(json.dumps(figures))


def measured(settings: Settings, site: Site) -> dict[str, float]:
    """Everything at one size."""
    return {
        **rebuilt(),
        **in_the_database(site),
        **as_pages(settings, site),
        **as_files("csv"),
        **as_files("xlsx"),
    }


def rebuilt() -> dict[str, float]:
    """All rollups written from nothing, or what was added since; written anew; compared with the rows."""
    seconds: dict[str, float] = {}
    for name, check in (("fill", False), ("rebuild", False), ("check", True)):
        told: list[str] = []
        began = time.perf_counter()
        if rebuilding.run(told.append, check=check, as_json=True):
            raise SystemExit(f"the rollups are not what the rows say: {told}")
        seconds[f"{name}_s"] = round(time.perf_counter() - began, 2)
        for kind in ("money", "people", "touches"):
            parts = [one["seconds"] for one in json.loads(told[0])["rollups"] if one["rollup"] == kind]
            seconds[f"{name}_{kind}_s"] = round(sum(parts), 2)
    return seconds


def in_the_database(site: Site) -> dict[str, float]:
    """Reports and the lines behind their figures, by the functions that pages and files call."""
    month = periods.latest(clock.now(), ZONE)
    year = Period(month.until - timedelta(days=365), month.until, ZONE)
    of, figures = site.nonprofit_id, dict[str, float]()
    only, shown = ("creators", "totals"), Order(most=lines.MOST_LINES, leading=lines.MOST_BARS)
    with db.unit_of_work() as session:
        video, creator = _most_moving(session, site)
        reads: dict[str, Callable[[], Any]] = {
            "report": lambda: queries.report(session, of, month),
            "report_of_creators": lambda: queries.report(session, of, month, only=only),
            "report_of_creators_as_shown": lambda: queries.report(session, of, month, only, shown),
            "report_of_a_year": lambda: queries.report(session, of, year),
            "sums_per_creator": lambda: _per_creator(session, of, month),
            "report_raw": lambda: _raw(session, of, month),
            "days": lambda: series.over_time(session, of, month, "day"),
            "months_of_a_year": lambda: series.over_time(session, of, year, "month"),
            "cohorts": lambda: cohorts.of(session, of),
            "lines_of_all": lambda: movements.page(session, of, year, Which()),
            "lines_of_a_creator": lambda: movements.page(session, of, year, Which(creator_code=creator)),
            "lines_of_a_video": lambda: movements.page(session, of, year, Which(video_code=video)),
            "lines_uncredited": lambda: movements.page(session, of, year, Which(uncredited=True)),
        }
        middle = movements.page(session, of, Period(year.first, month.first, ZONE), Which()).next
        reads["lines_in_the_middle"] = lambda: movements.page(session, of, year, Which(), middle)
        for name, read in reads.items():
            figures[f"{name}_ms"] = _median(read, 1 if name == "report_raw" else TIMES)
    return figures


def as_pages(settings: Settings, site: Site) -> dict[str, float]:
    """The desk's pages as the application answers them, to somebody who is signed in."""
    client = create_app(settings).test_client()
    with db.unit_of_work() as session:
        sign_in_as(client, session.get_one(Person, site.owner_id))
        video, creator = _most_moving(session, site)
    desk = f"/desk/{site.code}/reports"
    pages = {
        "page_of_creators": desk,
        "page_of_lines": f"{desk}/donations?currency=EUR",
        "page_of_a_creators_lines": f"{desk}/donations?currency=EUR&creator={creator}",
        "page_of_a_videos_lines": f"{desk}/donations?currency=EUR&video={video}",
    }
    return {f"{name}_ms": _median(lambda at=at: _got(client, at), TIMES) for name, at in pages.items()}


def as_files(form: str) -> dict[str, float]:
    """Every line as files, in a process of its own: its memory is that of a worker who makes them."""
    command = [sys.executable, "-m", "bench.report_file", form]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _most_moving(session: Session, site: Site) -> tuple[str, str]:
    """The codes of the organisation's video with most gifts, and of its creator."""
    row = session.execute(
        select(Video.code, Person.code)
        .join(Credit, Credit.video_id == Video.id)
        .join(Person, Person.id == Video.creator_id)
        .join(Donation, Donation.id == Credit.donation_id)
        .where(Donation.nonprofit_id == site.nonprofit_id)
        .group_by(Video.code, Person.code)
        .order_by(func.count().desc())
        .limit(1)
    ).one()
    return row[0], row[1]


def _per_creator(session: Session, nonprofit_id: int, period: Period) -> Any:
    """What creators were credited with in a period, from the rollups: four sums of each, and nothing else."""
    sums = ("creator_donations", "gross_minor", "refunded_minor", "fee_minor")
    found = spans.credited(nonprofit_id, period, ("creator_id", "currency", *sums)).c
    return session.execute(
        select(found.creator_id, found.currency, *[spans.total(found[one]) for one in sums]).group_by(
            found.creator_id, found.currency
        )
    ).all()


def _raw(session: Session, nonprofit_id: int, period: Period) -> Any:
    """What creators were credited with in a period, from the rows."""
    return session.execute(
        select(Credit.creator_id, Credit.currency, func.count(), func.sum(Credit.amount_minor))
        .join(Donation, Donation.id == Credit.donation_id)
        .where(
            Donation.nonprofit_id == nonprofit_id,
            Credit.at >= period.starts_at,
            Credit.at < period.ends_at,
        )
        .group_by(Credit.creator_id, Credit.currency)
    ).all()


def _got(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")


def _median(work: Callable[[], Any], times: int) -> float:
    """Milliseconds; what is read the first time is in no cache, so that it does not count among several."""
    if times > 1:
        work()
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return round(median(taken) * 1000, 2)


if __name__ == "__main__":
    main()
