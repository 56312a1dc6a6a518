"""Files of reports: asked for on the desk, made by a task, kept for some days, gone."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from app.core import audit, clock, runtime, tasks
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.core.ids import new_code
from app.core.models import Task
from app.nonprofits.models import Nonprofit
from app.reports import periods, shapes
from app.reports.files.models import ReportFile
from app.reports.movements import Which
from app.reports.periods import Period
from app.reports.shapes import Shape

TASK = "reports.make_file"
PREFIX = "reports/"
IN_WORK = ("waiting", "making")
MOST_IN_WORK = 10  # of one organisation at a time
SHOWN = 100
# A file of every movement can be too long to be read as pages.
FORMATS = {"report": ("csv", "xlsx", "pdf"), "donations": ("csv", "xlsx")}
BROKE_DOWN = N_("Something broke on our side. Please ask for the file again.")


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for. `which` narrows a file of donations, `shape` says what of a report is meant."""

    kind: str
    format: str
    period: Period
    locale: str
    which: Which = field(default_factory=lambda: Which(""))
    with_donors: bool = False
    shape: Shape = field(default_factory=Shape)


@dataclass(frozen=True)
class Order:
    """A file that is to be made, as the worker reads it."""

    file_id: int
    code: str
    nonprofit_id: int
    nonprofit: str  # its name
    country: str
    wanted: Wanted


@dataclass(frozen=True)
class Made:
    """What came of it: where it lies, how long it is, and the SHA-256 of its bytes, in hexadecimal digits."""

    key: str
    rows: int
    bytes: int
    sha256: str


def ask(
    session: Session, nonprofit: Nonprofit, person_id: int, wanted: Wanted, *, mail_id: int | None = None
) -> ReportFile:
    """Ask for a file; the same one that is being made already is not made twice. One with donors is audited.

    Raises Invalid("format") for a format that this kind is not made in, KindrelayError while many are made.
    """
    if wanted.format not in FORMATS.get(wanted.kind, ()):
        raise Invalid("format", N_("Choose one from the list."))
    in_work = (ReportFile.nonprofit_id == nonprofit.id, ReportFile.state.in_(IN_WORK))
    wish = _digest(wanted, mail_id)
    others = session.scalar(select(func.count()).where(*in_work, ReportFile.wish != wish))
    if mail_id is None and (others or 0) >= MOST_IN_WORK:
        raise KindrelayError(N_("Many files are being made already. Wait until one is ready."))
    file_id = session.scalar(
        insert(ReportFile)
        .values(_row(nonprofit.id, person_id, wanted, wish, mail_id))
        .on_conflict_do_nothing(
            index_elements=[ReportFile.nonprofit_id, ReportFile.wish],
            index_where=text("state IN ('waiting', 'making')"),
        )
        .returning(ReportFile.id)
    )
    if file_id is not None:
        if wanted.with_donors:
            days = {"first": str(wanted.period.first), "last": str(wanted.period.last)}
            audit.record(session, "report.donors_exported", person_id, f"nonprofit:{nonprofit.code}", **days)
        tasks.defer(session, TASK, fair_key=f"nonprofit:{nonprofit.code}", file_id=file_id)
    same = (ReportFile.nonprofit_id == nonprofit.id, ReportFile.wish == wish)
    newest = select(ReportFile).where(*same).order_by(ReportFile.id.desc()).limit(1)
    return session.scalars(newest).one()


def again(session: Session, nonprofit: Nonprofit, file: ReportFile, person_id: int) -> ReportFile:
    """Ask anew for what a file held or should have held. Raises as `ask` does."""
    return ask(session, nonprofit, person_id, wanted_of(file, nonprofit.time_zone))


def listed(session: Session, nonprofit_id: int, *, with_donors: bool) -> Sequence[ReportFile]:
    """The newest files of an organisation with who asked; those that name donors only if `with_donors`."""
    return session.scalars(
        select(ReportFile)
        .where(ReportFile.nonprofit_id == nonprofit_id, *_readable(with_donors))
        .options(joinedload(ReportFile.asked_by))
        .order_by(ReportFile.id.desc())
        .limit(SHOWN)
    ).all()


def by_code(session: Session, nonprofit_id: int, code: str, *, with_donors: bool) -> ReportFile:
    """A file of an organisation. Raises NotFound, also for one that names donors unless `with_donors`."""
    file = session.scalar(
        select(ReportFile).where(
            ReportFile.nonprofit_id == nonprofit_id, ReportFile.code == code, *_readable(with_donors)
        )
    )
    if file is None:
        raise NotFound(N_("There is no file at this address."))
    return file


def is_there(file: ReportFile) -> bool:
    """Whether it can be downloaded now."""
    return file.state == "ready" and file.expires_at is not None and file.expires_at > clock.now()


