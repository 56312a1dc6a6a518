"""What must be true of both buckets when all work has ended and the sweeps have been."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from sqlalchemy import select

from app.core import clock
from app.core.db import unit_of_work
from app.core.tasks import Claim
from app.gateways.object_store import Bucket, ObjectStore
from app.videos import references, renditions
from app.videos.models import Video
from tests import nearby
from workers import leftovers, orphans
from workers.lease import Lease

LATER = timedelta(hours=7)  # longer than every grace


@contextmanager
def later(by: timedelta = LATER) -> Iterator[None]:
    """Let this process, and no other, think that it is later."""
    real = clock.now
    with patch.object(clock, "now", lambda: real() + by):
        yield


def sweep_hourly() -> None:
    """The hourly sweep, here and now."""
    claim = Claim(0, "media.sweep_orphans", {}, 1, "")
    finish = leftovers.sweep(claim, Lease([claim], timedelta(seconds=60)))
    with unit_of_work() as session:
        finish(session)


def assert_nothing_is_left(store: ObjectStore) -> None:
    """After the sweeps every object is needed by a row, and everything that rows need is there and whole."""
    with later():
        sweep_hourly()
        orphans.sweep_all(force=True)
        with unit_of_work() as session:
            videos = session.scalars(select(Video)).all()
            homes = references.needed_media(session, [video.code for video in videos])
            sources = references.needed_sources(
                session, [video.source_key for video in videos if video.source_key], keep=True
            )
    assert {references.home_of(key) for key in keys_of(store.media)} == homes
    assert keys_of(store.private) == sources
    for video in videos:
        files = renditions.published(video)
        if files is not None:
            assert_plays(store, files.playlist.removesuffix(renditions.PLAYLIST))
            assert {files.poster, files.mp4} <= keys_of(store.media)


def keys_of(bucket: Bucket) -> set[str]:
    """Every key in the bucket."""
    return {stored.key for stored in bucket.list_prefix("")}


def assert_plays(store: ObjectStore, prefix: str) -> None:
    """Every file that the master playlist leads to is there."""
    master = nearby.get(store.media.public_url(f"{prefix}master.m3u8")).text
    playlists = re.findall(r"^(\S+\.m3u8)$", master, re.MULTILINE) + re.findall(r'URI="(\S+?\.m3u8)"', master)
    assert playlists
    for playlist in playlists:
        folder = playlist.rpartition("/")[0]
        text = nearby.get(store.media.public_url(f"{prefix}{playlist}")).text
        assert "#EXT-X-ENDLIST" in text
        for name in re.findall(r"^(\S+\.m4s)$", text, re.MULTILINE):
            assert nearby.head(store.media.public_url(f"{prefix}{folder}/{name}")).status_code == 200
