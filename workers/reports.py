"""Files of reports: each made and put away by a task, mailed when wanted, deleted when its days are over."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from sqlalchemy.orm import Session

from app.core import clock, db, runtime, tasks
from app.core.task_kinds import TASKS
from app.core.tasks import Claim, LeaseLost
from app.gateways.object_store import Bucket
from app.gateways.s3 import READ_CHUNK, open_store
from app.reports import report_mails
from app.reports.files import making, orders
from app.reports.files.orders import Made, Order
from workers.lease import Finisher, Lease, nothing

# An attempt may still be sending its file; nothing younger than this is anybody's leftover.
GRACE = timedelta(hours=6)
BATCH = 1000

log = structlog.get_logger()


def make_file(claim: Claim, lease: Lease, *, file_id: int) -> Finisher:
    """Make one file, put it into the private bucket, let it be downloaded; or say why it will not come."""
    with db.unit_of_work() as session:
        order = orders.begin(session, file_id)
    if order is None:
        return nothing
    try:
        made = _made(order, lease)
    except LeaseLost:
        raise
    except Exception:
        if claim.attempt >= TASKS[claim.name].max_attempts:
            with db.unit_of_work() as session:
                orders.fail(session, file_id, orders.BROKE_DOWN)
        raise

    def finish(session: Session) -> None:
        file = orders.keep(session, file_id, made)
        if file.mail_id is not None:
            tasks.defer(session, "mail.send", mail="report_ready", file_id=file.id)

    return finish


def _made(order: Order, lease: Lease) -> Made:
    def told(done: int, rows: int) -> None:
        if lease.lost.is_set():
            raise LeaseLost(f"file {order.code} of {order.nonprofit}")
        with db.unit_of_work() as session:
            orders.note(session, order.file_id, done, rows)

    with TemporaryDirectory(prefix="kindrelay-report-") as folder:
        path = Path(folder) / f"report.{order.wanted.format}"
        rows = making.make(order, path, told)
        told(rows, rows)
        key = orders.new_key(order)
        stored = open_store(runtime.settings()).private.put(key, path)
        return Made(key, rows, stored.size, _digest(path))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def expire(_claim: Claim, _lease: Lease) -> Finisher:
    """Delete the files that have expired and what broken-off attempts left; give up what will not come."""
    bucket = open_store(runtime.settings()).private
    with db.unit_of_work() as session:
        orders.fail_the_dead(session)
        over = orders.over(session, clock.now())
    bucket.delete_many(list(over.values()))
    leftovers = _leftovers(bucket)
    bucket.delete_many(leftovers)
    if over or leftovers:
        log.info("files of reports deleted", expired=len(over), leftovers=len(leftovers))

    def finish(session: Session) -> None:
        orders.forget(session, list(over))

    return finish


def _leftovers(bucket: Bucket) -> list[str]:
    """Objects that are no file's, and old enough that no attempt is sending them now."""
    young = clock.now() - GRACE
    found = [
        stored.key
        for stored in bucket.list_prefix(orders.PREFIX)
        if stored.modified is not None and stored.modified < young
    ]
    needed: set[str] = set()
    with db.unit_of_work() as session:
        for part in _batches(found):
            needed |= orders.needed(session, part)
    return [key for key in found if key not in needed]


def _batches(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


def send_due(session: Session) -> None:
    """Ask for the file of every view that somebody gets by mail now; the mail follows the file."""
    report_mails.order_due(session)
