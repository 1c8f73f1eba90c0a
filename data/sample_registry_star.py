"""Forty invented Star Spaces under the scheme 沈科发〔2020〕33号: applications, two evaluations, what followed.

The story, which ``sample_registries_answers.py`` draws its answers from:

* XC-01 to XC-06 are filed directly on 2020-12-01 (two national, three provincial, one agricultural makerspace);
* XC-07 to XC-22 are filed on 2021-05-20; there is an objection to XC-20 during the public notice, which is dismissed;
* XC-23 to XC-38 are filed on 2022-05-10; XC-38 is returned first and handed in again;
* XC-39 is returned and stays so; XC-40 is visited and lacks a team, mentors and activities: it cannot be publicised;
* LP-2021: 22 take part, 6 excellent, three fail (XC-08, XC-11, XC-19); LP-2022: 38 take part, the quota is 11, two are tied
  at its edge (XC-10, XC-27), three fail (XC-11, XC-22, XC-38);
* ``published``: what the bureau published of LP-2022, five days of it: XC-27 has the last place, XC-11 leaves the register.

Both rounds are called with a set that is not at hand (annex 2), and their grades are taken from invented documents that tell
no scores. Nothing of it comes from ``rehearsal.toml``, by which a round may be tried, and which yields no grades; that the
invented documents agree with the trial is part of the story.

A space starts from figures that earn all 100 points of ``rehearsal.toml``; it loses what it has nothing of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sample_registry_book import Book, code

TITLE = "星创天地登记（虚构）· Registry of Star Spaces, invented"
MADE_UP = "（虚构）"
SET_ID = "SY-STAR/2020-rehearsal-sample"
UNSEEN = "沈科发〔2020〕33号附件2（未取得）"
"""What the rounds are called with: a set that nobody has."""

DIRECT, FIRST, SECOND = range(1, 7), range(7, 23), range(23, 39)
BASIS = {1: "national", 2: "national", 3: "provincial", 4: "provincial", 5: "provincial", 6: "agri_makerspace"}
DISTRICTS = ("沈北新区", "于洪区", "浑南区", "苏家屯区", "辽中区", "新民市", "法库县", "康平县")
PLACES = ((123.53, 42.05), (123.31, 41.79), (123.45, 41.68), (123.34, 41.66), (122.73, 41.52), (122.83, 41.99), (123.42, 42.51), (123.35, 42.74))
AROUND = ((0.0, 0.0), (0.062, 0.031), (-0.071, 0.024), (0.038, -0.057), (-0.046, -0.043))
INDUSTRIES = ("水稻", "设施蔬菜", "食用菌", "花卉", "寒富苹果", "肉牛", "淡水养殖", "花生")
BODIES = ("enterprise", "cooperative", "park", "institute", "university")

# Days of the steps: form, submitted, reviewed locally, accepted; experts, visit, notice, its last day, announced.
WAY = {
    "2021": ("2021-03-01", "2021-03-02", "2021-03-15", "2021-03-22", "2021-04-12", "2021-04-20", "2021-05-06", "2021-05-13", "2021-05-20"),
    "2022": ("2022-02-14", "2022-02-15", "2022-03-01", "2022-03-18", "2022-04-01", "2022-04-11", "2022-04-25", "2022-05-02", "2022-05-10"),
}  # fmt: skip


def sid(n: int) -> str:
    """Return the number of a space."""
    return f"XC-{n:02d}"


def build() -> Book:
    """Return all records but what was published of the second round."""
    book = Book("star", approve=False)
    for n in range(1, 41):
        _space(book, n)
        _people(book, n)
        _residents(book, n)
        _occasions(book, n)
        if n not in DIRECT and n != 39:
            _evidence(book, n)
    for n in range(1, 41):
        _filing(book, n)
    _finance(book)
    _evaluated(book, "LP-2021", "2021-12-01", ("2020-12-01", "2021-11-30"), TOTALS_2021)
    _published(book, "LP-2021", "2022-01-20", "沈科发〔2022〕虚构2号", RESULTS_2021)
    for n in (7, 9, 10, 12, 15):
        _paid(book, "LP-2021", n, "2022-03-01", "沈科财〔2022〕虚构3号")
    for n in (8, 11, 19):
        _guided(book, "LP-2021", n, "2022-03-15")
    _evaluated(book, "LP-2022", "2022-10-10", ("2021-12-01", "2022-09-30"), TOTALS_2022)
    return book


def published() -> Book:
    """Return what was published of the second round, and what followed from it."""
    book = Book("star", approve=False)
    _published(book, "LP-2022", "2022-12-05", "沈科发〔2022〕虚构21号", RESULTS_2022)
    for n in (22, 38):
        _guided(book, "LP-2022", n, "2022-12-14")
    for n in (18, 25, 27, 30):
        _paid(book, "LP-2022", n, "2022-12-19", "沈科财〔2022〕虚构18号")
    book.add("exit", "TC-11", space=sid(11), ground="two_fails", on="2022-12-20", document="沈科发〔2022〕虚构22号")
    return book


# ------------------------------------------------------------------------------------------- spaces and what they have


def began(n: int) -> str:
    """Return the year in which a space tells of its residents, people and events."""
    return "2020" if n in DIRECT else "2021" if n in FIRST else "2022"


def _space(book: Book, n: int) -> None:
    (east, north), (right, up) = PLACES[n % 8], AROUND[(n - 1) // 8]
    level = {1: "national", 2: "national", 3: "provincial", 4: "provincial", 5: "provincial"}.get(n, "city")
    since = {"2020": "2018-06-01", "2021": "2020-06-01", "2022": "2021-06-01"}[began(n)]
    book.add(
        "space", sid(n), name=f"沈阳样例{n:02d}号星创天地{MADE_UP}", level=level, operator=f"沈阳样例农业{n:02d}号{MADE_UP}", usci=code(5, n),
        body=BODIES[n % 5], legal_person=f"法人{n:02d}{MADE_UP}", industry=INDUSTRIES[n % 8], district=DISTRICTS[n % 8],
        address=f"样例路{n}号{MADE_UP}", lon=round(east + right, 4), lat=round(north + up, 4), operating_since=since,
        area_m2=400.0 + 10 * n, workstations=20, base_mu=100.0, shop_url=f"https://xc{n:02d}.example/shop", shop_team=2,
        contact=f"联系人{n:02d}{MADE_UP}", on={"2020": "2020-10-20", "2021": "2021-02-10", "2022": "2022-01-20"}[began(n)],
    )  # fmt: skip


def _people(book: Book, n: int) -> None:
    """Add a manager, a mentor and a founder each; the mentor of XC-07 is that of XC-08 too; XC-39 and XC-40 have nobody."""
    if n > 38:
        return
    on = f"{began(n)}-{'10-25' if n in DIRECT else '01-25'}"
    mentor = 7 if n == 8 else n
    rows = (
        ("manager", f"管理{n:02d}{MADE_UP}", f"样例农业{n:02d}号", "运营"), ("mentor", f"导师{mentor:02d}{MADE_UP}", "样例农业大学", "栽培"),
        ("entrepreneur", f"创客{n:02d}{MADE_UP}", "返乡", "电商"),
    )  # fmt: skip
    for role, name, origin, field in rows:
        book.add("person", f"RY-{n:02d}-{role}", space=sid(n), role=role, name=name, **{"from": origin}, field=field, on=on)


def _residents(book: Book, n: int) -> None:
    """Add two cooperatives and an enterprise each, family farms (XC-07 to XC-30) and large growers (XC-31 to XC-34).

    A cooperative of XC-08 resides in XC-09 too, a family farm without a code in XC-29 and XC-30. XC-40 has two enterprises
    and a team, XC-39 nobody.
    """
    if n == 39:
        return
    on = f"{began(n)}-{'10-28' if n in DIRECT else '01-28'}"

    def add(part: str, kind: str, name: str, usci: str | None, people: int) -> None:
        book.add(
            "resident", f"RZ-{n:02d}-{part}", space=sid(n), kind=kind, name=f"{name}{MADE_UP}", usci=usci, people=people, on=on, agreement="入驻协议"
        )

    if n == 40:
        add("a", "enterprise", "样例企业40甲", code(6, 401), 4)
        add("b", "enterprise", "样例企业40乙", code(6, 402), 4)
        add("c", "team", "样例团队40", None, 6)
        return
    second = 81 if n == 9 else 10 * n + 2
    add("a", "cooperative", f"样例合作社{10 * n + 1}", code(7, 10 * n + 1), 8)
    add("b", "cooperative", f"样例合作社{second}", code(7, second), 8)
    add("c", "enterprise", f"样例企业{n:02d}", code(6, n), 5)
    if 7 <= n <= 30:
        add("d", "family_farm", f"样例家庭农场{29 if n == 30 else n:02d}", None, 3)
    elif n in range(31, 35):
        add("d", "large_grower", f"样例大户{n:02d}", None, 2)


def _occasions(book: Book, n: int) -> None:
    """Add a training and an activity each; XC-40 has held no activity, XC-39 nothing."""
    year, month = began(n), "11" if n in DIRECT else "02"
    if n < 40 and n != 39:
        book.add(
            "occasion", f"HD-{n:02d}-2", space=sid(n), **{"class": "activity"}, form="创业沙龙", title=f"样例沙龙{n:02d}", on=f"{year}-{month}-12",
            participants=20,
        )  # fmt: skip
    if n != 39:
        book.add(
            "occasion", f"HD-{n:02d}-1", space=sid(n), **{"class": "training"}, form="田间培训", title=f"样例培训{n:02d}", on=f"{year}-{month}-08",
            participants=50,
        )  # fmt: skip


PAPERS = (
    ("C1.1", "营业执照", {}), ("C2.2", "产学研合作协议", {}), ("C2.3", "适用农业技术成果清单", {}),
    ("C3.7", "开放式办公场所照片", {"facility": "open_office"}), ("C3.10", "场地使用协议", {"terms": "免费"}), ("C7.1", "无不良科研失信记录承诺书", {}),
)  # fmt: skip
JUDGED = (("C1.4", "区县科技局"), ("C3.11", "专家组"), ("C7.2", "市科技局"))


def _evidence(book: Book, n: int) -> None:
    paper, judged = WAY[began(n)][0], WAY[began(n)][5]
    for criterion, title, more in PAPERS:
        book.add("evidence", f"PZ-{n:02d}-{criterion}", space=sid(n), criterion=criterion, title=title, on=paper, place="档案柜（虚构）", **more)
    for criterion, by in JUDGED:
        book.add("judgement", f"PD-{n:02d}-{criterion}", space=sid(n), criterion=criterion, verdict="met", by=f"{by}{MADE_UP}", on=judged)


def _finance(book: Book) -> None:
    for k, n in enumerate((7, 9, 12, 15, 25, 30), 1):
        book.add(
            "finance", f"JR-{k}", space=sid(n), resident=f"RZ-{n:02d}-c", form="equity" if k % 2 else "loan", amount_yuan=300_000.0 * k,
            **{"from": f"样例投资{k}号{MADE_UP}"}, on=f"{'2021' if n < 23 else '2022'}-06-1{k}",
        )  # fmt: skip


# ------------------------------------------------------------------------------------------- applications


def _filing(book: Book, n: int) -> None:
    form = f"SB-{n:02d}"
    days: Sequence[str] = ("2020-11-02",) if n in DIRECT else WAY[began(n)]
    proof = f"备案文件{n:02d}{MADE_UP}" if n in DIRECT else None
    book.add("application", form, space=sid(n), on=days[0], direct=BASIS.get(n), proof=proof)
    for k, (step, on, more) in enumerate(_steps(n), 1):
        by = more.pop("by", "市科技局")
        book.add("step", f"LC-{n:02d}-{k}", application=form, step=step, on=on, by=f"{by}{MADE_UP}", **more)


def _steps(n: int) -> Iterator[tuple[str, str, dict[str, object]]]:
    district = f"{DISTRICTS[n % 8]}科技局"
    if n in DIRECT:
        yield "submit", "2020-11-03", {"by": "申报主体", "evidence": "基本信息表"}
        yield "local_review", "2020-11-10", {"by": district, "opinion": "同意上报"}
        yield "accept", "2020-11-16", {}
        yield "direct_file", "2020-12-01", {"document": "沈科发〔2020〕虚构41号"}
        return
    way, batch = WAY[began(n)], f"{began(n)}-1"
    yield "submit", way[1], {"by": "申报主体", "evidence": "基本信息表"}
    if n in (38, 39):
        yield "return", "2022-02-24", {"by": district, "opinion": "缺合作协议，补正后再报"}
        if n == 39:
            return
        yield "submit", "2022-02-28", {"by": "申报主体", "evidence": "基本信息表（补正）"}
    yield "local_review", way[2], {"by": district, "opinion": "同意上报"}
    yield "accept", way[3], {}
    yield "expert_review", way[4], {"by": "专家组", "batch": batch, "opinion": "同意"}
    yield "site_visit", way[5], {"by": "市科技局、专家组", "opinion": "与材料相符" if n != 40 else "团队、导师、活动材料不足"}
    if n == 40:
        return
    yield "publicise", way[6], {"until": way[7]}
    if n == 20:
        yield "object", "2021-05-10", {"by": "某合作社", "opinion": "对示范基地权属有异议"}
        yield "dismiss", "2021-05-12", {"opinion": "经核查，权属清楚，异议不成立"}
    yield "announce", way[8], {"document": f"沈科发〔{began(n)}〕虚构{9 if n in FIRST else 12}号", "objections": int(n == 20)}


# ------------------------------------------------------------------------------------------- evaluation

FULL: Mapping[str, float | Mapping[str, float]] = {
    "1.1": 5, "1.2": 5, "1.3": 2, "1.4": 250, "2.1": 100, "2.2": 20, "2.3": 100, "3.1": 400, "3.2": 20, "3.3": 100, "3.4": 1, "4.1": 16,
    "4.2": {"企业": 3, "合作社": 2, "团队": 2}, "4.3": 2, "4.4": 2, "5.1": 5, "5.2": {"主办": 3, "协办": 2}, "5.3": 150, "5.4": 3,
    "6.1": 90, "6.2": 3, "6.3": 2, "7.1": 3, "7.3": 100, "7.4": 100,
}  # fmt: skip
"""Figures that earn all points of the set for rehearsal; 7.2 is scored by three experts, 4 points at most."""
EXPERTS = ("专家甲（虚构）", "专家乙（虚构）", "专家丙（虚构）")

Has = tuple[str, Mapping[str, float], tuple[float, float, float]]
_ALL = (4.0, 4.0, 4.0)


def has(nothing_of: str = "", experts: tuple[float, float, float] = _ALL, **figures: float) -> Has:
    """Return what a space has: nothing of some first-level groups ("16": groups 1 and 6), other figures as ``i1_1=3``."""
    return nothing_of, {k[1:].replace("_", "."): v for k, v in figures.items()}, experts


TOTALS_2021: Mapping[int, Has] = {
    7: has(i1_1=3), 1: has(i1_1=2), 12: has(i1_1=0), 9: has("6"), 15: has("6", i1_1=4), 10: has("6", i1_1=3), 3: has("2"), 2: has("5"),
    18: has("3"), 4: has("4"), 5: has("1"), 6: has("56"), 13: has("36"), 14: has("36"), 16: has("46"), 17: has("46"), 20: has("23"), 21: has("23"),
    22: has("12"), 8: has("146"), 19: has("123"), 11: has("145"),
}  # fmt: skip
TOTALS_2022: Mapping[int, Has] = {
    7: has(), 3: has(i1_1=3), 12: has(i1_1=2), 1: has(i1_1=1), 25: has(i1_1=0), 15: has("6"), 2: has("6", (4.0, 3.0, 3.0)), 30: has("6", i1_1=4),
    9: has("6", i1_1=3), 18: has("2"), 10: has("5"), 27: has("6", i1_1=0, i4_1=12), 33: has("3"), 4: has("4"), 5: has("1"), 6: has("26"),
    17: has("56"), 19: has("56"), 20: has("56"), 21: has("56"), 23: has("36"), 24: has("36"), 26: has("36"), 28: has("46"), 29: has("46"),
    8: has("23"), 13: has("23"), 14: has("23"), 16: has("23"), 31: has("12"), 32: has("12"), 34: has("12"), 35: has("14"), 36: has("14"),
    37: has("126"), 22: has("146"), 11: has("123"), 38: has("145"),
}  # fmt: skip


def _evaluated(book: Book, name: str, called: str, period: tuple[str, str], found: Mapping[int, Has]) -> None:
    year = name[3:]
    book.add(
        "round", name, name=f"{year}年度绩效考评{MADE_UP}", on=called, period_from=period[0], period_to=period[1], set=UNSEEN,
        document=f"沈科函〔{year}〕虚构30号",
    )  # fmt: skip
    told = f"{called[:8]}{int(called[8:]) + 10:02d}"
    for n in sorted(found):
        book.add("participant", f"CP-{year}-{n:02d}", round=name, space=sid(n), on=called)
    for n in sorted(found):
        nothing_of, figures, experts = found[n]
        for indicator, full in FULL.items():
            zero = indicator[0] in nothing_of
            parts = full if isinstance(full, Mapping) else {"": full}
            for k, (part, value) in enumerate(parts.items()):
                given = figures.get(indicator, value)
                book.add(
                    "figure", f"SJ-{year}-{n:02d}-{indicator}{'abc'[k] if part else ''}", round=name, space=sid(n), indicator=indicator, part=part or None,
                    value=0.0 if zero else float(given), on=told,
                )  # fmt: skip
        for k, (expert, points) in enumerate(zip(EXPERTS, experts, strict=True), 1):
            book.add("score", f"PF-{year}-{n:02d}-{k}", round=name, space=sid(n), indicator="7.2", expert=expert, score=points, on=told)


RESULTS_2021 = {
    "excellent": (7, 1, 12, 9, 15, 10), "pass": (3, 2, 18, 4, 5, 6, 13, 14, 16, 17, 20, 21, 22), "fail": (8, 19, 11),
}  # fmt: skip
RESULTS_2022 = {
    "excellent": (7, 3, 12, 1, 25, 15, 2, 30, 9, 18, 27),
    "pass": (10, 33, 4, 5, 6, 17, 19, 20, 21, 23, 24, 26, 28, 29, 8, 13, 14, 16, 31, 32, 34, 35, 36, 37),
    "fail": (22, 11, 38),
}
"""As the invented documents have them: grades alone."""


def _published(book: Book, name: str, on: str, document: str, found: Mapping[str, Sequence[int]]) -> None:
    for grade, spaces in found.items():
        for n in spaces:
            book.add("result", f"JG-{name[3:]}-{n:02d}", round=name, space=sid(n), grade=grade, basis="document", on=on)
    book.add("closing", f"FB-{name[3:]}", round=name, on=on, document=document, set_status="unseen")


def _paid(book: Book, name: str, n: int, on: str, document: str) -> None:
    book.add("subsidy", f"BZ-{name[3:]}-{n:02d}", round=name, space=sid(n), amount_yuan=100_000.0, on=on, document=document)


def _guided(book: Book, name: str, n: int, on: str) -> None:
    book.add("guidance", f"ZD-{name[3:]}-{n:02d}", round=name, space=sid(n), experts=f"样例专家组{MADE_UP}", on=on, result="已提出改进意见")


# ------------------------------------------------------------------------------------------- the set for rehearsal

PER = 'kind = "per_unit", points = {}, max = {}'
AMOUNT = 'kind = "per_amount", amount = {}, points = 1, whole = {}, max = {}'
ABOVE = 'kind = "threshold_linear", floor = {}, base = 2, step = {}, max = 4'
INDICATORS = (
    ("1.1", "成果转化", "引进新品种", "new varieties introduced", "个", "varieties", 5, PER.format(1, 5)),
    ("1.2", "成果转化", "示范新技术", "new technologies demonstrated", "项", "technologies", 5, PER.format(1, 5)),
    ("1.3", "成果转化", "获得知识产权", "IP granted", "件", "rights", 5, PER.format(2.5, 5)),
    ("1.4", "成果转化", "技术转移合同", "transfer contracts", "万元", "10,000 CNY", 5, AMOUNT.format(50, "true", 5)),
    ("2.1", "科技扶贫", "服务农户", "households served", "户", "households", 4, ABOVE.format(50, 0.04)),
    ("2.2", "科技扶贫", "带动就业", "jobs created", "人", "jobs", 4, PER.format(0.2, 4)),
    ("2.3", "科技扶贫", "带动增收", "income added", "万元", "10,000 CNY", 4, AMOUNT.format(25, "false", 4)),
    ("3.1", "平台建设", "服务场地面积", "service floor area", "平方米", "m²", 4, ABOVE.format(200, 0.01)),
    ("3.2", "平台建设", "工位", "workstations", "个", "workstations", 4, PER.format(0.2, 4)),
    ("3.3", "平台建设", "示范基地面积", "demonstration base", "亩", "mu", 4, AMOUNT.format(25, "false", 4)),
    ("3.4", "平台建设", "网络平台在用", "online platform in use", "是＝1", "yes = 1", 4, PER.format(4, 4)),
    ("4.1", "创客入驻", "入驻创客", "resident makers", "人", "makers", 4, PER.format(0.25, 4)),
    ("4.2", "创客入驻", "入驻企业和团队", "resident enterprises and teams", "家", "enterprises and teams", 6,
     'kind = "category_weighted", categories = { "企业" = 1, "合作社" = 1, "团队" = 0.5 }, max = 6'),
    ("4.3", "创客入驻", "新注册企业", "newly registered", "家", "enterprises", 4, PER.format(2, 4)),
    ("4.4", "创客入驻", "毕业企业", "graduated", "家", "enterprises", 4, PER.format(2, 4)),
    ("5.1", "人才培训", "创业导师", "mentors", "人", "mentors", 4, PER.format(0.8, 4)),
    ("5.2", "人才培训", "培训场次", "training sessions", "场", "sessions", 4,
     'kind = "role_weighted", points = 1, roles = { "主办" = 1, "协办" = 0.5 }, max = 4'),
    ("5.3", "人才培训", "培训人次", "trainees", "人次", "trainees", 3, AMOUNT.format(50, "true", 3)),
    ("5.4", "人才培训", "科技特派员", "science envoys", "人", "envoys", 3, PER.format(1, 3)),
    ("6.1", "金融服务", "融资额", "finance raised", "万元", "10,000 CNY", 3, AMOUNT.format(30, "true", 3)),
    ("6.2", "金融服务", "获得融资的企业", "enterprises financed", "家", "enterprises", 3, PER.format(1, 3)),
    ("6.3", "金融服务", "签约机构", "signed institutions", "家", "institutions", 2, PER.format(1, 2)),
    ("7.1", "管理运营", "专职管理人员", "full-time managers", "人", "managers", 3, PER.format(1, 3)),
    ("7.2", "管理运营", "入驻、毕业、退出制度", "entry, graduation and exit rules", "分", "points", 4, 'kind = "expert", max = 4'),
    ("7.3", "管理运营", "报表按时报送率", "reports handed in on time", "%", "%", 3,
     'kind = "ratio_threshold", floor_pct = 60, base = 1, step = 0.05, max = 3'),
    ("7.4", "管理运营", "运营收入", "operating income", "万元", "10,000 CNY", 2, AMOUNT.format(50, "true", 2)),
)  # fmt: skip

SET_HEAD = f"""\
# 演练用指标体系（示例）：全部权重、计分方式和分数线均为虚构，只供试算，不是沈阳市的考评指标，也不是任何单位的建议。
# 附件2《星创天地绩效评价指标》未取得。用本文件评分，各项输出都带“演练”水印，不产生等次。
# A set for rehearsal (sample): all weights, ways of scoring and bands are INVENTED; they are nobody's and prove nothing.

