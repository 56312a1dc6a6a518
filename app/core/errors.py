"""Errors of the domain: a message a person can act on, and no HTTP."""

from typing import Any


class KindrelayError(Exception):
    """A refusal whose English message is a translation key, with its parameters apart.

    The web floor translates `message` and fills `params` in; `str()` gives the English sentence.
    """

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class NotAllowed(KindrelayError):  # noqa: N818 (reads as what it says where it is raised)
    """The person is known, and this is not theirs to do."""


class NotFound(KindrelayError):  # noqa: N818 (as above)
    """There is nothing under this code, or the person may not know that there is."""


class Invalid(KindrelayError):  # noqa: N818 (as above)
    """A value cannot be accepted; `field` is the form field it belongs to."""

    def __init__(self, field: str, message: str, **params: Any) -> None:
        super().__init__(message, **params)
        self.field = field


class Unavailable(KindrelayError):  # noqa: N818 (as above)
    """Something outside did not answer; trying again later may work."""
