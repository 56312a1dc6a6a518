import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.settings import Settings
from app.gateways.object_store import Bucket
from app.gateways.s3 import open_store
from app.nonprofits import documents
from app.nonprofits.models import Document, Nonprofit
from tests import nearby
from tests.factories import nonprofit, person

PDF = b"%PDF-1.7\n%made for a test\n"


@pytest.fixture
def bucket(settings: Settings) -> Bucket:
    return open_store(settings).private


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
    ],
)
def test_a_file_is_known_by_its_content(content: bytes, kind: str) -> None:
    assert documents.recognised(content)[0] == kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script>", "not a PDF"),
        (b"MZ\x90\0", "not a PDF"),
        (b" %PDF-1.7", "not a PDF"),
        (PDF + b"\0" * documents.MAX_BYTES, "larger than 10 MB"),
    ],
)
def test_anything_else_is_refused_whatever_its_name(content: bytes, said: str, bucket: Bucket) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        documents.store(bucket, "abc", "registration", "certificate.pdf", content)
    assert refused.value.field == "file"


def test_an_unknown_kind_is_refused(bucket: Bucket) -> None:
    with pytest.raises(Invalid) as refused:
        documents.store(bucket, "abc", "selfie", "a.pdf", PDF)
    assert refused.value.field == "kind"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("certificate.pdf", "certificate.pdf"),
        ("C:\\Users\\mei\\登记证书.PDF", "登记证书.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("a\r\nb\x00.exe", "a  b.pdf"),
        ("", "document.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_the_name_shown_is_harmless(bucket: Bucket, given: str, shown: str) -> None:
    assert documents.store(bucket, "abc", "other", given, PDF).filename == shown


def test_a_document_is_read_by_a_signed_address_only(session: Session, bucket: Bucket) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="draft")
    file = documents.store(bucket, at.code, "certificate", "登记.pdf", PDF)
    document = documents.add(session, at, owner.id, file)
    assert nearby.get(bucket.public_url(document.object_key)).status_code == 403
    answer = nearby.get(documents.address(bucket, document))
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")


def _file(session: Session) -> documents.StoredFile:
    return documents.StoredFile("other", "a.pdf", "application/pdf", 9, "documents/x.pdf")


@pytest.mark.parametrize("status", ["submitted", "verified", "rejected", "suspended"])
def test_what_was_handed_in_stays_as_it_was(session: Session, status: str) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status=status)
    [held] = documents.of(session, at)
    with pytest.raises(KindrelayError, match="handed in"):
        documents.add(session, at, owner.id, _file(session))
    with pytest.raises(KindrelayError, match="handed in"):
        documents.remove(session, at, held, owner.id)


@pytest.mark.parametrize("change", ["add", "remove"])
def test_papers_handed_in_meanwhile_keep_their_documents(session: Session, change: str) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="draft")
    [held] = documents.of(session, at)
    # As another connection would: the object in hand does not hear of it.
    session.execute(update(Nonprofit).values(status="submitted").execution_options(synchronize_session=False))
    changes = {
        "add": lambda: documents.add(session, at, owner.id, _file(session)),
        "remove": lambda: documents.remove(session, at, held, owner.id),
    }
    with pytest.raises(KindrelayError, match="handed in"):
        changes[change]()


def test_a_document_is_removed_while_the_papers_are_open(session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="changes_requested")
    [held] = documents.of(session, at)
    assert documents.remove(session, at, held, owner.id) == held.object_key
    session.flush()
    assert documents.of(session, at) == []


def test_there_is_room_for_twenty(session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="draft")
    for _ in range(documents.MAX_DOCUMENTS - 1):
        documents.add(session, at, owner.id, _file(session))
    with pytest.raises(KindrelayError, match="20 documents already"):
        documents.add(session, at, owner.id, _file(session))


def test_another_organisations_document_is_not_found(session: Session) -> None:
    [held] = documents.of(session, nonprofit(session))
    assert isinstance(held, Document)
    with pytest.raises(NotFound):
        documents.one(session, nonprofit(session), held.code)
