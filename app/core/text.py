"""Text that people typed, brought into a form that can be kept."""

from pathlib import PurePath

from app.core.errors import Invalid
from app.core.i18n import N_


def line(field: str, text: str, length: int) -> str:
    """One line with single spaces, of 1 to `length` characters. Raises Invalid(field)."""
    cleaned = optional_line(field, text, length)
    if not cleaned:
        raise Invalid(field, N_("Please fill this in."))
    return cleaned


def optional_line(field: str, text: str, length: int) -> str:
    """One line with single spaces, of at most `length` characters. Raises Invalid(field)."""
    cleaned = " ".join(text.split())
    if len(cleaned) > length:
        raise Invalid(field, N_("Use at most %(length)s characters."), length=length)
    return cleaned


def paragraphs(field: str, text: str, length: int) -> str:
    """Lines as they were typed, of at most `length` characters together. Raises Invalid(field)."""
    cleaned = text.replace("\r\n", "\n").strip()
    if len(cleaned) > length:
        raise Invalid(field, N_("Use at most %(length)s characters."), length=length)
    return cleaned


def filename(sent: str) -> str:
    """The name of a file on one line: without folders, and without signs that nobody sees; may be empty."""
    name = PurePath(sent.replace("\\", "/")).name
    seen = (" " if sign.isspace() else sign for sign in name if sign.isprintable() or sign.isspace())
    return "".join(seen).strip()
