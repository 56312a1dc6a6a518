"""What came of the links somebody passed on: shown to whoever made them, by signed addresses and a cookie."""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.db import unit_of_work
from app.credit import relay
from app.credit.models import Share
from app.videos.models import Video
from app.web import visitors
from app.web.access import Rule, allow
from app.web.outside import settings
from app.web.private import private
from app.web.watch.badge import own_address
from app.web.watch.stage import addresses
from app.web.watch.views import link_to

watch_relay = Blueprint("watch_relay", __name__)


@watch_relay.get("/shares")
@allow(Rule.EVERYONE)
def mine() -> ResponseReturnValue:
    """Everything that was passed on from this browser, as far as its visitor has agreed to be known."""
    with unit_of_work() as session:
        shares = relay.made_by(session, visitors.passed_on())
        videos = _videos(session, shares)
        grown = relay.chains(session, [share.id for share in shares])
    links = [(own_address(share), videos[share.video_id], grown[share.id]) for share in shares]
    return private(render_template("watch/shares.html", links=links, agreed=visitors.agreed()))


@watch_relay.get("/shares/<share_token>")
@allow(Rule.EVERYONE)
def own(share_token: str) -> ResponseReturnValue:
    """What came of one link, for whoever has its signed address: the person who made it."""
    with unit_of_work() as session:
        share = relay.by_token(session, share_token, settings().secret_key)
        video = _videos(session, [share])[share.video_id]
        chain = relay.chain(session, share.id)
    page = render_template(
        "watch/share.html",
        share=share,
        video=video,
        poster=addresses(video)["poster"],
        link=f"{link_to(video.code)}?r={share.code}",
        here=settings().base_url.rstrip("/") + request.path,
        chain=chain,
    )
    return private(page)


@watch_relay.get("/shares/<share_token>/chain")
@allow(Rule.EVERYONE)
def chain(share_token: str) -> Response:
    """What came of a link so far, as the piece of the page that shows it."""
    with unit_of_work() as session:
        share = relay.by_token(session, share_token, settings().secret_key)
        grown = relay.chain(session, share.id)
    return private(render_template("donate/chain.html", chain=grown))


def _videos(session: Session, shares: Sequence[Share]) -> dict[int, Video]:
    """The videos that were shared, by id, with their creators."""
    wanted = select(Video).where(Video.id.in_([share.video_id for share in shares]))
    return {video.id: video for video in session.scalars(wanted.options(joinedload(Video.creator)))}
