"""The demo's projects with their stories and news."""

from dataclasses import dataclass

from app.core.money import Money


@dataclass(frozen=True)
class News:
    """An update from the work, `since` days ago."""

    since: int
    title: str
    body: str


@dataclass(frozen=True)
class Undertaking:
    """A project that was published `since` days ago, of the organisation whose owner has the key `owner`.

    `scene` is the picture that is its cover, `credit_rule` how its gifts are split among videos.
    """

    owner: str
    since: int
    tag: str
    title: str
    summary: str
    story: str
    goal: Money
    scene: str
    filing_number: str = ""
    credit_rule: str = "last"
    news: tuple[News, ...] = ()


PROJECTS = (
    Undertaking(
        owner="shandeng",
        since=185,
        tag="点画成真",
        title="点画成真：把孩子画的午饭端上桌",
        summary="孩子画下想吃的午饭，创作者把它做出来，你的每一笔钱变成村小食堂里的一顿热饭。",
        story="""腊月里，溪头小学的食堂换了新厨娘。她问一年级的孩子们想吃什么，没有人说话，只有阿朵递过来一张画：一只蓝边大碗，
冒着三道热气。

我们把画贴了出去，问有没有人愿意**照着画做一顿饭**。第一位创作者做了，第二位也做了。于是有了“点画成真”。

### 钱怎么用

| 用途 | 每生每餐 |
| --- | --- |
| 食材（蛋、肉、时蔬、米面） | 4.20 元 |
| 燃气与运输 | 0.90 元 |
| 厨娘工资 | 0.90 元 |

一顿热午饭 **6 元**，一个孩子一学期 **570 元**。这一次，我们为溪头小学一年级的**十个孩子**筹一个学期。

### 我们承诺

- 每月公布采购单和就餐人数；
- 孩子的画由监护人签字同意后才会公开；
- 每条视频带来多少捐款，这里都查得到。
""",
        goal=Money(570_000, "CNY"),
        scene="bowl",
        filing_number="演示备案-53330000-2026-0108",
        news=(
            News(
                76,
                "溪头小学开饭了",
                "今天是第一顿。菜单照着阿朵的画：**汤面、荷包蛋、青菜**。四十一个孩子，添了二十七碗。",
            ),
        ),
    ),
    Undertaking(
        owner="shandeng",
        since=172,
        tag="山里的灯",
        title="山里的灯：让早读不用打手电",
        summary="为村小的一间教室装上早读灯，修好雨天最滑的那一段上学路。",
        story="""山里天亮得晚。冬天早读时，三年级的教室要靠两支手电。

我们为每间教室装**六盏护眼灯**，接太阳能板和蓄电池；再把学校门前最滑的一段路铺上石板。去年雨季，阿岩老师撑着一把大红伞，
一趟一趟接孩子过坡。他说，路修好了，伞可以小一点。

### 一间教室需要

1. 护眼灯六盏：1,080 元
2. 光伏板与电池：2,600 元
3. 安装与三年维护：720 元

一共 **4,400 元**。装一间，公布一间：发票、照片、校长签收单都会贴在“进展”里。
""",
        goal=Money(440_000, "CNY"),
        credit_rule="decay",
        scene="school",
        filing_number="演示备案-53330000-2026-0131",
        news=(
            News(
                88,
                "第一批四间教室亮了",
                "白石、柳湾两所小学的四间教室已装好。孩子们的第一个反应是：把手电还给了奶奶。",
            ),
            News(
                20,
                "石板路量好了",
                "从村口到校门一百三十米，比我们以为的多二十米。预算不变，志愿者自己背石板。",
            ),
        ),
    ),
    Undertaking(
        owner="nanpo",
        since=140,
        tag="一页一页",
        title="一页一页：修好县志第一卷",
        summary="一部清代县志，四百一十二页，两百多个虫洞。补完它，再把它扫描给所有人看。",
        story="""这部县志在祠堂的梁上放了八十年。打开时，纸像秋叶一样往下掉。

修书没有捷径：**配纸、染色、上浆、补洞、压平、裁齐**。一个熟手一天能补三页。我们用视频记下每一页，让看的人知道钱去了哪里。

> 补书的人不留名字。好的修补，是五十年后的人看不出你来过。

- 修一页：**60 元**（补纸、浆糊、半天工），第一卷七十六页，共 **4,560 元**
- 扫描一卷：**900 元**
- 带一个学徒一个月：**3,200 元**

修完后，原书归还祠堂，全文扫描免费公开。
""",
        goal=Money(456_000, "CNY"),
        scene="book",
        filing_number="演示备案-52330000-2026-0019",
        news=(News(48, "修到第四十一页", "补洞四十三处，最大的一处有茶杯口大。先修好的页，下周开始扫描。"),),
    ),
    Undertaking(
        owner="harbour",
        since=176,
        tag="warm-coats",
        title="Warm coats before the first snow",
        summary=(
            "A new winter coat for every child in the five valley schools, "
            "on its way as soon as a class is complete."
        ),
        story="""A coat from last year is a coat that is too small.

We buy from one mill, at cost, in children's sizes. When a class is complete the parcel **leaves the same
day**; nobody waits for the last coat. The line behind our shed is where they air before they go.

| Size | Cost |
| --- | --- |
| 4 to 6 years | £24 |
| 7 to 9 years | £28 |
| 10 to 12 years | £33 |

Each school signs for its parcel. The lists are counted twice, and published without names.
""",
        goal=Money(72_800, "GBP"),
        scene="coats",
        news=(
            News(
                58,
                "The first van has left",
                "Twenty-six coats for Upper Fold school. The driver says it smelled of new wool.",
            ),
        ),
    ),
    Undertaking(
        owner="harbour",
        since=160,
        tag="draw-it-into-reality",
        title="Draw it into reality: they drew boats, we float them",
        summary=(
            "Children on the winter ward draw a boat. Makers build it from paper and light "
            "and set it on the river."
        ),
        story="""Ward Four looks out on the river. From November on, the children see it only through glass.

So once a week they **draw a boat**. Volunteers fold it, as large as it was drawn, put a light in it and carry
it down the steps. On Sunday evenings forty boats go past the window, and every child knows its own.

### What your money does

- **£6** makes one boat: oiled paper, a lamp, a tag with a name
- **£45** pays for an afternoon with the art teacher on the ward
- **£180** hires the rowing club for one evening, so that every boat is fished out again

Nothing stays in the river. Every drawing goes back to its artist.
""",
        goal=Money(96_000, "GBP"),
        credit_rule="decay",
        scene="river",
        news=(
            News(
                8,
                "Forty-one boats, one whale",
                "Nadia (6) does not draw boats. Nadia draws whales. The whale took two evenings to fold and "
                "**floated beautifully**.",
            ),
        ),
    ),
    Undertaking(
        owner="ginkgo",
        since=160,
        tag="ginkgo-yard",
        title="An old dog's winter at Ginkgo Yard",
        summary="Warm floors, a vet on Thursdays and soft food for eleven dogs whom nobody will come for.",
        story="""They arrive with white muzzles. Most of them sleep for the first three days.

The yard was a school once, so the rooms are large and the floors are cold. This winter we want to **heat two
rooms**, and have the vet come every Thursday instead of every second one.

- **¥1,200** feeds one dog for a week
- **¥8,000** pays for one visit of the vet
- **¥46,000** warms a room until March

The cat is not part of the budget. The cat disagrees.
""",
        goal=Money(138_000, "JPY"),
        scene="dog",
    ),
)
