"""What giving needs beyond a single payment.

Revision: 20261121_giving
After: 20261121_files
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121_giving"
down_revision = "20261121_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
    moment = sa.DateTime(timezone=True)
    op.add_column("monthly_gift", sa.Column("card_at", moment, nullable=True))
    op.create_table(
        "sandbox_card_page",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("idempotency", sa.String(), nullable=False),
        sa.Column("subscription", sa.String(), nullable=False),
        sa.Column("return_url", sa.String(), nullable=False),
        sa.Column("back_url", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.UniqueConstraint("code", name=op.f("uq_sandbox_card_page_code")),
        sa.UniqueConstraint("account", "idempotency", name=op.f("uq_sandbox_card_page_account")),
    )
