"""Beacons accepted by the web server, and their touches written: all of them, and none twice.

`python -m bench.touches [--rate TOUCHES] [--seconds S] [--videos K] [--json]`

The platform is started as `kindrelay up` starts it. Visitors who agreed tell of 20 touches at a time, each
visitor once; every tenth batch is sent again, as a page would that never heard the answer. Some seconds of
fewer come before the clock runs: what a process does for the first time it does only once. Answers are timed
from when a batch was due, so that one that had to wait to be sent counts as slow.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil
from itsdangerous import URLSafeSerializer
from sqlalchemy import text

from app.accounts.models import Person
from app.core import db, runtime
from app.core.ids import new_code
from app.core.settings import Settings
from app.embedded.ports import is_free
from app.gateways.touch_stream import TouchStream
from app.projects.models import Project
from app.web import cookies, visitors
from bench.engines import platform
from bench.figures import cpu_seconds, milliseconds
from bench.sending import Requests, away
from tests import factories, many

BATCH = 20  # as many as a page sends at once
KINDS = ("view", "open")
AGAIN = 10  # one batch of so many is sent twice
CONNECTIONS = 32
WARM_RATE, WARM_SECONDS = 1000.0, 6.0
SESSIONS = 1500  # moments at which visitors began theirs, a second apart
PATIENCE_SECONDS = 120.0
CALM = 0.05  # CPU seconds of the platform in one second while it has nothing to do
PARTS = ("web", "workers", "valkey", "postgres")
AGENT = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


@dataclass(frozen=True)
class Sent:
    """What became of requests: the seconds of all, those of the sender's own CPU, how many were refused, and
    the seconds each took from when it was due."""

    seconds: float
    cpu: float
    refused: int
    took: list[float]


def main() -> None:
    """Print what was accepted and written, and what it cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=5000.0, help="touches a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    port = next(port for port in range(8600, 8700) if is_free(port, "127.0.0.1"))
    with platform(port) as (settings, host):
        runtime.start(settings)
        figures = measured(settings, host, port, wanted)
    lines = (f"{name:>28}  {value}" for name, value in figures.items())
    print(json.dumps(figures) if wanted.json else "\n".join(lines))


def measured(
    settings: Settings, host: psutil.Process, port: int, wanted: argparse.Namespace
) -> dict[str, Any]:
    """What became of the batches that came at the wanted rate."""
    batches, codes = round(wanted.rate * wanted.seconds / BATCH), videos(wanted.videos)
    warm = beacons(settings, port, codes, round(WARM_RATE * WARM_SECONDS / BATCH))
    requests = beacons(settings, port, codes, batches)
    requests += requests[::AGAIN]
    away(lambda: asyncio.run(send(port, warm, WARM_RATE / BATCH)))
    until_drained(TouchStream(settings.redis_url))
    until_calm(host)
    before, busy = cpu_seconds(host, PARTS), psutil.cpu_times()
    earlier = kept()
    sent = away(lambda: asyncio.run(send(port, requests, wanted.rate / BATCH)))
    waited = until_drained(TouchStream(settings.redis_url))
    spent = {name: now - before[name] for name, now in cpu_seconds(host, PARTS).items()}
    written, counted = (now - then for now, then in zip(kept(), earlier, strict=True))
    accepted, ours = len(sent.took), sum(spent.values())
    return {
        "wanted_per_s": wanted.rate,
        "accepted_per_s": round(accepted * BATCH / sent.seconds),
        "accepted_batches": accepted,
        "refused": sent.refused,
        "lost": batches * BATCH - written,
        "counted_twice": counted - written,
        "last_written_after_s": round(waited, 2),
        **milliseconds("answer", sent.took),
        **{f"cpu_ms_{name}": round(one * 1000 / accepted, 2) for name, one in spent.items()},
        "cpu_ms_in_all": round(ours * 1000 / accepted, 2),
        "cpu_ms_sender": round(sent.cpu * 1000 / accepted, 2),
        "touches_per_cpu_s": round(accepted * BATCH / ours),
        "cores_busy_beside": round(others(busy, ours + sent.cpu, sent.seconds + waited), 2),
    }


def kept() -> tuple[int, int]:
    """How many touches are written, and how many are counted."""
    with db.unit_of_work() as session:
        written = session.execute(text("SELECT count(*) FROM touch")).scalar_one()
        counted = session.execute(text("SELECT coalesce(sum(count), 0) FROM video_count")).scalar_one()
    return written, int(counted)


def videos(count: int) -> list[str]:
    """Codes of videos that carry a project."""
    to = many.receiving()
    with db.unit_of_work() as session:
        project = session.get_one(Project, to.project_id)
        creator = session.get_one(Person, to.creator_id)
        return [factories.video(session, creator, carries=project).code for _ in range(count)]


def beacons(settings: Settings, port: int, codes: Sequence[str], count: int) -> list[bytes]:
    """As many batches of visitors who agreed, as a browser sends them."""
    signer = URLSafeSerializer(settings.secret_key)
    now = int(time.time())
    begun = [signer.dumps(str(now - second), salt=cookies.SESSION) for second in range(SESSIONS)]
    made: list[bytes] = []
    for number in range(count):
        of = [codes[(number * BATCH + place) % len(codes)] for place in range(BATCH // len(KINDS))]
        told = [[code, kind, 1000 * place] for place, code in enumerate(of) for kind in KINDS]
        body = json.dumps({"told": told, "through": ""})
        visitor = signer.dumps(new_code(visitors.CODE_LENGTH), salt=cookies.VISITOR)
        visit = begun[number % SESSIONS]
        sent = f"{cookies.CONSENT}=yes; {cookies.VISITOR}={visitor}; {cookies.SESSION}={visit}"
        made.append(
            f"POST /touches HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {AGENT}\r\n"
            f"Content-Type: text/plain;charset=UTF-8\r\nCookie: {sent}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    return made


async def send(port: int, requests: Sequence[bytes], rate: float) -> Sent:
    """Send each request at its moment."""
    took: list[float] = []
    began, used = time.monotonic() + 0.2, time.process_time()
    stream = Requests(port, began, rate, iter(range(len(requests))), requests.__getitem__)
    await asyncio.gather(*[stream.keep_sending(took) for _ in range(CONNECTIONS)])
    return Sent(time.monotonic() - began, time.process_time() - used, stream.refused, took)


def until_drained(stream: TouchStream) -> float:
    """Wait until nothing is on the stream; the seconds that took, at most the patience there is."""
    began = time.monotonic()
    while stream.length() and time.monotonic() - began < PATIENCE_SECONDS:
        time.sleep(0.2)
    return time.monotonic() - began


def until_calm(host: psutil.Process) -> None:
    """Wait until the platform has started all that it starts, so that none of it is taken for our work."""
    deadline, before = time.monotonic() + PATIENCE_SECONDS, 0.0
    while (now := sum(cpu_seconds(host, PARTS).values())) - before > CALM and time.monotonic() < deadline:
        before = now
        time.sleep(1)


def others(before: Any, ours: float, seconds: float) -> float:
    """How many cores were kept busy by what is neither the platform nor the sender of the batches."""
    now = psutil.cpu_times()
    idle = now.idle + now.iowait - before.idle - before.iowait
    return psutil.cpu_count() - (idle + ours) / seconds


if __name__ == "__main__":
    main()
