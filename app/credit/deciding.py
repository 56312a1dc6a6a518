"""How donations are split: by their projects' rules, over what is known of how their donors came."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credit import paths, touches
from app.credit.inheritance import Decision
from app.credit.paths import MADE_FROM, Step
from app.credit.rules import RULES, Rule
from app.donations.models import Donation, MonthlyGift
from app.projects.models import Project
from app.videos.models import DonationLink, Video


@dataclass(frozen=True)
class _Terms:
    """A project's rule, and how far it looks back."""

    rule: Rule
    window: timedelta


def of(session: Session, donations: Sequence[Donation]) -> dict[int, Decision]:
    """What each donation's path is worth to the videos on it, by the donation's id.

    The video it was made from is always known. What came before is known of a visitor who agreed, and counts
    if those videos raise money for the same project. A later month of a gift was made from its video when the
    gift was begun.
    """
    terms = _terms(session, {one.project_id for one in donations})
    met = touches.before(session, donations, max((one.window for one in terms.values()), default=timedelta()))
    begun = _begun(session, {one.monthly_gift_id for one in donations if one.monthly_gift_id is not None})
    steps = {
        one.id: paths.path(
            [*_made_from(one, begun), *met.get(one.id, ())], one.created_at, terms[one.project_id].window
        )
        for one in donations
    }
    codes = _codes(session, {step.video_id for path in steps.values() for step in path})
    links = _links(session, {one.link_id for one in donations if one.link_id is not None})
    return {
        one.id: _decided(one, terms[one.project_id], steps[one.id], codes, links.get(one.link_id or 0))
        for one in donations
    }


def _made_from(donation: Donation, begun: Mapping[int, datetime]) -> Iterable[Step]:
    if donation.video_id is not None:
        at = begun.get(donation.monthly_gift_id or 0, donation.created_at)
        yield Step(donation.video_id, MADE_FROM, at)


def _begun(session: Session, gift_ids: Collection[int]) -> dict[int, datetime]:
    """When monthly gifts were first given, by their ids."""
    if not gift_ids:
        return {}
    rows = session.execute(
        select(MonthlyGift.id, Donation.created_at)
        .join(Donation, Donation.id == MonthlyGift.first_donation_id)
        .where(MonthlyGift.id.in_(gift_ids))
    )
    return dict(rows.all())


def _decided(
    donation: Donation, terms: _Terms, path: Sequence[Step], codes: Mapping[int, str], link: str | None
) -> Decision:
    weights = paths.weights(terms.rule, path, donation.created_at)
    evidence: dict[str, Any] = {
        "path": [
            {
                "video": codes[step.video_id],
                "kind": step.kind,
                "at": step.at.isoformat(),
                "link": link if step.kind == MADE_FROM else None,
            }
            for step in path
        ],
        "weights": [[codes[step.video_id], str(weights[step.video_id])] for step in path],
        "window_days": terms.window.days,
        "given_at": donation.created_at.isoformat(),
    }
    return Decision(weights, terms.rule.name, terms.rule.version, evidence)


def _terms(session: Session, project_ids: Collection[int]) -> dict[int, _Terms]:
    rows = session.execute(
        select(Project.id, Project.credit_rule, Project.credit_window_days).where(Project.id.in_(project_ids))
    )
    return {project_id: _Terms(RULES[rule], timedelta(days=days)) for project_id, rule, days in rows}


def _codes(session: Session, video_ids: Collection[int]) -> dict[int, str]:
    return dict(session.execute(select(Video.id, Video.code).where(Video.id.in_(video_ids))).all())


def _links(session: Session, link_ids: Collection[int]) -> dict[int, str]:
    rows = session.execute(select(DonationLink.id, DonationLink.code).where(DonationLink.id.in_(link_ids)))
    return dict(rows.all())
