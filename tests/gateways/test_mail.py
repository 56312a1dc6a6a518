"""Mail: written in the reader's language, kept or sent by SMTP, with headers nobody can break out of."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from jinja2 import UndefinedError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import tasks
from app.core.models import Task
from app.core.money import Money
from app.gateways.mail import compose
from app.gateways.mail.mailer import Message, SmtpMailer
from app.gateways.mail.mailer import compose as as_mail
from app.gateways.models import KeptMail
from tests import factories
from workers.runner import run_due

VALUES = {
    "donor": "<b>Dora</b>",
    "amount": Money(123450, "EUR"),
    "payee": "Paper & Lanterns",
    "project": "A swing",
    "paid_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "number": "k7m2x4",
    "videos": [],
    "link": "http://127.0.0.1:8000/d/x",
    "test_mode": False,
    "attached": True,
}


def test_html_is_escaped_and_text_is_not():
    mail = compose.write("receipt", "d@example.org", "en", VALUES, "key")
    assert "Thank you, <b>Dora</b>." in mail.text
    assert "Thank you, &lt;b&gt;Dora&lt;/b&gt;." in mail.html
    assert mail.subject == "Thank you for your gift to Paper & Lanterns"
    assert "€1,234.50" in mail.text


def test_a_receipt_speaks_the_language_of_its_reader():
    mail = compose.write("receipt", "d@example.org", "zh_Hans", {**VALUES, "test_mode": True}, "key")
    assert mail.subject == "[测试模式] 感谢您向Paper & Lanterns捐款"
    assert "捐款编号：k7m2x4" in mail.text
    assert "2026年3月1日" in mail.text
    assert '<html lang="zh-Hans">' in mail.html


def test_a_value_that_is_missing_stops_the_mail():
    with pytest.raises(UndefinedError):
        compose.write("receipt", "d@example.org", "en", {}, "key")


def test_a_subject_cannot_begin_a_header():
    message = Message("d@example.org", "Hi\r\nBcc: everyone@example.org", "text", "<p>html</p>", "task-7")
    mail = as_mail(message, "Kindrelay <hello@kindrelay.example>")
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: everyone@example.org"
    assert mail["Message-ID"] == "<task-7@kindrelay.example>"


def test_a_password_reset_is_kept_with_a_link_that_works(session: Session):
    person = factories.person(session)
    tasks.defer(session, "mail.send", mail="password_reset", person_id=person.id)
    run_due("outbound")
    [mail] = session.scalars(select(KeptMail))
    assert mail.to == person.email
    assert "http://127.0.0.1:8000/reset/" in mail.text


def test_a_mail_nobody_knows_is_dead_at_once(session: Session):
    task_id = tasks.defer(session, "mail.send", mail="nonsense", person_id=1)
    run_due("outbound")
    assert session.get_one(Task, task_id, populate_existing=True).dead_at is not None


class Post(socketserver.StreamRequestHandler):
    """Enough of a mail server to receive one message."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for raw in self.rfile:
            command = raw.strip().upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                self.server.received.append(b"".join(lines))  # pyright: ignore[reportAttributeAccessIssue]
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def post_office() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post) as server:
        server.received = list[bytes]()  # pyright: ignore[reportAttributeAccessIssue]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_smtp_carries_text_and_html(post_office: socketserver.ThreadingTCPServer):
    port = post_office.server_address[1]
    mail = compose.write("receipt", "d@example.org", "en", VALUES, "key")
    SmtpMailer(f"smtp://127.0.0.1:{port}", "Kindrelay <hello@kindrelay.example>").send(mail)
    [raw] = post_office.received  # pyright: ignore[reportAttributeAccessIssue]
    received = message_from_bytes(raw, EmailMessage, policy=policy.default)
    assert received["To"] == "d@example.org"
    assert "Paper & Lanterns" in received.get_body(("plain",)).get_content()
    assert "Paper &amp; Lanterns" in received.get_body(("html",)).get_content()


def test_a_server_that_does_not_offer_tls_gets_no_mail_when_tls_is_asked(
    post_office: socketserver.ThreadingTCPServer,
):
    port = post_office.server_address[1]
    mailer = SmtpMailer(f"smtp://u:p@127.0.0.1:{port}?starttls=1", "hello@kindrelay.example")
    with pytest.raises(Exception, match="STARTTLS"):
        mailer.send(Message("d@example.org", "s", "t", "h", "k"))
    assert post_office.received == []  # pyright: ignore[reportAttributeAccessIssue]
