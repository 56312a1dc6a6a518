"""The demo's moving pictures, one module a scene, and what is heard in each."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from app.demo import sound
from app.demo.film import Clip, Layer, Stage, still
from app.demo.scenes import book, bowl, coats, dog, river, school, tea

COVER = Stage(1280, 720)


@dataclass(frozen=True)
class Scene:
    """A picture that moves: how to paint it, what is heard, and its best moment (seconds)."""

    paint: Callable[[Stage], list[Layer]]
    sound: str
    best: float


SCENES = {
    "bowl": Scene(bowl.paint, sound.music("13560653068", 0.62), 5.6),
    "school": Scene(school.paint, sound.over(sound.wind(7), "1030503060508", 0.54), 6.0),
    "tea": Scene(tea.paint, sound.over(sound.rain(8), "5030200010020", 0.56), 3.0),
    "river": Scene(river.paint, sound.over(sound.water(9), "6053020305060", 0.55), 4.0),
    "book": Scene(book.paint, sound.music("2010302050", 0.7), 4.25),
    "dog": Scene(dog.paint, sound.over(sound.wind(10), "3051306030501", 0.5), 3.2),
    "coats": Scene(coats.paint, sound.over(sound.wind(11), "5030602050308", 0.52), 2.4),
}


def clip(name: str, seconds: float, stage: Stage, silent: bool = False) -> Clip:
    """A scene as a clip to shoot."""
    scene = SCENES[name]
    return Clip(scene.paint, None if silent else scene.sound, seconds, stage)


def cover(name: str) -> bytes:
    """The best moment of a scene as a wide picture: a JPEG of 1280 × 720 pixels."""
    scene = SCENES[name]
    page = BytesIO()
    still(scene.paint(COVER), COVER, scene.best).save(page, "JPEG", quality=88)
    return page.getvalue()
