"""Beacons accepted by the web server, and their touches written: all of them, and none twice.

`python -m bench.touches [--rate TOUCHES] [--seconds S] [--videos K] [--json]`

The platform is started as `kindrelay up` starts it. Visitors who agreed tell of 20 touches at a time, each
visitor once; every tenth batch is sent again, as a page would that never heard the answer. Answers are timed
from when a batch was due.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
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
from app.web import visitors
from bench.engines import platform
from bench.figures import cpu_seconds, milliseconds
from bench.sending import Requests, away
from tests import factories, many

BATCH = 20  # as many as a page sends at once
KINDS = ("view", "open")
AGAIN = 10  # one batch of so many is sent twice
CONNECTIONS = 32
PATIENCE_SECONDS = 120.0
CALM = 0.05  # CPU seconds of the platform in one second while it has nothing to do
PARTS = ("web", "workers", "valkey", "postgres")
AGENT = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


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
    batches = round(wanted.rate * wanted.seconds / BATCH)
    requests = beacons(settings, port, videos(wanted.videos), batches)
    requests += requests[::AGAIN]
    until_calm(host)
    before, busy = cpu_seconds(host, PARTS), psutil.cpu_times()
    seconds, refused, took = away(lambda: asyncio.run(send(port, requests, wanted.rate / BATCH)))
    waited = until_drained(TouchStream(settings.redis_url))
    spent = {name: now - before[name] for name, now in cpu_seconds(host, PARTS).items()}
    with db.unit_of_work() as session:
        written = session.execute(text("SELECT count(*) FROM touch")).scalar_one()
        counted = session.execute(text("SELECT coalesce(sum(count), 0) FROM video_count")).scalar_one()
    return {
        "wanted_per_s": wanted.rate,
        "accepted_per_s": round(len(took) * BATCH / seconds),
        "accepted_batches": len(took),
        "refused": refused,
        "lost": batches * BATCH - written,
        "counted_twice": int(counted) - written,
        "last_written_after_s": round(waited, 2),
        **milliseconds("answer", took),
        **{f"cpu_ms_{name}": round(one * 1000 / len(took), 2) for name, one in spent.items()},
        "cpu_ms_in_all": round(sum(spent.values()) * 1000 / len(took), 2),
        "touches_per_cpu_s": round(len(took) * BATCH / sum(spent.values())),
        "cores_busy_beside": round(others(busy, sum(spent.values()), seconds + waited), 2),
    }


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
    began = signer.dumps(str(int(time.time()) - 60), salt=visitors.SESSION)
    made: list[bytes] = []
    for number in range(count):
        of = [codes[(number * BATCH + place) % len(codes)] for place in range(BATCH // len(KINDS))]
        told = [[code, kind, 1000 * place] for place, code in enumerate(of) for kind in KINDS]
        body = json.dumps({"told": told, "through": ""})
        visitor = signer.dumps(new_code(visitors.CODE_LENGTH), salt=visitors.VISITOR)
        cookies = f"{visitors.CONSENT}=yes; {visitors.VISITOR}={visitor}; {visitors.SESSION}={began}"
        made.append(
            f"POST /touches HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {AGENT}\r\n"
            f"Content-Type: text/plain;charset=UTF-8\r\nCookie: {cookies}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    return made


async def send(port: int, requests: Sequence[bytes], rate: float) -> tuple[float, int, list[float]]:
    """Send each request at its moment; the seconds of all, how many were refused, and what each took."""
    took: list[float] = []
    began = time.monotonic() + 0.2
    stream = Requests(port, began, rate, iter(range(len(requests))), requests.__getitem__)
    await asyncio.gather(*[stream.keep_sending(took) for _ in range(CONNECTIONS)])
    return time.monotonic() - began, stream.refused, took


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
    """How many cores other processes of this machine kept busy, the sender of the batches among them."""
    now = psutil.cpu_times()
    idle = now.idle + now.iowait - before.idle - before.iowait
    return psutil.cpu_count() - (idle + ours) / seconds


if __name__ == "__main__":
    main()
