"""The daily sweep: nothing that a row needs is ever deleted, and everything that is old and unneeded is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.core import clock, runtime
from app.core.settings import Settings
from app.core.tasks import Claim
from app.gateways.object_store import ObjectStore, StoredObject
from app.gateways.s3 import open_store
from app.videos import references
from app.videos.models import PUBLISHING, STATES, Transcode, Video
from app.videos.references import home_of
from tests import factories
from tests.stored import LATER, keys_of, later
from workers import orphans
from workers.lease import GiveUp, Lease
from workers.orphans import SuspiciousError, sweep_all

NOW = datetime(2026, 11, 21, tzinfo=UTC)
names = st.sampled_from("abc")
media_keys = st.builds("v/{}/{}/{}/{}".format, names, names, names, names)
keys = st.one_of(media_keys, st.builds("v/{}/{}".format, names, names), st.builds("sources/{}".format, names))
ages = st.one_of(st.none(), st.integers(0, 12).map(lambda hours: timedelta(hours=hours)))
layouts = st.dictionaries(keys, ages, max_size=30)


def stored(layout: dict[str, timedelta | None]) -> list[StoredObject]:
    return [
        StoredObject(key, 1, "", modified=None if age is None else NOW - age)
        for key, age in sorted(layout.items())
    ]


@given(layouts, st.sets(keys.map(home_of)))
def test_what_is_needed_or_young_stays_and_all_else_goes(
    layout: dict[str, timedelta | None], needed: set[str]
):
    before = NOW - orphans.GRACE
    found = orphans.orphans_of(orphans.homes_of(stored(layout)), needed, before)
    gone = {one.key for home in found for one in home}
    for key in layout:
        home = [age for other, age in layout.items() if home_of(other) == home_of(key)]
        is_old = all(age is not None and age >= orphans.GRACE for age in home)
        assert (key in gone) == (is_old and home_of(key) not in needed)


@given(layouts, st.integers(1, 5))
@settings(max_examples=50)
def test_batches_hold_everything_once_and_cut_no_home(layout: dict[str, timedelta | None], size: int):
    objects = stored(layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orphans, "BATCH", size)
        batches = list(orphans.batches(iter(objects)))
    assert [one for batch in batches for home in batch for one in home] == objects
    homes = [home_of(home[0].key) for batch in batches for home in batch]
    assert len(homes) == len(set(homes))
    assert all(sum(map(len, batch[:-1])) < size for batch in batches)


@pytest.fixture
def store(
    session: Session, settings: Settings, spare_buckets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ObjectStore]:
    """Empty buckets whose objects are all a test's own."""
    own = settings.model_copy(update=spare_buckets)
    monkeypatch.setattr(runtime, "settings", lambda: own)
    store = open_store(own)
    empty(store)
    yield store
    empty(store)


def empty(store: ObjectStore) -> None:
    for bucket in (store.media, store.private):
        bucket.delete_many(list(keys_of(bucket)))


def filled(session: Session, store: ObjectStore, state: str, publishing: str) -> tuple[set[str], set[str]]:
    """A video with every kind of file; returns the keys that it needs, and those that it does not."""
    video = factories.video(session, state=state, publishing=publishing, scheduled_for=clock.now())
    folder = f"v/{video.code}/h264"
    video.source_key, video.poster_key = f"sources/{video.code}", f"v/{video.code}/poster/b/poster.jpg"
    video.preview_prefix, video.ladder_prefix = f"{folder}/a/", f"{folder}/c/"
    session.add_all(
        [
            transcode(video, "preview", f"{folder}/a/", retired=timedelta(hours=13)),
            transcode(video, "ladder", f"{folder}/c/"),
            transcode(video, "ladder", f"{folder}/d/", recipe="older", retired=timedelta(hours=13)),
            transcode(
                video, "preview", f"{folder}/e/", recipe="older", retired=timedelta(minutes=30) - LATER
            ),
        ]
    )
    session.flush()
    public = {f"{folder}/c/master.m3u8", f"{folder}/c/480p/0000.m4s", f"{folder}/e/master.m3u8"}
    public.add(video.poster_key)
    rest = {f"{folder}/a/master.m3u8", f"{folder}/d/master.m3u8", f"{folder}/nobody/480p/0000.m4s"}
    rest |= {f"v/{video.code}/poster/old/poster.jpg"}
    for key in public | rest:
        store.media.put(key, b"film")
    store.private.put(video.source_key, b"source")
    sources = {video.source_key} if state not in ("removed", "rejected") else set[str]()
    shown = public if state != "removed" and publishing != "taken_down" else set[str]()
    everything = public | rest | {video.source_key}
    return shown | sources, everything - shown - sources


