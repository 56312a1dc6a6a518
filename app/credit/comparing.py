"""What a decision would change, before anybody decides: the credit as it stands, and as it would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.money import Money
from app.credit import credits, disputes, moving
from app.donations.models import Donation
from app.videos.models import Video


@dataclass(frozen=True)
class Change:
    """A video's part of a gift now and after a decision, less what refunds have taken of it. `video` (with
    its creator) is None for the uncredited part."""

    video: Video | None
    before: Money
    after: Money


def changes(session: Session, donation: Donation, parts: Mapping[str, int]) -> Sequence[Change]:
    """What moving a donation's credit by `parts` (as `disputes.move` takes them) would do. Writes nothing.

    Raises Invalid as `disputes.weights_of` does.
    """
    weights = disputes.weights_of(session, donation, parts)
    held = credits.standing(session, [donation.id])[donation.id]
    before = {one.credit.video_id: one.credit.amount_minor - one.gone for one in held}
    planned = moving.plan(donation, held, weights, {})
    after = {row["video_id"]: row["amount_minor"] - gone for row, gone in planned}
    named = list(dict.fromkeys([*before, *after]))
    found = (
        select(Video).where(Video.id.in_([one for one in named if one])).options(joinedload(Video.creator))
    )
    videos = {video.id: video for video in session.scalars(found)}
    return [
        Change(
            videos[one] if one else None,
            Money(before.get(one, 0), donation.currency),
            Money(after.get(one, 0), donation.currency),
        )
        for one in named
    ]
