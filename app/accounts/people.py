"""People: joining, signing in, setting a new password."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.models import Person
from app.core import audit, tasks
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_, known

MAX_NAME_LENGTH = 80


def join(session: Session, *, email: str, name: str, password: str, locale: str) -> Person:
    """Make an account. Raises Invalid for the field that cannot be accepted."""
    person = Person(
        email=checked_email(email),
        name=checked_name(name),
        password_hash=passwords.hashed(password),
        locale=known(locale),
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:
        raise Invalid(
            "email", N_("There is already an account with this address. Sign in instead.")
        ) from None
    audit.record(session, "person.joined", person.id, f"person:{person.code}")
    return person


def checked_email(email: str) -> str:
    """A deliverable-looking address in its normal form. Raises Invalid("email")."""
    try:
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise Invalid("email", N_("This does not look like an email address.")) from None


def checked_name(name: str) -> str:
    """A name that can be shown. Raises Invalid("name")."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise Invalid("name", N_("Write the name that people will see."))
    if len(cleaned) > MAX_NAME_LENGTH:
        raise Invalid("name", N_("Use at most %(length)s characters."), length=MAX_NAME_LENGTH)
    return cleaned


def authenticate(session: Session, email: str, password: str) -> Person:
    """The person with this address and password. Raises KindrelayError, the same for every mismatch."""
    person = by_email(session, email)
    if not passwords.matches(person.password_hash if person else None, password) or person is None:
        raise KindrelayError(N_("The address and the password do not belong together."))
    return person


def ask_for_reset(session: Session, email: str) -> None:
    """Mail a link for a new password, if the address has an account; the caller cannot tell."""
    person = by_email(session, email)
    if person is not None:
        tasks.defer(session, "mail.send", mail="password_reset", person_id=person.id)


def set_password(session: Session, token: str, secret_key: str, password: str) -> Person:
    """Set a new password from a mailed link; ends every session of the person.

    Raises NotFound when the link was used, is too old or was never made, Invalid for a weak password.
    """
    content = passwords.read_reset_token(token, secret_key)
    person = None
    if content is not None:
        code, epoch = content
        person = session.scalar(
            select(Person).where(Person.code == code, Person.session_epoch == epoch).with_for_update()
        )
    if person is None:
        raise NotFound(N_("This link has been used or is too old. Ask for a new one."))
    person.password_hash = passwords.hashed(password)
    person.session_epoch += 1
    audit.record(session, "person.password_set", person.id, f"person:{person.code}")
    return person


def by_email(session: Session, email: str) -> Person | None:
    """The person with this address, in any letter case."""
    return session.scalar(select(Person).where(func.lower(Person.email) == email.strip().lower()))


def make_admin(session: Session, email: str) -> Person:
    """Make a person an administrator. Raises NotFound when nobody has this address."""
    person = by_email(session, email)
    if person is None:
        raise NotFound(N_("Nobody has signed up with %(email)s."), email=email)
    person.is_admin = True
    audit.record(session, "person.made_admin", None, f"person:{person.code}")
    return person
