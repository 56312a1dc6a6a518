"""Receipts and statements as PDF: tagged, in the reader's language, and the same bytes for the same facts."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.donations import donors, receipt_pdf, receipts
from app.donations.receipt_content import Content
from app.donations.statements import Line, Statement, statement
from tests import factories
from tests.donations.test_receipts import paid

CONTENT = Content(
    number=12,
    payee="Paper Lanterns",
    legal_name="Paper Lanterns Foundation",
    registration_number="PL-1",
    country="NL",
    donor="Dora Donor",
    project="Draw it into reality",
    donation_number="k7m2x4",
    currency="EUR",
    amount_minor=123_450,
    given_minor=123_450,
    given_on="2026-03-01",
    issued_on="2026-03-02",
    issued_at=1_772_409_600,
    monthly=False,
    no_goods=False,
    no_official_invoice=False,
    test_mode=False,
    check="https://kindrelay.example/receipts/k7m2x4k7m2x4k7m2x4k7m2",
    replaces=None,
)
CHINESE = replace(
    CONTENT,
    payee="纸灯笼公益基金会",
    country="CN",
    donor="李䶮",
    project="把孩子的画变成现实",
    currency="CNY",
    no_official_invoice=True,
)
YEAR = Statement(
    payee="Paper Lanterns",
    legal_name="Paper Lanterns Foundation",
    registration_number="PL-1",
    country="US",
    donor="Dora Donor",
    email="dora@example.org",
    first="2026-01-01",
    last="2026-12-31",
    zone="UTC",
    made_on="2027-01-04",
    made_at=1_799_000_000,
    test_mode=False,
    lines=[],
)
SENTENCE = "No goods or services were provided in exchange for this contribution."


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def words(pdf: bytes) -> str:
    """All that can be copied out of it, on one line."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def tags(node: Any) -> Iterator[str]:
    """The kinds of everything in the tree that a screen reader walks, in reading order."""
    node = node.get_object()
    if isinstance(node, ArrayObject):
        for child in node:
            yield from tags(child)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield str(node["/S"])
        if "/K" in node:
            yield from tags(node["/K"])


@pytest.mark.parametrize(
    ("content", "locale", "language"), [(CONTENT, "en", "en-GB"), (CHINESE, "zh_Hans", "zh-CN")]
)
def test_a_receipt_is_tagged_titled_and_says_its_language(content: Content, locale: str, language: str):
    pdf = read(receipt_pdf.receipt(content, locale))
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata is not None
    assert pdf.metadata.title
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    kinds = list(tags(root["/StructTreeRoot"]))
    assert kinds[0] == "/Document"
    assert {"/H1", "/L", "/Lbl", "/LBody", "/Figure", "/Link"} <= set(kinds)


def test_its_one_picture_the_code_is_told_in_words():
    root: Any = read(receipt_pdf.receipt(CONTENT, "en")).trailer["/Root"]

    def figures(node: Any) -> Iterator[Any]:
        node = node.get_object()
        for child in node if isinstance(node, ArrayObject) else [node.get("/K", ArrayObject())]:
            child = child.get_object()
            if isinstance(child, DictionaryObject) and child.get("/S") == "/Figure":
                yield child
            if isinstance(child, DictionaryObject | ArrayObject):
                yield from figures(child)

    [code] = figures(root["/StructTreeRoot"])
    assert "QR code" in code["/Alt"]


def test_it_says_who_gave_what_to_whom():
    said = words(receipt_pdf.receipt(CONTENT, "en"))
    for part in ("No. 12", "Dora Donor", "€1,234.50", "Paper Lanterns Foundation", "PL-1", "Netherlands"):
        assert part in said
    for part in ("March 1, 2026", "Draw it into reality", "Single gift", "k7m2x4", CONTENT.check):
        assert part in said
    assert "TEST MODE" not in said
    assert SENTENCE not in said


def test_chinese_can_be_copied_out_of_it_even_a_rare_name():
    said = words(receipt_pdf.receipt(CHINESE, "zh_Hans")).replace(" ", "")
    for part in (
        "纸灯笼公益基金会",
        "李䶮",
        "把孩子的画变成现实",
        "¥1,234.50",
        "公益事业捐赠统一票据",
        "中国",
    ):
        assert part in said


def test_all_type_comes_along_and_none_is_the_machine_s():
    fonts: set[str] = set()
    for page in read(receipt_pdf.receipt(CHINESE, "en")).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            fonts.add(str(font["/BaseFont"]).split("+")[-1])
    assert {name.split("-")[0] for name in fonts} == {"Piazzolla", "NotoSansSC"}


@pytest.mark.parametrize("content", [CONTENT, CHINESE])
def test_the_same_facts_are_the_same_bytes(content: Content):
    first = receipt_pdf.receipt(content, "en")
    assert receipt_pdf.receipt(content, "en") == first
    assert receipt_pdf.receipt(replace(content, number=13), "en") != first
    assert len(first) < 100_000


def test_the_sentence_of_the_united_states_stands_in_english_in_every_language():
    american = replace(CONTENT, country="US", currency="USD", no_goods=True)
    for locale in ("en", "zh_Hans"):
        assert SENTENCE in words(receipt_pdf.receipt(american, locale))


