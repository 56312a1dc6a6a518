"""Every kind of durable task: its queue, how often it is tried, and how long it may go unheard of."""

from dataclasses import dataclass

QUEUES = ("money", "preview", "media", "outbound", "reports")

# Short tasks: a wake-up drains all that is due. The other queues run one long task a job, in a forked child.
DRAINED_QUEUES = frozenset({"money", "outbound"})

# Ranks on a queue of long tasks: whatever has a lower one goes first, always.
SOON = 0  # small and quick, or somebody is looking at a page and waits for it
NORMAL = 1
BULK = 2  # may wait for hours


@dataclass(frozen=True)
class TaskKind:
    """Where a task runs, how it ranks on a queue of long tasks, and when it gives up.

    The pause after a failure is `backoff_seconds` × 2^(attempt - 1), with jitter, an hour at most.
    """

    queue: str
    max_attempts: int = 12
    backoff_seconds: float = 2.0
    priority: int = NORMAL


TASKS = {
    "alerts.announce": TaskKind("outbound"),
    "credit.settle": TaskKind("money"),
    "donations.close_open": TaskKind("outbound"),
    "donations.close_page": TaskKind("outbound"),
    "donations.expire": TaskKind("money", max_attempts=3),
    "donations.reconcile": TaskKind("money", max_attempts=5),
    "donations.refund": TaskKind("outbound", max_attempts=20),
    "gate.learn": TaskKind("money"),
    "insight.work_out": TaskKind("reports", max_attempts=3, backoff_seconds=5.0),
    "integrity.catch_up": TaskKind("money"),
    "integrity.look": TaskKind("money"),
    "ledger.snapshot": TaskKind("money", max_attempts=3),
    "media.preview": TaskKind("preview", max_attempts=8, backoff_seconds=15.0),
    "media.ladder": TaskKind("media", max_attempts=8, backoff_seconds=15.0),
    "media.poster": TaskKind("preview", max_attempts=5, backoff_seconds=5.0, priority=SOON),
    "media.reencode": TaskKind("media", max_attempts=8, backoff_seconds=15.0, priority=BULK),
    "media.sweep_orphans": TaskKind("media", backoff_seconds=15.0, priority=SOON),
    "media.sweep_all": TaskKind("media", max_attempts=3, backoff_seconds=60.0, priority=BULK),
    "monthly.hold": TaskKind("outbound", max_attempts=8),
    "monthly.take_card": TaskKind("outbound", max_attempts=20),
    "payees.look": TaskKind("outbound", max_attempts=3),
    "payees.refresh": TaskKind("outbound", max_attempts=8, backoff_seconds=15.0),
    "videos.publish_scheduled": TaskKind("outbound"),
    "reports.make_file": TaskKind("reports", max_attempts=4, backoff_seconds=5.0),
    "reports.send_due": TaskKind("reports", max_attempts=3, priority=SOON),
    "reports.expire": TaskKind("reports", max_attempts=3, backoff_seconds=60.0, priority=SOON),
    "rollups.people": TaskKind("reports", priority=SOON),
    "rollups.rebuild_people": TaskKind("reports", max_attempts=5),
    "rollups.touches": TaskKind("reports", max_attempts=5),
    "touches.forget": TaskKind("reports", max_attempts=5, backoff_seconds=60.0),
    "mail.send": TaskKind("outbound", max_attempts=30),
    "sandbox.deliver": TaskKind("outbound", max_attempts=20, backoff_seconds=1.0),
    "sandbox.dispute": TaskKind("outbound"),
    "sandbox.fail_refund": TaskKind("outbound"),
    "sandbox.renew": TaskKind("outbound", max_attempts=3),
    "sandbox.pay_out": TaskKind("outbound", max_attempts=3),
}
