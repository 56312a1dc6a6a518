"""The upload's own small API, called by static/js/upload.js; the parts themselves never pass through here."""

import re
from typing import Any, cast

from flask import Blueprint, Response, jsonify, request, url_for

from app.core.db import unit_of_work
from app.core.errors import Invalid
from app.core.i18n import N_
from app.videos import uploads
from app.videos.models import Upload
from app.web.access import Rule, allow
from app.web.loaders import load_own_upload
from app.web.outside import object_store, settings
from app.web.signin import required_person

studio_uploads = Blueprint("studio_uploads", __name__)

MD5 = re.compile(r"[A-Za-z0-9+/]{22}==")


@studio_uploads.post("/studio/uploads")
@allow(Rule.OWN)
def start() -> Response:
    """Open an upload for {filename, size, type}; nothing is written when there is no room for it."""
    asked = _json()
    filename, size, kind = str(asked.get("filename", "")), asked.get("size"), str(asked.get("type", ""))
    if not isinstance(size, int):
        raise Invalid("file", N_("Please choose a file."))
    creator_id, bucket = required_person().id, object_store().private
    with unit_of_work() as session:
        uploads.require_room(session, settings(), creator_id, size)
    begun = uploads.begin(bucket, kind)
    try:
        with unit_of_work() as session:
            upload = uploads.register(session, settings(), creator_id, begun, filename=filename, size=size)
    except BaseException:
        bucket.abort_upload(begun.key, begun.multipart_id)
        raise
    return _shown(upload)


@studio_uploads.get("/studio/uploads/<upload_code>")
@allow(Rule.OWN)
def show(upload_code: str) -> Response:
    """What has arrived of an upload: for going on after a reload."""
    return _shown(_load(upload_code))


@studio_uploads.post("/studio/uploads/<upload_code>/parts")
@allow(Rule.OWN)
def part(upload_code: str) -> Response:
    """Where to put part {number} whose content has {md5}."""
    upload = _load(upload_code)
    asked = _json()
    number, md5 = asked.get("number"), str(asked.get("md5", ""))
    if not isinstance(number, int) or not MD5.fullmatch(md5):
        raise Invalid("number", N_("This upload has no such part."))
    return jsonify(url=uploads.part_address(object_store().private, upload, number, md5))


@studio_uploads.post("/studio/uploads/<upload_code>/complete")
@allow(Rule.OWN)
def complete(upload_code: str) -> Response:
    """Join the parts and begin to prepare the video; asking twice is fine."""
    upload = _load(upload_code)
    if upload.completed_at is None:
        uploads.seal(object_store().private, upload)
    with unit_of_work() as session:
        uploads.complete(session, load_own_upload(session, upload_code).id)
    return _shown(upload)


def _load(upload_code: str) -> Upload:
    with unit_of_work() as session:
        return load_own_upload(session, upload_code)


def _shown(upload: Upload) -> Response:
    parts = [] if upload.completed_at else uploads.received(object_store().private, upload)
    return jsonify(
        code=upload.code,
        size=upload.size,
        part_size=upload.part_size,
        parts=[{"number": part.number, "etag": part.etag} for part in parts],
        page=url_for("studio.new", upload=upload.code),
        video=url_for("studio.video", video_code=upload.video.code),
    )


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    return cast("dict[str, Any]", asked) if isinstance(asked, dict) else {}
