"""What reports need beyond sums of money.

Revision: 20261121_figures
After: 20261121_reports
"""

revision = "20261121_figures"
down_revision = "20261121_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
