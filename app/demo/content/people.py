"""The demo's people. They share one password, which is printed when the demo is ready."""

from dataclasses import dataclass

PASSWORD = "paper-boats-2026"  # noqa: S105 (of invented people on a demo platform, printed on purpose)


@dataclass(frozen=True)
class Somebody:
    """A person with an account; `does` tells the reader of the sign-in list what they are there for."""

    key: str
    name: str
    locale: str
    does: str

    @property
    def email(self) -> str:
        return f"{self.key}@demo.kindrelay.example"


ADMIN = Somebody("admin", "Ada Admin", "en", "runs the platform: verification queue, kept mail, dead tasks")

OWNERS = (
    Somebody("shandeng", "林知夏", "zh_Hans", "owns 山灯 (CNY): 点画成真, 山里的灯"),
    Somebody("nanpo", "沈砚秋", "zh_Hans", "owns 南坡守书 (CNY): 一页一页"),
    Somebody("harbour", "Edith Marlow", "en", "owns Harbour Lantern (GBP): two projects"),
    Somebody("ginkgo", "Sora Aoki", "en", "owns Ginkgo Yard (JPY)"),
    Somebody("saltmarsh", "Ines Calder", "en", "owns Saltmarsh Rescue, which waits to be verified"),
)

CREATORS = (
    Somebody("xiaoman", "小满", "zh_Hans", "creator"),
    Somebody("ayan", "阿岩老师", "zh_Hans", "creator"),
    Somebody("shouye", "守页人", "zh_Hans", "creator"),
    Somebody("mara", "Mara Quill", "en", "creator"),
    Somebody("tobias", "Tobias Fell", "en", "creator in a hurry: one upload was refused"),
    Somebody("hana", "Hana Mori", "en", "creator with a draft"),
)

EVERYBODY = (ADMIN, *OWNERS, *CREATORS)
