"""What everybody finds: the feed, projects, nonprofits."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.money import Money
from app.donations import offers, wall
from app.nonprofits import directory
from app.projects import queries, stories, updates
from app.projects.models import Project
from app.reports import totals
from app.videos import feed
from app.web.access import Rule, allow
from app.web.outside import settings
from app.web.public import honesty
from app.web.shown import media_url
from app.web.watch.stage import stages
from app.web.watch.views import qr_picture

public = Blueprint("public", __name__)

FEED_PAGE = 6
MOST_PAGES = 500
VIDEOS = 12
MOVERS = 5
GIFTS = 24
UPDATES = 12


@public.get("/")
@allow(Rule.EVERYONE)
def home() -> ResponseReturnValue:
    with unit_of_work() as session:
        showings = feed.newest(session, FEED_PAGE + 1, request.args.get("after"))
        shown = stages(session, showings[:FEED_PAGE])
    last = shown[-1].showing.video.code if len(showings) > FEED_PAGE else None
    return render_template("public/home.html", stages=shown, more_after=last)


@public.get("/projects")
@allow(Rule.EVERYONE)
def projects() -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:200]
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    with unit_of_work() as session:
        found = queries.find(session, words, page)
        more = len(found) == queries.PAGE and bool(queries.find(session, words, page + 1))
        cards = project_cards(session, found)
    return render_template("public/projects.html", cards=cards, words=words, page=page, more=more)


@public.get("/t/<path:tag>")
@allow(Rule.EVERYONE)
def tag(tag: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        code = queries.by_tag(session, tag).code
    return redirect(url_for("public.project", code=code), code=302)


@public.get("/p/<code>")
@allow(Rule.EVERYONE)
def project(code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = queries.by_code(session, code)
        news = updates.of(session, found, UPDATES)
        page = {
            "project": found,
            "raised": totals.of_projects(session, [found])[found.id],
            "raised_by_video": totals.of_videos(session, found),
            "movers": totals.most_moving(session, found, MOVERS),
            "stages": stages(session, feed.carrying(session, found.id, VIDEOS)),
            "gifts": wall.of(session, found, GIFTS),
            "obstacle": offers.of_project(session, code, settings().payment_provider).obstacle,
        }
    return render_template(
        "public/project.html",
        **page,
        goal=Money(found.goal_minor, found.currency),
        story=stories.to_html(found.story),
        news=[(update, stories.to_html(update.body)) for update in news],
        cover=media_url(found.cover_key) if found.cover_key else None,
        honesty=honesty.of(found, news[0].at if news else None),
        link=link_to(code),
    )


@public.get("/p/<code>/qr.svg")
@allow(Rule.EVERYONE)
def project_qr(code: str) -> Response:
    with unit_of_work() as session:
        queries.by_code(session, code)
    return qr_picture(link_to(code))


@public.get("/n/<code>")
@allow(Rule.EVERYONE)
def nonprofit(code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = directory.by_code(session, code)
        cards = project_cards(session, queries.published_of_nonprofit(session, found.id))
    return render_template("public/nonprofit.html", nonprofit=found, cards=cards)


@public.get("/robots.txt")
@allow(Rule.EVERYONE)
def robots() -> Response:
    closed = (
        "/admin",
        "/desk",
        "/studio",
        "/d/",
        "/gifts/",
        "/monthly/",
        "/sandbox",
        "/hooks",
        "/reset",
        "/shares",
        "/sign-",
    )
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "Disallow: /*/donate", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def project_cards(session: Session, found: Iterable[Project]) -> list[dict[str, Any]]:
    """The arguments of the `project_card` macro for each project; one query for all of their totals."""
    listed = list(found)
    raised = totals.of_projects(session, listed) if listed else {}
    return [
        {
            "href": url_for("public.project", code=one.code),
            "title": one.title,
            "cover_url": media_url(one.cover_key) if one.cover_key else None,
            "nonprofit": one.nonprofit.name,
            "tag_name": one.tag,
            "raised": raised[one.id].amount,
            "goal": Money(one.goal_minor, one.currency),
            "donors": raised[one.id].donations,
            "closed": one.status == "closed",
        }
        for one in listed
    ]


def link_to(code: str) -> str:
    """The address of a project as it is passed on."""
    return settings().base_url.rstrip("/") + url_for("public.project", code=code)