[set]
id = "{SET_ID}"
scheme = "shenyang_star_2020"
status = "rehearsal"
zh = "星创天地绩效考评演练指标（示例，权重虚构）"
en = "Star Spaces, set for rehearsal (sample, invented weights)"
source_zh = "示例数据，权重、计分方式、分数线均为虚构"
source_en = "sample data: weights, ways of scoring and bands are invented"
total = 100
panel = "mean"
grades = [
  {{ grade = "excellent", min = 80, share_max = 0.30, to_confirm = ["min"] }},
  {{ grade = "pass", min = 60, to_confirm = ["min"] }},
  {{ grade = "fail", min = 0, to_confirm = ["min"] }},
]
note_zh = "7项一级指标和优秀比例不超过30%为原文；其余全部虚构。"
note_en = "The 7 first-level indicators and the cap of 30 % are the text's; everything else is invented."
"""


def rehearsal() -> str:
    """Return the set for rehearsal as a TOML file."""
    rows = [
        f'\n[[indicator]]\nid = "{i}"\nparent = "{parent}"\nzh = "{zh}"\nen = "{en}"\nunit = "{unit}"\nunit_en = "{unit_en}"\nweight = {weight}\n'
        f"score = {{ {score} }}\n"
        for i, parent, zh, en, unit, unit_en, weight, score in INDICATORS
    ]
    return SET_HEAD + "".join(rows)
