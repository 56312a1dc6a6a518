"""What keeps the platform running: dead tasks, kept mail, the audit log."""

from io import BytesIO

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.accounts import audit_trail
from app.core import audit, tasks
from app.core.db import unit_of_work
from app.gateways.mail import kept
from app.web.access import Rule, allow
from app.web.outside import settings
from app.web.signin import required_person
from app.web.text import _

operations = Blueprint("admin_operations", __name__)

# A mail brings a style of its own. It is shown in a frame that can run nothing and load nothing.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


@operations.get("/admin/tasks")
@allow(Rule.ADMIN)
def dead_tasks() -> ResponseReturnValue:
    with unit_of_work() as session:
        dead = tasks.dead(session)
    return render_template("admin/tasks.html", tasks=dead)


@operations.post("/admin/tasks/<int:task_id>/run")
@allow(Rule.ADMIN)
def run_again(task_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        task = tasks.dead_one(session, task_id)
        tasks.revive(session, task)
        audit.record(session, "task.run_again", required_person().id, f"task:{task_id}", name=task.name)
    flash(_("It runs again now. If it fails, it comes back here."), "good")
    return redirect(url_for("admin_operations.dead_tasks"), code=303)


@operations.get("/admin/mail")
@allow(Rule.ADMIN)
def mails() -> ResponseReturnValue:
    with unit_of_work() as session:
        found = kept.newest(session)
    return render_template("admin/mails.html", mails=found, keeps=settings().mail_url.startswith("kept:"))


@operations.get("/admin/mail/<int:mail_id>")
@allow(Rule.ADMIN)
def mail(mail_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = kept.one(session, mail_id)
    return render_template("admin/mail.html", mail=found)


@operations.get("/admin/mail/<int:mail_id>/body")
@allow(Rule.ADMIN)
def mail_body(mail_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = kept.one(session, mail_id)
    return Response(found.html, headers={"Content-Security-Policy": MAIL_POLICY})


@operations.get("/admin/mail/<int:mail_id>/attachments/<int:attachment_number>")
@allow(Rule.ADMIN)
def mail_attachment(mail_id: int, attachment_number: int) -> ResponseReturnValue:
    """A file that came with a kept mail, counted from 1."""
    with unit_of_work() as session:
        found = kept.attachment(session, mail_id, attachment_number)
    return send_file(BytesIO(found.body), found.content_type, as_attachment=True, download_name=found.name)


@operations.get("/admin/audit")
@allow(Rule.ADMIN)
def audit_log() -> ResponseReturnValue:
    before = request.args.get("before", type=int)
    with unit_of_work() as session:
        entries = audit_trail.page(session, before)
    older = entries[-1].event.id if len(entries) == audit_trail.PAGE else None
    return render_template("admin/audit.html", entries=entries, older=older)
