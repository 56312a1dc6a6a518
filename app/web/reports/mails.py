"""What a mailed link opens: a view that comes by mail, to begin or to stop it. The address is the secret."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.reports import report_mails as mails
from app.web.access import Rule, allow
from app.web.limits import OWN_GIFTS, limiter
from app.web.private import private
from app.web.text import _

report_mails = Blueprint("report_mails", __name__)


@report_mails.route("/report-mails/<report_mail_code>", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(OWN_GIFTS)
def choose(report_mail_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        mail = mails.by_code(session, report_mail_code)
        if request.method == "POST" and request.form.get("do") == "begin":
            mails.confirm(session, mail)
            flash(_("The mails begin."), "good")
            return redirect(url_for("report_mails.choose", report_mail_code=report_mail_code), code=303)
        if request.method == "POST":
            mails.stop(session, mail)
            return private(render_template("reports/mail_stopped.html", mail=mail))
    return private(render_template("reports/mail.html", mail=mail))
