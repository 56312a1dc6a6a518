"""Files of reports: they agree with the page to the cent, stay the same for closed periods, and expire."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import openpyxl
import pytest
from babel.numbers import format_currency
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from app.core import clock, db, runtime, tasks
from app.core.models import AuditEvent, Task
from app.core.money import exponent
from app.core.settings import Settings
from app.core.tasks import Claim, LeaseLost
from app.gateways.s3 import open_store
from app.reports.files import making, orders, writers
from app.reports.files.models import ReportFile
from app.reports.files.orders import Wanted
from app.reports.periods import Period
from app.reports.shapes import Shape
from tests import factories, nearby
from tests.engines import Engines
from tests.reports import year as years
from tests.reports.year import AFTER, YEAR, Year
from tests.web.conftest import sign_in_as
from workers import reports
from workers.lease import Lease
from workers.runner import lease_length, run_due

MONEY = ("Gross", "Refunds", "Fees", "Net")
SPAN = f"first={YEAR.first}&last={YEAR.last}"
EVERY_KIND = (
    ("report", "csv"),
    ("report", "xlsx"),
    ("report", "pdf"),
    ("donations", "csv"),
    ("donations", "xlsx"),
)


@dataclass(frozen=True)
class Made:
    """The year, and the files of it by kind and format."""

    session: Session
    year: Year
    files: dict[tuple[str, str], bytes]


@pytest.fixture(scope="module")
def made(database: Engine, settings: Settings, engines: Engines) -> Iterator[Made]:
    """The year and its orders, made once for the module, in a transaction that is undone."""
    engines.empty_redis(engines.worker)
    with database.connect() as connection, connection.begin() as transaction:
        with (
            Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
            db.joined(session),
        ):
            year = years.build(session)
            bodies = {which: file_of(session, year, *which)[1] for which in EVERY_KIND}
            session.execute(delete(ReportFile))
            yield Made(session, year, bodies)
        transaction.rollback()


@pytest.fixture
def session(made: Made) -> Iterator[Session]:
    """The year's session for one test; what the test does to it is undone."""
    session = made.session
    with db.joined(session):
        step = session.begin_nested()
        yield session
        step.rollback()
        session.expire_all()


@pytest.fixture
def year(made: Made, session: Session) -> Year:
    return made.year


@pytest.fixture
def desk(app: Flask, session: Session, year: Year, engines: Engines) -> FlaskClient:
    """The owner's browser."""
    engines.empty_redis(engines.worker)
    return sign_in_as(app.test_client(), year.owner)


def file_of(
    session: Session, year: Year, kind: str, format_: str, period: Period = YEAR
) -> tuple[ReportFile, bytes]:
    """A file that was asked for by somebody who may know donors, and made, with its bytes."""
    wanted = Wanted(kind, format_, period, "en", with_donors=kind == "donations")
    file = orders.ask(session, year.nonprofit, year.owner.id, wanted)
    run_due("reports")
    session.refresh(file)
    assert file.state == "ready", file.reason
    return file, stored(file)


def stored(file: ReportFile) -> bytes:
    assert file.object_key is not None
    return open_store(runtime.settings()).private.get(file.object_key)


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def shown(amount: str | Decimal, currency: str) -> str:
    return format_currency(Decimal(amount), currency, locale="en")


def major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_screen_csv_xlsx_pdf_and_every_movement_agree_with_the_truth_to_the_cent(
    made: Made, year: Year, desk: FlaskClient
):
    rows = rows_of(made.files["report", "csv"])
    expected = {
        key: (gross, refunds, fees, gross - refunds - fees)
        for key, (gross, refunds, fees) in year.totals().items()
    }
    totals = {
        row["Currency"]: tuple(Decimal(row[name]) for name in MONEY) for row in rows if row["Row"] == "Total"
    }
    assert totals == {
        currency: tuple(major(minor, currency) for minor in sums) for currency, sums in expected.items()
    }
    by_video = {
        (row["Address"].removeprefix("/v/"), row["Currency"]): tuple(Decimal(row[name]) for name in MONEY[:3])
        for row in rows
        if row["Row"] in ("Video", "Not credited")
    }
    assert by_video == {
        (code, currency): tuple(major(minor, currency) for minor in sums)
        for (code, currency), sums in year.truth.items()
    }
    agree_on_screen(desk, year, rows)
    agree_in_json(desk, year, rows)
    agree_step_by_step(desk, year, rows)
    agree_in_xlsx(made.files["report", "xlsx"], rows)
    agree_in_xlsx(made.files["donations", "xlsx"], rows_of(made.files["donations", "csv"]))
    agree_in_pdf(made.files["report", "pdf"], rows)
    agree_in_movements(made.files["donations", "csv"], year)


