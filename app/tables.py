"""Every room's tables, imported together so that the metadata is whole (for migrations and relationships)."""

from app.accounts import models as accounts
from app.core import models as core
from app.core.db import Base
from app.credit import models as credit
from app.donations import ledger_models as ledger
from app.donations import models as donations
from app.finance import models as finance
from app.gateways import models as gateways
from app.insight import models as insight
from app.nonprofits import models as nonprofits
from app.projects import models as projects
from app.reports import models as reports
from app.reports.files import models as report_files
from app.videos import models as videos

__all__ = [
    "accounts",
    "core",
    "credit",
    "donations",
    "finance",
    "gateways",
    "insight",
    "ledger",
    "nonprofits",
    "projects",
    "report_files",
    "reports",
    "videos",
]

metadata = Base.metadata
