from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.models import AuditEvent, Task
from app.gateways.models import KeptMail
from tests.factories import admin, person
from tests.web.conftest import sign_in_as


def _dead(session: Session) -> Task:
    now = clock.now()
    task = Task(
        name="mail.send",
        queue="outbound",
        args={"mail": "receipt", "donation_id": 7},
        run_after=now,
        attempts=12,
        dead_at=now,
        last_error="ConnectionRefusedError: <mail.example.org>",
    )
    session.add(task)
    session.flush()
    return task


def test_a_dead_task_is_shown_with_its_error_and_run_again(client: FlaskClient, session: Session) -> None:
    ada, task = admin(session), _dead(session)
    page = sign_in_as(client, ada).get("/admin/tasks").text
    assert "ConnectionRefusedError: &lt;mail.example.org&gt;" in page
    assert "&#34;donation_id&#34;: 7" in page or '"donation_id": 7' in page
    assert "1 task was given up" in client.get("/admin").text
    answer = client.post(f"/admin/tasks/{task.id}/run")
    assert (answer.status_code, task.dead_at, task.attempts) == (303, None, 0)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "task.run_again")).one()
    assert (event.actor_id, event.subject) == (ada.id, f"task:{task.id}")
    assert client.post(f"/admin/tasks/{task.id}/run").status_code == 404


def _mail(session: Session, html: str) -> KeptMail:
    mail = KeptMail(to="donor@example.org", subject="Hi <b>", text="See https://a.example/x <b>", html=html)
    session.add(mail)
    session.flush()
    return mail


def test_kept_mail_is_listed_and_read_as_text(client: FlaskClient, session: Session) -> None:
    mail = _mail(session, "<p>See</p>")
    sign_in_as(client, admin(session))
    assert "donor@example.org" in client.get("/admin/mail").text
    page = client.get(f"/admin/mail/{mail.id}").text
    assert '<a href="https://a.example/x" rel="nofollow noopener">' in page
    assert "&lt;b&gt;" in page
    assert "Hi <b>" not in page
    assert client.get("/admin/mail/999999999").status_code == 404


def test_the_look_of_a_mail_can_neither_run_nor_load_anything(client: FlaskClient, session: Session) -> None:
    mail = _mail(session, "<script>alert(1)</script><img src=https://tracker.example/x>")
    sign_in_as(client, admin(session))
    answer = client.get(f"/admin/mail/{mail.id}/body")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert "allow-" not in policy
    assert (
        f'<iframe class="mail" sandbox src="/admin/mail/{mail.id}/body"'
        in client.get(f"/admin/mail/{mail.id}").text
    )


def test_the_audit_log_is_read_page_by_page(client: FlaskClient, session: Session) -> None:
    actor = person(session, "Nadia <i>")
    for number in range(130):
        audit.record(session, "test.decided", actor.id, f"thing:{number}", reason=f"<{number}>")
    audit.record(session, "test.machine", None, "thing:machine")
    session.flush()
    page = sign_in_as(client, admin(session)).get("/admin/audit").text
    assert "Nadia &lt;i&gt;" in page
    assert "The platform" in page
    assert "thing:129" in page
    assert "thing:5<" not in page
    older = page.split('href="/admin/audit?before=')[1].split('"')[0]
    assert "thing:5<" in client.get(f"/admin/audit?before={older}").text
