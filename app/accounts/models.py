"""Tables of people."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code


class Person(Row):
    """Somebody with an account: creator, member of a nonprofit, administrator, or all of them."""

    __tablename__ = "person"
    __table_args__ = (Index("uq_person_email_lower", text("lower(email)"), unique=True),)

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    email: Mapped[str]
    name: Mapped[str]
    about: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    locale: Mapped[str] = mapped_column(default="en")
    is_admin: Mapped[bool] = mapped_column(default=False)
    # Raised at a password change: every session signed in under an earlier epoch is out.
    session_epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
