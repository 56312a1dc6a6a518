"""The pages of a report: their figures are those of the rollup, and each opens to lines that add up to it."""

import html
import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.money import Money
from app.credit.models import VideoCount
from app.credit.moments import Moment
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import Nonprofit
from app.reports import periods
from app.reports.cohorts import Cohort, CohortMonth
from app.reports.figures import Clip, Creator, Figures, Line
from app.reports.queries import Report
from app.reports.series import Step
from app.videos.models import Video
from app.web.reports import cohort_table, lines, times
from app.web.studio.curves import curve
from tests import factories
from tests.web.conftest import sign_in_as
from workers import credit

MONEY = re.compile(r'<data class="money" value="(-?[\d.]+) EUR">')
BEHIND = re.compile(
    r'href="([^"]+/reports/donations\?[^"]+)">\s*(?:<data class="money" value="(-?[\d.]+) EUR">)'
)


@pytest.fixture
def video(session: Session, nonprofit: Nonprofit) -> Video:
    """A video with two gifts, one partly given back, beside a gift that no video moved."""
    project = factories.project(session, nonprofit)
    video = factories.video(session, carries=project, title="Forty desks")
    gifts = [
        factories.donation(session, through, project, amount_minor=minor)
        for through, minor in ((video, 1000), (video, 2550), (None, 700))
    ]
    paid = [factories.event(session, gift, fee_minor=29).id for gift in gifts]
    back = factories.event(session, gifts[1], EventKind.REFUNDED, 550).id
    credit.settle(session, event_ids=[*paid, back])
    return video


def page_at(client: FlaskClient, address: str) -> str:
    answer = client.get(html.unescape(address))
    assert answer.status_code == 200, address
    return answer.text


