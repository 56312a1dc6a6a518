"""Writing a project, and what may still change once people can give to it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, text
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.money import Money
from app.nonprofits.models import Nonprofit
from app.projects import search, stories, tags
from app.projects.models import CREDIT_RULES, LONGEST_WINDOW_DAYS, Project

MAX_TITLE_LENGTH = 100
MAX_SUMMARY_LENGTH = 240
MAX_FILING_LENGTH = 60


@dataclass(frozen=True)
class Draft:
    """A project as its people write it. `ends_on` is the last day on which it receives."""

    title: str
    summary: str
    story: str
    goal: Money
    tag: str
    starts_on: date | None = None
    ends_on: date | None = None
    filing_number: str = ""
    credit_rule: str = "last"
    credit_window_days: int = 30
    renewals_inherit: bool = True


def create(session: Session, nonprofit: Nonprofit, person_id: int, draft: Draft) -> Project:
    """Begin a project, as a draft. Raises Invalid for the field that cannot be taken."""
    project = Project(nonprofit_id=nonprofit.id, nonprofit=nonprofit)
    _fill(project, draft)
    _save(session, project)
    audit.record(session, "project.created", person_id, subject(project))
    return project


def edit(session: Session, project: Project, person_id: int, draft: Draft, *, has_received: bool) -> None:
    """Rewrite a project; `has_received` says whether money was given to it.

    Raises Invalid for the field that cannot be taken or not any more, KindrelayError when it is closed.
    """
    session.refresh(project, ["status", "goal_minor", "currency", "tag_key"], with_for_update=True)
    if project.status == "closed":
        raise KindrelayError(N_("This project is closed and cannot be changed."))
    _refuse_closed_fields(project, draft, has_received=has_received)
    _fill(project, draft)
    _save(session, project)
    rule = {
        "rule": project.credit_rule,
        "window_days": project.credit_window_days,
        "renewals_inherit": project.renewals_inherit,
    }
    audit.record(session, "project.edited", person_id, subject(project), **rule)


def closed_fields(project: Project, *, has_received: bool) -> set[str]:
    """The fields of a project that cannot change any more.

    From its publication videos carry the tag and donors give in the currency; the goal is what they gave for.
    """
    if has_received:
        return {"tag", "currency", "goal"}
    return set() if project.status == "draft" else {"tag", "currency"}


def reindex(session: Session, nonprofit: Nonprofit) -> None:
    """Make the projects of an organisation findable by its new name."""
    for project in session.scalars(select(Project).where(Project.nonprofit_id == nonprofit.id)):
        project.search = _vector(project, nonprofit.name)


def subject(project: Project) -> str:
    """The project's name in the audit log."""
    return f"project:{project.code}"


def _refuse_closed_fields(project: Project, draft: Draft, *, has_received: bool) -> None:
    closed = closed_fields(project, has_received=has_received)
    if "tag" in closed and tags.parse(draft.tag).key != project.tag_key:
        raise Invalid("tag", N_("Videos carry this tag already; it stays."))
    if "currency" in closed and draft.goal.currency != project.currency:
        raise Invalid("currency", N_("The currency stays as it was when the project was published."))
    if "goal" in closed and draft.goal.minor != project.goal_minor:
        raise Invalid("goal", N_("People have given for this goal; it stays."))


def _fill(project: Project, draft: Draft) -> None:
    tag = tags.parse(draft.tag)
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        raise Invalid("ends_on", N_("The end is before the beginning."))
    if draft.goal.minor <= 0:
        raise Invalid("goal", N_("The goal must be more than zero."))
    project.title = text.line("title", draft.title, MAX_TITLE_LENGTH)
    project.summary = text.line("summary", draft.summary, MAX_SUMMARY_LENGTH)
    project.story = text.paragraphs("story", draft.story, stories.MAX_LENGTH)
    project.goal_minor = draft.goal.minor
    project.currency = draft.goal.currency
    project.tag, project.tag_key = tag.shown, tag.key
    project.starts_on = draft.starts_on
    project.ends_on = draft.ends_on
    if draft.credit_rule not in CREDIT_RULES:
        raise Invalid("credit_rule", N_("Choose one of the rules."))
    if not 1 <= draft.credit_window_days <= LONGEST_WINDOW_DAYS:
        words = N_("Write a number of days from 1 to %(most)s.")
        raise Invalid("credit_window_days", words, most=LONGEST_WINDOW_DAYS)
    project.credit_rule, project.credit_window_days = draft.credit_rule, draft.credit_window_days
    project.renewals_inherit = draft.renewals_inherit
    project.filing_number = text.optional_line("filing_number", draft.filing_number, MAX_FILING_LENGTH)
    project.search = _vector(project, project.nonprofit.name)


def _vector(project: Project, nonprofit_name: str) -> object:
    weighted = [
        (project.title, "A"),
        (project.tag, "A"),
        (project.summary, "B"),
        (nonprofit_name, "B"),
        (project.story, "C"),
    ]
    return cast(search.vector(weighted), TSVECTOR)


def _save(session: Session, project: Project) -> None:
    try:
        with session.begin_nested():
            session.add(project)
    except IntegrityError as error:
        if "tag_key" not in str(error.orig):
            raise
        raise Invalid("tag", N_("Another project has this tag already. Choose another.")) from None
