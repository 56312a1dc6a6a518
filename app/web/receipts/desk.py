"""The receipts of an organisation: read, voided, issued anew."""

from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.models import Person
from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.donations import receipt_pdf, receipts
from app.donations.models import Receipt
from app.donations.receipt_content import Content
from app.web.access import allow
from app.web.loaders import load_nonprofit, may
from app.web.receipts.files import as_pdf
from app.web.receipts.forms import ReissueForm, VoidForm
from app.web.signin import required_person
from app.web.text import _

desk_receipts = Blueprint("desk_receipts", __name__)


@desk_receipts.get("/desk/<nonprofit_code>/receipts")
@allow(Action.DONOR_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    state = request.args.get("state", "")
    page = max(1, request.args.get("page", 1, type=int))
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.DONOR_READ)
        found, pages = receipts.page(session, nonprofit, state, page)
    rows = [(receipt, _content(receipt)) for receipt in found]
    return render_template(
        "receipts/index.html", nonprofit=nonprofit, rows=rows, state=state, page=page, pages=pages
    )


@desk_receipts.get("/desk/<nonprofit_code>/receipts/<int:receipt_number>")
@allow(Action.DONOR_READ)
def one(nonprofit_code: str, receipt_number: int) -> ResponseReturnValue:
    return _page(nonprofit_code, receipt_number, VoidForm(), ReissueForm())


@desk_receipts.get("/desk/<nonprofit_code>/receipts/<int:receipt_number>/pdf")
@allow(Action.DONOR_READ)
def pdf(nonprofit_code: str, receipt_number: int) -> Response:
    """The organisation's own copy, as it was issued: the law asks it to keep that, whoever is forgotten."""
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.DONOR_READ)
        receipt = receipts.by_number(session, nonprofit, receipt_number)
    content, is_void = _own_copy(receipt), receipt.voided_at is not None
    body = receipt_pdf.receipt(content, receipt.locale, is_void=is_void)
    return as_pdf(body, receipt_pdf.file_name(content.number, receipt.locale))


@desk_receipts.post("/desk/<nonprofit_code>/receipts/<int:receipt_number>/void")
@allow(Action.PAYMENTS_MANAGE)
def void(nonprofit_code: str, receipt_number: int) -> ResponseReturnValue:
    form = VoidForm()
    form.validate()
    try:
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
            receipt = receipts.by_number(session, nonprofit, receipt_number)
            receipts.void(session, receipt, form.reason.data or "", required_person().id)
    except KindrelayError as error:
        form.refuse_or_raise(error)
        return _page(nonprofit_code, receipt_number, form, ReissueForm()), 422
    flash(_("The receipt is void. Its number stays taken."), "good")
    return redirect(_address(nonprofit_code, receipt_number), code=303)


@desk_receipts.post("/desk/<nonprofit_code>/receipts/<int:receipt_number>/reissue")
@allow(Action.PAYMENTS_MANAGE)
def reissue(nonprofit_code: str, receipt_number: int) -> ResponseReturnValue:
    form = ReissueForm()
    form.validate()
    try:
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
            receipt = receipts.by_number(session, nonprofit, receipt_number)
            reason, name = form.reason.data or "", form.name.data or ""
            made = receipts.reissue(session, receipt, reason, required_person().id, name)
    except KindrelayError as error:
        form.refuse_or_raise(error)
        return _page(nonprofit_code, receipt_number, VoidForm(), form), 422
    flash(_("Receipt %(number)s is issued.", number=made.number), "good")
    return redirect(_address(nonprofit_code, made.number), code=303)


def _page(nonprofit_code: str, receipt_number: int, void_form: VoidForm, reissue_form: ReissueForm) -> str:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.DONOR_READ)
        receipt = receipts.by_number(session, nonprofit, receipt_number)
        successor = receipts.replaced_by(session, receipt)
        voided_by = session.get(Person, receipt.voided_by_id) if receipt.voided_by_id else None
        actions = may(session, nonprofit.id)
    return render_template(
        "receipts/receipt.html",
        nonprofit=nonprofit,
        receipt=receipt,
        content=_content(receipt),
        successor=successor,
        voided_by=voided_by,
        may=actions,
        void_form=void_form,
        reissue_form=reissue_form,
    )


def _content(receipt: Receipt) -> Content:
    """What a receipt says; without its donor's name where that is not to be shown to anybody."""
    content = receipts.shown(receipt, receipt.donation)
    return replace(content, donor="") if receipt.donation.anonymous else content


def _own_copy(receipt: Receipt) -> Content:
    """What a receipt said when it was issued, to those who keep the organisation's books."""
    content = receipts.content_of(receipt)
    return replace(content, donor="") if receipt.donation.anonymous else content


def _address(nonprofit_code: str, receipt_number: int) -> str:
    return url_for("desk_receipts.one", nonprofit_code=nonprofit_code, receipt_number=receipt_number)
