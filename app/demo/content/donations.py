"""The demo's gifts: who gave how much from where, what they said, and how many gave quietly."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Present:
    """A gift from a video (its key) or, with a # before it, straight to the project of that tag.

    `amount` is in minor units. Without a name it is anonymous. `through` is the name of the giver whose link
    it came by; `refunded` is what was given back of it later; `disputed` is the reason for which a bank asks
    for it back.
    """

    place: str
    amount: int
    name: str = ""
    message: str = ""
    email: str = ""
    note: str = ""
    through: str = ""
    monthly: bool = False
    refunded: int = 0
    refund_reason: str = ""
    disputed: str = ""


# In the order of time, place by place; the last one of each film is made on the day the demo is loaded.
PRESENTS = (
    Present("lunch", 600, "豆豆妈妈", "一顿，给阿朵。"),
    Present("lunch", 6_000, "隔壁老王", "我家的也爱画碗，从来不画勺。"),
    Present(
        "lunch",
        57_000,
        "周末不加班",
        "一个孩子，一学期。",
        email="zhou@donors.example",
        note="请开具捐赠票据。",
    ),
    Present("lunch", 1_200),
    Present("lunch", 20_000, "林小路", "看完饿了。捐完还是饿。"),
    Present("lunch", 3_000, "三班全体", "一人一块。"),
    Present("lunch", 8_800, "阿嬷的厨房", "荷包蛋要溏心的。"),
    Present("lunch", 50_000, disputed="fraudulent"),
    Present("lunch", 6_600, "Wei in Leeds", "From one homesick noodle eater."),
    Present("lunch", 10_000, "河马先生"),
    Present("dawn", 18_000, "早起的鸟", "一盏灯。"),
    Present("dawn", 5_000, "白石小学 2009 届", "那时候我们用的是煤油灯。"),
    Present("dawn", 108_000, "柳湾茶社", "六盏，一间教室的灯。", email="chashe@donors.example"),
    Present("dawn", 2_000),
    Present("dawn", 9_900, "小北", "把手电还给奶奶那句，看哭了。", through="白石小学 2009 届"),
    Present("dawn", 3_600, "柚子树下", "小北转给我的。", through="小北"),
    Present("dawn", 6_000, "二舅", "群里看到的。", through="白石小学 2009 届"),
    Present("dawn", 30_000, "陈木木"),
    Present("rain", 3_300, "打伞的人", "给老师换一把新伞吧。", email="umbrella@donors.example", monthly=True),
    Present("rain", 20_000, refunded=18_000, refund_reason="捐赠人来信：想捐 20 元，多按了一个零。"),
    Present("rain", 15_000, "南方有雨", "我上学的路也是这样的。"),
    Present("rain", 1_000, "路过", "石板一块。"),
    Present("rain", 26_000, "石头记"),
    Present("book", 6_000, "读书郎", "补一页。"),
    Present("book", 24_000, "纸鸢", "补四页，刚好四个洞。"),
    Present("book", 90_000, "县志里的人", "这一卷的扫描我来。", email="xianzhi@donors.example"),
    Present("book", 6_000),
    Present("book", 12_000, "慢慢来"),
    Present("book", 32_000, "学徒阿青的姐姐", "他说手上全是浆糊味。"),
    Present("boats", 600, "Oona", "One boat, please. Blue."),
    Present("boats", 4_500, "The Thursday choir", "For an afternoon with the art teacher."),
    Present("boats", 1_200, "Nadia's grandad", "Two boats. And keep an eye on that whale."),
    Present(
        "boats",
        18_000,
        "Pier Street Rowers",
        "We will row for nothing, but have this too.",
        email="row@donors.example",
    ),
    Present("boats", 2_500),
    Present("boats", 1_000, "Ikram", through="Oona"),
    Present("boats", 600, "小船", "A boat from the other side of the world. 从很远的地方，放一只船。"),
    Present("boats", 3_000, "Bea & Lou", "We watched it four times.", through="Oona"),
    Present("boats", 900, "Lou's mum", "They made me watch it too.", through="Bea & Lou"),
    Present("boats", 6_000, disputed="unrecognized"),
    Present("boats", 750, "night nurse", "I was there. It is even better with the lights off."),
    Present("bridge", 600, "Fergus", email="fergus@donors.example", monthly=True),
    Present("bridge", 1_800, "Lamp post appreciation society", "Was the lamp post fixed?"),
    Present("bridge", 2_400, "", ""),
    Present("bridge", 1_200, "M.", "Slow river, quick tears."),
    Present("coats", 2_800, "Upper Fold parents", "Ours arrived. This is for the next school."),
    Present("coats", 2_400, "Joss"),
    Present("coats", 9_900, "Three sisters", "One of each size.", email="sisters@donors.example"),
    Present("coats", 3_300, "", ""),
    Present("coats", 14_000, "The knitting table", "Five coats and our love."),
    Present(
        "coats",
        500,
        "Pocket money",
        "I have two coats.",
        refunded=500,
        refund_reason="A parent wrote: it was lovely, and it was their card.",
    ),
    Present("coats", 5_600, "Ravi"),
    Present("dog", 1_200, "Kenta", "A week of dinners for Momo."),
    Present("dog", 8_000, "Thursday person", "For the vet.", email="thursday@donors.example"),
    Present("dog", 3_000),
    Present("dog", 500, "さくら", "モモ、長生きしてね。"),
    Present("dog", 46_000, "Old school, class of 1978", "We were cold in that room too."),
    Present("dog", 2_400, "Pip the spaniel", "Woof."),
    Present("#点画成真", 12_000),
    Present("#点画成真", 200_000, "云溪面馆", "一个班，一学期的第一个月。"),
    Present("#山里的灯", 72_000, "退休电工老吴", "安装我也可以来。"),
    Present(
        "#draw-it-into-reality",
        25_000,
        "Marsh & Daughters, lamp makers",
        "Lamps at cost from now on as well.",
    ),
    Present("#warm-coats", 40_000, "St Bride's harvest supper"),
    Present("#ginkgo-yard", 12_000, "Two keepers' mothers", "Buy yourselves gloves."),
)


@dataclass(frozen=True)
class Crowd:
    """People who gave from a place and said nothing: how many gifts, and of which amounts."""

    place: str
    gifts: int
    amounts: tuple[int, ...]


YUAN = (600, 1_000, 1_200, 2_000, 3_000, 5_000, 6_600, 8_800)
PENCE = (300, 500, 600, 1_000, 1_200, 1_500)
YEN = (500, 1_000, 1_200, 1_500, 2_400)

CROWDS = (
    Crowd("lunch", 40, YUAN),
    Crowd("#点画成真", 5, YUAN),
    Crowd("rain", 16, YUAN),
    Crowd("dawn", 12, YUAN),
    Crowd("#山里的灯", 3, YUAN),
    Crowd("book", 22, YUAN),
    Crowd("#一页一页", 3, YUAN),
    Crowd("bridge", 8, PENCE),
    Crowd("boats", 12, PENCE),
    Crowd("#draw-it-into-reality", 4, PENCE),
    Crowd("coats", 12, PENCE),
    Crowd("#warm-coats", 2, PENCE),
    Crowd("dog", 19, YEN),
    Crowd("#ginkgo-yard", 3, YEN),
)

# Who gives, by currency, beside those who have no name.
NAMES = {
    "CNY": (
        "阿柚",
        "南门修表",
        "老街豆浆",
        "半亩田",
        "林间小屋",
        "周三见",
        "橘子汽水",
        "王阿姨",
        "听雨",
        "云上的牛",
    ),
    "GBP": (
        "Marnie",
        "The Hale family",
        "Old Tom",
        "Priya",
        "Nine Lamps Lane",
        "J. Fairweather",
        "Wren",
        "Dov",
    ),
    "JPY": ("Mio", "たなか", "Old neighbour", "Yuzu", "三丁目の猫", "Ken & Aya", "Hal", "ひなた"),
}
