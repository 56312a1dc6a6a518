"""Passwords by argon2id, and the links that set a new one."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.accounts.models import Person
from app.core.errors import Invalid
from app.core.i18n import N_

MIN_LENGTH = 10
MAX_LENGTH = 200
RESET_SECONDS = 3600

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The argon2id hash of `password`. Raises Invalid when it is too short, or too long to be meant."""
    if len(password) < MIN_LENGTH:
        raise Invalid("password", N_("Use at least %(length)s characters."), length=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise Invalid("password", N_("Use at most %(length)s characters."), length=MAX_LENGTH)
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one that was hashed; takes the same time when there is no hash at all."""
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except VerifyMismatchError:
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def reset_token(person: Person, secret_key: str) -> str:
    """A token that lets its holder set a new password within an hour, once."""
    return _serializer(secret_key).dumps({"person": person.code, "epoch": person.session_epoch})


def read_reset_token(token: str, secret_key: str) -> tuple[str, int] | None:
    """The person's code and session epoch that a token was made for; None when it is forged or too old."""
    try:
        content = _serializer(secret_key).loads(token, max_age=RESET_SECONDS)
    except BadSignature:
        return None
    return content["person"], content["epoch"]


def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="password-reset")
