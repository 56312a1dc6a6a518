"""The daily sweep of both buckets: every object against the rows, so that nothing is kept for nobody.

Nothing that a row names is deleted, nothing young (an attempt that is sending is named only at its end), and
nothing at all when so much would go that the database must be the wrong one.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy.orm import Session

from app.core import clock, runtime
from app.core.db import unit_of_work
from app.core.tasks import Claim
from app.gateways.object_store import Bucket, StoredObject
from app.gateways.s3 import open_store
from app.videos import references
from app.videos.references import home_of
from workers.lease import Finisher, GiveUp, Lease, nothing

GRACE = timedelta(hours=6)
BATCH = 1000
FEW_OBJECTS = 100
LARGE_SHARE = 0.2

Home = list[StoredObject]

log = structlog.get_logger()


@dataclass
class Report:
    """What a sweep saw under `v/` and `sources/`, in objects and bytes."""

    objects: int = 0
    bytes: int = 0
    orphans: int = 0
    orphan_bytes: int = 0
    deleted: int = 0
    deleted_bytes: int = 0
    examples: list[str] = field(default_factory=list[str])

    @property
    def suspicious(self) -> bool:
        """Whether so large a share has no row that the rows are more likely to be missing than needed."""
        return self.orphans > FEW_OBJECTS and self.orphans > LARGE_SHARE * self.objects


class SuspiciousError(Exception):
    """Too much would be deleted; nothing was."""

    def __init__(self, report: Report) -> None:
        super().__init__(
            f"{report.orphans} of {report.objects} objects belong to no video in this database. "
            "Nothing was deleted: is it the right database? `kindrelay sweep-media --dry-run` tells more."
        )
        self.report = report


@dataclass(frozen=True)
class Side:
    """One bucket's part that is swept, and how to learn which of its homes are needed."""

    bucket: Bucket
    prefix: str
    needed: Callable[[Session, list[str]], set[str]]


def daily(_claim: Claim, _lease: Lease) -> Finisher:
    """The durable task: sweep everything; a suspicious sweep is a dead task that an administrator sees."""
    try:
        report = sweep_all()
    except SuspiciousError as error:
        raise GiveUp(str(error)) from error
    log.info("buckets swept", objects=report.objects, deleted=report.deleted, bytes=report.deleted_bytes)
    return nothing


def sweep_all(*, dry_run: bool = False, force: bool = False) -> Report:
    """Delete every object under `v/` and `sources/` that is older than GRACE and that no row needs.

    Counts first and deletes in a second walk, so that memory holds one batch at a time. With `dry_run` only
    counts. Raises SuspiciousError, unless `force` is given, and StorageUnavailable.
    """
    report = Report()
    both = sides()
    for side in both:
        for batch in batches(side.bucket.list_prefix(side.prefix)):
            report.objects += sum(map(len, batch))
            report.bytes += sum(map(size_of, batch))
            for home in orphans_among(side, batch):
                report.orphans += len(home)
                report.orphan_bytes += size_of(home)
                report.examples += [home[0].key] if len(report.examples) < 10 else []
    if dry_run or not report.orphans:
        return report
    if report.suspicious and not force:
        raise SuspiciousError(report)
    for side in both:
        for batch in batches(side.bucket.list_prefix(side.prefix)):
            # Asked again: what is deleted here was needed by no row a moment ago.
            homes = orphans_among(side, batch)
            side.bucket.delete_many([stored.key for home in homes for stored in home])
            report.deleted += sum(map(len, homes))
            report.deleted_bytes += sum(map(size_of, homes))
    return report


def sides() -> tuple[Side, Side]:
    """Published files, and sources; documents and covers have rows of their own rooms and are left alone."""
    settings = runtime.settings()
    store = open_store(settings)

    def media(session: Session, homes: list[str]) -> set[str]:
        return references.needed_media(session, {home.split("/")[1] for home in homes})

    def sources(session: Session, homes: list[str]) -> set[str]:
        return references.needed_sources(session, homes, keep=settings.keep_sources)

    return Side(store.media, "v/", media), Side(store.private, "sources/", sources)


def orphans_among(side: Side, batch: list[Home]) -> list[Home]:
    """The homes of a batch that may be deleted now, by the rows as they are now."""
    with unit_of_work() as session:
        needed = side.needed(session, [home_of(home[0].key) for home in batch])
    return list(orphans_of(batch, needed, clock.now() - GRACE))


def orphans_of(homes: Iterable[Home], needed: Container[str], before: datetime) -> Iterator[Home]:
    """Those of `homes` that nobody needs and to which nothing was added since `before`. Pure.

    A home is deleted whole or not at all; one of unknown age is not.
    """
    for home in homes:
        is_old = all(stored.modified is not None and stored.modified <= before for stored in home)
        if home_of(home[0].key) not in needed and is_old:
            yield home


def homes_of(objects: Iterable[StoredObject]) -> Iterator[Home]:
    """Objects in key order, cut into what is kept or deleted as one."""
    for _, home in groupby(objects, key=lambda stored: home_of(stored.key)):
        yield list(home)


def batches(objects: Iterable[StoredObject]) -> Iterator[list[Home]]:
    """The homes of `objects` in batches of about BATCH objects."""
    batch: list[Home] = []
    for home in homes_of(objects):
        batch.append(home)
        if sum(map(len, batch)) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def size_of(home: Home) -> int:
    """Bytes of all objects of a home."""
    return sum(stored.size for stored in home)
