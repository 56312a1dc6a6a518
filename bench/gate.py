"""Card testers and donors before the gate, at once: 10,000 cards from 1, 50 and 500 addresses.

`python -m bench.gate [--cards N] [--donors N] [--hours H] [--seed N] [--json]`
"""

import argparse
import json
import random
import time
from typing import Any

from redis import Redis

from app.core.settings import Settings
from app.donations.gate import Gate
from app.gateways.counters import Counters
from bench import crowds
from bench.crowds import Street
from bench.engines import engines

ADDRESSES = (1, 50, 500)
DOMAINS = (0, 10)  # of mail, that are the tester's own


def main() -> None:
    """Print, for each attack, what reached the provider, and what became of the donors meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--donors", type=int, default=1_000)
    parser.add_argument("--hours", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with engines() as settings:
        rows = [
            figures(settings, wanted, addresses, domains) for addresses in ADDRESSES for domains in DOMAINS
        ]
    if wanted.json:
        print(json.dumps(rows))
        return
    names = list(rows[0])
    print("  ".join(names))
    for row in rows:
        print("  ".join(f"{row[name]:>{len(name)}}" for name in names))


def figures(settings: Settings, wanted: argparse.Namespace, addresses: int, domains: int) -> dict[str, Any]:
    """One attack, with the crowd of donors in its middle, in an empty Valkey."""
    with Redis.from_url(settings.redis_url) as redis:
        redis.flushdb()
    street = Street(Gate(Counters(settings.redis_url), settings), random.Random(wanted.seed))
    crowds.donors(street, wanted.donors, 3600 * wanted.hours)
    crowds.testers(street, addresses, wanted.cards, 3600 * wanted.hours, domains)
    started = time.perf_counter()
    street.play()
    told = street.told
    return {
        "addresses": addresses,
        "own_domains": domains,
        "cards": wanted.cards,
        "reached_provider": told["cards_reached"],
        "reached_%": round(100 * told["cards_reached"] / wanted.cards, 2),
        "donors": told["donors"],
        "refused": told["donors_refused"],
        "refused_%": round(100 * told["donors_refused"] / told["donors"], 2),
        "asked_%": round(100 * told["donors_asked"] / told["donors"]),
        "ms_a_question": round(1000 * (time.perf_counter() - started) / street.number(), 2),
    }


if __name__ == "__main__":
    main()
