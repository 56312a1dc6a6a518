"""A site with many organisations, creators and givers, written by the database itself in bulk.

Few organisations and videos get most of the gifts, as on real sites: places are drawn by the cube of an even
number. A third of the gifts are split between two or three videos, one in twelve moved by none, one in thirty
refunded in part, and two in five come from somebody who gives again.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.core import db
from app.core.money import Money
from tests import factories

NONPROFITS, PROJECTS_EACH, CREATORS, VIDEOS = 20, 3, 500, 2000
CURRENCIES = ("EUR", "USD", "JPY")
DAYS = 365


@dataclass(frozen=True)
class Site:
    """Whose reports are looked at: the organisation with most gifts and its owner; and how many there are."""

    nonprofit_id: int
    code: str
    owner_id: int
    donations: int
    touches: int


def begin() -> None:
    """Organisations, projects, creators and videos."""
    with db.unit_of_work() as session:
        for number in range(NONPROFITS):
            nonprofit = factories.nonprofit(session, name=f"Nonprofit {number}")
            for place in range(PROJECTS_EACH):
                currency = CURRENCIES[(number + place) % len(CURRENCIES)] if place else CURRENCIES[0]
                factories.project(session, nonprofit, goal=Money(1_000_000, currency))
        for _ in range(CREATORS):
            factories.person(session)
        factories.video(session)
        session.execute(text(_VIDEOS), {"videos": VIDEOS, "creators": CREATORS, "days": DAYS})


def add(connection: Connection, site: Site, donations: int, touches: int) -> Site:
    """Add gifts and touches until there are so many of each, and let the database look at what it holds."""
    # The rows hold by how they are made; the triggers that prove it for each would take longer than all else.
    connection.execute(text("SET session_replication_role = replica"))
    about = {"first": site.donations + 1, "last": donations, "days": DAYS, "videos": VIDEOS}
    for statement in (_DRAWN, _PARTS, _DONATIONS, _CREDITS, _EVENTS, _REVERSALS, _MARKS):
        connection.execute(text(statement), about)
    connection.execute(text("DROP TABLE drawn, part"))
    for month in connection.scalars(text(_MONTHS), {"days": DAYS}).all():
        connection.execute(text(month))
    about = {"first": site.touches + 1, "last": touches, "days": DAYS, "videos": VIDEOS}
    for statement in (*_NO_INDEXES, _TOUCHES, *_INDEXES):  # made whole they take a fraction of the time
        connection.execute(text(statement), about)
    connection.execute(text("SET session_replication_role = origin"))
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    largest = connection.execute(text(_LARGEST)).one()
    return Site(*largest, donations, touches)


_AS_IT_IS = """description, state, publishing, reason, retryable, percent, source_key,
    source_size, duration_ms, width, height, has_audio, warnings, preview_prefix, ladder_prefix, created_at,
    published_at, no_speech, takedown_reason"""
_VIDEOS = f"""
    WITH people AS (
        SELECT array_agg(id) AS ids FROM (SELECT id FROM person ORDER BY id DESC LIMIT :creators) newest
    ), made AS (
        INSERT INTO video (code, creator_id, title, {_AS_IT_IS})
        SELECT md5('video' || n), people.ids[1 + n % :creators], 'Video ' || n, {_AS_IT_IS}
        FROM video, people, generate_series(1, :videos) n WHERE video.title NOT LIKE 'Video %'
        RETURNING id
    ), projects AS (SELECT array_agg(id ORDER BY id) AS ids FROM project)
    INSERT INTO donation_link (code, video_id, project_id, created_at)
    SELECT md5('link' || id), id,
        projects.ids[1 + floor(cardinality(projects.ids) * power(random(), 3))::int],
        now() - make_interval(days => :days + 2)
    FROM made, projects
"""
_DRAWN = """
    CREATE TEMPORARY TABLE drawn AS
    WITH links AS (
        SELECT array_agg(video_id ORDER BY video_id) AS videos,
            array_agg(project_id ORDER BY video_id) AS projects
        FROM donation_link
    )
    SELECT n, place, links.videos[place] AS video_id, links.projects[place] AS project_id,
        1 + floor(10000 * power(random(), 2))::bigint AS amount,
        now() - make_interval(secs => random() * :days * 86400) AS at,
        CASE WHEN random() < 0.6 THEN n ELSE ceil(n * power(random(), 2)) END AS donor,
        random() < 0.083 AS alone, random() < 0.2 AS shared, random() < 0.033 AS refunded,
        CASE WHEN random() < 0.67 THEN 1 WHEN random() < 0.67 THEN 2 ELSE 3 END AS parts
    FROM links, LATERAL (
        SELECT n, 1 + floor(:videos * power(random(), 3))::int AS place
        FROM generate_series(CAST(:first AS bigint), :last) n
    ) places
"""
_PARTS = """
    CREATE TEMPORARY TABLE part AS
    WITH carried AS (
        SELECT project_id, array_agg(video_id ORDER BY video_id) AS videos
        FROM donation_link GROUP BY project_id
    )
    SELECT DISTINCT ON (n, other) n, other AS video_id
    FROM drawn JOIN carried USING (project_id), LATERAL (
        SELECT CASE WHEN alone THEN NULL WHEN k = 1 THEN video_id
            ELSE carried.videos[1 + (n * 7 + k * 31) % cardinality(carried.videos)] END AS other
        FROM generate_series(1, CASE WHEN alone THEN 1 ELSE parts END) k
    ) others
