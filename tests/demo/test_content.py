"""The demo's content holds together before anything is made of it."""

from datetime import datetime, timedelta

import pytest

from app.demo import calendar, planning, playing, scenes, visiting
from app.demo.content.captions import CAPTIONS
from app.demo.content.donations import PRESENTS
from app.demo.content.nonprofits import ORGANISATIONS
from app.demo.content.people import CREATORS, EVERYBODY, OWNERS
from app.demo.content.projects import PROJECTS
from app.demo.content.videos import IN_A_HURRY, UPLOADS
from app.demo.giving import CARD
from app.gateways.payments.sandbox.scripts import Script, script_for
from app.projects import tags
from app.videos import subtitles

TAGS = {tags.key(project.tag) for project in PROJECTS}


@pytest.fixture(params=range(7))
def a_weekday(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo is loaded on some day of the week, on which its days of giving depend."""
    today = calendar.midnight() + timedelta(days=request.param)
    monkeypatch.setattr(calendar, "midnight", lambda: today)


def test_every_gift_has_somewhere_to_go_and_every_film_moved_somebody():
    films = {upload.key for upload in UPLOADS if upload.published}
    given_to = {present.place for present in PRESENTS}
    assert given_to - films <= {f"#{project.tag}" for project in PROJECTS}
    assert films <= given_to
    assert given_to - films


@pytest.mark.usefixtures("a_weekday")
def test_no_amount_makes_the_provider_act_up():
    amounts = {one.present.amount for one in planning.gifts()} | {one.amount for one in planning.todays()}
    assert {script_for(CARD, amount) for amount in amounts} == {Script.PAYS}
    assert script_for(playing.CARD, 100) is Script.LOST


@pytest.mark.usefixtures("a_weekday")
def test_who_gives_each_month_has_done_so_for_months():
    begun = [one.at for one in planning.gifts() if one.present.monthly]
    assert len(begun) == 2
    assert all(at < calendar.ago(4 * 31) for at in begun)


@pytest.mark.usefixtures("a_weekday")
def test_the_past_is_the_same_each_time_and_nobody_gives_before_there_is_anything():
    given = planning.gifts()
    assert given == planning.gifts()
    assert [one.at for one in given] == sorted(one.at for one in given)
    assert 150 <= len(given) <= 250
    assert all(since(one.present.place) < one.at < calendar.midnight() for one in given)


@pytest.mark.usefixtures("a_weekday")
def test_a_gift_through_a_share_comes_after_that_of_whoever_shared():
    at = {one.present.name: one.at for one in planning.gifts() if one.present.name}
    shared = [present for present in PRESENTS if present.through]
    assert all(at[present.through] < at[present.name] for present in shared)
    assert any(present.through in {other.name for other in shared} for present in shared)  # two hops


@pytest.mark.usefixtures("a_weekday")
def test_givers_have_seen_what_they_give_from_and_some_have_seen_more():
    given = planning.gifts()
    seen = visiting.visits(given)
    assert seen == visiting.visits(given)
    assert all(
        since(look.film.key) <= visit.at < calendar.midnight() for visit in seen for look in visit.looks
    )
    ways: dict[str, set[str]] = {}
    for visit in seen:
        ways.setdefault(visit.visitor, set()).update(look.film.key for look in visit.looks)
    known = [one for one in given if one.giver.visitor and not one.present.through]
    from_films = [one for one in known if one.present.place in planning.FILMS]
    assert all(one.present.place in ways[one.giver.visitor] for one in from_films)
    assert any(len(ways[one.giver.visitor]) > 1 for one in from_films)


def since(place: str) -> datetime:
    film = planning.FILMS.get(place)
    return calendar.ago(film.since if film else planning.project_of(place).since)


def test_every_film_carries_a_project_of_the_demo():
    for upload in (*UPLOADS, IN_A_HURRY):
        assert len(TAGS.intersection(tags.find(upload.description))) == 1, upload.title


def test_every_scene_is_there_and_every_scene_is_shown():
    assert {upload.scene for upload in UPLOADS} == set(scenes.SCENES)
    assert {project.scene for project in PROJECTS} <= set(scenes.SCENES)


def test_the_captions_fit_their_films_in_both_languages():
    films = {upload.key: upload for upload in UPLOADS}
    for key, languages in CAPTIONS.items():
        assert set(languages) == {"en", "zh-Hans"}
        assert not films[key].silent
        for language, typed in languages.items():
            length = int(films[key].seconds * 1000)
            read = subtitles.read(typed.encode(), language=language, duration_ms=length)
            assert read.overlap is None
            assert read.cues[-1].end_ms <= length


def test_everybody_who_is_named_has_an_account():
    assert {upload.creator for upload in (*UPLOADS, IN_A_HURRY)} <= {creator.key for creator in CREATORS}
    assert {one.owner for one in ORGANISATIONS} == {owner.key for owner in OWNERS}
    assert {project.owner for project in PROJECTS} <= {one.owner for one in ORGANISATIONS if one.approval}
    assert len({somebody.email for somebody in EVERYBODY}) == len(EVERYBODY)


def test_both_languages_and_a_currency_without_cents_are_there():
    assert {project.goal.currency for project in PROJECTS} == {"CNY", "GBP", "JPY"}
    assert {somebody.locale for somebody in EVERYBODY} == {"en", "zh_Hans"}
