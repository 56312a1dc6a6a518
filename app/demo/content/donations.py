"""The demo's gifts: who gave how much from where, and what they said in public."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Present:
    """A gift from a video (its key) or, with a # before it, straight to the project of that tag.

    `amount` is in minor units. Without a name it is anonymous.
    """

    place: str
    amount: int
    name: str = ""
    message: str = ""
    email: str = ""
    note: str = ""


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
    Present("lunch", 50_000),
    Present("lunch", 6_600, "Wei in Leeds", "From one homesick noodle eater."),
    Present("lunch", 10_000, "河马先生"),
    Present("dawn", 18_000, "早起的鸟", "一盏灯。"),
    Present("dawn", 5_000, "白石小学 2009 届", "那时候我们用的是煤油灯。"),
    Present("dawn", 108_000, "柳湾茶社", "六盏，一间教室的灯。", email="chashe@donors.example"),
    Present("dawn", 2_000),
    Present("dawn", 9_900, "小北", "把手电还给奶奶那句，看哭了。"),
    Present("dawn", 30_000, "陈木木"),
    Present("rain", 6_600, "打伞的人", "给老师换一把新伞吧。"),
    Present("rain", 20_000),
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
    Present("boats", 1_000, "Ikram"),
    Present("boats", 600, "小船", "A boat from the other side of the world. 从很远的地方，放一只船。"),
    Present("boats", 3_000, "Bea & Lou", "We watched it four times."),
    Present("boats", 750, "night nurse", "I was there. It is even better with the lights off."),
    Present("boats", 6_000),
    Present("bridge", 1_800, "Lamp post appreciation society", "Was the lamp post fixed?"),
    Present("bridge", 600, "Fergus"),
    Present("bridge", 2_400, "", ""),
    Present("bridge", 1_200, "M.", "Slow river, quick tears."),
    Present("coats", 2_800, "Upper Fold parents", "Ours arrived. This is for the next school."),
    Present("coats", 2_400, "Joss"),
    Present("coats", 9_900, "Three sisters", "One of each size.", email="sisters@donors.example"),
    Present("coats", 3_300, "", ""),
    Present("coats", 14_000, "The knitting table", "Five coats and our love."),
    Present("coats", 500, "Pocket money", "I have two coats."),
    Present("coats", 5_600, "Ravi"),
    Present("dog", 1_200, "Kenta", "A week of dinners for Momo."),
    Present("dog", 8_000, "Thursday person", "For the vet.", email="thursday@donors.example"),
    Present("dog", 3_000),
    Present("dog", 500, "さくら", "モモ、長生きしてね。"),
    Present("dog", 46_000, "Old school, class of 1978", "We were cold in that room too."),
    Present("dog", 2_400, "Pip the spaniel", "Woof."),
    Present("#点画成真", 200_000, "云溪面馆", "一个班，一学期的第一个月。"),
    Present("#点画成真", 12_000),
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
