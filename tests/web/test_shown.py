"""Values in words: what templates show of them."""

from datetime import UTC, datetime

import pytest
from babel.dates import format_datetime
from flask import Flask, g

from app.web import shown


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (None, "Nov 21, 2026, 11:45:16\u202fPM UTC"),
        ("Asia/Shanghai", "Nov 22, 2026, 7:45:16\u202fAM UTC+8"),
        ("Asia/Kolkata", "Nov 22, 2026, 5:15:16\u202fAM UTC+5:30"),
        ("America/St_Johns", "Nov 21, 2026, 8:15:16\u202fPM UTC−3:30"),
    ],
)
def test_a_moment_is_told_by_the_clock_of_the_organisation_whose_desk_it_is(
    app: Flask, zone: str | None, words: str
):
    with app.test_request_context("/"):
        if zone:
            g.zone = zone
        assert shown.moment(datetime(2026, 11, 21, 23, 45, 16, tzinfo=UTC)) == words


@pytest.mark.parametrize(("language", "locale"), [("en", "en"), ("zh", "zh_Hans")])
def test_a_moment_is_written_as_its_language_writes_it(app: Flask, language: str, locale: str):
    noon = datetime(2026, 3, 1, 12, 5, 9, tzinfo=UTC)
    with app.test_request_context("/", headers={"Accept-Language": language}):
        assert shown.moment(noon) == f"{format_datetime(noon, 'medium', locale=locale)} UTC"
