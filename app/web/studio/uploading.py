"""The upload's own small API, called by static/js/upload.js; the parts themselves never pass through here."""

import re
from contextlib import suppress
from typing import Any, cast

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.core.errors import Invalid
from app.core.i18n import N_
from app.gateways.object_store import StorageUnavailable, StoredPart, UploadGone
from app.videos import uploads
from app.videos.models import Upload
from app.web.access import Rule, allow
from app.web.loaders import load_own_upload
from app.web.outside import object_store, settings
from app.web.signin import required_person
from app.web.text import _

studio_uploads = Blueprint("studio_uploads", __name__)

MD5 = re.compile(r"[A-Za-z0-9+/]{22}==")


@studio_uploads.post("/studio/uploads")
@allow(Rule.OWN)
def start() -> Response:
    """Open an upload for {filename, size, type}; nothing is written when there is no room for it."""
    asked = _json()
    filename, size, kind = str(asked.get("filename", "")), asked.get("size"), str(asked.get("type", ""))
    if type(size) is not int:
        raise Invalid("file", N_("Please choose a file."))
    creator_id, bucket = required_person().id, object_store().private
    with unit_of_work() as session:
        uploads.require_room(session, settings(), creator_id, size)
    begun = uploads.begin(bucket, kind)
    try:
        with unit_of_work() as session:
            upload = uploads.register(session, settings(), creator_id, begun, filename=filename, size=size)
    except BaseException:
        with suppress(StorageUnavailable):  # the store drops what nobody goes on with by itself
            bucket.abort_upload(begun.key, begun.multipart_id)
        raise
    return _shown(upload)


@studio_uploads.get("/studio/uploads")
@allow(Rule.OWN)
def unfinished() -> Response:
    """The creator's unfinished uploads, or with ?filename=&size= those that such a file could go on with."""
    asked = request.args
    with unit_of_work() as session:
        found = uploads.unfinished(session, required_person().id)
    if "filename" in asked:
        sought = (uploads.shown_name(asked["filename"]), asked.get("size", type=int))
        found = [upload for upload in found if (upload.filename, upload.size) == sought]
    return jsonify(uploads=[_told(upload) for upload in found])


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
    if type(number) is not int or not MD5.fullmatch(md5):
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


@studio_uploads.post("/studio/uploads/<upload_code>/cancel")
@allow(Rule.OWN)
def cancel(upload_code: str) -> ResponseReturnValue:
    """Give an upload up, on the creator's word. One that has arrived meanwhile stays."""
    with unit_of_work() as session:
        upload = load_own_upload(session, upload_code)
        given_up = uploads.abandon(session, upload, required_person().id)
    if given_up:
        uploads.drop_parts(object_store().private, upload)
    if request.is_json:
        return jsonify(cancelled=given_up)
    if given_up:
        flash(_("The upload is cancelled. Nothing of it is kept."), "good")
    else:
        flash(_("This upload has already arrived."), "neutral")
    return redirect(url_for("studio.new"), code=303)


def _load(upload_code: str) -> Upload:
    with unit_of_work() as session:
        return load_own_upload(session, upload_code)


def _shown(upload: Upload) -> Response:
    return jsonify(_told(upload))


def _told(upload: Upload) -> dict[str, Any]:
    """An upload as the browser needs it: `whole` has nothing left to send, `gone` can't take anything."""
    parts: list[StoredPart] = []
    whole, gone = upload.completed_at is not None, False
    if not whole:
        try:
            parts = uploads.received(object_store().private, upload)
        except UploadGone:
            whole = object_store().private.head(upload.object_key) is not None
            gone = not whole
    return {
        "code": upload.code,
        "filename": upload.filename,
        "size": upload.size,
        "part_size": upload.part_size,
        "parts": [{"number": part.number, "etag": part.etag} for part in parts],
        "whole": whole,
        "gone": gone,
        "page": url_for("studio.new", upload=upload.code),
        "video": url_for("studio.video", video_code=upload.video.code),
    }


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    return cast("dict[str, Any]", asked) if isinstance(asked, dict) else {}
