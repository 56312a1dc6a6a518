import zlib
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.settings import Settings
from app.gateways.s3 import open_store
from app.projects import covers
from tests import nearby
from tests.factories import person, project


def _picture(kind: str, size: tuple[int, int] = (300, 200), mode: str = "RGB", **values: object) -> bytes:
    sink = BytesIO()
    Image.new(mode, size, "teal").save(sink, kind, **values)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("PNG", "P")]
)
def test_pictures_become_plain_jpegs(kind: str, mode: str) -> None:
    with Image.open(BytesIO(covers.redrawn(_picture(kind, mode=mode)))) as drawn:
        assert (drawn.format, drawn.mode, drawn.size) == ("JPEG", "RGB", (300, 200))


def test_a_large_picture_is_made_smaller() -> None:
    with Image.open(BytesIO(covers.redrawn(_picture("PNG", (3200, 1000))))) as drawn:
        assert drawn.size == (1600, 500)


def test_where_and_with_what_it_was_taken_is_gone() -> None:
    exif = Image.Exif()
    exif[0x0110] = "SecretPhone"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[2] = (52.0, 22.0, 1.0)
    taken = _picture("JPEG", exif=exif.tobytes(), comment=b"SecretPlace")
    assert b"SecretPhone" in taken
    drawn = covers.redrawn(taken)
    assert b"Secret" not in drawn
    with Image.open(BytesIO(drawn)) as picture:
        assert not picture.getexif()
        assert picture.size == (200, 300)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a JPEG"),
        (_picture("GIF"), "not a JPEG"),
        (_picture("JPEG")[:400], "not a JPEG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "not a JPEG"),
        (_picture("JPEG") + b"\0" * covers.MAX_BYTES, "larger than 5 MB"),
        (_picture("PNG", (10_000, 5_000), "1"), "too many pixels"),
    ],
    ids=["empty", "svg", "gif", "cut", "broken", "heavy", "huge"],
)
def test_anything_else_is_refused_beside_its_field(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        covers.redrawn(content)
    assert refused.value.field == "cover"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    packed = zlib.compress(b"\0" * 1_000_000)
    side = (60_000).to_bytes(4, "big")
    chunk = b"IHDR" + side + side + b"\x08\x02\0\0\0"
    bomb = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    data = b"IDAT" + packed
    bomb += len(packed).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")
    with pytest.raises(Invalid, match="too many pixels"):
        covers.redrawn(bomb)


def test_a_cover_is_read_by_everybody_and_replaces_the_one_before(
    session: Session, settings: Settings
) -> None:
    bucket, made = open_store(settings).media, project(session)
    first = covers.store(bucket, made.code, _picture("PNG"))
    assert covers.attach(session, made, person(session).id, first) is None
    assert nearby.get(bucket.public_url(first)).headers["content-type"] == "image/jpeg"
    second = covers.store(bucket, made.code, _picture("PNG"))
    assert covers.attach(session, made, person(session).id, second) == first
    assert made.cover_key == second != first
