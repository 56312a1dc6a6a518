from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.money import Money
from app.projects import drafting, lifecycle, queries, updates
from app.projects.models import Project
from tests.factories import draft, nonprofit, person, project


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"summary": ""}, "summary"),
        ({"summary": "x" * 241}, "summary"),
        ({"story": "x" * 20_001}, "story"),
        ({"tag": "!"}, "tag"),
        ({"goal": Money(0, "EUR")}, "goal"),
        ({"starts_on": date(2030, 2, 1), "ends_on": date(2030, 1, 1)}, "ends_on"),
    ],
)
def test_a_bad_field_is_named(session: Session, values: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        drafting.create(session, nonprofit(session), person(session).id, draft(**values))
    assert refused.value.field == field


def test_two_projects_cannot_share_a_tag_in_any_spelling(session: Session) -> None:
    project(session, tag="Wasser-für-alle", status="draft")
    with pytest.raises(Invalid, match="has this tag already"):
        project(session, tag="#WASSER-FÜR-ALLE")


def _edit(session: Session, of: Project, *, has_received: bool = False, **values: object) -> None:
    same = {"tag": of.tag, "goal": Money(of.goal_minor, of.currency)}
    drafting.edit(session, of, person(session).id, draft(**{**same, **values}), has_received=has_received)


def test_everything_of_a_draft_may_change(session: Session) -> None:
    written = project(session, status="draft")
    _edit(session, written, tag="other-tag", goal=Money(900, "JPY"), title="New")
    assert (written.tag_key, written.goal_minor, written.currency, written.title) == (
        "other-tag",
        900,
        "JPY",
        "New",
    )


@pytest.mark.parametrize(
    ("values", "field"), [({"tag": "other-tag"}, "tag"), ({"goal": Money(500_000, "USD")}, "currency")]
)
def test_tag_and_currency_stay_once_published(
    session: Session, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        _edit(session, project(session), **values)
    assert refused.value.field == field


def test_the_goal_moves_until_money_came(session: Session) -> None:
    live = project(session)
    _edit(session, live, goal=Money(600_000, "EUR"))
    assert live.goal_minor == 600_000
    with pytest.raises(Invalid) as refused:
        _edit(session, live, goal=Money(700_000, "EUR"), has_received=True)
    assert refused.value.field == "goal"


def test_a_live_project_may_be_told_better(session: Session) -> None:
    live = project(session)
    _edit(session, live, title="Better 更好", has_received=True)
    assert live in queries.find(session, "更好")


def test_a_closed_project_stays_as_it_was(session: Session) -> None:
    with pytest.raises(KindrelayError, match="closed"):
        _edit(session, project(session, status="closed"))


def test_a_renamed_organisation_is_found_by_its_new_name(session: Session) -> None:
    live = project(session)
    live.nonprofit.name = "Zephyr"
    drafting.reindex(session, live.nonprofit)
    session.flush()
    assert live in queries.find(session, "zephyr")


def test_a_project_is_published_and_closed(session: Session) -> None:
    made, somebody = project(session, status="draft"), person(session)
    with pytest.raises(NotFound):
        queries.by_code(session, made.code)
    lifecycle.publish(session, made, somebody.id)
    assert made.published_at is not None
    assert queries.by_tag(session, f"＃{made.tag.upper()}") is made
    lifecycle.close(session, made, somebody.id)
    assert queries.by_code(session, made.code).status == "closed"


@pytest.mark.parametrize(
    ("status", "verb"), [("live", "publish"), ("closed", "publish"), ("draft", "close"), ("closed", "close")]
)
def test_no_other_move_is_legal(session: Session, status: str, verb: str) -> None:
    made = project(session, status=status)
    with pytest.raises(KindrelayError, match="not possible any more"):
        getattr(lifecycle, verb)(session, made, person(session).id)


@pytest.mark.parametrize("status", ["draft", "submitted", "changes_requested", "rejected", "suspended"])
def test_nobody_unverified_publishes(session: Session, status: str) -> None:
    made = project(session, nonprofit(session, status=status), status="draft")
    with pytest.raises(KindrelayError, match="verified first"):
        lifecycle.publish(session, made, person(session).id)


@pytest.mark.parametrize(
    ("values", "said"), [({"story": ""}, "Write the story"), ({"ends_on": date(2020, 1, 1)}, "in the past")]
)
def test_a_draft_that_is_not_ready_says_why(session: Session, values: dict[str, object], said: str) -> None:
    made = project(session, status="draft", **values)
    with pytest.raises(KindrelayError, match=said):
        lifecycle.publish(session, made, person(session).id)


def test_mainland_china_needs_the_filing_number(session: Session) -> None:
    chinese = nonprofit(session, country="CN", fundraising_certificate="53100000500021676U")
    made = project(session, chinese, status="draft")
    with pytest.raises(KindrelayError, match="filing number"):
        lifecycle.publish(session, made, person(session).id)
    _edit(session, made, filing_number="53100000500021676UA25001")
    lifecycle.publish(session, made, person(session).id)


def test_updates_are_news_of_a_published_project(session: Session) -> None:
    writer = person(session)
    with pytest.raises(KindrelayError, match="Publish the project first"):
        updates.post(session, project(session, status="draft"), writer.id, "News", "Words")
    live = project(session)
    first = updates.post(session, live, writer.id, "  The   slide ", "It **stands**.")
    second = updates.post(session, live, writer.id, "More", "Words")
    updates.edit(session, live, first, writer.id, "The slide", "It stands now.")
    assert list(updates.of(session, live)) == [second, first]
    assert updates.one(session, live, first.code).body == "It stands now."
    with pytest.raises(NotFound):
        updates.one(session, project(session), first.code)
    with pytest.raises(Invalid) as refused:
        updates.post(session, live, writer.id, "News", " ")
    assert refused.value.field == "body"