def agree_on_screen(desk: FlaskClient, year: Year, rows: list[dict[str, str]]) -> None:
    screen = desk.get(f"/desk/{year.nonprofit.code}/reports?{SPAN}").text
    for row in rows:
        if row["Row"] in ("Total", "Creator"):
            for name in MONEY:
                assert shown(row[name], row["Currency"]) in screen, (row["Row"], name)


def read(desk: FlaskClient, year: Year, said: str = "") -> list[dict[str, Any]]:
    """The report as programs read it."""
    answer = cast("Any", desk.get(f"/desk/{year.nonprofit.code}/reports.json?{SPAN}{said}").json)
    return [{name: row[name] for name in answer["columns"]} for row in answer["rows"]]


def agree_in_json(desk: FlaskClient, year: Year, rows: list[dict[str, str]]) -> None:
    """Every cell is that of the CSV, but for the mark that makes text harmless there."""
    found = [["" if cell is None else str(cell) for cell in row.values()] for row in read(desk, year)]
    assert found == [[cell.removeprefix("'") for cell in row.values()] for row in rows]


def agree_step_by_step(desk: FlaskClient, year: Year, rows: list[dict[str, str]]) -> None:
    """The months of all, and of one video, add up to its line."""
    code = year.videos["swing"].code
    for said, line in (("", "Total"), (f"&video={code}", f"/v/{code}")):
        steps = read(desk, year, f"&page=time&step=month{said}")
        for row in rows:
            if line in (row["Row"], row["Address"]):
                own = [one for one in steps if one["currency"] == row["Currency"]]
                assert [one["row"] for one in own] == ["Month"] * 12 + ["Total"]
                for name in MONEY:
                    whole = [Decimal(one[name.lower()]) for one in own]
                    assert sum(whole[:-1]) == whole[-1] == Decimal(row[name])


def test_a_file_of_a_view_has_what_the_view_shows(session: Session, year: Year, desk: FlaskClient):
    rows = read(desk, year, "&page=videos&sort=gross&order=asc")
    assert {row["row"] for row in rows} == {"Video", "Not credited", "Total"}
    euros = [row for row in rows if row["currency"] == "EUR"]
    gross = [Decimal(row["gross"]) for row in euros if row["row"] == "Video"]
    assert gross == sorted(gross)
    assert [row["row"] for row in euros[-2:]] == ["Not credited", "Total"]
    assert {row["row"] for row in read(desk, year, "&page=creators")} == {"Creator", "Not credited", "Total"}
    shape = Shape("time", step="month", video=year.videos["swing"].code)
    for format_ in ("csv", "pdf"):
        wanted = Wanted("report", format_, YEAR, "en", shape=shape)
        file = orders.ask(session, year.nonprofit, year.owner.id, wanted)
        run_due("reports")
        session.refresh(file)
        assert (file.state, file.rows) == ("ready", 13), file.reason
        assert orders.wanted_of(file, YEAR.zone).shape == shape


def agree_in_xlsx(body: bytes, rows: list[dict[str, str]]) -> None:
    [sheet] = openpyxl.load_workbook(io.BytesIO(body)).worksheets
    header, *found = sheet.iter_rows(values_only=True)
    assert list(header) == list(rows[0])
    assert len(found) == len(rows)
    for cells, row in zip(found, rows, strict=True):
        for cell, words in zip(cells, row.values(), strict=True):
            if isinstance(cell, (int, float)):
                assert Decimal(str(cell)) == Decimal(words)
            elif isinstance(cell, datetime):
                assert f"{cell:%Y-%m-%d %H:%M:%S}" == words
            else:
                assert (cell or "") == words


def agree_in_pdf(body: bytes, rows: list[dict[str, str]]) -> None:
    """Every amount of the table stands in the PDF as often as in the table, and no other amount does."""
    text = without_spaces("".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages))
    columns = (*MONEY, "Net through shares", "Net in the period before")
    expected = Counter(without_spaces(shown(row[name], row["Currency"])) for row in rows for name in columns)
    amounts = sorted(expected, key=len, reverse=True)
    found = Counter(re.findall("|".join(map(re.escape, amounts)), text))
    assert found == expected
    assert sum(expected.values()) == len(re.findall("€|¥", text))


