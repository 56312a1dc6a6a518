"""Touches of visitors who agreed, their counts, and who visitors turned out to be.

Revision: 20261121_touches
After: 20261121_money
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121_touches"
down_revision = "20261121_money"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "touch",
        sa.Column("session_at", MOMENT, nullable=False),
        sa.Column("visitor", sa.String(), nullable=False),
        sa.Column("video_id", sa.BigInteger(), sa.ForeignKey("video.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('view', 'open', 'arrive')", name=op.f("ck_touch_kind")),
        sa.PrimaryKeyConstraint("session_at", "visitor", "video_id", "kind", name=op.f("pk_touch")),
        postgresql_partition_by="RANGE (session_at)",
    )
    op.create_index("ix_touch_visitor", "touch", ["visitor", "at"])
    op.create_table(
        "video_count",
        sa.Column("video_id", sa.BigInteger(), sa.ForeignKey("video.id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("video_id", "day", "kind", name=op.f("pk_video_count")),
    )
    op.create_table(
        "visitor_person",
        sa.Column("visitor", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("visitor", "person_id", name=op.f("pk_visitor_person")),
    )
    op.create_index(op.f("ix_visitor_person_person_id"), "visitor_person", ["person_id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON visitor_person "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.create_table(
        "share",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        sa.Column("video_id", sa.BigInteger(), sa.ForeignKey("video.id"), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), sa.ForeignKey("share.id"), nullable=True),
        sa.Column("donation_id", sa.BigInteger(), sa.ForeignKey("donation.id"), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("parent_id < id", name=op.f("ck_share_older_parent")),
        sa.UniqueConstraint("donation_id", name=op.f("uq_share_donation_id")),
    )
    op.create_index(op.f("ix_share_parent_id"), "share", ["parent_id"])
    op.create_index(op.f("ix_share_video_id"), "share", ["video_id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON share "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.create_table(
        "share_count",
        sa.Column("share_id", sa.BigInteger(), sa.ForeignKey("share.id"), primary_key=True),
        sa.Column("arrivals", sa.BigInteger(), nullable=False),
    )
    op.add_column(
        "donation", sa.Column("share_id", sa.BigInteger(), sa.ForeignKey("share.id"), nullable=True)
    )
    op.create_index(op.f("ix_donation_share_id"), "donation", ["share_id"])
    op.add_column("donation", sa.Column("visitor", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "project", sa.Column("credit_window_days", sa.Integer(), nullable=False, server_default="30")
    )
    op.create_check_constraint(
        op.f("ck_project_credit_window"), "project", "credit_window_days BETWEEN 1 AND 365"
    )
    op.execute(
        "ALTER TABLE project DROP CONSTRAINT ck_project_credit_rule, ADD CONSTRAINT ck_project_credit_rule "
        "CHECK (credit_rule IN ('last', 'first', 'linear', 'decay', 'position'))"
    )
