"""Files that are made of reports, and views that are kept.

Revision: 20261121_files
After: 20261121_figures
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_files"
down_revision = "20261121_figures"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
    saved_views()
    report_mails()
    report_files()


def saved_views() -> None:
    """Pages of the reports under a name."""
    op.create_table(
        "saved_view",
        _row(),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        _to("nonprofit"),
        _to("person", "made_by_id"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("nonprofit_id", "name", name=op.f("uq_saved_view_nonprofit_id")),
        sa.CheckConstraint(
            "(span = '') = (first IS NOT NULL AND last IS NOT NULL)", name=op.f("ck_saved_view_days")
        ),
    )


def report_mails() -> None:
    """Who wants which view by mail, and when next."""
    op.create_table(
        "report_mail",
        _row(),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        sa.Column(
            "view_id", sa.BigInteger(), sa.ForeignKey("saved_view.id", ondelete="CASCADE"), nullable=False
        ),
        _to("person"),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.UniqueConstraint("view_id", "person_id", name=op.f("uq_report_mail_view_id")),
        sa.CheckConstraint("every IN ('week', 'month')", name=op.f("ck_report_mail_every")),
        sa.CheckConstraint("format IN ('csv', 'xlsx', 'pdf')", name=op.f("ck_report_mail_format")),
    )
    op.create_index(op.f("ix_report_mail_person_id"), "report_mail", ["person_id"])
    op.create_index(
        "ix_report_mail_next_on",
        "report_mail",
        ["next_on"],
        postgresql_where=sa.text("confirmed_at IS NOT NULL"),
    )


def report_files() -> None:
    """What was asked for, how far it is, where it lies."""
    op.create_table(
        "report_file",
        _row(),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        _to("nonprofit"),
        _to("person", "asked_by_id"),
        sa.Column(
            "mail_id", sa.BigInteger(), sa.ForeignKey("report_mail.id", ondelete="SET NULL"), nullable=True
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("which", postgresql.JSONB(), nullable=False),
        sa.Column("with_donors", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_rows", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('report', 'donations')", name=op.f("ck_report_file_kind")),
        sa.CheckConstraint("format IN ('csv', 'xlsx', 'pdf')", name=op.f("ck_report_file_format")),
        sa.CheckConstraint(
            "state IN ('waiting', 'making', 'ready', 'failed', 'expired')", name=op.f("ck_report_file_state")
        ),
        sa.CheckConstraint("(state = 'ready') = (object_key IS NOT NULL)", name=op.f("ck_report_file_ready")),
    )
    op.create_index(op.f("ix_report_file_mail_id"), "report_file", ["mail_id"])
    op.create_index("ix_report_file_nonprofit_id_id", "report_file", ["nonprofit_id", sa.text("id DESC")])
    op.create_index(
        "ix_report_file_expires_at",
        "report_file",
        ["expires_at"],
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "uq_report_file_wish",
        "report_file",
        ["nonprofit_id", "wish"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'making')"),
    )


def _row() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _to(table: str, name: str = "") -> sa.Column:
    return sa.Column(name or f"{table}_id", sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=False)
