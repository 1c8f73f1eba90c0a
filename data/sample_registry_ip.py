"""Three years of an invented programme, recorded under the plan 沈政发〔2020〕21号 (its targets are real, every figure is not).

The story, which ``sample_registries_answers.py`` draws its answers from:

* transfers and licences: 1,000 in 2018, then 1,600, 1,000 and 1,500. In June 2022 the figure of 2021 is corrected to 1,728,
  which is 1,000 × 1.2³;
* contract turnover has no figure of the base year;
* 19 pledge loans; one is non-performing from 20 March to 19 June 2023, and at the end of 2023 another one, 750 of 25,000;
* central money for the cluster zone: 4,000 of 10,000 committed in 2021, 5,400 of 12,000 in 2022; paid 2,000 of 5,000, then
  2,800 of 8,000. In February 2023 a commitment is written down with twice its amount, put right in June;
* certification (task 8, due 2022) comes late, alliances (task 11) too; tasks 14 and 17 do not come by the end of 2023;
* firms counted once although two districts report them; 34 agencies that come, go and change their carrier.
"""

from __future__ import annotations

from collections.abc import Iterator

from sample_registry_book import Book, code

WAN = 10_000.0
TITLE = "知识产权运营服务体系建设方案登记（虚构）· Records of the IP programme, invented"
MADE_UP = "（虚构）"


def build() -> Book:
    """Return all records."""
    book = Book("ip", approve=True)
    for part in (_series, _totals, _firms, _loans, _agencies, _assets, _money, _tasks):
        part(book)
    return book


# ------------------------------------------------------------------------------------------- yearly figures

SERIES = {
    "G1.1": {2019: 1600, 2020: 1000, 2021: 1500, 2022: 2100, 2023: 2600},
    "G1.2": {2019: 9_000, 2020: 14_000, 2021: 21_000, 2022: 32_000, 2023: 47_000},
    "G1.3": {2019: 5_200, 2020: 6_760, 2021: 8_788, 2022: 11_500, 2023: 15_000},
    "G1.4": {2019: 3, 2020: 4, 2021: 5, 2022: 6, 2023: 8},
    "G2.3": {2021: 1_200_000, 2022: 1_350_000},
}
BASES = {"G1.1": (1000, "to_confirm"), "G1.3": (4_000, "confirmed"), "G1.4": (2, "confirmed")}


def _series(book: Book) -> None:
    for indicator, (value, status) in BASES.items():
        book.add(
            "base_value", f"JQ-{indicator}", indicator=indicator, year=2018, value=value, status=status, on="2020-12-10", source="统计年报（虚构）"
        )
    for indicator, years in SERIES.items():
        for year, value in years.items():
            at = "2020-12-15" if year < 2020 else f"{year + 1}-01-20"
            _actual(book, f"SJ-{indicator}-{year}", indicator, f"{year}-12-31", value, written_on=at, year=year)
    _actual(
        book, "SJ-G1.1-2021", "G1.1", "2021-12-31", 1728, written_on="2022-06-10", year=2021, reason="补报高校许可228件，原统计遗漏",
        evidence="沈知函〔2022〕虚构4号",
    )  # fmt: skip
    _actual(
        book, "SJ-G1.1-2023H1", "G1.1", "2023-06-30", 1150, written_on="2023-07-10", year=2023, partial=True, decision="",
    )  # fmt: skip


def _actual(book: Book, name: str, indicator: str, as_of: str, value: float, **more: object) -> None:
    book.add(
        "actual", name, indicator=indicator, as_of=as_of, value=float(value), source="部门统计（虚构）", reporter="张楠（虚构）", **more
    )


# ------------------------------------------------------------------------------------------- totals that are reported

