"""The documents of a registration: adding, reading, removing."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.nonprofits import documents, registration
from app.web.access import allow
from app.web.desk.forms import DOCUMENT_KIND_NAMES, DocumentForm
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit, may
from app.web.outside import object_store
from app.web.signin import required_person
from app.web.text import _

desk_documents = Blueprint("desk_documents", __name__)


@desk_documents.get("/desk/<nonprofit_code>/documents")
@allow(Action.NONPROFIT_EDIT)
def index(nonprofit_code: str) -> ResponseReturnValue:
    return _page(nonprofit_code, DocumentForm())


@desk_documents.post("/desk/<nonprofit_code>/documents")
@allow(Action.NONPROFIT_EDIT)
def add(nonprofit_code: str) -> ResponseReturnValue:
    form, private = DocumentForm(), object_store().private
    with unit_of_work() as session:
        load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
    sent = request.files.get("file")
    name, content = (sent.filename or "", sent.read()) if sent else ("", b"")
    try:
        file = documents.store(private, nonprofit_code, form.kind.data or "", name, content)
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
            documents.add(session, nonprofit, required_person().id, file)
    except KindrelayError as error:
        form.refuse(error)
        return _page(nonprofit_code, form)
    flash(_("Added."), "good")
    return redirect(url_for("desk_documents.index", nonprofit_code=nonprofit_code), code=303)


@desk_documents.get("/desk/<nonprofit_code>/documents/<document_code>")
@allow(Action.NONPROFIT_EDIT)
def read(nonprofit_code: str, document_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
        document = documents.one(session, nonprofit, document_code)
    return redirect(documents.address(object_store().private, document), code=303)


@desk_documents.post("/desk/<nonprofit_code>/documents/<document_code>/remove")
@allow(Action.NONPROFIT_EDIT)
def remove(nonprofit_code: str, document_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
            document = documents.one(session, nonprofit, document_code)
            key = documents.remove(session, nonprofit, document, required_person().id)
        object_store().private.delete(key)
        flash(_("Removed."), "good")
    return redirect(url_for("desk_documents.index", nonprofit_code=nonprofit_code), code=303)


def _page(nonprofit_code: str, form: DocumentForm) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
        page = {
            "may": may(session, nonprofit.id),
            "documents": documents.of(session, nonprofit),
            "missing": registration.missing(session, nonprofit),
        }
    return render_template(
        "desk/documents.html",
        nonprofit=nonprofit,
        papers_open=registration.papers_open(nonprofit),
        kinds=DOCUMENT_KIND_NAMES,
        form=form,
        **page,
    )
