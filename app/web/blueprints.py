"""Every blueprint of the platform."""

from flask import Blueprint

from app.web.accounts.views import accounts
from app.web.admin.alerts import admin_alerts
from app.web.admin.nonprofits import admin
from app.web.admin.operations import operations
from app.web.admin.videos import admin_videos
from app.web.desk.credit import desk_credit
from app.web.desk.documents import desk_documents
from app.web.desk.integrity import desk_integrity
from app.web.desk.nonprofits import desk
from app.web.desk.pausing import desk_pausing
from app.web.desk.payees import desk_payees
from app.web.desk.projects import desk_projects
from app.web.desk.team import desk_team
from app.web.desk.updates import desk_updates
from app.web.donate.mailbox import donate_mailbox
from app.web.donate.views import donate
from app.web.donor.monthly import donor_monthly
from app.web.donor.views import donor
from app.web.finance.exports import desk_finance_exports
from app.web.finance.gifts import desk_finance
from app.web.finance.matters import desk_finance_matters
from app.web.health import health
from app.web.public.views import public
from app.web.receipts.desk import desk_receipts
from app.web.receipts.views import receipts
from app.web.reports.behind import desk_reports_behind
from app.web.reports.files import desk_report_files
from app.web.reports.insight import desk_insight
from app.web.reports.kept_views import desk_report_views
from app.web.reports.mails import report_mails
from app.web.reports.pages import desk_reports
from app.web.sandbox.api import sandbox_api
from app.web.sandbox.dashboard import sandbox_dashboard
from app.web.sandbox.views import sandbox
from app.web.studio.captions import studio_captions
from app.web.studio.credit import studio_credit
from app.web.studio.figures import studio_figures
from app.web.studio.posters import studio_posters
from app.web.studio.uploading import studio_uploads
from app.web.studio.views import studio
from app.web.watch.captions import watch_captions
from app.web.watch.consent import consent
from app.web.watch.files import watch_files
from app.web.watch.relay import watch_relay
from app.web.watch.sharing import watch_sharing
from app.web.watch.views import watch

ALL: tuple[Blueprint, ...] = (
    health,
    accounts,
    public,
    watch,
    watch_captions,
    watch_files,
    watch_relay,
    watch_sharing,
    consent,
    studio,
    studio_captions,
    studio_credit,
    studio_figures,
    studio_uploads,
    studio_posters,
    donate,
    donate_mailbox,
    donor,
    donor_monthly,
    receipts,
    sandbox,
    sandbox_dashboard,
    sandbox_api,
    desk_reports,
    desk_reports_behind,
    desk_report_files,
    desk_report_views,
    report_mails,
    desk_insight,
    desk_integrity,
    desk,
    desk_credit,
    desk_documents,
    desk_finance,
    desk_finance_matters,
    desk_finance_exports,
    desk_pausing,
    desk_payees,
    desk_projects,
    desk_receipts,
    desk_team,
    desk_updates,
    admin,
    admin_alerts,
    admin_videos,
    operations,
)

# Machines call these and prove themselves by signature or key, not by a form token. A link to pass on is made
# by a script; the cookies by which it would be somebody's are not sent from other sites.
WITHOUT_CSRF: tuple[Blueprint, ...] = (sandbox_api, watch_sharing)