def transcode(
    video: Video, stage: str, prefix: str, recipe: str = "h264", retired: timedelta | None = None
) -> Transcode:
    at = clock.now() - retired if retired is not None else None
    return Transcode(video_id=video.id, stage=stage, prefix=prefix, recipe=recipe, retired_at=at)


def everything(store: ObjectStore) -> set[str]:
    return keys_of(store.media) | keys_of(store.private)


def test_a_real_sweep_keeps_what_videos_in_every_state_need_and_nothing_else(
    session: Session, store: ObjectStore
):
    cases = {*product(STATES, ["published"]), *product(["ready"], PUBLISHING)}
    kept, gone = zip(*(filled(session, store, *case) for case in cases), strict=True)
    needed, unneeded = set[str]().union(*kept), set[str]().union(*gone)
    stray = {"v/nobody/h264/a/master.m3u8", "v/stray.txt"}
    for key in stray:
        store.media.put(key, b"left over")
    store.media.put("covers/a/b.jpg", b"not a video's")
    store.private.put("documents/a/b.pdf", b"not a video's")
    others = {"covers/a/b.jpg", "documents/a/b.pdf"}

    assert sweep_all().deleted == 0  # all of it is young
    with later():
        report = sweep_all(dry_run=True)
        assert (report.orphans, report.deleted) == (len(unneeded | stray), 0)
        assert everything(store) == needed | unneeded | stray | others
        assert sweep_all(force=True).deleted == report.orphans
    assert everything(store) == needed | others


def test_a_sweep_of_half_a_platform_deletes_nothing_unless_told_twice(
    session: Session, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(orphans, "FEW_OBJECTS", 3)
    for number in range(4):
        store.media.put(f"v/lost/h264/{number}/master.m3u8", b"its row is in another database")
    with later():
        with pytest.raises(SuspiciousError, match="4 of 4 objects belong to no video"):
            sweep_all()
        claim = Claim(1, "media.sweep_all", {}, 1, "")
        with pytest.raises(GiveUp):
            orphans.daily(claim, Lease([claim], timedelta(seconds=5)))
        assert sweep_all(dry_run=True).suspicious
        assert len(keys_of(store.media)) == 4
        assert sweep_all(force=True).deleted == 4
    assert keys_of(store.media) == set()


def test_a_row_that_comes_to_name_a_file_between_the_two_walks_keeps_it(
    session: Session, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    video = factories.video(session, ladder_prefix=None, preview_prefix=None, source_key=None)
    store.media.put(f"v/{video.code}/h264/a/master.m3u8", b"film")
    real = references.needed_media
    asked: list[int] = []

    def named_late(session: Session, codes: set[str]) -> set[str]:
        asked.append(1)
        if len(asked) == 2:
            video.ladder_prefix = f"v/{video.code}/h264/a/"
            session.flush()
        return real(session, codes)

    monkeypatch.setattr(references, "needed_media", named_late)
    with later():
        report = sweep_all()
    assert (report.orphans, report.deleted) == (1, 0)
    assert keys_of(store.media) == {f"v/{video.code}/h264/a/master.m3u8"}
