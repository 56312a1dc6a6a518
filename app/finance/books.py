"""Proof that the books agree: the provider's list, donations, ledger, credit and reports, to the cent."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.money import Money
from app.finance import checks, provider_list, sums
from app.finance.findings import Finding, Findings, look
from app.finance.provider_list import Listed
from app.finance.sums import Sums
from app.gateways.payments.contract import PaymentGateway, PaymentRefused, PaymentsUnavailable
from app.nonprofits.models import Nonprofit
from app.reports import people, rollups, summed

AGREE, DIFFER, NOT_PROVED = 0, 1, 2
BOOKS = ("provider", "donations", "ledger", "credit", "reports")
REPORT_ROW = "report row that a recomputation does not confirm"
DONOR_COUNT = "count of donors that a recomputation does not confirm"
WEEK_SUM = "sum of a week that its days do not confirm"


@dataclass(frozen=True)
class Account:
    """A nonprofit's money in one currency, as each of the books has it; `provider` is None when not asked."""

    nonprofit: str
    currency: str
    provider: Sums | None
    donations: Sums
    ledger: Sums
    credit: Sums
    reports: Sums

    @property
    def agrees(self) -> bool:
        """Whether all the books say the same."""
        asked = self.provider in (None, self.donations)
        return asked and self.donations == self.ledger == self.credit == self.reports


@dataclass(frozen=True)
class Books:
    """The result of the check. `unheard` says why the provider's own list was left out, if it was."""

    accounts: Sequence[Account]
    findings: Findings
    unheard: str = ""

    @property
    def right(self) -> bool:
        """Whether everything that was looked at agrees."""
        return all(account.agrees for account in self.accounts) and not self.findings.named


def check(session: Session, listed: Listed | None = None) -> Books:
    """Add up every book anew, compare, and name whatever is wrong; without the provider unless `listed`."""
    findings = look(session, checks.ALL)
    provider = None
    if listed is not None:
        provider_list.lay_out(session, listed)
        findings.join(look(session, provider_list.CHECKS, provider=listed.provider))
        provider = provider_list.sums_of(session, listed)
    for nonprofit in session.scalars(select(Nonprofit).order_by(Nonprofit.id)):
        findings.add(_report_rows(session, nonprofit))
        findings.add(_donor_counts(session, nonprofit))
    findings.add(_week_sums(session))
    return Books(_accounts(session, provider), findings)


def run(say: Callable[[str], None], gateway: PaymentGateway | None, *, as_json: bool, offline: bool) -> int:
    """Check the books as they are at one moment and say what was found.

    Returns 0 when everything agrees, the provider's own list included or left out by `offline`; 1 when
    something does not; 2 when the provider could not be asked and the rest agrees.
    """
    listed, unheard = _listed(gateway, offline)
    with unit_of_work() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        found = check(session, listed)
    books = Books(found.accounts, found.findings, unheard)
    if as_json:
        say(json.dumps(_as_json(books)))
    else:
        for line in _in_words(books):
            say(line)
    if not books.right:
        return DIFFER
    return NOT_PROVED if unheard and not offline else AGREE


def _listed(gateway: PaymentGateway | None, offline: bool) -> tuple[Listed | None, str]:
    if offline:
        return None, "as asked for"
    if gateway is None:
        return None, "this site has no payment provider"
    try:
        return provider_list.ask(gateway), ""
    except (PaymentsUnavailable, PaymentRefused) as error:
        return None, error.detail or str(error)


def _accounts(session: Session, provider: dict[sums.Key, Sums] | None) -> list[Account]:
    books = [
        sums.of_donations(session),
        sums.of_ledger(session),
        sums.of_credit(session),
        sums.of_reports(session),
    ]
    keys = sorted({key for book in (provider or {}, *books) for key in book})
    wanted = {nonprofit_id for nonprofit_id, _ in keys}
    rows = session.execute(select(Nonprofit.id, Nonprofit.code).where(Nonprofit.id.in_(wanted)))
    codes = dict(rows.all())
    return [
        Account(
            codes[key[0]],
            key[1],
            None if provider is None else provider.get(key, Sums()),
            *(book.get(key, Sums()) for book in books),
        )
        for key in keys
    ]


def _report_rows(session: Session, nonprofit: Nonprofit) -> list[Finding]:
    return [
        Finding(
            kind=REPORT_ROW,
            book="reports",
            nonprofit=nonprofit.code,
            donation=None,
            subject=f"{row.day}, project {row.project_id}, video {row.video_id or 'none'}",
            expected="the sum of its credits",
            found=f"{row.gross_minor} gross, {row.refunded_minor} refunded, {row.fee_minor} fees",
            currency=row.currency,
        )
        for row in rollups.differences(session, nonprofit.id)
    ]


def _donor_counts(session: Session, nonprofit: Nonprofit) -> list[Finding]:
    return [
        Finding(
            kind=DONOR_COUNT,
            book="reports",
            nonprofit=nonprofit.code,
            donation=None,
            subject=", ".join(f"{name} {value}" for name, value in row._asdict().items()),
            expected="the people who gave",
            found=str(row.donors),
            currency=row.currency,
        )
        for row in people.differences(session, nonprofit.id)
    ]


def _week_sums(session: Session) -> list[Finding]:
    codes = dict(session.execute(select(Nonprofit.id, Nonprofit.code)).all())
    return [
        Finding(
            kind=WEEK_SUM,
            book="reports",
            nonprofit=codes.get(row.nonprofit_id, ""),
            donation=None,
            subject=f"{name}, {summed.of_what(row, name)}",
            expected="the sum of its days",
            found=f"lacking {summed.lacking_in_words(row, name)}",
            currency=row.currency,
        )
        for name in (summed.MONEY, summed.PEOPLE)
        for row in summed.differences(session, name)
    ]


def _as_json(books: Books) -> dict[str, object]:
    return {
        "right": books.right,
        "provider_left_out": books.unheard,
        "accounts": [{**asdict(account), "agrees": account.agrees} for account in books.accounts],
        "findings": [asdict(finding) for finding in books.findings.named],
        "counts": dict(books.findings.counts),
    }


def _in_words(books: Books) -> Iterable[str]:
    for account in books.accounts:
        own = account.donations
        net = Money(own.gross - own.refunded - own.fees, account.currency)
        verdict = "agrees" if account.agrees else "DIFFERS"
        yield f"{account.nonprofit}  net {net.decimal} {account.currency}  {verdict}"
        if not account.agrees:
            for book in BOOKS:
                if (told := getattr(account, book)) is not None:
                    yield f"    {book}: gross {told.gross}, refunded {told.refunded}, fees {told.fees}"
    for finding in books.findings.named:
        yield finding.in_words()
    unnamed = sum(books.findings.counts.values()) - len(books.findings.named)
    if unnamed:
        yield f"and {unnamed} more"
    if books.unheard:
        yield f"The provider's own list is left out: {books.unheard}."
    yield "The books agree to the cent." if books.right else "THE BOOKS DO NOT AGREE."
