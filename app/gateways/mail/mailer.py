"""Sending a message: by SMTP, or into a table that administrators read."""

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.core import db
from app.core.settings import Settings
from app.gateways.models import KeptAttachment, KeptMail

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Attachment:
    """A file that travels with a message."""

    name: str
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Message:
    """A message ready to go. `key` names it: sent twice, it carries the same Message-ID."""

    to: str
    subject: str
    text: str
    html: str
    key: str
    attachments: tuple[Attachment, ...] = ()


class Mailer(Protocol):
    """Takes a message or raises; it is called outside of any transaction, and may be called again."""

    def send(self, message: Message) -> None: ...


class KeptMailer:
    """Keeps messages for administrators to read; nothing leaves this machine."""

    def send(self, message: Message) -> None:
        """Keep the message."""
        mail = KeptMail(to=message.to, subject=message.subject, text=message.text, html=message.html)
        mail.attachments = [
            KeptAttachment(name=one.name, content_type=one.content_type, body=one.body)
            for one in message.attachments
        ]
        with db.unit_of_work() as session:
            session.add(mail)


class SmtpMailer:
    """Sends by SMTP: smtps:// speaks TLS from the start, smtp://…?starttls=1 turns to it or stops."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._tls = parts.scheme == "smtps"
        self._starttls = parse_qs(parts.query).get("starttls") == ["1"]
        self._port = parts.port or (465 if self._tls else 587 if self._starttls else 25)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    def send(self, message: Message) -> None:
        """Hand the message to the mail server. Raises OSError or smtplib.SMTPException if it is not taken."""
        with self._connect() as server:
            if self._starttls:
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
            server.send_message(compose(message, self._sender))

    def _connect(self) -> smtplib.SMTP:
        if self._tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)


def compose(message: Message, sender: str) -> EmailMessage:
    """The message as it travels: text and HTML, with headers that cannot be broken out of."""
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2]
    mail = EmailMessage()
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = Address(addr_spec=message.to)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for one in message.attachments:
        kind, _, subtype = one.content_type.partition("/")
        mail.add_attachment(one.body, maintype=kind, subtype=subtype, filename=one.name)
    return mail


def open_mailer(settings: Settings) -> Mailer:
    """The way of the settings."""
    if settings.mail_url.startswith("kept:"):
        return KeptMailer()
    return SmtpMailer(settings.mail_url, settings.mail_from)