def agree_in_movements(body: bytes, year: Year) -> None:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows_of(body):
        key = (row["Address"].removeprefix("/v/"), row["Currency"])
        before = sums.get(key, [Decimal(0)] * 3)
        sums[key] = [one + Decimal(row[name]) for one, name in zip(before, MONEY, strict=False)]
        assert Decimal(row["Net"]) == Decimal(row["Gross"]) - Decimal(row["Refunds"]) - Decimal(row["Fees"])
    assert sums == {
        (code, currency): [major(minor, currency) for minor in minors]
        for (code, currency), minors in year.truth.items()
    }


def test_a_closed_period_has_the_same_bytes_again_and_a_late_refund_is_in_its_own(
    made: Made, session: Session, year: Year
):
    before = rows_of(file_of(session, year, "report", "csv", AFTER)[1])
    years.refund_late(session, year)
    for which, body in made.files.items():
        again, same = file_of(session, year, *which)
        assert same == body, which
        assert hashlib.sha256(body).hexdigest() == again.sha256
    after = rows_of(file_of(session, year, "report", "csv", AFTER)[1])
    refunds = [
        {row["Currency"]: row["Refunds"] for row in rows if row["Row"] == "Total"} for rows in (before, after)
    ]
    assert [found.get("EUR", "0.00") for found in refunds] == ["0.00", "3.21"]


def test_no_cell_is_a_formula(made: Made):
    rows = rows_of(made.files["donations", "csv"])
    assert {row["Donor"] for row in rows} == {"'-2+3"}
    assert f"'{years.EVIL}" in {row["Video"] for row in rows}
    [sheet] = openpyxl.load_workbook(io.BytesIO(made.files["donations", "xlsx"])).worksheets
    kinds = Counter(cell.data_type for row in sheet.iter_rows() for cell in row)
    assert "f" not in kinds
    assert kinds["n"] > 0
    assert kinds["d"] == len(rows)


def test_two_presses_make_one_file_and_another_wish_makes_another(
    session: Session, year: Year, desk: FlaskClient
):
    address = f"/desk/{year.nonprofit.code}/reports/files"
    asked = {"kind": "report", "format": "csv", "first": "2025-01-01", "last": "2025-12-31"}
    for _ in range(2):
        assert desk.post(address, data=asked).status_code == 303
    desk.post(address, data={**asked, "format": "pdf"})
    assert [file.format for file in orders.listed(session, year.nonprofit.id, with_donors=True)] == [
        "pdf",
        "csv",
    ]
    page = desk.get(address).text
    assert page.count("Waiting for its turn") == 2
    assert "data-busy" in page


