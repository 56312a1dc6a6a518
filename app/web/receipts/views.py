"""A donor's receipt as PDF, and the page that says whether a receipt is valid."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.donations import queries, receipt_pdf
from app.donations import receipts as books
from app.web.access import Rule, allow
from app.web.limits import RECEIPT, limiter
from app.web.receipts.files import as_pdf

receipts = Blueprint("receipts", __name__)


@receipts.get("/d/<donation_code>/receipt")
@allow(Rule.EVERYONE)
@limiter.limit(RECEIPT)
def of_gift(donation_code: str) -> Response:
    """The receipt of a gift, for whoever holds its secret address; issued when it is first asked for."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        receipt = books.ensure(session, donation.id)
        content, locale = books.shown(receipt, donation), receipt.locale
    pdf = receipt_pdf.receipt(content, locale)
    return as_pdf(pdf, receipt_pdf.file_name(content.number, locale))


@receipts.get("/receipts/<receipt_code>")
@allow(Rule.EVERYONE)
def check(receipt_code: str) -> ResponseReturnValue:
    """Whether a receipt is valid, and for what; nothing about the donor."""
    with unit_of_work() as session:
        receipt = books.by_code(session, receipt_code)
        successor = books.replaced_by(session, receipt)
        content = books.content_of(receipt)
    page = render_template("receipts/check.html", receipt=receipt, content=content, successor=successor)
    return page, {"Cache-Control": "no-store"}
