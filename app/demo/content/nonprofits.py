"""The demo's organisations: four are verified, one waits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Organisation:
    """An organisation as its owner registered it, `since` days ago. `approval` is what the check said."""

    owner: str
    name: str
    legal_name: str
    registration_number: str
    country: str
    time_zone: str
    website: str
    about: str
    since: int
    fundraising_certificate: str = ""
    approval: str = ""


ORGANISATIONS = (
    Organisation(
        owner="shandeng",
        name="山灯乡村教育",
        legal_name="云溪市山灯乡村教育基金会",
        registration_number="53330000DEMO00017A",
        country="CN",
        time_zone="Asia/Shanghai",
        since=200,
        website="https://shandeng.example",
        about=(
            "我们陪山里的小学把每天过好：一顿热饭，一盏早读的灯，一条走得稳的上学路。\n\n"
            "基金会由六位回乡的老师发起，现有四名专职、一百二十名志愿者，服务云溪三县的十九所村小。"
        ),
        fundraising_certificate="演示公募证字第0017号",
        approval="登记证书、公开募捐资格证书与年检记录均已核对，有效期至明年。",
    ),
    Organisation(
        owner="nanpo",
        name="南坡守书",
        legal_name="南坡市守书人古籍保护中心",
        registration_number="52330000DEMO00043C",
        country="CN",
        time_zone="Asia/Shanghai",
        since=150,
        website="https://shoushu.example",
        about=(
            "虫蛀、水渍、絮化，一页一页补回来。我们为县级图书馆和乡间藏书人免费修复古籍，也教年轻人这门手艺。"
        ),
        fundraising_certificate="演示公募证字第0043号",
        approval="证书编号与登记机关公示一致，联系人已电话确认。",
    ),
    Organisation(
        owner="harbour",
        name="Harbour Lantern",
        legal_name="Harbour Lantern Trust (invented charity)",
        registration_number="DEMO-1190412",
        country="GB",
        time_zone="Europe/London",
        since=190,
        website="https://harbourlantern.example",
        about=(
            "A small trust on a cold coast. We keep children warm, in every sense: coats before the first "
            "snow, and an hour of making things for those who spend the winter on a hospital ward."
        ),
        approval="Entry and trustees checked against the documents; the accounts of last year are filed.",
    ),
    Organisation(
        owner="ginkgo",
        name="Ginkgo Yard",
        legal_name="Ichō-no-Niwa Animal Home (invented association)",
        registration_number="DEMO-JP-0086",
        country="JP",
        time_zone="Asia/Tokyo",
        since=170,
        website="https://ginkgoyard.example",
        about=(
            "An old school yard under a ginkgo tree, where eleven old dogs and one sceptical cat live out "
            "their days. Two keepers, one vet on Thursdays, and neighbours who come to sweep leaves."
        ),
        approval="Registration and the keeper's licence are in order.",
    ),
    Organisation(
        owner="saltmarsh",
        name="Saltmarsh Rescue",
        legal_name="Saltmarsh Shore Rescue Inc. (invented association)",
        registration_number="DEMO-88-2047719",
        country="US",
        time_zone="America/New_York",
        since=1,
        website="https://saltmarsh.example",
        about="Volunteers who walk the tide line in the mornings and carry home what the storm has stranded.",
    ),
)
