"""The watch page: one video, its project, and the way to give."""

import io

import segno
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.credit import relay
from app.videos import feed
from app.web.access import Rule, allow
from app.web.outside import settings
from app.web.signin import current_person
from app.web.watch import badge, linked_data
from app.web.watch.presets import amount_marks, preset_amounts, round_money
from app.web.watch.stage import stages

watch = Blueprint("watch", __name__)

watch.add_app_template_global(preset_amounts)
watch.add_app_template_global(amount_marks)
watch.add_app_template_filter(round_money)

MORE = 8
QR_SECONDS = 86400
GONE = 410


@watch.get("/v/<code>")
@allow(Rule.EVERYONE)
def video(code: str) -> ResponseReturnValue:
    person = current_person()
    with unit_of_work() as session:
        try:
            showing = feed.by_code(session, code, person.id if person else None)
        except feed.TakenDown as gone:
            return render_template("watch/taken_down.html", project=gone.project), GONE
        project = showing.project
        more = (
            feed.carrying(session, project.id, MORE, except_id=showing.video.id)
            if project
            else [one for one in feed.newest(session, MORE + 1) if one.video.id != showing.video.id][:MORE]
        )
        [stage, *others] = stages(session, [showing, *more])
        relayed = badge.of(session, showing.video)
    link = link_to(code)
    return render_template(
        "watch/video.html",
        stage=stage,
        others=others,
        relayed=relayed,
        link=link,
        json_ld=linked_data.of(stage, link),
    )


@watch.get("/v/<code>/qr.svg")
@allow(Rule.EVERYONE)
def qr(code: str) -> Response:
    with unit_of_work() as session:
        feed.by_code(session, code)
        share = relay.find(session, request.args.get("r", ""))
    return qr_picture(f"{link_to(code)}?r={share.code}" if share else link_to(code))


def link_to(code: str) -> str:
    """The address of a video as it is passed on."""
    return settings().base_url.rstrip("/") + url_for("watch.video", code=code)


def qr_picture(address: str) -> Response:
    """A QR code as an SVG picture, dark on white so that every camera reads it."""
    picture = io.BytesIO()
    code = segno.make(address, error="m")
    code.save(picture, kind="svg", scale=8, border=3, dark="#1b2130", light="#ffffff")
    answer = Response(picture.getvalue(), mimetype="image/svg+xml")
    answer.cache_control.max_age = QR_SECONDS
    answer.cache_control.public = True
    return answer
