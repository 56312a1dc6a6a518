"""The cookies by which a visitor is known, each signed under its own name, and read only after a yes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadData, Signer, URLSafeSerializer

CONSENT, VISITOR, SESSION, CAME_BY, PASSED_ON = "consent", "visitor", "visit", "came_by", "passed_on"
LONGEST_SHARE = 40


@dataclass(frozen=True)
class Visitor:
    """A random code, and when this session began."""

    code: str
    session_at: datetime


class Seal:
    """Signs the values of one cookie, and knows its own again; it is good under its own name alone.

    What it makes is what `URLSafeSerializer` makes with the name for its salt. That derives the key anew each
    time it reads, which was half of its work.
    """

    def __init__(self, secret_key: str, name: str) -> None:
        self._values = URLSafeSerializer(secret_key, salt=name)
        self._signer = Signer(self._values.make_signer().derive_key(), key_derivation="none")

    def close(self, value: str) -> str:
        """`value` as it stands in the cookie."""
        return str(self._values.dumps(value))

    def open(self, sealed: str) -> str | None:
        """What a cookie holds; None for one that was not made here."""
        try:
            return str(self._values.load_payload(self._signer.unsign(sealed)))
        except BadData:
            return None


class Seals:
    """The seals of all cookies that are signed."""

    def __init__(self, secret_key: str) -> None:
        self._of = {name: Seal(secret_key, name) for name in (VISITOR, SESSION, CAME_BY, PASSED_ON)}

    def __getitem__(self, name: str) -> Seal:
        return self._of[name]


@dataclass(frozen=True)
class Cookies:
    """Of a request; `refuses` when its browser says no for its person (Global Privacy Control)."""

    seals: Seals
    sent: Mapping[str, str]
    refuses: bool

    @property
    def agreed(self) -> bool:
        """Whether the visitor has said yes; a browser that says no for them is heard."""
        return self.sent.get(CONSENT) == "yes" and not self.refuses

    def visitor(self) -> Visitor | None:
        """Who this is, if they have agreed to be known and have looked at a page lately."""
        if not self.agreed:
            return None
        code, began = self.read(VISITOR), self.read(SESSION)
        if code is None or began is None:
            return None
        return Visitor(code, datetime.fromtimestamp(int(began), UTC))

    def passed_on(self) -> list[str]:
        """The codes of the shares that a visitor who agreed has made in this browser, the newest last."""
        return (self.read(PASSED_ON) or "").split() if self.agreed else []

    def through(self, named: str) -> str:
        """The code of the share that is `named`; if that is none, or the visitor's own, that of this session.

        Whoever opens a link of their own to look at it has not been reached by anybody.
        """
        if (
            len(named) <= LONGEST_SHARE
            and named.isascii()
            and named.isalnum()
            and named not in self.passed_on()
        ):
            return named
        return (self.read(CAME_BY) or "") if self.agreed else ""

    def read(self, name: str) -> str | None:
        """What we have put into a cookie; None where there is none, or it is not ours."""
        sealed = self.sent.get(name)
        return self.seals[name].open(sealed) if sealed else None