def test_what_was_given_back_test_mode_and_void_are_said():
    content = replace(CONTENT, amount_minor=100_000, replaces=9, test_mode=True, monthly=True)
    said = words(receipt_pdf.receipt(content, "en", is_void=True))
    assert "€1,234.50 was given, and €234.50 of it was given back." in said
    assert "€1,000.00" in said
    for part in ("TEST MODE", "VOID", "No. 9", "Monthly gift"):
        assert part in said


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
@pytest.mark.parametrize("content", [CONTENT, CHINESE])
def test_all_that_a_receipt_can_say_stands_on_one_page_of_letter_paper(content: Content, locale: str):
    full = replace(
        content, country="US", no_goods=True, amount_minor=100_000, replaces=9, test_mode=True, monthly=True
    )
    assert len(read(receipt_pdf.receipt(full, locale, is_void=True)).pages) == 1


def test_its_file_has_a_name_in_the_reader_s_language():
    assert receipt_pdf.file_name(7, "en") == "receipt-7.pdf"
    assert receipt_pdf.file_name(7, "zh_Hans") == "收据-7.pdf"


@pytest.mark.parametrize(
    ("donor", "said"),
    [
        ("", "A donor"),
        ("#set page(width: 1pt)", "#set page(width: 1pt)"),
        ("*[x](y) $a$ @b <c> \\", "*[x](y) $a$ @b <c>"),
        ("x" * 80, "xxxx"),
        ("Σοφία Ångström Нина", "Σοφία Ångström Нина"),
        ("김민수 😀", "€1,234.50"),  # no font of ours has these signs; there is a receipt all the same
    ],
)
def test_any_name_makes_a_receipt_of_one_page(donor: str, said: str):
    pdf = receipt_pdf.receipt(replace(CONTENT, donor=donor), "en")
    assert len(read(pdf).pages) == 1
    assert "/StructTreeRoot" in read(pdf).trailer["/Root"]
    assert said in words(pdf)


def test_a_statement_lists_the_gifts_of_its_days_and_no_others(session: Session):
    at = factories.nonprofit(session, time_zone="Asia/Shanghai")
    zone_year = [(2025, 12, 31, 15), (2025, 12, 31, 17), (2026, 12, 31, 15), (2026, 12, 31, 17)]
    gifts = [
        paid(session, at, paid_at=clock.now().replace(year=y, month=m, day=d, hour=h))
        for y, m, d, h in zone_year
    ]
    paid(session, at, email="someone@example.org", paid_at=gifts[1].paid_at)
    paid(session, paid_at=gifts[1].paid_at)
    gifts[2].refunded_minor, gifts[2].state = 250, "partly_refunded"
    made = statement(session, "Dora@Example.org", at.id, date(2026, 1, 1), date(2027, 1, 1))
    assert [line.donation_number for line in made.lines] == [gifts[1].number, gifts[2].number]
    assert [(line.kept.minor, line.given_back.minor) for line in made.lines] == [(1000, 0), (750, 250)]
    assert [line.receipt for line in made.lines] == [1, 2]
    assert made.totals == [Money(1750, "EUR")]
    assert (made.first, made.last) == ("2026-01-01", "2026-12-31")
    receipts.void(session, receipts.by_number(session, at, 1), "Wrong", factories.person(session).id)
    again = statement(session, "dora@example.org", at.id, date(2026, 1, 1), date(2027, 1, 1))
    assert [line.receipt for line in again.lines] == [None, 2]


def test_a_statement_says_nothing_of_what_was_given_before_its_donor_was_forgotten(session: Session):
    at = factories.nonprofit(session)
    for name in ("Dora Before", ""):
        newest = paid(session, at, donor_name=name, paid_at=clock.now())
        if name:
            donors.forget(session, newest.email)
    made = statement(session, newest.email, at.id, date(2000, 1, 1), date(2999, 1, 1))
    assert ([line.donation_number for line in made.lines], made.donor) == ([newest.number], "")


def test_a_statement_is_a_tagged_table_that_sums_no_two_currencies():
    lines = [
        Line(f"2026-{month:02}-03", "纸灯笼图书馆", "k7", month, Money(2500, currency), Money(0, currency))
        for currency in ("EUR", "JPY")
        for month in range(1, 13)
    ]
    made = replace(YEAR, lines=lines)
    pdf = receipt_pdf.statement(made, "zh_Hans")
    assert receipt_pdf.statement(made, "zh_Hans") == pdf
    said = words(pdf)
    assert "€300.00" in said
    assert "JP¥30,000" in said
    kinds = list(tags(read(pdf).trailer["/Root"]["/StructTreeRoot"]))
    assert kinds.count("/Table") == 1
    assert kinds.count("/TH") == 5
    assert kinds.count("/TR") == 25


def test_a_statement_of_nothing_says_so():
    made = replace(YEAR, donor="", lines=[])
    said = words(receipt_pdf.statement(made, "en"))
    assert "No gift arrived in these days." in said
    assert "dora@example.org" in said
