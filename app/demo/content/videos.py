"""The demo's videos, in the order in which they were uploaded; the last one stands first in the feed."""

from dataclasses import dataclass

from app.demo.film import Stage

UPRIGHT = Stage(720, 1280)
SMALL = Stage(480, 854)
WIDE = Stage(854, 480)


@dataclass(frozen=True)
class Upload:
    """A video of `since` days ago. Its tag may stand in its description; `stage`, `silent` and `seconds` say
    how it is shot."""

    key: str
    since: int
    creator: str
    scene: str
    title: str
    description: str
    seconds: float = 5
    stage: Stage = UPRIGHT
    silent: bool = False
    published: bool = True


UPLOADS = (
    Upload(
        "rain",
        168,
        "ayan",
        "tea",
        "雨天，接她过坡",
        "伞够两个人。路修好以后，也许就用不着我了。#山里的灯",
    ),
    Upload(
        "dog",
        155,
        "hana",
        "dog",
        "Thirty breaths of Momo",
        "He is fourteen. He has slept through two earthquakes and one parade. #ginkgo-yard",
    ),
    Upload(
        "bridge",
        150,
        "tobias",
        "river",
        "The boats, seen from the bridge",
        "I only came to fix a lamp post. Then forty paper boats went under me. #draw-it-into-reality",
        seconds=4,
        stage=WIDE,
    ),
    Upload(
        "lunch",
        128,
        "xiaoman",
        "bowl",
        "照着阿朵的画，做了一碗面",
        "她画了三道热气，我就等到有三道热气才端上来。#点画成真",
        seconds=6,
    ),
    Upload(
        "book",
        118,
        "shouye",
        "book",
        "第二卷，四个洞",
        "没有声音，修书的时候本来就没有声音。#一页一页",
        silent=True,
        seconds=5.5,
    ),
    Upload(
        "coats",
        101,
        "tobias",
        "coats",
        "Five coats on the line, one van, some snow",
        "They air for a day so that they do not smell of the mill. Then they go. #warm-coats",
    ),
    Upload(
        "dawn",
        47,
        "ayan",
        "school",
        "六点四十，灯亮着",
        "第一个到的总是穿红衣服的那个。#山里的灯",
    ),
    Upload(
        "draft",
        31,
        "hana",
        "dog",
        "Second take, without the sneeze",
        "Not sure yet. #ginkgo-yard",
        seconds=3,
        stage=SMALL,
        published=False,
    ),
    Upload(
        "boats",
        17,
        "mara",
        "river",
        "They drew boats. We floated them.",
        "Ward Four, Sunday evening. The red one is Nadia's brother's. #draw-it-into-reality",
    ),
)

# A text file that calls itself a film: what somebody in a hurry really uploads.
IN_A_HURRY = Upload("hurry", 2, "tobias", "", "Snow, final FINAL", "#warm-coats")
HURRIED_FILE = (
    b"To do before Friday\n\n- export the film (NOT this list)\n- send it to Edith\n- buy string, tape, tea\n"
    b"- find out which file is the film\n"
)
