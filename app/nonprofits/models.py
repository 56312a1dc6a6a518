"""Tables of organisations: who they are, who works there, where their money goes."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code

STATUSES = ("draft", "submitted", "changes_requested", "verified", "rejected", "suspended")
ROLES = ("owner", "editor", "finance", "viewer")
DOCUMENT_KINDS = ("registration", "certificate", "identity", "other")


class Nonprofit(Row):
    """An organisation that may raise money once an administrator has verified it."""

    __tablename__ = "nonprofit"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        UniqueConstraint("country", "registration_number"),
        Index("ix_nonprofit_status", "status"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    name: Mapped[str]
    legal_name: Mapped[str]
    registration_number: Mapped[str]
    country: Mapped[str]  # ISO 3166-1 alpha-2
    website: Mapped[str] = mapped_column(default="")
    about: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="UTC")  # IANA name; report periods are cut in it
    certificate_from: Mapped[date | None]
    certificate_until: Mapped[date | None]
    # Mainland China: number of the public-fundraising certificate (公开募捐资格证书).
    fundraising_certificate: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="draft")
    status_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]


class Membership(Row):
    """A person's role in a nonprofit."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("nonprofit_id", "person_id"),
        CheckConstraint(f"role IN {ROLES}", name="role"),
        Index("ix_membership_person_id", "person_id"),
    )

    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)

    nonprofit: Mapped[Nonprofit] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class Invitation(Row):
    """An invitation by mail to join a nonprofit's team. The code is the secret in the mailed link."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(24))
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"), index=True)
    email: Mapped[str]
    role: Mapped[str]
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    nonprofit: Mapped[Nonprofit] = relationship(lazy="raise")


class Document(Row):
    """A file that proves who the organisation is; kept in the private bucket."""

    __tablename__ = "document"
    __table_args__ = (CheckConstraint(f"kind IN {DOCUMENT_KINDS}", name="kind"),)

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"), index=True)
    kind: Mapped[str]
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]  # bytes
    object_key: Mapped[str]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(default=now)


class PaymentAccount(Row):
    """The nonprofit's own account at a payment provider. Money goes there and nowhere else."""

    __tablename__ = "payment_account"
    __table_args__ = (
        UniqueConstraint("provider", "reference"),
        Index(
            "uq_payment_account_live",
            "nonprofit_id",
            unique=True,
            postgresql_where=text("disconnected_at IS NULL"),
        ),
    )

    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    provider: Mapped[str]
    reference: Mapped[str]  # the provider's name for the account
    ready: Mapped[bool] = mapped_column(default=True)  # the provider lets it receive
    missing: Mapped[list[str]] = mapped_column(JSONB, default=list)  # what the provider still asks for
    connected_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    connected_at: Mapped[datetime] = mapped_column(default=now)
    disconnected_at: Mapped[datetime | None]


class Review(Row):
    """A decision on a nonprofit by an administrator, with its reason. Append-only."""

    __tablename__ = "nonprofit_review"

    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"), index=True)
    from_status: Mapped[str]
    to_status: Mapped[str]
    reason: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship(lazy="raise")
