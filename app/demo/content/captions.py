"""What can be read under some of the videos, as their creators typed it; in the others nobody speaks."""

CAPTIONS: dict[str, dict[str, str]] = {
    "boats": {
        "en": """
            0:00.2 [Water, and a few bells]
            0:01.6 Ward Four drew forty boats.
            0:03.2 Tonight they float.
        """,
        "zh-Hans": """
            0:00.2 （水声，几下铃声）
            0:01.6 四号病房画了四十只船。
            0:03.2 今晚，它们下水了。
        """,
    },
    "lunch": {
        "zh-Hans": """
            0:00.2 （轻轻的铃声）
            0:01.4 阿朵画了一碗面，
            0:02.8 面上有三道热气。
            0:04.2 一道，两道，三道。可以吃了。
        """,
        "en": """
            0:00.2 [Soft bells]
            0:01.4 Aduo drew a bowl of noodles
            0:02.8 with three curls of steam.
            0:04.2 One, two, three. Now we eat.
        """,
    },
    "dawn": {
        "zh-Hans": """
            0:00.2 （山风，铃声）
            0:01.8 六点四十，灯亮着。
            0:03.4 第一个到的，还是红衣服的那个。
        """,
        "en": """
            0:00.2 [Wind, and bells]
            0:01.8 Six forty. The light is on.
            0:03.4 The one in red is first again.
        """,
    },
}