def lines_of(page: str) -> tuple[Decimal, Decimal]:
    """What the lines of a page of donations add up to: amounts and fees."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    amounts = [Decimal(value) for value in MONEY.findall(body)]
    return sum(amounts[::2], Decimal(0)), sum(amounts[1::2], Decimal(0))


@pytest.mark.usefixtures("video")
def test_every_net_figure_opens_to_lines_that_add_up_to_it(
    client: FlaskClient, owner: Person, nonprofit: Nonprofit
):
    sign_in_as(client, owner)
    opened: dict[str, Decimal] = {}
    for part in ("", "/videos", "/projects", "/time"):
        page = page_at(client, f"/desk/{nonprofit.code}/reports{part}?span=30-days")
        # A row's money all opens to the same lines; its first figure is the net.
        nets = {address: Decimal(value) for address, value in reversed(BEHIND.findall(page))}
        assert Decimal("36.13") in nets.values(), part
        assert sum(nets.values()) % Decimal("36.13") == 0, part
        opened.update((address, net) for address, net in nets.items() if net)
    assert sorted(set(opened.values())) == [Decimal("6.71"), Decimal("29.42"), Decimal("36.13")]
    for address, net in opened.items():
        amount, fees = lines_of(page_at(client, address))
        assert amount - fees == net, address


def test_the_chart_along_a_time_has_the_numbers_of_its_table(
    client: FlaskClient, owner: Person, nonprofit: Nonprofit, video: Video
):
    sign_in_as(client, owner)
    page = page_at(client, f"/desk/{nonprofit.code}/reports/time?video={video.code}")
    drawn = [Decimal(value) for value in re.findall(r'data-value="([\d.-]+)"', page)]
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    nets = [Decimal(value) for _, value in BEHIND.findall(table)][::4]
    assert drawn == [net for net in nets if net] == [Decimal("29.42")]
    assert "Forty desks" in page
    months = page_at(
        client, f"/desk/{nonprofit.code}/reports/time?span=this-year&step=month&video={video.code}"
    )
    [days] = re.findall(r'<th scope="row"><a href="([^"]+)"', months)
    assert re.findall(r'data-value="([\d.-]+)"', page_at(client, days)) == ["29.42"]


def line(name: str, net: int, before: int = 0, rank: int = 0) -> Line:
    creator = Creator(1, name, name) if name else None
    clip = Clip(1, name, name) if name else None
    return Line(creator, clip, Figures("EUR", 1, net), Figures("EUR", 1, before), place=rank, rank=rank)


def report(videos: Sequence[Line], count: int = 0) -> Report:
    now = clock.now()
    return Report(
        periods.latest(now, "UTC"), "", now, {("videos", "EUR"): count}, videos=videos, totals=[line("", 0)]
    )


def test_a_long_table_shows_its_first_lines_and_what_is_credited_to_nobody_until_all_are_asked_for():
    found = [line(f"{rank:02}", 100 - rank, rank=rank) for rank in range(1, 13)]
    rest = line("", 400, rank=13)
    [section] = lines.sections(report([*found, rest], 13), "videos", every_line=False)
    assert (section.lines, section.count) == ([*found[:10], rest], 13)
    [section] = lines.sections(report([*found, rest], 13), "videos", every_line=True)
    assert section.lines == [*found, rest]


def test_bars_come_in_the_order_of_the_ranking_with_one_scale_for_now_and_before():
    found = [line("some", 50, rank=2), line("most", 80, before=200, rank=1)]
    [section] = lines.sections(report(found), "videos", every_line=False)
    assert [(row.name, row.now.length, row.before.length) for row in section.rows] == [
        ("most", 40.0, 100.0),
        ("some", 25.0, 0),
    ]


def test_a_step_stands_beside_the_one_as_far_in_the_period_before():
    begin = date(2026, 3, 1)
    days = [begin + timedelta(days=n) for n in range(5)]
    now = [Step(day, day + timedelta(days=1), [Figures("EUR", 1, 100 * n)]) for n, day in enumerate(days)]
    [time] = times.times(now, now[1:4], "day")
    assert [beat.before.net.minor if beat.before else None for beat in time.beats] == [
        100,
        200,
        300,
        None,
        None,
    ]
    assert time.line == "10.0,75.0 30.0,50.0 50.0,25.0"
    assert time.best.days == {"first": "2026-03-05", "last": "2026-03-05"}
    assert [name.words for name in time.named] == ["Mar 1", "Mar 3", "Mar 5"]


def test_cohorts_say_which_part_came_back():
    def cohort(month: int, *donors: int) -> Cohort:
        hundred = Money(100, "EUR")
        months = [CohortMonth(date(2026, month + n, 1), one, hundred) for n, one in enumerate(donors)]
        return Cohort("EUR", date(2026, month, 1), months)

    [table] = cohort_table.tables([cohort(1, 10, 4, 0), cohort(2, 6, 2), cohort(3, 5)])
    assert [(row.words, [cell.heat for cell in row.cells]) for row in table.rows] == [
        ("Mar 2026", []),
        ("Feb 2026", [3]),
        ("Jan 2026", [3, 0]),
    ]
    assert table.came_back == Fraction(6, 16)
    assert list(table.columns) == [1, 2]


def test_a_clip_is_told_in_parts_that_hold_every_moment():
    assert curve([], 9_000) is None
    short = curve([Moment(0, 1, 0), Moment(9, 3, 1)], 9_400)
    assert short is not None
    assert (len(short.parts), short.best.words, short.best.gifts) == (10, "0:09", 1)
    long = curve([Moment(n, 2, 1) for n in range(0, 600, 7)], 600_000)
    assert long is not None
    assert (len(long.parts), long.parts[-1].words) == (40, "9:45–9:59")
    assert (sum(part.opens for part in long.parts), sum(part.gifts for part in long.parts)) == (172, 86)


def test_a_creator_sees_how_far_people_went_and_what_came_of_it(
    client: FlaskClient, session: Session, video: Video
):
    sign_in_as(client, session.get_one(Person, video.creator_id))
    page = page_at(client, f"/studio/videos/{video.code}/figures")
    assert "No moment yet" in page
    assert "2 gifts came from this video in all." in page
    assert "How far it was watched" not in page
    seen = {"shown": 8, "quarter": 6, "half": 4, "most": 3, "whole": 1}
    day = clock.now().date()
    session.add_all(VideoCount(video_id=video.id, day=day, kind=kind, count=n) for kind, n in seen.items())
    session.flush()
    page = page_at(client, f"/studio/videos/{video.code}/figures")
    assert re.findall(r"([\d.]+%) of the times it was shown", page) == ["75%", "50%", "37.5%", "12.5%"]
    row = page[page.index("<tbody>") : page.index("</tbody>")]
    assert MONEY.findall(row) == ["35.50", "5.50", "0.58", "29.42", "0.00"]
