"""Files that are made of reports, and views that are kept.

Revision: 20261121_files
After: 20261121_figures
"""

revision = "20261121_files"
down_revision = "20261121_figures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
