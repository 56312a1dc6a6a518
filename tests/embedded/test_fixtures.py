"""What the fixtures promise to every other test."""

import urllib.error
import urllib.request

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.settings import Settings
from tests.engines import Engines, variables_of

COUNT = text("SELECT count(*) FROM pg_class WHERE relname = 'kept'")


@pytest.mark.parametrize("_round", [1, 2])
def test_what_a_session_does_is_gone_in_the_next_test(session: Session, _round: int) -> None:
    assert session.scalar(COUNT) == 0
    session.execute(text("CREATE TABLE kept (id int)"))
    with unit_of_work() as unit:
        assert unit.scalar(COUNT) == 1
        unit.execute(text("INSERT INTO kept VALUES (1)"))
    session.commit()
    assert session.scalar(text("SELECT count(*) FROM kept")) == 1


def test_a_live_database_keeps_what_other_connections_commit(live_database: Settings) -> None:
    with unit_of_work() as session:
        session.execute(text("CREATE TABLE kept (id int)"))
    with psycopg.connect(live_database.database_url.replace("+psycopg", "")) as other:
        assert other.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert variables_of(live_database)["KINDRELAY_DATABASE_URL"] == live_database.database_url


def test_each_worker_has_its_own_database_and_buckets(engines: Engines, settings: Settings) -> None:
    assert settings.database_url.endswith(f"/{engines.database}")
    bucket = f"{settings.s3_public_endpoint}/{settings.s3_media_bucket}"
    request = urllib.request.Request(f"{bucket}/none.txt", method="HEAD")
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(request):
        pass
    refused.value.close()
    assert refused.value.code == 404