"""
_DONATIONS = """
    INSERT INTO donation (code, number, nonprofit_id, project_id, payment_account_id, video_id, amount_minor,
        currency, state, captured_minor, refunded_minor, fee_minor, disputed_minor, lost_minor, donor_name,
        anonymous, email, public_message, private_note, locale, provider, reference, idempotency, visitor,
        share_id, created_at, paid_at)
    SELECT md5('gift' || n), 'G-' || n, project.nonprofit_id, project.id, account.id,
        CASE WHEN alone THEN NULL ELSE video_id END, amount, project.currency,
        CASE WHEN refunded THEN 'partly_refunded' ELSE 'paid' END, amount,
        CASE WHEN refunded THEN amount / 2 ELSE 0 END, amount * 3 / 100, 0, 0, 'Donor ' || donor, false,
        'donor' || donor || '@example.org', '', '', 'en', 'sandbox', 'bench-' || n, 'bench-' || n, '',
        CASE WHEN shared THEN 1 END, at, at
    FROM drawn JOIN project ON project.id = project_id
    JOIN payment_account account ON account.nonprofit_id = project.nonprofit_id
    ORDER BY n
"""
_CREDITS = """
    INSERT INTO credit (donation_id, project_id, video_id, creator_id, amount_minor, fee_minor, currency,
        rule, rule_version, evidence, at)
    SELECT donation.id, donation.project_id, share.video_id, video.creator_id, minor, minor * 3 / 100,
        donation.currency, 'linear', 1, '{"path": [], "weights": []}', donation.paid_at
    FROM (
        SELECT n, part.video_id, amount / count(*) OVER gift
            + (row_number() OVER (gift ORDER BY part.video_id) <= amount % count(*) OVER gift)::int AS minor
        FROM part JOIN drawn USING (n) WINDOW gift AS (PARTITION BY n)
    ) share
    JOIN donation ON donation.idempotency = 'bench-' || n
    LEFT JOIN video ON video.id = share.video_id
    WHERE minor > 0
    ORDER BY donation.id
"""
_EVENTS = """
    INSERT INTO payment_event (provider, event_id, kind, account, reference, part, alias, subscription, card,
        reason, amount_minor, fee_minor, currency, payload, occurred_at, received_at)
    SELECT 'sandbox', 'back-' || n, 'payment.refunded', 'bench', 'bench-' || n, '', '', '', '', '',
        amount / 2, 0, 'EUR', '{}', now(), now()
    FROM drawn WHERE refunded AND amount > 1
"""
_REVERSALS = """
    INSERT INTO credit_reversal (credit_id, project_id, event_id, amount_minor, fee_minor, at)
    SELECT credit.id, credit.project_id, event.id, credit.amount_minor / 2, 0,
        least(now(), credit.at + interval '9 days')
    FROM payment_event event JOIN donation ON donation.reference = event.reference
    JOIN credit ON credit.donation_id = donation.id
    JOIN drawn ON event.event_id = 'back-' || n
    WHERE credit.amount_minor > 1
"""
_MARKS = """
    INSERT INTO giver_mark (donation_id, mark)
    SELECT donation.id, 'mail:' || left(md5(donation.email), 24)
    FROM drawn JOIN donation ON donation.idempotency = 'bench-' || n
"""
_MONTHS = """
    SELECT format('CREATE TABLE IF NOT EXISTS touch_%s PARTITION OF touch FOR VALUES FROM (%L) TO (%L)',
        to_char(month, 'YYYY_MM'), month, month + interval '1 month')
    FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC' - make_interval(days => :days)),
        date_trunc('month', now() AT TIME ZONE 'UTC'), '1 month') one,
        LATERAL (SELECT one AT TIME ZONE 'UTC' AS month) moment
"""
_NO_INDEXES = ("ALTER TABLE touch DROP CONSTRAINT pk_touch", "DROP INDEX ix_touch_visitor")
_INDEXES = (
    "SET LOCAL maintenance_work_mem = '512MB'",
    "ALTER TABLE touch ADD CONSTRAINT pk_touch PRIMARY KEY (session_at, visitor, video_id, kind)",
    "CREATE INDEX ix_touch_visitor ON touch (visitor, at)",
)
_TOUCHES = """
    INSERT INTO touch (session_at, visitor, video_id, kind, at)
    SELECT at, left(md5(n::text), 16), links.videos[1 + floor(:videos * power(random(), 3))::int],
        CASE WHEN random() < 0.85 THEN 'view' WHEN random() < 0.67 THEN 'open' ELSE 'arrive' END, at
    FROM (SELECT array_agg(video_id ORDER BY video_id) AS videos FROM donation_link) links, LATERAL (
        SELECT n, now() - make_interval(secs => random() * :days * 86400) AS at
        FROM generate_series(CAST(:first AS bigint), :last) n
    ) moments
"""
_LARGEST = """
    SELECT nonprofit.id, nonprofit.code, (
        SELECT person_id FROM membership WHERE nonprofit_id = nonprofit.id AND role = 'owner' LIMIT 1
    )
    FROM nonprofit JOIN donation ON donation.nonprofit_id = nonprofit.id
    GROUP BY nonprofit.id ORDER BY count(*) DESC LIMIT 1
"""
