"""The uploads of a creator that are not finished: listed, found again, given up."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.settings import Settings
from app.gateways.s3 import open_store
from app.videos import uploads
from app.videos.models import Upload, Video
from tests import factories
from tests.sending import put_part
from tests.web.conftest import sign_in_as

JSON = {"Accept": "application/json"}
CONTENT = b"a film"


def begin(studio: FlaskClient, name: str = "kite.mp4") -> Any:
    file = {"filename": name, "size": len(CONTENT), "type": "video/mp4"}
    return studio.post("/studio/uploads", json=file, headers=JSON).json


def codes(studio: FlaskClient, query: str = "") -> list[str]:
    answer: Any = studio.get(f"/studio/uploads{query}", headers=JSON).json
    return [upload["code"] for upload in answer["uploads"]]


def row(session: Session, upload: Any) -> Upload:
    return session.scalars(select(Upload).where(Upload.code == upload["code"])).one()


def test_unfinished_uploads_are_found_by_the_name_and_size_of_the_file(studio: FlaskClient, session: Session):
    kite, other = begin(studio), begin(studio, "other.mp4")
    assert codes(studio) == [other["code"], kite["code"]]
    assert codes(studio, "?filename=kite.mp4&size=6") == [kite["code"]]
    assert codes(studio, "?filename=kite.mp4&size=7") == []
    assert codes(studio, "?filename=kite.mp4&size=six") == []
    assert codes(sign_in_as(studio, factories.person(session))) == []


def test_the_page_lists_what_is_unfinished_and_how_much_room_is_left(studio: FlaskClient, settings: Settings):
    upload = begin(studio, "<kite>.mp4")
    page = studio.get("/studio/new").text
    assert f'data-unfinished="{upload["code"]}"' in page
    assert "&lt;kite&gt;.mp4" in page
    assert f'data-room="{settings.creator_quota_bytes - len(CONTENT)}"' in page
    assert "data-unfinished=" not in studio.get(f"/studio/new?upload={upload['code']}").text


def test_a_cancelled_upload_is_gone_with_its_parts(studio: FlaskClient, session: Session, settings: Settings):
    upload = begin(studio)
    store = open_store(settings)
    put_part(store, row(session, upload), CONTENT, 1)
    answer = studio.post(f"/studio/uploads/{upload['code']}/cancel", json={}, headers=JSON)
    assert answer.json == {"cancelled": True}
    session.expire_all()
    assert session.scalars(select(Video.state)).one() == "removed"
    assert list(store.private.list_prefix(row(session, upload).object_key)) == []
    assert codes(studio) == []
    assert studio.post(f"/studio/uploads/{upload['code']}/cancel", json={}, headers=JSON).status_code == 404


def test_cancelling_without_javascript_leads_back_to_the_page(studio: FlaskClient):
    upload = begin(studio)
    answer = studio.post(f"/studio/uploads/{upload['code']}/cancel")
    assert (answer.status_code, answer.location) == (303, "/studio/new")
    assert "Nothing of it is kept" in studio.get("/studio/new").text


def test_what_has_arrived_is_not_cancelled(studio: FlaskClient, session: Session, settings: Settings):
    upload = begin(studio)
    put_part(open_store(settings), row(session, upload), CONTENT, 1)
    studio.post(f"/studio/uploads/{upload['code']}/complete", json={}, headers=JSON)
    answer = studio.post(f"/studio/uploads/{upload['code']}/cancel", json={}, headers=JSON)
    assert answer.json == {"cancelled": False}
    session.expire_all()
    assert session.scalars(select(Video.state)).one() == "uploaded"


def test_an_upload_tells_when_the_store_has_joined_or_dropped_it(
    studio: FlaskClient, session: Session, settings: Settings
):
    private = open_store(settings).private
    joined, dropped = begin(studio), begin(studio)
    put_part(open_store(settings), row(session, joined), CONTENT, 1)
    uploads.seal(private, row(session, joined))  # and the server stopped before it wrote that down
    private.abort_upload(row(session, dropped).object_key, row(session, dropped).multipart_id)
    told: list[Any] = [studio.get(f"/studio/uploads/{one['code']}").json for one in (joined, dropped)]
    assert [(one["whole"], one["gone"], one["parts"]) for one in told] == [
        (True, False, []),
        (False, True, []),
    ]