TOTALS = {
    "G3.1": (("2021-12-31", 60), ("2022-12-31", 172), ("2023-06-30", 205)),
    "G3.3": (("2021-12-31", 380), ("2022-12-31", 760), ("2023-12-20", 1050)),
    "T3.2": (("2021-12-31", 12), ("2022-12-31", 25), ("2023-12-20", 31)),
    "T4.1": (("2021-12-31", 5), ("2022-12-31", 16), ("2023-11-30", 22)),
    "T5.2": (("2021-12-31", 4), ("2022-12-31", 8), ("2023-12-10", 11)),
    "T5.3": (("2021-12-31", 2), ("2022-12-31", 3), ("2023-12-10", 5)),
    "T8.1": (("2021-12-31", 50), ("2022-12-31", 96), ("2023-04-30", 101)),
    "T15.1": (("2021-12-31", 2000), ("2022-06-30", 3200)),
}


def _totals(book: Book) -> None:
    for indicator, steps in TOTALS.items():
        for as_of, value in steps:
            _actual(book, f"SJ-{indicator}-{as_of.replace('-', '')}", indicator, as_of, value)
    book.add(
        "yearly_target", "MB-G3.1-2021", indicator="G3.1", by="2021-12-31", target=80.0, on="2021-03-01", basis="沈知办发〔2021〕虚构3号"
    )


# ------------------------------------------------------------------------------------------- firms, each once

DISTRICTS = ("浑南区", "沈河区", "铁西区", "于洪区", "沈北新区")
TWICE = {3: "2021-11-15", 17: "2021-12-01", 45: "2022-10-20"}
"""Firm → when a second district reports it again."""
WITHDRAWN = {60: "2022-11-30"}


def firm_day(number: int) -> str:
    """Return when a firm is counted: 1–40 in 2021, 41–81 in 2022, 82–101 in 2023."""
    if number <= 40:
        return f"2021-{4 + (number - 1) // 5:02d}-{1 + (number - 1) % 5 * 5:02d}"
    if number <= 81:
        return f"2022-{2 + (number - 41) // 5:02d}-{1 + (number - 41) % 5 * 5:02d}"
    return f"2023-{3 + (number - 82) // 2:02d}-{5 + (number - 82) % 2 * 5:02d}"


def _firms(book: Book) -> None:
    def told(name: str, number: int, on: str, event: str, place: int, decision: str) -> None:
        book.add(
            "firm_event", name, indicator="G1.5", usci=code(1, number), name=f"沈阳样例{number:03d}号科技有限公司{MADE_UP}", district=DISTRICTS[place % 5],
            event=event, on=on, evidence="专利实施许可合同备案", decision=decision,
        )  # fmt: skip

    for n in range(1, 102):
        told(f"QY-{n:03d}", n, firm_day(n), "counted", n, "approved" if n <= 81 else "")
    for n, on in TWICE.items():
        told(f"QY-{n:03d}B", n, on, "counted", n + 1, "approved")
    for n, on in WITHDRAWN.items():
        told(f"QY-{n:03d}T", n, on, "withdrawn", n, "approved")


# ------------------------------------------------------------------------------------------- loans, in units of 10,000 yuan

LOANS = {
    "2101": ("2021-02-18", 2000), "2102": ("2021-04-12", 2400), "2103": ("2021-06-22", 1800), "2104": ("2021-08-30", 1588),
    "2105": ("2021-10-14", 1000),
    "2201": ("2022-02-21", 2000), "2202": ("2022-04-15", 2500), "2203": ("2022-06-17", 1500), "2204": ("2022-08-11", 2000),
    "2205": ("2022-10-19", 1600), "2206": ("2022-12-02", 1400),
    "2301": ("2023-02-15", 2000), "2302": ("2023-03-10", 1500), "2303": ("2023-04-20", 2500), "2304": ("2023-05-25", 1800),
    "2305": ("2023-08-18", 1200), "2306": ("2023-09-12", 2000), "2307": ("2023-11-08", 2200), "2308": ("2023-12-05", 1800),
}  # fmt: skip
"""Loan → day and amount: 8,788 in 2021, 11,000 in 2022 (11,500 are reported), 15,000 in 2023."""
END_2022 = {"2101": 0, "2102": 2400, "2103": 1800, "2104": 0, "2105": 1000}
END_2023 = {"2102": 0, "2103": 0, "2105": 0, "2201": 1750, "2203": 750}
BANKS = ("沈阳甲银行（虚构）", "沈阳乙银行（虚构）", "沈阳丙银行（虚构）")


