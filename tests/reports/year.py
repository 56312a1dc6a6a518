"""A generated year of an organisation: three currencies, gifts of one time and each month, refunds in other
months, disputes lost and won; and what all that adds up to, reckoned without the platform."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.money import Money
from app.donations import monthly
from app.donations.models import Donation
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import Nonprofit
from app.reports.periods import Period
from app.videos.models import Video
from tests import factories
from workers import credit

ZONE = "Asia/Shanghai"
YEAR = Period(date(2025, 1, 1), date(2026, 1, 1), ZONE)
AFTER = Period(date(2026, 1, 1), date(2026, 4, 1), ZONE)
# The first moment of the new year there, and half an hour on either side of it.
NEW_YEAR = datetime(2025, 12, 31, 16, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
EVIL = '=HYPERLINK("http://evil.example")'

Key = tuple[str, str]  # a video's code, "" for none, and a currency
Sums = tuple[int, int, int]  # gross, refunds, fees


@dataclass
class Year:
    """The organisation, its people and videos, and the truth about its money in YEAR."""

    nonprofit: Nonprofit
    owner: Person
    videos: dict[str, Video]
    gifts: dict[str, Donation] = field(default_factory=dict[str, Donation])
    truth: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    def totals(self) -> dict[str, Sums]:
        """The truth by currency."""
        added: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for (_, currency), sums in self.truth.items():
            added[currency] = [one + other for one, other in zip(added[currency], sums, strict=True)]
        return {currency: (sums[0], sums[1], sums[2]) for currency, sums in added.items()}


class _Making:
    """The year while it is made."""

    def __init__(self, session: Session, patch: pytest.MonkeyPatch) -> None:
        self._session = session
        self._patch = patch
        self._events: list[int] = []
        owner = factories.person(session, "Omar Owner")
        nonprofit = factories.nonprofit(session, owner, time_zone=ZONE, name="Paper Lanterns 纸灯笼")
        self.projects = {
            currency: factories.project(session, nonprofit, goal=Money(1_000_000, currency))
            for currency in ("EUR", "JPY", "CNY")
        }
        cleo, li = factories.person(session, "Cleo Creator"), factories.person(session, "李小明")
        videos = {
            "swing": factories.video(session, cleo, self.projects["EUR"], title=EVIL),
            "roof": factories.video(session, li, self.projects["EUR"], title="把孩子的画变成现实"),
            "boat": factories.video(session, cleo, self.projects["JPY"], title="A boat, drawn"),
            "kite": factories.video(session, li, self.projects["CNY"], title='A "kite"'),
        }
        self.year = Year(nonprofit, owner, videos)

    def gift(
        self, name: str, through: str, currency: str, minor: int, fee: int, *, monthly_: bool = False
    ) -> None:
        """A gift that arrives now."""
        video = self.year.videos[through] if through else None
        made = factories.donation(
            self._session,
            video,
            self.projects[currency],
            amount_minor=minor,
            donor_name="-2+3",
            email=f"{name}@example.org",
        )
        self.year.gifts[name] = made
        if monthly_:
            monthly.begin(self._session, made)
        subscription = {"subscription": "every-month"} if monthly_ else {}
        self._tell(made, EventKind.SUCCEEDED, minor, fee, **subscription)
        self._count(made, minor, 0, fee)

    def renewal(self, of: str, reference: str, minor: int, fee: int) -> None:
        """Another month of a monthly gift."""
        first = self.year.gifts[of]
        self._tell(first, EventKind.RENEWED, minor, fee, subscription="every-month", reference=reference)
        self._count(first, minor, 0, fee)

    def refund(self, of: str, minor: int) -> None:
        """A part of a gift goes back now."""
        self._tell(self.year.gifts[of], EventKind.REFUNDED, minor, 0, part=f"refund-{of}")
        self._count(self.year.gifts[of], 0, minor, 0)

    def dispute(self, of: str, kind: EventKind, fee: int = 0) -> None:
        """A bank disputes a gift, or has decided."""
        about = self.year.gifts[of]
        self._tell(about, kind, about.amount_minor, fee, part=f"dispute-{of}")
        if kind is EventKind.DISPUTE_LOST:
            self._count(about, 0, about.amount_minor, fee)

    def at(self, moment: datetime, *happenings: Callable[[], None]) -> None:
        """Let things happen at a moment, and settle them together."""
        self._patch.setattr(clock, "now", lambda: moment)
        for happens in happenings:
            happens()
        credit.settle(self._session, event_ids=self._events)
        self._events = []

    def _tell(self, about: Donation, kind: EventKind, minor: int, fee: int, **values: object) -> None:
        event = factories.event(self._session, about, kind, minor, fee_minor=fee, **values)
        self._events.append(event.id)

    def _count(self, of: Donation, gross: int, refunds: int, fee: int) -> None:
        if not YEAR.starts_at <= clock.now() < YEAR.ends_at:
            return
        code = next((video.code for video in self.year.videos.values() if video.id == of.video_id), "")
        sums = self.year.truth[code, of.currency]
        for place, minor in enumerate((gross, refunds, fee)):
            sums[place] += minor


def build(session: Session) -> Year:
    """Make the year, and three months after it."""
    with pytest.MonkeyPatch.context() as patch:
        making = _Making(session, patch)
        for month in range(1, 13):
            making.at(datetime(2025, month, 10, 4, tzinfo=UTC), lambda month=month: _month(making, month))
        making.at(NEW_YEAR - HALF_AN_HOUR, lambda: making.gift("last", "kite", "CNY", 12_300, 61))
        making.at(NEW_YEAR + HALF_AN_HOUR, lambda: making.gift("next", "kite", "CNY", 45_600, 71))
    session.flush()
    return making.year


def refund_late(session: Session, year: Year) -> None:
    """Of a gift of November a part goes back in February of the next year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: datetime(2026, 2, 3, 4, tzinfo=UTC))
        event = factories.event(session, year.gifts["swing-11"], EventKind.REFUNDED, 321, part="late")
        credit.settle(session, event_ids=[event.id])
    session.flush()


def _month(making: _Making, month: int) -> None:
    making.gift(f"swing-{month}", "swing", "EUR", 1000 + 137 * month, 29 + month)
    making.gift(f"plain-{month}", "", "EUR", 700 + 11 * month, 20)
    making.gift(f"boat-{month}", "boat", "JPY", 5000 + 100 * month, 145)
    making.gift(f"kite-{month}", "kite", "CNY", 8888 + 10 * month, 66)
    if month == 1:
        making.gift("monthly", "roof", "EUR", 1500, 44, monthly_=True)
    else:
        making.renewal("monthly", f"renewal-{month}", 1500, 44)
    if month == 3:
        making.refund("swing-1", 550)
    if month == 6:
        making.refund("boat-5", 5500)
    if month in (4, 7):
        making.dispute(
            "kite-3", EventKind.DISPUTE_OPENED if month == 4 else EventKind.DISPUTE_LOST, 150 * (month == 7)
        )
    if month in (8, 10):
        making.dispute("swing-7", EventKind.DISPUTE_OPENED if month == 8 else EventKind.DISPUTE_WON)
