"""Documents that prove who an organisation is; kept in the private bucket, read by signed address only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit, text
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.core.ids import new_code
from app.gateways.object_store import Bucket
from app.nonprofits import registration
from app.nonprofits.models import DOCUMENT_KINDS, Document, Nonprofit

MAX_BYTES = 10 * 1024 * 1024
MAX_DOCUMENTS = 20
MAX_FILENAME_LENGTH = 120
ADDRESS_SECONDS = 300
SIGNATURES = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
}


@dataclass(frozen=True)
class StoredFile:
    """A file that was accepted and is in the private bucket; `size` in bytes."""

    kind: str
    filename: str
    content_type: str
    size: int
    object_key: str


def store(bucket: Bucket, nonprofit_code: str, kind: str, filename: str, content: bytes) -> StoredFile:
    """Check a file by its content and put it into the bucket; call it outside of any transaction.

    Raises Invalid("kind") or Invalid("file"), StorageUnavailable.
    """
    if kind not in DOCUMENT_KINDS:
        raise Invalid("kind", N_("Choose one from the list."))
    content_type, suffix = recognised(content)
    key = f"documents/{nonprofit_code}/{new_code(22)}.{suffix}"
    bucket.put(key, content, content_type)
    return StoredFile(kind, _shown_name(filename, suffix), content_type, len(content), key)


def recognised(content: bytes) -> tuple[str, str]:
    """Content type and suffix of a PDF, JPEG or PNG, by its first bytes. Raises Invalid("file")."""
    if not content:
        raise Invalid("file", N_("This file is empty."))
    if len(content) > MAX_BYTES:
        raise Invalid("file", N_("This file is larger than %(size)s MB."), size=MAX_BYTES // 1024**2)
    for signature, found in SIGNATURES.items():
        if content.startswith(signature):
            return found
    raise Invalid("file", N_("This is not a PDF, JPEG or PNG file, whatever its name says."))


def add(session: Session, nonprofit: Nonprofit, person_id: int, file: StoredFile) -> Document:
    """Add a stored file to the registration. Raises KindrelayError when its papers are closed or complete."""
    _require_open(session, nonprofit)
    held = session.scalar(
        select(func.count()).select_from(Document).where(Document.nonprofit_id == nonprofit.id)
    )
    if (held or 0) >= MAX_DOCUMENTS:
        raise KindrelayError(N_("There are %(count)s documents already. Remove one first."), count=held)
    document = Document(
        nonprofit_id=nonprofit.id,
        kind=file.kind,
        filename=file.filename,
        content_type=file.content_type,
        size=file.size,
        object_key=file.object_key,
        uploaded_by_id=person_id,
    )
    session.add(document)
    session.flush()
    audit.record(
        session, "document.added", person_id, registration.subject(nonprofit), document=document.code
    )
    return document


def remove(session: Session, nonprofit: Nonprofit, document: Document, person_id: int) -> str:
    """Take a document out of the registration; returns its object's key, to be deleted after the commit."""
    _require_open(session, nonprofit)
    session.delete(document)
    audit.record(
        session, "document.removed", person_id, registration.subject(nonprofit), document=document.code
    )
    return document.object_key


def of(session: Session, nonprofit: Nonprofit) -> Sequence[Document]:
    """The documents of a registration, in the order they came."""
    return session.scalars(
        select(Document).where(Document.nonprofit_id == nonprofit.id).order_by(Document.id)
    ).all()


def one(session: Session, nonprofit: Nonprofit, code: str) -> Document:
    """A document of this registration. Raises NotFound."""
    document = session.scalar(
        select(Document).where(Document.code == code, Document.nonprofit_id == nonprofit.id)
    )
    if document is None:
        raise NotFound(N_("There is no such document here. It may have been removed."))
    return document


def address(bucket: Bucket, document: Document) -> str:
    """An address that saves the document for the next few minutes; it never opens inside a page."""
    return bucket.presigned_get(document.object_key, ADDRESS_SECONDS, document.filename)


def _require_open(session: Session, nonprofit: Nonprofit) -> None:
    # Handing in or a decision may commit meanwhile; the row is locked before its status is believed.
    session.refresh(nonprofit, with_for_update=True)
    if not registration.papers_open(nonprofit):
        raise KindrelayError(N_("The documents were handed in and cannot be changed now."))


def _shown_name(filename: str, suffix: str) -> str:
    stem = PurePath(text.filename(filename)).stem.strip()
    return f"{stem[:MAX_FILENAME_LENGTH] or 'document'}.{suffix}"