def name_of(file: ReportFile, nonprofit_code: str) -> str:
    """What it is called on somebody's disk."""
    what = f"{nonprofit_code}-donations" if file.kind == "donations" else nonprofit_code
    return f"kindrelay-{what}-{file.first}-{file.last}.{file.format}"


def begin(session: Session, file_id: int) -> Order | None:
    """What is to be made, marked as being made from its beginning; None when nobody waits for it any more."""
    file = session.scalars(
        select(ReportFile)
        .where(ReportFile.id == file_id)
        .options(joinedload(ReportFile.nonprofit))
        .with_for_update(of=ReportFile)
    ).one()
    if file.state not in IN_WORK:
        return None
    file.state, file.done_rows, file.rows = "making", 0, None
    payee = file.nonprofit
    return Order(file.id, file.code, payee.id, payee.name, payee.country, wanted_of(file, payee.time_zone))


def note(session: Session, file_id: int, done: int, rows: int) -> None:
    """Write down how many rows of how many are done."""
    session.execute(update(ReportFile).where(ReportFile.id == file_id).values(done_rows=done, rows=rows))


def keep(session: Session, file_id: int, made: Made) -> ReportFile:
    """Let a file that has been made be downloaded until it expires."""
    file = session.scalars(select(ReportFile).where(ReportFile.id == file_id).with_for_update()).one()
    at = clock.now()
    file.state, file.object_key, file.bytes, file.sha256 = "ready", made.key, made.bytes, made.sha256
    file.done_rows = file.rows = made.rows
    file.made_at, file.expires_at = at, at + timedelta(days=runtime.settings().report_file_days)
    session.flush()
    return file


def fail(session: Session, file_id: int, reason: str) -> None:
    """Note why a file will not come; it can be asked for again."""
    session.execute(
        update(ReportFile)
        .where(ReportFile.id == file_id, ReportFile.state.in_(IN_WORK))
        .values(state="failed", reason=reason)
    )


def fail_the_dead(session: Session) -> None:
    """A file whose task died with its worker every time must not look busy for ever."""
    dead = select(Task.args["file_id"].as_integer()).where(Task.name == TASK, Task.dead_at.is_not(None))
    session.execute(
        update(ReportFile)
        .where(ReportFile.state.in_(IN_WORK), ReportFile.id.in_(dead))
        .values(state="failed", reason=BROKE_DOWN)
        .execution_options(synchronize_session=False)
    )


def over(session: Session, at: datetime) -> dict[int, str]:
    """The object keys of the files whose days are over, by id."""
    rows = session.execute(
        select(ReportFile.id, ReportFile.object_key).where(
            ReportFile.state == "ready", ReportFile.expires_at <= at
        )
    )
    return {file_id: key for file_id, key in rows if key is not None}


def forget(session: Session, ids: Sequence[int]) -> None:
    """Note that these files are deleted."""
    session.execute(update(ReportFile).where(ReportFile.id.in_(ids)).values(state="expired", object_key=None))


def needed(session: Session, keys: Sequence[str]) -> set[str]:
    """Which of these object keys are those of a file that is kept."""
    found = session.scalars(select(ReportFile.object_key).where(ReportFile.object_key.in_(keys)))
    return {key for key in found if key is not None}


def new_key(order: Order) -> str:
    """Where this attempt puts its file: no other attempt puts anything there."""
    return f"{PREFIX}{order.code}/{new_code()}.{order.wanted.format}"


def wanted_of(file: ReportFile, zone: str) -> Wanted:
    """What a file was asked to hold, with its days cut in the time zone `zone`."""
    period = periods.between(file.first, file.last, zone)
    if file.kind == "report":
        return Wanted(file.kind, file.format, period, file.locale, shape=shapes.shape(file.which))
    return Wanted(file.kind, file.format, period, file.locale, Which(**file.which), file.with_donors)


def _readable(with_donors: bool) -> list[ColumnElement[bool]]:
    return [] if with_donors else [ReportFile.with_donors.is_(False)]


def _row(
    nonprofit_id: int, person_id: int, wanted: Wanted, wish: str, mail_id: int | None
) -> dict[str, object]:
    return {
        "nonprofit_id": nonprofit_id,
        "asked_by_id": person_id,
        "mail_id": mail_id,
        "kind": wanted.kind,
        "format": wanted.format,
        "first": wanted.period.first,
        "last": wanted.period.last,
        "which": wanted.shape.said if wanted.kind == "report" else asdict(wanted.which),
        "with_donors": wanted.with_donors,
        "locale": wanted.locale,
        "wish": wish,
    }


def _digest(wanted: Wanted, mail_id: int | None) -> str:
    said = json.dumps([asdict(wanted), mail_id], default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
