"""What a check of the books can find, and how checks are run: one query each, however much there is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST_NAMED = 1000  # of each kind; the rest is counted


@dataclass(frozen=True)
class Check:
    """A query for what should not be.

    Its rows have the columns nonprofit_id, donation (its number, or null), subject, expected, found and
    currency; `book` is where the wrong figure stands.
    """

    kind: str
    book: str
    query: str


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, by name. Figures are in minor units, as the books have them."""

    kind: str
    book: str
    nonprofit: str | None
    donation: str | None
    subject: str
    expected: str
    found: str
    currency: str

    def in_words(self) -> str:
        """One line for a person."""
        whose = " ".join(part for part in (self.nonprofit, self.donation) if part) or "-"
        figures = f"expected {self.expected or 'nothing'}, found {self.found or 'nothing'}"
        return f"{self.book}: {self.kind}  {whose}  {self.subject}  {figures} {self.currency}".rstrip()


@dataclass
class Findings:
    """What was found: each by name, up to a limit of its kind, and how many there are in all."""

    named: list[Finding] = field(default_factory=list[Finding])
    counts: Counter[str] = field(default_factory=Counter[str])

    def add(self, findings: Sequence[Finding], count: int | None = None) -> None:
        """Take findings of one kind in; `count` is how many there are when not all are given."""
        if findings:
            self.named += findings
            self.counts[findings[0].kind] += count if count is not None else len(findings)

    def join(self, others: "Findings") -> None:
        """Take in all of `others`."""
        self.named += others.named
        self.counts += others.counts


def look(session: Session, checks: Iterable[Check], **values: str) -> Findings:
    """Run checks and collect what they find; `values` are those that their queries name."""
    findings = Findings()
    for check in checks:
        rows = session.execute(
            text(
                "SELECT nonprofit.code, donation, subject, expected::text, found::text, wrong.currency, "
                f"count(*) OVER () FROM ({check.query}) wrong "
                "LEFT JOIN nonprofit ON nonprofit.id = wrong.nonprofit_id "
                "ORDER BY nonprofit.code, donation, subject LIMIT :most"
            ),
            {"most": MOST_NAMED, **values},
        ).all()
        named = [
            Finding(check.kind, check.book, row[0], row[1], row[2], row[3] or "", row[4] or "", row[5] or "")
            for row in rows
        ]
        findings.add(named, rows[0][6] if rows else 0)
    return findings
