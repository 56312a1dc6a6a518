"""What giving needs beyond a single payment.

Revision: 20261121_giving
After: 20261121_files
"""

revision = "20261121_giving"
down_revision = "20261121_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
