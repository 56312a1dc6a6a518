"""Covers: a picture checked by its content, redrawn without its metadata, put where everybody can read it."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.ids import new_code
from app.gateways.object_store import Bucket
from app.projects.drafting import subject
from app.projects.models import Project

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 1600
QUALITY = 84
FORMATS = ("JPEG", "PNG", "WEBP")


def store(bucket: Bucket, project_code: str, content: bytes) -> str:
    """Redraw a picture and put it into the media bucket under a key nobody can guess.

    Call it outside of any transaction. Returns the key. Raises Invalid("cover"), StorageUnavailable.
    """
    key = f"covers/{project_code}/{new_code(22)}.jpg"
    bucket.put(key, redrawn(content), "image/jpeg")
    return key


def redrawn(content: bytes) -> bytes:
    """An upright JPEG of at most 1600 pixels a side, with no metadata. Raises Invalid("cover")."""
    if len(content) > MAX_BYTES:
        raise Invalid("cover", N_("This file is larger than %(size)s MB."), size=MAX_BYTES // 1024**2)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            flat = _on_white(upright)
    except Image.DecompressionBombError:
        raise Invalid("cover", N_("This picture has too many pixels. Make it smaller first.")) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Invalid("cover", N_("This is not a JPEG, PNG or WebP picture that we can read.")) from None
    drawn = BytesIO()
    flat.save(drawn, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return drawn.getvalue()


def attach(session: Session, project: Project, person_id: int, key: str) -> str | None:
    """Make a stored picture the project's cover; returns the old one's key, to delete after the commit."""
    before, project.cover_key = project.cover_key, key
    audit.record(session, "project.cover_changed", person_id, subject(project))
    return before


def _on_white(picture: Image.Image) -> Image.Image:
    """The bare pixels in RGB: neither transparency nor EXIF, XMP, profiles or comments."""
    colours = picture.convert("RGBA")
    flat = Image.new("RGB", colours.size, "white")
    flat.paste(colours, mask=colours.getchannel("A"))
    return flat