def _loans(book: Book) -> None:
    for k, (n, (on, amount)) in enumerate(LOANS.items()):
        book.add(
            "pledge", f"ZY-{n}", usci=code(2, int(n)), name=f"沈阳样例借款{n}号有限公司{MADE_UP}", bank=BANKS[k % 3], amount_yuan=amount * WAN, on=on,
            right="专利权", evidence=f"质押登记{n}（虚构）",
        )  # fmt: skip
        _state(book, n, on, amount)
    for n, (_, amount) in LOANS.items():
        if n < "2300":
            _state(book, n, "2022-12-31", END_2022.get(n, amount))
    _state(book, "2105", "2023-03-20", 800, bad=True)
    _state(book, "2105", "2023-06-20", 300, bad=True)
    for n, (_, amount) in LOANS.items():
        if n not in ("2101", "2104"):
            _state(book, n, "2023-12-31", END_2023.get(n, amount), bad=n == "2203")
    book.add(
        "pledge", "ZY-2309", usci=code(2, 2308), name=f"沈阳样例借款2308号有限公司{MADE_UP}", bank=BANKS[0], amount_yuan=1800 * WAN,
        on="2023-12-05", right="专利权", decision="", voided="与 ZY-2308 重复登记",
    )  # fmt: skip


def _state(book: Book, loan: str, on: str, outstanding: float, *, bad: bool = False) -> None:
    told = "repaid" if outstanding == 0 else "non_performing" if bad else "normal"
    book.add(
        "loan_state", f"ZT-{loan}-{on.replace('-', '')}", loan=f"ZY-{loan}", on=on, outstanding_yuan=outstanding * WAN, state=told,
        source="银行季报（虚构）",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- agencies in and out

FIRST, SECOND = "浑南知识产权服务园（虚构）", "铁西知识产权港（虚构）"


def moves() -> Iterator[tuple[int, str, str, str]]:
    """Yield agency, carrier, direction, day.

    16 come in 2021, 16 in 2022, of which one leaves (31 are in at the end of 2022); four leave in June 2023 (27), one comes in
    September (28), two in November (30), one leaves in January 2024 (29). Agency 1 is in two carriers, agency 5 changes.
    """
    for n in range(1, 17):
        yield n, FIRST, "in", f"2021-{4 + (n - 1) // 2:02d}-10"
    for n in range(17, 33):
        yield n, FIRST, "in", f"2022-{1 + (n - 17) // 2:02d}-15"
    yield 1, SECOND, "in", "2022-03-01"
    yield 5, FIRST, "out", "2022-05-20"
    yield 5, SECOND, "in", "2022-05-20"
    yield 9, FIRST, "out", "2022-10-31"
    for n in (2, 3, 4, 6):
        yield n, FIRST, "out", "2023-06-15"
    yield 1, SECOND, "out", "2023-07-01"
    yield 33, SECOND, "in", "2023-09-01"
    yield 34, SECOND, "in", "2023-11-20"
    yield 2, FIRST, "in", "2023-11-20"
    yield 20, FIRST, "out", "2024-01-15"


def _agencies(book: Book) -> None:
    for k, (n, carrier, move, on) in enumerate(moves(), 1):
        book.add(
            "agency_move", f"JG-{k:03d}", usci=code(3, n), name=f"沈阳样例{n:02d}号知识产权代理有限公司{MADE_UP}", carrier=carrier, move=move, on=on,
            area_m2=80.0 if move == "in" else None, evidence="入驻协议" if move == "in" else "退租确认",
        )  # fmt: skip


# ------------------------------------------------------------------------------------------- assets and documents

ASSETS = (
    ("navigation_industry", "T5", ("2021-03-10", "2021-09-10", "2022-04-10", "2022-11-10", "2023-05-10")),
    ("navigation_planning", "T5", ("2021-05-12", "2021-10-12", "2022-05-12", "2022-10-12", "2023-05-12", "2023-10-12")),
    ("trademark_brand", "T2", ("2022-05-18", "2023-04-18")),
    ("securitisation", "T13", ("2022-12-20",)),
    ("operation_platform", "T16", ("2022-09-28",)),
    ("operation_centre", "T17", ("2021-10-20", "2022-12-08")),
    ("brand_agency", "T18", ("2019-06-01", "2021-06-01", "2021-11-01", "2022-06-01", "2022-12-01", "2023-06-01")),
    ("gi_standard", "T3", ("2021-08-15", "2022-08-15", "2023-08-15")),
    ("standard", "T7", ("2022-03-10",)),
    ("alliance", "T11", ("2021-06-06", "2021-12-06", "2022-05-06", "2022-11-06", "2023-02-20")),
)
DOCUMENTS = (
    ("D1", "T1", "专利质量提升扶持政策", "2021-11-20"), ("D2", "T4", "《沈阳市专利密集型产品认定管理办法》", "2021-05-20"),
    ("D4", "T9", "中小企业知识产权托管制度", "2021-08-10"), ("D5", "T10", "沈阳市地理标志产品产值统计制度", "2022-03-15"),
    ("D6", "T10", "专利密集型产业增加值统计制度", "2022-03-15"), ("D7", "T11", "《产业知识产权联盟服务管理办法》", "2023-02-28"),
    ("D8", "T15", "知识产权服务机构集聚政策", "2021-12-01"), ("D9", "T18", "品牌服务机构培育计划", "2021-09-01"),
    ("D10", None, "《沈阳市知识产权运营服务体系建设专项资金管理办法》", "2021-02-10"),
)  # fmt: skip
"""All that the plan wants to be issued but D3, the policy on navigation projects."""


def _assets(book: Book) -> None:
    number = 0
    for asset, task, days in ASSETS:
        for k, on in enumerate(days, 1):
            number += 1
            book.add(
                "asset", f"CG-{number:03d}", asset=asset, number=f"样例{number:03d}", name=f"样例{asset}{k}{MADE_UP}", usci=code(4, number),
                holder=f"沈阳样例主体{number:03d}{MADE_UP}", district="浑南区", on=on, task=task, evidence="认定文件（虚构）",
                written_on="2020-12-20" if on < "2020-10" else "",
            )  # fmt: skip
    for name, task, title, on in DOCUMENTS:
        book.add("asset", f"CG-{name}", asset="document", number=name, name=title, on=on, task=task, evidence="文号虚构")


# ------------------------------------------------------------------------------------------- money, in units of 10,000 yuan

RECEIVED = (("central", 10_000, "2020-12-15"), ("city", 2_000, "2021-03-20"), ("central", 3_000, "2022-08-12"))
PROJECTS = {
    "集聚区一期": ("central", "cluster_zone", False, "T15"), "产业运营基金": ("central", "industry", True, "T17"),
    "贯标补助": ("central", "subjects", False, "T8"), "质押风险补偿": ("city", "finance", True, "T12"),
    "运营平台": ("city", "platform", False, "T16"), "集聚区二期": ("central", "cluster_zone", True, "T15"),
    "质押风险池": ("central", "finance", True, "T12"), "人才培养": ("central", "subjects", False, "T20"),
}  # fmt: skip
USES = (
    ("集聚区一期", "committed", 4000, "2021-03-01"), ("集聚区一期", "paid", 2000, "2021-09-01"),
    ("产业运营基金", "committed", 3500, "2021-04-01"), ("产业运营基金", "paid", 2000, "2021-10-01"),
    ("贯标补助", "committed", 2500, "2021-05-01"), ("贯标补助", "paid", 1000, "2021-11-01"),
    ("质押风险补偿", "committed", 1500, "2021-06-01"), ("质押风险补偿", "paid", 1000, "2021-12-01"),
    ("运营平台", "committed", 500, "2021-06-01"), ("运营平台", "paid", 500, "2021-12-10"),
    ("集聚区二期", "committed", 1400, "2022-03-01"), ("质押风险池", "committed", 600, "2022-04-01"),
    ("集聚区一期", "paid", 800, "2022-06-01"), ("产业运营基金", "paid", 1500, "2022-09-01"),
    ("贯标补助", "paid", 100, "2022-10-01"), ("质押风险池", "paid", 600, "2022-11-01"), ("质押风险补偿", "paid", 500, "2022-11-15"),
    ("人才培养", "committed", 2000, "2023-02-10"),
    ("贯标补助", "paid", 1400, "2023-05-10"), ("集聚区一期", "paid", 1200, "2023-08-10"), ("集聚区二期", "paid", 1000, "2023-10-10"),
)  # fmt: skip


def _money(book: Book) -> None:
    for k, (source, amount, on) in enumerate(RECEIVED, 1):
        book.add("appropriation", f"XD-{k:02d}", source=source, amount_yuan=amount * WAN, on=on, document=f"沈财指〔{on[:4]}〕虚构{k}号")
    for k, (project, stage, amount, on) in enumerate(USES, 1):
        _use(book, f"SY-{k:02d}", project, stage, amount, on)
    _use(book, "SY-18", "人才培养", "committed", 1000, "2023-02-10", written_on="2023-06-15", reason="金额录入有误，应为1000万元")
    _use(
        book, "SY-90", "集聚区一期", "paid", 3000, "2022-12-20", decision="rejected", decision_note="没有支付凭证，不予认可",
    )  # fmt: skip


def _use(book: Book, name: str, project: str, stage: str, amount: float, on: str, **more: object) -> None:
    source, purpose, market, task = PROJECTS[project]
    book.add(
        "fund_use", name, source=source, purpose=purpose, market_based=market, stage=stage, amount_yuan=amount * WAN, on=on,
        recipient=f"样例接收单位{MADE_UP}", project=f"{project}{MADE_UP}", task=task, document=f"沈知拨〔{on[:4]}〕虚构{name[3:]}号", **more,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- tasks

SHARES: dict[int, tuple[float, float | None]] = dict.fromkeys(range(2, 21), (35.0, 70.0)) | {11: (40.0, 85.0), 13: (20.0, None), 14: (35.0, 50.0), 15: (35.0, 80.0), 17: (35.0, 60.0)}
"""Task → share done [%] as reported on 2021-12-20 and 2022-12-20."""
DONE = {
    1: "2021-12-15", 7: "2022-04-01", 8: "2023-07-15", 11: "2023-03-01", 13: "2022-12-28", 16: "2022-10-15",
}  # fmt: skip
"""Task → when it was reported as done; the others on 2023-12-20, but for 14 and 17."""
OPEN_AT_THE_END = {14: 80.0, 17: 75.0}


def _tasks(book: Book) -> None:
    _report(book, 1, "2021-06-30", "in_progress", 50.0)
    for n in range(2, 21):
        for share, on in zip(SHARES[n], ("2021-12-20", "2022-12-20"), strict=True):
            late_start = n == 20 and on < "2022"
            if share is not None and on < DONE.get(n, "9") and not late_start:
                _report(book, n, on, "in_progress", share)
    for n in range(1, 21):
        if n in OPEN_AT_THE_END:
            _report(book, n, "2023-12-20", "in_progress", OPEN_AT_THE_END[n])
        else:
            _report(book, n, DONE.get(n, "2023-12-20"), "done", 100.0)
    for task, due in (("T1", "2021-12-31"), ("T11", "2022-06-30")):
        book.add("due_date", f"QX-{task}", task=task, due=due, on="2021-03-01", basis="沈知办发〔2021〕虚构3号")
    for k, (task, unit) in enumerate((("T15", "浑南区政府"), ("T17", "浑南区政府"), ("T17", "铁西区政府")), 1):
        book.add(
            "unit_named", f"DW-{k}", task=task, group="相关区、县（市）政府", unit=unit, on="2021-06-01", basis="沈知办发〔2021〕虚构8号"
        )


def _report(book: Book, task: int, on: str, state: str, share: float) -> None:
    book.add(
        "task_state", f"RW-{task:02d}-{on.replace('-', '')}", task=f"T{task}", on=on, state=state, share_pct=share, note="进展说明（虚构）",
        reporter="张楠（虚构）",
    )  # fmt: skip