def test_a_file_is_downloaded_by_a_short_link_until_it_expires_and_is_then_deleted(
    session: Session, year: Year, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    file, body = file_of(session, year, "report", "csv")
    address = f"/desk/{year.nonprofit.code}/reports/files/{file.code}"
    answer = desk.get(address)
    assert answer.status_code == 303
    assert "X-Amz-Expires=120" in answer.location
    got = nearby.get(answer.location)
    assert got.content == body
    assert f"kindrelay-{year.nonprofit.code}-2025-01-01-2025-12-31.csv" in got.headers["content-disposition"]
    key = file.object_key
    later = clock.now() + timedelta(days=7, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert desk.get(address).location.endswith("/reports/files")
    reports.expire(claim(), None)(session)  # pyright: ignore[reportArgumentType] (it asks nothing of its lease)
    session.refresh(file)
    assert (file.state, file.object_key) == ("expired", None)
    assert open_store(runtime.settings()).private.head(key or "") is None
    assert "Ask again" in desk.get(f"/desk/{year.nonprofit.code}/reports/files").text
    desk.post(f"{address}/again")
    assert orders.listed(session, year.nonprofit.id, with_donors=True)[0].state == "waiting"


def claim(task_id: int = 0, attempt: int = 1) -> Claim:
    return Claim(task_id, "reports.make_file", {}, attempt, "token")


def test_files_that_name_donors_are_for_those_who_may_know_them(
    session: Session, year: Year, desk: FlaskClient
):
    viewer = factories.person(session, "Vera Viewer")
    factories.member(session, year.nonprofit, viewer, "viewer")
    address = f"/desk/{year.nonprofit.code}/reports/files"
    asked = {"kind": "donations", "format": "csv", "first": "2025-01-01", "last": "2025-12-31"}
    audited = select(AuditEvent).where(AuditEvent.action == "report.donors_exported")
    before = len(session.scalars(audited).all())
    desk.post(address, data=asked)
    run_due("reports")
    [with_donors] = session.scalars(select(ReportFile))
    assert with_donors.with_donors
    assert len(session.scalars(audited).all()) == before + 1
    assert "swing-1@example.org" in stored(with_donors).decode()
    sign_in_as(desk, viewer)
    assert desk.get(f"{address}/{with_donors.code}").status_code == 404
    assert with_donors.code not in desk.get(address).text
    desk.post(address, data=asked)
    run_due("reports")
    [without] = orders.listed(session, year.nonprofit.id, with_donors=False)
    assert "example.org" not in stored(without).decode()
    sign_in_as(desk, factories.person(session))
    assert desk.get(f"{address}/{without.code}").status_code == 404


def test_a_lease_that_is_lost_on_the_way_leaves_nothing(
    session: Session, year: Year, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writers, "STEP", 10)
    wanted = Wanted("donations", "csv", YEAR, "en")
    file = orders.ask(session, year.nonprofit, year.owner.id, wanted)
    [held] = tasks.claim_due(session, "reports", lease_length(), 10)
    lease = Lease([held], lease_length())
    told: list[int] = []
    note = orders.note

    def lose(session: Session, file_id: int, done: int, rows: int) -> None:
        note(session, file_id, done, rows)
        told.append(done)
        if done == 20:
            lease.lost.set()

    monkeypatch.setattr(orders, "note", lose)
    with pytest.raises(LeaseLost):
        reports.make_file(held, lease, file_id=file.id)
    assert told == [0, 10, 20]
    bucket = open_store(runtime.settings()).private
    assert list(bucket.list_prefix(f"{orders.PREFIX}{file.code}/")) == []
    session.refresh(file)
    assert (file.state, file.done_rows) == ("making", 20)
    tasks.release(session, held)
    run_due("reports")
    session.refresh(file)
    assert (file.state, file.done_rows) == ("ready", file.rows)


def test_a_file_that_cannot_be_made_says_so_and_can_be_asked_for_again(
    session: Session, year: Year, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    file = orders.ask(session, year.nonprofit, year.owner.id, Wanted("report", "csv", YEAR, "en"))

    def break_down(*_: object) -> int:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(making, "make", break_down)
        for attempt in (1, 4):
            with pytest.raises(OSError, match="no space"):
                reports.make_file(claim(attempt=attempt), None, file_id=file.id)  # pyright: ignore[reportArgumentType]
            session.refresh(file)
            assert file.state == ("failed" if attempt == 4 else "making")
    assert "Something broke on our side" in desk.get(f"/desk/{year.nonprofit.code}/reports/files").text
    session.execute(delete(Task).where(Task.queue == "reports"))
    orders.again(session, year.nonprofit, file, year.owner.id)
    run_due("reports")
    assert orders.listed(session, year.nonprofit.id, with_donors=True)[0].state == "ready"


def test_a_file_whose_worker_died_every_time_is_given_up(session: Session, year: Year):
    file = orders.ask(session, year.nonprofit, year.owner.id, Wanted("report", "csv", YEAR, "en"))
    orders.fail_the_dead(session)
    session.refresh(file)
    assert file.state == "waiting"
    task = session.scalars(select(Task).where(Task.args["file_id"].as_integer() == file.id)).one()
    task.dead_at = clock.now()
    session.flush()
    orders.fail_the_dead(session)
    session.refresh(file)
    assert file.state == "failed"


def test_what_a_broken_off_attempt_left_is_deleted_once_it_is_old(
    session: Session, year: Year, monkeypatch: pytest.MonkeyPatch
):
    file, _ = file_of(session, year, "report", "csv")
    bucket = open_store(runtime.settings()).private
    left = f"{orders.PREFIX}{file.code}/left.csv"
    bucket.put(left, b"half")
    reports.expire(claim(), None)(session)  # pyright: ignore[reportArgumentType]
    assert bucket.head(left) is not None
    later = clock.now() + reports.GRACE + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    reports.expire(claim(), None)(session)  # pyright: ignore[reportArgumentType]
    assert bucket.head(left) is None
    assert bucket.head(file.object_key or "") is not None


def test_days_typed_badly_and_unknown_formats_are_refused(session: Session, year: Year, desk: FlaskClient):
    address = f"/desk/{year.nonprofit.code}/reports/files"
    good = {"kind": "report", "format": "csv", "first": "2025-01-01", "last": "2025-12-31"}
    for bad in (
        {"first": "soon"},
        {"format": "exe"},
        {"kind": "secrets"},
        {"kind": "donations", "format": "pdf"},
    ):
        assert desk.post(address, data={**good, **bad}).status_code == 303
    assert session.scalars(select(ReportFile)).all() == []
