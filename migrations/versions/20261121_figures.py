"""What reports need beyond sums of money.

Revision: 20261121_figures
After: 20261121_reports
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261121_figures"
down_revision = "20261121_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
    insight()
    held_touches()


def insight() -> None:
    """What models say of a project's videos in a period."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "estimate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", moment, nullable=True),
        sa.Column("found", JSONB(), nullable=True),
        sa.UniqueConstraint("project_id", "first", "until", name=op.f("uq_estimate_project_id")),
        sa.CheckConstraint("first < until", name=op.f("ck_estimate_period")),
        sa.CheckConstraint("(made_at IS NULL) = (found IS NULL)", name=op.f("ck_estimate_made")),
    )


def held_touches() -> None:
    """Why a touch counts in no figure of views; empty for those that count, as all so far do."""
    op.add_column("touch", sa.Column("held", sa.String(), nullable=False, server_default=""))
    op.create_check_constraint(op.f("ck_touch_held"), "touch", "held IN ('', 'bot', 'visitor', 'address')")
