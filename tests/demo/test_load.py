"""The demo on a real `kindrelay up`: afterwards everything is as it was meant, to the cent."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.accounts import people
from app.core import clock
from app.core.models import Task
from app.core.paths import ROOT
from app.core.settings import Settings
from app.credit import relay
from app.credit.models import Credit, Share
from app.demo import load, planning
from app.demo.content.people import EVERYBODY, PASSWORD
from app.demo.content.projects import PROJECTS
from app.demo.content.videos import IN_A_HURRY, UPLOADS
from app.demo.errors import DemoError
from app.donations.models import Dispute, Donation, MonthlyGift
from app.embedded.environment import environment
from app.embedded.home import Home
from app.embedded.ports import choose
from app.finance.models import Difference, Payout
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.videos import recipes
from app.videos.models import Video
from tests import factories, nearby
from tests.engines import own_environment
from workers import credit

PATIENCE_SECONDS = 420


@dataclass(frozen=True)
class Platform:
    """A home that `kindrelay up --demo` has filled and is running."""

    home: Home
    address: str
    said: str
    variables: dict[str, str]

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    folder = Path(tempfile.mkdtemp(prefix="kindrelay-demo-"))
    folder.chmod(0o755)  # PostgreSQL's own user must get in when the tests run as root
    port = choose(["web"], {})["web"]
    command = [
        sys.executable,
        "-m",
        "app.cli",
        "up",
        "--demo",
        "--home",
        str(folder / "home"),
        "--port",
        str(port),
    ]
    clean = own_environment()
    # What matters here is what is in the platform, not how well its films are encoded, nor how long they are.
    clean |= {
        "KINDRELAY_TRANSCODE_PRESET": "ultrafast",
        "KINDRELAY_RECIPE": recipes.SMALL.name,
        "KINDRELAY_DEMO_FILM_SECONDS": "0.5",
    }
    log = folder / "up.log"
    with log.open("wb") as output:
        running = subprocess.Popen(command, cwd=ROOT, env=clean, stdout=output, stderr=subprocess.STDOUT)
    try:
        until(lambda: "Ctrl-C" in log.read_text(), lambda: running.poll() is None, log)
        home = Home(folder / "home")
        yield Platform(home, f"http://127.0.0.1:{port}", log.read_text(), environment(home))
    finally:
        running.terminate()
        running.wait(60)
        rmtree(folder)


def until(done: Callable[[], bool], going: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert going(), log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)


@pytest.fixture
def books(platform: Platform) -> Iterator[Session]:
    engine = create_engine(platform.variables["KINDRELAY_DATABASE_URL"])
    with Session(engine) as session:
        yield session
    engine.dispose()


def counted(session: Session) -> list[int | None]:
    return [
        session.scalar(select(func.count()).select_from(table))
        for table in (Nonprofit, Project, Video, Donation)
    ]


def test_every_film_plays_and_the_text_file_was_refused(books: Session):
    states = {row.title: row.state for row in books.execute(select(Video.title, Video.state))}
    assert states == {upload.title: "ready" for upload in UPLOADS} | {IN_A_HURRY.title: "rejected"}
    assert books.scalar(select(Video.reason).where(Video.state == "rejected"))
    drafts = books.scalars(select(Video.title).where(Video.publishing == "draft")).all()
    assert set(drafts) == {IN_A_HURRY.title, *(upload.title for upload in UPLOADS if not upload.published)}
    assert books.scalars(select(Video.has_audio).where(Video.state == "ready")).all().count(False) == 1


def test_every_gift_was_paid_and_all_of_it_is_credited(books: Session):
    count, captured = books.execute(
        select(func.count(), func.sum(Donation.captured_minor)).where(Donation.monthly_gift_id.is_(None))
    ).one()
    meant = [one.present for one in planning.gifts()] + planning.todays()
    once = [present.amount for present in meant if not present.monthly]
    assert (count, captured) == (len(once), sum(once))
    states = Counter(books.scalars(select(Donation.state)))
    assert set(states) == {"paid", "refunded", "partly_refunded", "disputed"}
    assert books.scalar(select(func.sum(Credit.amount_minor))) == books.scalar(
        select(func.sum(Donation.captured_minor))
    )
    assert set(books.scalars(select(Credit.video_id))) > set(
        books.scalars(select(Video.id).where(Video.publishing == "published"))
    )  # every film moved somebody, and some gave without any


def test_there_is_a_past_of_many_months_and_ways(books: Session):
    months = books.scalars(select(func.date_trunc("month", Donation.paid_at)).distinct()).all()
    assert len(months) >= 6
    split = select(Credit.donation_id).group_by(Credit.donation_id).having(func.count() > 1)
    assert len(books.scalars(split).all()) >= 10
    monthly = books.scalars(select(MonthlyGift.state)).all()
    renewed = books.scalar(select(func.count()).where(Donation.monthly_gift_id.is_not(None)))
    assert monthly == ["active"] * 2
    assert (renewed or 0) >= 2 * 4
    by_share = books.scalars(select(Donation.share_id).where(Donation.share_id.is_not(None))).all()
    first = select(Share.id).where(Share.parent_id.is_(None), Share.id.in_(by_share))
    assert {relay.chain(books, share_id).hops for share_id in books.scalars(first)} == {2}


def test_money_reached_the_banks_and_two_gifts_are_disputed(books: Session):
    sent = books.scalars(select(Payout)).all()
    assert {(payout.state, payout.ours_minor == payout.amount_minor) for payout in sent} == {("paid", True)}
    assert {payout.currency for payout in sent} == {"CNY", "GBP", "JPY"}
    assert len({payout.payment_account_id for payout in sent}) == 4
    open_ones = books.scalars(select(Dispute).where(Dispute.state == "open")).all()
    given = {donation.id: donation.paid_at for donation in books.scalars(select(Donation))}
    assert [dispute.opened_at > given[dispute.donation_id] for dispute in open_ones] == [True] * 2
    assert all(dispute.respond_by and dispute.respond_by > clock.now() for dispute in open_ones)
    assert books.scalars(select(Difference)).all() == []


def test_one_organisation_waits_and_the_others_may_receive(books: Session):
    statuses = Counter(books.scalars(select(Nonprofit.status)))
    assert statuses == {"verified": 4, "submitted": 1}
    assert books.scalars(select(Project.status)).all() == ["live"] * len(PROJECTS)
    assert None not in books.scalars(select(Project.cover_key)).all()


def test_no_task_died(books: Session):
    assert books.scalars(select(Task.last_error).where(Task.dead_at.is_not(None))).all() == []


def test_the_books_agree(platform: Platform):
    checked = platform.command("check-books")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_reports_are_made_from_agrees_with_the_rows(platform: Platform):
    checked = platform.command("rollups", "rebuild", "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_pages_show_it(platform: Platform):
    for address, words in (
        ("/", UPLOADS[-1].title),
        ("/projects", PROJECTS[0].title),
        ("/t/点画成真", PROJECTS[0].title),
        ("/t/draw-it-into-reality", "Nadia"),
    ):
        page = nearby.get(platform.address + address, follow_redirects=True, timeout=30)
        assert page.status_code == 200
        assert words.replace("'", "&#39;") in page.text, address


def test_everybody_can_sign_in_with_what_was_printed(platform: Platform, books: Session):
    for somebody in EVERYBODY:
        assert somebody.email in platform.said
    assert PASSWORD in platform.said
    assert people.authenticate(books, EVERYBODY[-1].email, PASSWORD).name == EVERYBODY[-1].name


def test_loading_it_again_adds_nothing(platform: Platform, books: Session):
    before = counted(books)
    again = platform.command("demo")
    assert again.returncode == 0, again.stdout + again.stderr
    books.rollback()
    assert counted(books) == before


def test_a_platform_in_use_is_left_alone(session: Session, settings: Settings):
    factories.person(session)
    session.flush()
    with pytest.raises(DemoError, match="in use"):
        load.load(settings, lambda _: None, credit.settle)
    assert counted(session) == [0, 0, 0, 0]


def test_a_platform_that_moves_money_is_left_alone(session: Session, settings: Settings):
    with pytest.raises(DemoError, match="sandbox"):
        load.load(settings.model_copy(update={"payment_provider": "none"}), lambda _: None, credit.settle)
    assert counted(session) == [0, 0, 0, 0]
