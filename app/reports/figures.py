"""What a line of a report says: sums in one currency and counts, with what follows from them. Pure."""

from fractions import Fraction
from typing import NamedTuple

from app.core.money import Money


class Figures(NamedTuple):
    """Sums in one currency. `donations` counts gifts, each once at the level of the line; `donors` the people
    who gave them. `relay_minor` is the part of the net that came by gifts made through a share.

    Shown, views, opens and arrivals are of visitors who agreed to be counted.
    """

    currency: str
    donations: int = 0
    gross_minor: int = 0
    refunded_minor: int = 0
    fee_minor: int = 0
    relay_minor: int = 0
    donors: int = 0
    shown: int = 0
    views: int = 0
    opens: int = 0
    arrivals: int = 0

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)

    @property
    def fees(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def net(self) -> Money:
        """What is left after refunds and fees."""
        return Money(self.net_minor, self.currency)

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.refunded_minor - self.fee_minor

    @property
    def relay(self) -> Money:
        return Money(self.relay_minor, self.currency)

    @property
    def conversion(self) -> Fraction | None:
        """Donations a view; None without views."""
        return Fraction(self.donations, self.views) if self.views else None

    @property
    def relay_share(self) -> Fraction | None:
        """What part of the net came through shares; None unless something is left."""
        return Fraction(self.relay_minor, self.net_minor) if self.net_minor > 0 else None


class Creator(NamedTuple):
    """Somebody with videos."""

    id: int
    code: str
    name: str


class Clip(NamedTuple):
    """A video."""

    id: int
    code: str
    title: str


class Cause(NamedTuple):
    """A project."""

    id: int
    code: str
    title: str


class Line(NamedTuple):
    """A row of the report: a creator, a video with its creator, a project, or (all None) what no video moved
    or the total. `place` counts from 1 in the order that was asked for, `rank` in that of what moved most,
    each among the lines of its currency."""

    creator: Creator | None
    video: Clip | None
    now: Figures
    before: Figures
    project: Cause | None = None
    place: int = 0
    rank: int = 0
