"""The demo's videos: shot, sent as a browser sends them, named, tagged and published by their creators."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import unit_of_work
from app.core.settings import Settings
from app.demo import scenes
from app.demo.calendar import ago
from app.demo.content.captions import CAPTIONS
from app.demo.content.people import CREATORS
from app.demo.content.videos import HURRIED_FILE, IN_A_HURRY, UPLOADS, Upload
from app.demo.errors import DemoError
from app.demo.film import shoot
from app.demo.founding import person
from app.demo.waiting import wait_while
from app.gateways.object_store import Bucket
from app.videos import captions, details, publishing, uploads
from app.videos import models as videos
from app.videos.models import Video

CREATOR_OF = {creator.key: creator for creator in CREATORS}
AT_REST = ("ready", "rejected", "failed")
PATIENCE_SECONDS = 600


def find(session: Session, upload: Upload) -> Video | None:
    """The demo's video, once its file has arrived."""
    creator = person(session, CREATOR_OF[upload.creator].email)
    return session.scalar(
        select(Video).where(
            Video.creator_id == creator.id,
            Video.title == upload.title,
            Video.state.not_in(("uploading", "removed")),
        )
    )


def film(upload: Upload, settings: Settings, private: Bucket, browser: httpx.Client) -> None:
    """Shoot a scene and upload it, unless that was done before."""
    with unit_of_work() as session:
        if find(session, upload) is not None:
            return
    with TemporaryDirectory(prefix="kindrelay-demo-") as folder:
        path = Path(folder, f"{upload.key}.mp4")
        if upload is IN_A_HURRY:
            path.write_bytes(HURRIED_FILE)
        else:
            seconds = min(upload.seconds, settings.demo_film_seconds)
            clip = scenes.clip(upload.scene, seconds, upload.stage, upload.silent)
            shoot(clip, settings.ffmpeg, path)
        send(upload, path, settings, private, browser)


def send(upload: Upload, path: Path, settings: Settings, private: Bucket, browser: httpx.Client) -> None:
    """Send a file in parts straight to the store, then name it, tag it, caption it and publish it."""
    size = path.stat().st_size
    begun = uploads.begin(private, "video/mp4")
    # One transaction: an upload that was begun so long ago and has not arrived would be cleared away.
    with clock.set_to(ago(upload.since)), unit_of_work() as session:
        creator_id = person(session, CREATOR_OF[upload.creator].email).id
        row = uploads.register(session, settings, creator_id, begun, filename=path.name, size=size)
        _put_parts(row, path, private, browser)
        uploads.seal(private, row)
        video = session.get_one(Video, row.video_id)
        details.edit(session, video, title=upload.title, description=upload.description, tag="")
        uploads.complete(session, row.id)
        session.refresh(video)
        if upload.published and upload is not IN_A_HURRY:
            _make_readable(session, video, CAPTIONS.get(upload.key, {}))
            publishing.publish(session, video, "published", creator_id)


def _make_readable(session: Session, video: Video, typed: Mapping[str, str]) -> None:
    for language, lines in typed.items():
        captions.add(session, video, language=language, filename="", body=lines.encode())
    if not typed:
        captions.say_no_speech(session, video, True)


def _put_parts(row: videos.Upload, path: Path, private: Bucket, browser: httpx.Client) -> None:
    with path.open("rb") as file:
        for number in range(1, uploads.part_count(row) + 1):
            part = file.read(row.part_size)
            md5 = base64.b64encode(hashlib.md5(part, usedforsecurity=False).digest()).decode()
            address = uploads.part_address(private, row, number, md5)
            browser.put(address, content=part, headers={"Content-MD5": md5}).raise_for_status()


def wait_until_ready() -> None:
    """Wait for the workers to finish every video.

    Raises DemoError when one of them failed, plays although it is no film, or takes too long.
    """
    wait_while(
        _unfinished, lambda left: f"The workers have not finished: {', '.join(left)}.", PATIENCE_SECONDS
    )
    with unit_of_work() as session:
        for upload in (*UPLOADS, IN_A_HURRY):
            video = find(session, upload)
            meant = "rejected" if upload is IN_A_HURRY else "ready"
            if video is None or video.state != meant:
                raise DemoError(f"The video “{upload.title}” should be {meant} and is not.")


def _unfinished() -> list[str]:
    with unit_of_work() as session:
        found = [(upload, find(session, upload)) for upload in (*UPLOADS, IN_A_HURRY)]
    return [upload.title for upload, video in found if video is None or video.state not in AT_REST]
