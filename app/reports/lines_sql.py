"""The statement that a report is read by: one for all of its tables; it adds up, names, orders and cuts.

The database gives no more lines than a page shows: an organisation has hundreds of creators. Files and
programs get them all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import TextClause, text

from app.reports import spans
from app.reports.figures import Figures
from app.reports.models import SCOPES
from app.reports.summed import KIND_OF

MONEY = ("gross_minor", "refunded_minor", "fee_minor", "relay_minor")
REACH = tuple(KIND_OF)
IDS = {  # of what a line can be, the table that it is in, and its name there
    "creator_id": ("person", "name"),
    "video_id": ("video", "title"),
    "project_id": ("project", "title"),
}


class Level(NamedTuple):
    """One of a report's tables: what its lines are of, in which scope their donors are counted (by the last
    of the ids), and which count of donations is theirs."""

    ids: tuple[str, ...]
    scope: str
    donations: str


LEVELS = {
    "creators": Level(("creator_id",), "creator", "creator_donations"),
    "videos": Level(("creator_id", "video_id"), "video", "donations"),
    "projects": Level(("project_id",), "project", "gifts"),
    "totals": Level((), "total", "gifts"),
}

_NET = "gross_minor - refunded_minor - fee_minor"
SORTS: Mapping[str, str] = {
    "net": _NET,
    "gross": "gross_minor",
    "refunded": "refunded_minor",
    "fees": "fee_minor",
    "donations": "donations",
    "donors": "donors",
    "relay_share": f"CASE WHEN {_NET} > 0 THEN relay_minor::float / ({_NET}) END",
    "shown": "shown",
    "views": "views",
    "opens": "opens",
    "conversion": "donations::float / nullif(views, 0)",
}
# By code points, as everywhere else: a report has one order wherever its database was set up.
_RANK = f"""is_rest, {_NET} - held_minor DESC, {_NET} DESC, views DESC,
    coalesce(video_name, creator_name, project_name) COLLATE "C",
    coalesce(video_code, creator_code, project_code) COLLATE "C" """


def _both(names: Iterable[str]) -> list[str]:
    """The names of sums of the period and of the one before."""
    return [f"{name}{when}" for when in ("", "_before") for name in names]


FIGURES = Figures._fields
FIGURES_BEFORE = ("currency", *(f"{one}_before" for one in FIGURES[1 : FIGURES.index(REACH[0])]))
COLUMNS = (
    *("table_name", "rules", "line_count", "place", "rank"),
    *FIGURES,
    *FIGURES_BEFORE,
    *(f"{who}_{what}" for who in ("creator", "video", "project") for what in ("id", "code", "name")),
)


@cache
def statement(tables: tuple[str, ...], sort: str, *, is_upward: bool, is_cut: bool) -> TextClause:
    """COLUMNS of each line of these tables (of LEVELS), table by table and by currency, in their `place`: by
    one of SORTS, or by none (""), and what is alike by `rank`, the net without what is held.

    Takes an organisation's `nonprofit_id`, the spans.bounds of `now` and `before`, and as JSON what is `held`
    (creator_id, video_id, currency, minor). `is_cut`: takes `most` and `leading`, and leaves out what has
    neither a place up to the one nor a rank up to the other, unless no video moved it.
    """
    ids = [one for one in IDS if any(one in LEVELS[table].ids for table in tables)]
    direction = "ASC" if is_upward else "DESC"
    order = f"is_rest, {SORTS[sort]} {direction} NULLS LAST, {_RANK}" if sort else _RANK
    return text(f"""
        WITH parts AS MATERIALIZED ({_parts(tables, ids)}),
        gave AS ({_gave(tables)}),
        lines AS ({" UNION ALL ".join(_level(table, ids) for table in tables)}),
        named AS ({_named(ids)}),
        placed AS (
            SELECT named.*, count(*) OVER (PARTITION BY table_name, currency) AS line_count,
                row_number() OVER (PARTITION BY table_name, currency ORDER BY {_RANK}) AS rank,
                row_number() OVER (PARTITION BY table_name, currency ORDER BY {order}) AS place
            FROM named
        ),
        decided AS (
            SELECT string_agg(rule, ', ' ORDER BY rule COLLATE "C") AS rules FROM (
                SELECT DISTINCT rule
                FROM ({spans.statement(spans.CREDIT, "now", ["rule"], _CREDITED)}) credited
            ) known
        )
        SELECT {", ".join(COLUMNS)} FROM placed, decided
        {"WHERE place <= :most OR rank <= :leading OR is_rest" if is_cut else ""}
        ORDER BY table_name, currency, place
    """)  # noqa: S608 (names of our own tables and columns)


_CREDITED = "nonprofit_id = :nonprofit_id AND lines <> 0"
_OWN = "project_id IN (SELECT id FROM project WHERE nonprofit_id = :nonprofit_id)"


def _parts(tables: Sequence[str], ids: Sequence[str]) -> str:
    """All sums of each that a line can be of."""
    counts = list({LEVELS[table].donations: None for table in tables})
    sums = [*_both([*counts, *MONEY]), *REACH, "held_minor"]
    return f"""
        SELECT {", ".join([*ids, "currency", *(f"sum({one})::bigint AS {one}" for one in sums)])}
        FROM ({" UNION ALL ".join(_rows(ids, counts, sums))}) found
        GROUP BY {", ".join([*ids, "currency"])}
    """  # noqa: S608


def _rows(ids: Sequence[str], counts: Sequence[str], sums: Sequence[str]) -> Iterator[str]:
    """What credit, reach and rankings say in these sums, each of some of them."""

    def row(whose: Mapping[str, str], has: Mapping[str, str]) -> list[str]:
        said = [f"{whose.get(one, one)} AS {one}" for one in (*ids, "currency")]
        return [*said, *(f"{has.get(one, '0::bigint')} AS {one}" for one in sums)]

    credited = [*counts, *MONEY]
    for period, names in (("now", credited), ("before", [f"{one}_before" for one in credited])):
        yield spans.statement(
            spans.CREDIT, period, row({}, dict(zip(names, credited, strict=True))), _CREDITED
        )
    reach = spans.statement(spans.REACH, "now", ["video_id", "project_id", *REACH], _OWN)
    whose = {"creator_id": "video.creator_id", "currency": "project.currency"}
    yield f"""
        SELECT {", ".join(row(whose, {one: one for one in REACH}))} FROM (
            SELECT video_id, project_id, {", ".join(f"sum({one})::bigint AS {one}" for one in REACH)}
            FROM ({reach}) spans GROUP BY video_id, project_id HAVING sum({" + ".join(REACH)}) > 0
        ) reached JOIN video ON video.id = video_id JOIN project ON project.id = project_id
    """  # noqa: S608
    if "project_id" not in ids:
        yield f"""
            SELECT {", ".join(row({}, {"held_minor": "minor"}))}
            FROM json_to_recordset(CAST(:held AS json))
                AS held (creator_id bigint, video_id bigint, currency text, minor bigint)
        """  # noqa: S608


def _gave(tables: Iterable[str]) -> str:
    """How many people gave: in each span those are counted who had not given in the period before it. Of the
    period before totals alone are told."""
    now = [LEVELS[table].scope for table in tables]
    before = ["total"] if "totals" in tables else []
    found: list[str] = []
    for period, scopes, donors in (("now", now, "donors, 0"), ("before", before, "0, donors")):
        if scopes:
            columns = ["scope", "scope_id", "currency", f"{donors} AS donors_before"]
            among = f"scope IN ({', '.join(str(SCOPES[one]) for one in scopes)})"
            which = f"nonprofit_id = :nonprofit_id AND {among} AND before < :{period}_first"
            found.append(spans.statement(spans.DONORS, period, columns, which))
    return f"""
        SELECT scope, scope_id, currency, sum(donors)::bigint AS donors,
            sum(donors_before)::bigint AS donors_before
        FROM ({" UNION ALL ".join(found)}) given GROUP BY scope, scope_id, currency
    """  # noqa: S608


def _named(ids: Sequence[str]) -> str:
    names = [
        f"{f'of_{one}.{column}' if one in ids else 'NULL::text'} AS {one.removesuffix('id')}{what}"
        for one, (_table, name) in IDS.items()
        for what, column in (("code", "code"), ("name", name))
    ]
    tables = (f"LEFT JOIN {IDS[one][0]} AS of_{one} ON of_{one}.id = lines.{one}" for one in ids)
    return f"""
        SELECT lines.*, coalesce(donors, 0) AS donors, coalesce(donors_before, 0) AS donors_before,
            {", ".join(names)},
            coalesce(lines.creator_id, lines.video_id, lines.project_id) IS NULL AS is_rest
        FROM lines LEFT JOIN gave USING (scope, scope_id, currency) {" ".join(tables)}
    """  # noqa: S608


def _level(table: str, ids: Sequence[str]) -> str:
    """The lines of a table; where a line is of all that a part is of, they are the parts."""
    level, is_whole = LEVELS[table], len(LEVELS[table].ids) == len(ids)
    sums = {one: one for one in (*_both(MONEY), *REACH, "held_minor")}
    sums |= {"donations": level.donations, "donations_before": f"{level.donations}_before"}
    said = [f"{one if is_whole else f'sum({one})::bigint'} AS {name}" for name, one in sums.items()]
    whose = [one if one in level.ids else f"NULL::bigint AS {one}" for one in IDS]
    scope_id = f"coalesce({level.ids[-1]}, 0)" if level.ids else "0"
    return f"""
        SELECT '{table}' AS table_name, {SCOPES[level.scope]} AS scope, {scope_id} AS scope_id,
            {", ".join([*whose, "currency", *said])}
        FROM parts {"" if is_whole else f"GROUP BY {', '.join([*level.ids, 'currency'])}"}
    """  # noqa: S608
