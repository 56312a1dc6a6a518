"""What of a report somebody looks at: a page of it, its order, how fine a time is told and of whom. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from app.reports.which import Which

FINEST_DAYS, FINE_DAYS = 45, 190  # longer periods are told by the week, then by the month
MOST_DAYS = 400  # of which each can be told on its own
STEPS = ("day", "week", "month")


@dataclass(frozen=True)
class Shape:
    """A page of the reports as its address says it, without its days; with no page, all tables of lines.

    `sort` is one of lines_sql.SORTS, `order` is "asc" for the least first; both are nothing for the report's
    own order.
    """

    page: str = ""
    sort: str = ""
    order: str = ""
    step: str = ""
    video: str = ""
    creator: str = ""
    project: str = ""

    @property
    def which(self) -> Which:
        """Of whom or what it is."""
        return Which(video_code=self.video, creator_code=self.creator, project_code=self.project)

    @property
    def said(self) -> dict[str, str]:
        """What it says, without what it leaves open."""
        return {name: value for name, value in asdict(self).items() if value}


def shape(said: Mapping[str, str], page: str = "") -> Shape:
    """The shape that these names say, whatever else is said beside them."""
    names = {"page": page, **said} if page else said
    return Shape(**{name: value for name, value in names.items() if name in Shape.__dataclass_fields__})


def fitting_step(asked: str, days: int) -> str:
    """The step that is asked for if so many days can be told in it, else one that suits them."""
    fitting = "day" if days <= FINEST_DAYS else "week" if days <= FINE_DAYS else "month"
    return asked if asked in STEPS and not (asked == "day" and days > MOST_DAYS) else fitting


def tables_about(which: Which) -> dict[str, str]:
    """The tables of a report that have a line of whom or what is asked about, with the line's code."""
    codes = {"videos": which.video_code, "creators": which.creator_code, "projects": which.project_code}
    return {table: code for table, code in codes.items() if code}
