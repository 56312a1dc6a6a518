import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from app.projects import queries, search
from tests import factories


def test_words_stay_whole_and_chinese_goes_in_pairs() -> None:
    assert search.terms("Draw, 把画变Reality 一") == ["draw", "把画", "画变", "变", "reality", "一"]


@pytest.mark.parametrize(
    "asked", ["现实", "变成", "把画变成现实", "实", "画", "Draw", "rea", "ＤＲＡＷ 现实", "lanterns"]
)
def test_a_project_is_found_by_its_words(session: Session, asked: str) -> None:
    wanted = factories.project(session, title="Draw: 把画变成现实", summary="Into reality")
    assert wanted in queries.find(session, asked)


@pytest.mark.parametrize("asked", ["实变", "画画", "现金", "awr", "draw 金", "!!", "'; --", "a & b | !c:*"])
def test_a_project_is_not_found_by_other_words(session: Session, asked: str) -> None:
    project = factories.project(session, title="Draw: 把画变成现实", summary="Into reality", story="x")
    assert project not in queries.find(session, asked)


def test_the_project_of_a_tag_comes_first(session: Session) -> None:
    factories.project(session, title="water water water", story="water")
    wanted = factories.project(session, title="Wells", tag="water")
    factories.project(session, title="water and water", story="water")
    assert queries.find(session, "#Water")[0] is wanted


def test_only_live_projects_are_found(session: Session) -> None:
    for status in ("draft", "closed"):
        factories.project(session, title="Zebra", status=status)
    assert queries.find(session, "zebra") == []


def test_no_words_list_what_is_live_newest_first_in_pages(session: Session) -> None:
    made = [factories.project(session) for _ in range(3)]
    assert list(queries.find(session, " ", limit=2)) == made[:0:-1]
    assert list(queries.find(session, "", page=2, limit=2))[:1] == made[:1]


@given(st.text(max_size=200))
def test_any_text_makes_a_literal_that_postgresql_takes(session_free_text: str) -> None:
    assert "\\" not in search.query(session_free_text)
    assert search.vector([(session_free_text, "A")]).count("'") % 2 == 0


@pytest.mark.parametrize(
    "text", ["O'Neil's \\ co", "a\x00b", "٣ ½ Ⅷ ﬃ", "🎈 é", "ー々〇", "x" * 5000, "字" * 9000]
)
def test_odd_text_reaches_postgresql_unharmed(session: Session, text: str) -> None:
    vector, query = search.vector([(text, "A"), (text, "C")]), search.query(text)
    found = session.scalar(select(cast(vector, TSVECTOR).op("@@")(cast(query, TSQUERY))))
    assert found is bool(query)
