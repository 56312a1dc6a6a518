"""The relay on a watch page: through how many hands the video came, and what its sharer's own link led to."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from app.credit import relay
from app.credit.models import Share
from app.credit.relay import Chain
from app.videos.models import Video
from app.web import visitors
from app.web.outside import settings


@dataclass(frozen=True)
class Badge:
    """`hands` is how many people passed the video on before it came here, 0 for none. `chain` is what came of
    the visitor's own link to it, seen whole at `address`; None for whoever has not passed it on."""

    hands: int
    address: str = ""
    chain: Chain | None = None


def of(session: Session, video: Video) -> Badge:
    """The badge of a video for the visitor who looks at it. Nobody sees what came of another's link."""
    came = relay.find(session, visitors.came_by())
    hands = relay.hands(session, came.code) if came is not None and came.video_id == video.id else 0
    made = relay.made_by(session, visitors.passed_on())
    own = next((share for share in made if share.video_id == video.id), None)
    return Badge(hands, own_address(own), relay.chain(session, own.id)) if own is not None else Badge(hands)


def own_address(share: Share) -> str:
    """Where the maker of a share sees what came of it."""
    return url_for("watch_relay.own", share_token=relay.own_token(share.code, settings().secret_key))
