"""Known answers of the two sample registries, worked out by hand from their stories; and how they are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Answer = Mapping[str, Any]
"""One answer: its fields, and ``zh`` and ``en``, why it is so."""


# ------------------------------------------------------------------------------------------- the programme

QUALITATIVE = ["G2.3", "G2.4", "G3.2", "G3.4", "G4.4", "G4.5"]

STANDING: Sequence[Answer] = (
    {
        "on": "2021-12-31",
        "tasks": {
            "achieved": ["T1"], "at_risk": ["T4", "T8", "T11", "T13"], "not_evaluable": ["T20"],
            "on_track": ["T2", "T3", "T5", "T6", "T7", "T9", "T10", "T12", "T14", "T15", "T16", "T17", "T18", "T19"],
        },
        "indicators": {
            "on_track": [
                "G1.1", "G1.3", "G1.4", "G1.5", "G2.1", "G3.3", "G4.2", "G4.3", "T3.1", "T3.2", "T5.1", "T5.2", "T5.3", "T8.1", "T11.1", "T15.1",
                "T15.2",
            ],
            "at_risk": ["G3.1", "T4.1"], "not_evaluable": ["G1.2", "G1.6", "G2.2", "G4.1", "T7.1"], "qualitative": QUALITATIVE,
        },
        "late": {"market_regulation": 0, "hunnan": 0},
        "zh": "已过 459／1189 天（39%），低于目标的 0.8×39%＝31% 为有风险：T4.1 为 5／20。G3.1 为 60，低于年度目标 80。任务 11 期限 2022-06-30，时间已过 72%，填报 40%。任务 20 无填报",
        "en": "459 of 1,189 days are gone (39 %): at risk below 0.8 × 39 % = 31 %: T4.1 has 5 of 20. G3.1 has 60, its yearly target is 80. Task 11 is due 2022-06-30: 72 % of the time, 40 % reported. Task 20 reports nothing",
    },
    {
        "on": "2023-01-31",
        "tasks": {
            "achieved": ["T1", "T7", "T13", "T16"], "overdue": ["T8", "T11"], "at_risk": ["T14"],
            "on_track": ["T2", "T3", "T4", "T5", "T6", "T9", "T10", "T12", "T15", "T17", "T18", "T19", "T20"],
        },
        "indicators": {
            "achieved": ["G1.6", "G4.1", "T7.1", "T15.1", "T15.2"], "overdue": ["G3.1", "T8.1"], "not_evaluable": ["G1.2"],
            "on_track": [
                "G1.1", "G1.3", "G1.4", "G1.5", "G2.1", "G2.2", "G3.3", "G4.2", "G4.3", "T3.1", "T3.2", "T4.1", "T5.1", "T5.2", "T5.3", "T11.1",
            ],
            "qualitative": QUALITATIVE,
        },
        "late": {"market_regulation": 2, "hunnan": 0},
        "zh": "贯标 172＜200、优势企业 96＜100，2022 年底到期：任务 8 逾期。任务 11 期限 2022-06-30 已过，办法未出台。任务 14 填报 50%，低于 0.8×72%＝58%",
        "en": "172 of 200 certified, 96 of 100 enterprises, due at the end of 2022: task 8 is late. Task 11 was due 2022-06-30, its measures are not issued. Task 14 reports 50 %, below 0.8 × 72 % = 58 %",
    },
    {
        "on": "2024-01-31",
        "tasks": {"overdue": ["T5", "T14", "T17"], "achieved": [f"T{n}" for n in range(1, 21) if n not in (5, 14, 17)]},
        "indicators": {
            "overdue": ["G4.2"], "not_evaluable": ["G1.2"], "qualitative": QUALITATIVE,
            "achieved": [
                "G1.1", "G1.3", "G1.4", "G1.5", "G1.6", "G2.1", "G2.2", "G3.1", "G3.3", "G4.1", "G4.3", "T3.1", "T3.2", "T4.1", "T5.1", "T5.2",
                "T5.3", "T7.1", "T8.1", "T11.1", "T15.1", "T15.2",
            ],
        },
        "late": {"market_regulation": 2, "hunnan": 1, "named:铁西区政府": 1},
        "zh": "任务 5 填报完成，但其专利导航项目政策未登记出台，不按完成计；任务 14 只填报 80%；任务 17 的中心 2＜3，其“相关区”已明确为浑南、铁西两家。任务 8、11 逾期后完成",
        "en": "Task 5 is reported as done, but the policy on navigation projects that it orders is not recorded as issued: not done; task 14 reports 80 %; task 17 has 2 of 3 centres, and its “districts concerned” are named: Hunnan and Tiexi. Tasks 8 and 11 were done late",
    },
)  # fmt: skip

GROWTH: Sequence[Answer] = (
    {
        "indicator": "G1.1", "on": "2022-01-31", "known": "2022-05-31", "last_year": 2021, "compound_pct": 14.5, "mean_pct": 24.2, "status": "undecided",
        "zh": "1000、1600、1000、1500：复合 1.5^(1/3)－1；逐年＋60%、－37.5%、＋50% 的平均。目标 20%，结论不同",
        "en": "1000, 1600, 1000, 1500: compound 1.5^(1/3) − 1; mean of +60 %, −37.5 %, +50 %. The target is 20 %: they disagree",
    },
    {
        "indicator": "G1.1", "on": "2022-01-31", "last_year": 2021, "compound_pct": 20.0, "mean_pct": 31.8, "status": "on_track",
        "zh": "2022-06-10 更正为 1728＝1000×1.2³：正好 20%", "en": "corrected on 2022-06-10 to 1728 = 1000 × 1.2³: 20 % to the dot",
    },
    {
        "indicator": "G1.1", "on": "2023-07-31", "last_year": 2022, "compound_pct": 20.4, "mean_pct": 29.2, "status": "on_track",
        "zh": "2023 年上半年的 1150 未满一年，不用", "en": "1150 of the first half of 2023 is a part of a year and is not used",
    },
    {
        "indicator": "G1.1", "on": "2024-01-31", "last_year": 2023, "compound_pct": 21.1, "mean_pct": 28.1, "status": "achieved",
        "zh": "2.6^(1/5)－1", "en": "2.6^(1/5) − 1",
    },
    {
        "indicator": "G1.2", "on": "2024-01-31", "status": "not_evaluable", "zh": "没有基期 2018 年数值", "en": "there is no figure of 2018",
    },
    {
        "indicator": "G1.3", "on": "2021-12-31", "last_year": 2021, "compound_pct": 30.0, "mean_pct": 30.0, "status": "on_track",
        "zh": "8788＝4000×1.3³：正好 30%", "en": "8788 = 4000 × 1.3³: 30 % to the dot",
    },
    {
        "indicator": "G1.3", "on": "2024-01-31", "last_year": 2023, "compound_pct": 30.3, "mean_pct": 30.3, "status": "achieved",
        "zh": "3.75^(1/5)－1；2022 年填报 11500，逐笔登记合计 11000，提示", "en": "3.75^(1/5) − 1; of 2022 11,500 are reported, 11,000 registered one by one: flagged",
    },
    {
        "indicator": "G1.4", "on": "2024-01-31", "last_year": 2023, "compound_pct": 32.0, "mean_pct": 32.3, "status": "achieved",
        "zh": "8／2：4^(1/5)－1", "en": "8 / 2: 4^(1/5) − 1",
    },
)  # fmt: skip

FUNDS: Sequence[Answer] = (
    {
        "rule": "F1", "on": "2021-12-31", "ruling": "held", "central_paid": [2000, 5000, True], "central_committed": [4000, 10000, True],
        "zh": "两种读法都正好 40%", "en": "40 % to the dot by both readings",
    },
    {
        "rule": "F2", "on": "2021-12-31", "ruling": "undecided", "central_paid": [2000, 5000, True], "central_committed": [3500, 10000, False],
        "all_paid": [3000, 6500, True], "all_committed": [5000, 12000, True],
        "zh": "中央资金已安排只有 35%，其余读法符合", "en": "35 % of the central money committed, the other readings hold",
    },
    {
        "rule": "F1", "on": "2022-12-31", "ruling": "undecided", "central_paid": [2800, 8000, False], "central_committed": [5400, 12000, True],
        "zh": "已支付 35%，已安排 45%；被退回的 3000 万元支付不计", "en": "35 % of what is paid, 45 % of what is committed; a payment of 3,000 that was rejected does not count",
    },
    {
        "rule": "F2", "on": "2022-12-31", "ruling": "held", "central_paid": [4100, 8000, True], "central_committed": [5500, 12000, True],
        "all_paid": [5600, 10000, True], "all_committed": [7000, 14000, True], "zh": "51%、46%、56%、50%", "en": "51, 46, 56, 50 %",
    },
    {
        "rule": "F1", "on": "2023-03-31", "known": "2023-03-31", "ruling": "broken", "central_paid": [2800, 8000, False],
        "central_committed": [5400, 14000, False],
        "zh": "人才培养误录为 2000 万元：38.6%，且已安排超过已下达的 13000", "en": "2,000 written down for training people: 38.6 %, and more committed than the 13,000 received",
    },
    {
        "rule": "F1", "on": "2023-03-31", "ruling": "undecided", "central_paid": [2800, 8000, False], "central_committed": [5400, 13000, True],
        "zh": "2023-06-15 更正为 1000 万元：41.5%", "en": "put right on 2023-06-15 to 1,000: 41.5 %",
    },
    {
        "rule": "F1", "on": "2023-12-31", "ruling": "held", "central_paid": [5000, 11600, True], "central_committed": [5400, 13000, True],
        "zh": "43.1%、41.5%", "en": "43.1 and 41.5 %",
    },
)  # fmt: skip

LOANS: Sequence[Answer] = (
    {
        "on": "2021-12-31", "number": 5, "outstanding_wan": 8788, "non_performing_wan": 0, "absolute": True, "ruling": "held",
        "zh": "五笔均正常", "en": "five loans, all performing",
    },
    {
        "on": "2022-12-31", "number": 11, "outstanding_wan": 16200, "non_performing_wan": 0, "absolute": True, "ruling": "held",
        "zh": "2021 年的余 5200，2022 年的 11000", "en": "5,200 left of 2021, 11,000 of 2022",
    },
    {
        "on": "2023-03-19", "number": 13, "outstanding_wan": 19700, "non_performing_wan": 0, "absolute": True, "ruling": "held",
        "zh": "加两笔共 3500", "en": "two more, 3,500",
    },
    {
        "on": "2023-03-31", "number": 13, "outstanding_wan": 19500, "non_performing_wan": 800, "absolute": False, "ruling": "undecided",
        "zh": "ZY-2105 余 800 转为不良：4.10%＞3%；按高于本行不良率的幅度则无从比较", "en": "800 left of ZY-2105 turn bad: 4.10 % > 3 %; as a margin above the bank's own ratio it cannot be compared",
    },
    {
        "on": "2023-05-31", "number": 15, "outstanding_wan": 23800, "non_performing_wan": 800, "absolute": False, "ruling": "undecided",
        "zh": "又放款 4300：3.36%", "en": "4,300 more are lent: 3.36 %",
    },
    {
        "on": "2023-06-30", "number": 15, "outstanding_wan": 23300, "non_performing_wan": 300, "absolute": True, "ruling": "held",
        "zh": "收回 500：1.29%", "en": "500 are recovered: 1.29 %",
    },
    {
        "on": "2023-12-31", "number": 19, "outstanding_wan": 25000, "non_performing_wan": 750, "absolute": True, "ruling": "held",
        "zh": "750／25000 正好 3%，以内含本数；作废的 ZY-2309 不计", "en": "750 of 25,000 is 3 % to the dot, within includes it; ZY-2309, taken back, does not count",
    },
)  # fmt: skip

COUNTS: Sequence[Answer] = (
    {"indicator": "G1.5", "on": "2021-12-31", "value": 40, "zh": "42 条登记，两家由两个区各报一次", "en": "42 records, two firms reported by two districts"},
    {"indicator": "G1.5", "on": "2023-01-31", "value": 80, "zh": "81 家，一家退出", "en": "81 firms, one withdrawn"},
    {
        "indicator": "G1.5", "on": "2024-01-31", "value": 100, "approved": 80, "reached_on": "2023-12-10",
        "zh": "再加 20 家，未审核", "en": "20 more, not approved yet",
    },
    {"indicator": "T15.2", "on": "2021-12-31", "value": 16, "zh": "16 家入驻", "en": "16 moved in"},
    {
        "indicator": "T15.2", "on": "2022-12-31", "value": 31,
        "zh": "又 16 家入驻，一家迁出；在两处的、换一处的各计一次", "en": "16 more, one left; one in two carriers and one that changed count once",
    },
    {"indicator": "T15.2", "on": "2023-06-30", "value": 27, "zh": "四家迁出", "en": "four left"},
    {"indicator": "T15.2", "on": "2023-12-31", "value": 30, "zh": "三家入驻，其中一家曾迁出", "en": "three moved in, one of them back"},
    {"indicator": "T15.2", "on": "2024-01-31", "value": 29, "zh": "期限后一家迁出：仍为期限时已达到", "en": "one left after the last day: reached by then"},
    {"indicator": "G4.3", "on": "2024-01-31", "value": 5, "zh": "六家，其中一家 2019 年已认定，不属新增", "en": "six, one of them recognised in 2019 and not new"},
)  # fmt: skip

DOCUMENTS: Answer = {
    "on": "2024-01-31", "missing": ["D3"], "zh": "十份中只有专利导航项目政策未登记出台", "en": "of ten, the policy on navigation projects alone is not recorded as issued",
}  # fmt: skip

IP: Mapping[str, Sequence[Answer]] = {
    "standing": STANDING, "growth": GROWTH, "fund": FUNDS, "loans": LOANS, "count": COUNTS, "documents": (DOCUMENTS,),
}  # fmt: skip


# ------------------------------------------------------------------------------------------- the Star Spaces

REGISTER: Sequence[Answer] = (
    {"on": "2020-12-31", "filed": 6, "zh": "六家直接备案", "en": "six filed directly"},
    {"on": "2021-05-19", "filed": 6, "zh": "公示期内不算备案", "en": "those in public notice are not filed"},
    {"on": "2021-12-31", "filed": 22, "zh": "加第一批 16 家", "en": "and 16 of the first batch"},
    {"on": "2022-06-30", "filed": 38, "zh": "加第二批 16 家", "en": "and 16 of the second"},
    {"on": "2022-12-31", "filed": 37, "zh": "XC-11 退出", "en": "XC-11 has left"},
)

STATES: Sequence[Answer] = (
    {"application": "SB-20", "on": "2021-05-10", "state": "objected", "zh": "公示期内有异议", "en": "an objection during the notice"},
    {"application": "SB-20", "on": "2021-05-12", "state": "publicised", "zh": "异议不成立", "en": "dismissed"},
    {"application": "SB-20", "on": "2021-05-20", "state": "filed", "zh": "公布，异议 1 件", "en": "announced, with 1 objection"},
    {"application": "SB-38", "on": "2022-02-25", "state": "returned", "zh": "缺合作协议", "en": "an agreement is missing"},
    {"application": "SB-38", "on": "2022-05-10", "state": "filed", "zh": "补正后备案", "en": "handed in again and filed"},
    {"application": "SB-39", "on": "2022-12-31", "state": "returned", "zh": "未再申报", "en": "not handed in again"},
    {"application": "SB-40", "on": "2022-12-31", "state": "site_inspected", "zh": "条件不全，不能公示", "en": "lacks conditions, no notice"},
    {"application": "SB-11", "on": "2022-12-31", "state": "exited", "zh": "连续两次不合格", "en": "failed twice in a row"},
)

CONDITIONS: Sequence[Answer] = (
    {
        "space": "XC-40", "on": "2022-12-31", "result": "no_evidence",
        "conditions": ["met", "met", "met", "no_evidence", "needs_judgement", "no_evidence", "met"],
        "zh": "没有团队和导师；企业 2 家不足 3 家，创客由评审判断；没有创业活动", "en": "no team and no mentors; 2 enterprises of 3, makers are for a reviewer; no activities",
    },
    {
        "space": "XC-07", "on": "2021-05-06", "result": "met", "conditions": ["met"] * 7,
        "zh": "七项符合", "en": "all seven",
    },
)  # fmt: skip

_TOTALS_2021 = (
    (98, 7), (97, 1), (95, 12), (92, 9), (91, 15), (90, 10), (88, 3), (86, 2), (84, 18), (82, 4), (80, 5), (78, 6), (76, 13, 14), (74, 16, 17),
    (72, 20, 21), (68, 22), (54, 8), (52, 19), (48, 11),
)  # fmt: skip
_TOTALS_2022 = (
    (100, 7), (98, 3), (97, 12), (96, 1), (95, 25), (92, 15), (91.3333, 2), (91, 30), (90, 9), (88, 18), (86, 10, 27), (84, 33), (82, 4), (80, 5, 6),
    (78, 17, 19, 20, 21), (76, 23, 24, 26), (74, 28, 29), (72, 8, 13, 14, 16), (68, 31, 32, 34), (62, 35, 36), (60, 37), (54, 22), (52, 11), (48, 38),
)  # fmt: skip


def _ranks(totals: Sequence[Sequence[float]]) -> list[list[Any]]:
    return [[rank, row[0], [f"XC-{n:02d}" for n in row[1:]]] for rank, row in enumerate(totals, 1)]


ROUNDS: Sequence[Answer] = (
    {
        "round": "LP-2021", "evaluated": 22, "quota": 6, "tied_at_the_edge": [], "places": 0, "ranks": _ranks(_TOTALS_2021),
        "excellent": ["XC-01", "XC-07", "XC-09", "XC-10", "XC-12", "XC-15"], "fail": ["XC-08", "XC-11", "XC-19"],
        "zh": "22×30%＝6.6，舍去零头为 6", "en": "22 × 30 % = 6.6, rounded down: 6",
    },
    {
        "round": "LP-2022", "evaluated": 38, "quota": 11, "tied_at_the_edge": ["XC-10", "XC-27"], "places": 1, "ranks": _ranks(_TOTALS_2022),
        "excellent": ["XC-01", "XC-02", "XC-03", "XC-07", "XC-09", "XC-12", "XC-15", "XC-18", "XC-25", "XC-27", "XC-30"],
        "fail": ["XC-11", "XC-22", "XC-38"],
        "zh": "38×30%＝11.4，舍去零头为 11；前十名后只余一个名额，XC-10、XC-27 同为 86 分；XC-02 三位专家 4、3、3 分，平均 10/3",
        "en": "38 × 30 % = 11.4, rounded down: 11; one place is left after ten, XC-10 and XC-27 both have 86; the experts give XC-02 4, 3, 3: 10/3",
    },
)  # fmt: skip

AIMS: Sequence[Answer] = (
    {"aim": "A1", "on": "2022-12-31", "count": 37, "standing": "open", "zh": "期限当日不算逾期", "en": "not overdue on the last day itself"},
    {"aim": "A1", "on": "2023-01-31", "count": 37, "standing": "overdue", "zh": "37＜80", "en": "37 of 80"},
    {
        "aim": "A2", "on": "2021-12-31", "count": 59, "standing": "open",
        "zh": "22 家各两个合作社，一个重复：43；家庭农场 16", "en": "two cooperatives each in 22, one of them twice: 43; 16 family farms",
    },
    {
        "aim": "A2", "on": "2022-12-31", "count": 102, "standing": "reached",
        "zh": "合作社 75、家庭农场 23（一个在两处）、大户 4；企业、团队不在原文所列之中", "en": "75 cooperatives, 23 family farms (one in two places), 4 large growers; enterprises and teams are not listed in the text",
    },
    {
        "aim": "A3", "on": "2023-01-31", "count": 113, "standing": "overdue",
        "zh": "38 家各三人，一位导师在两处", "en": "three in each of 38, one mentor in two places",
    },
)  # fmt: skip

SUBSIDIES: Sequence[Answer] = (
    {
        "on": "2022-06-30", "paid": ["XC-07", "XC-09", "XC-10", "XC-12", "XC-15"], "paid_yuan": 500000, "to_confirm": ["XC-01"],
        "zh": "第一轮优秀六家，XC-01 为国家级，待确认", "en": "six excellent in the first round; XC-01 is a national one: to be confirmed",
    },
    {
        "on": "2022-12-31", "paid": ["XC-07", "XC-09", "XC-10", "XC-12", "XC-15", "XC-18", "XC-25", "XC-27", "XC-30"], "paid_yuan": 900000,
        "to_confirm": ["XC-01", "XC-02", "XC-03"],
        "zh": "第二轮新增四家；XC-07、09、12、15 已得过一次", "en": "four more in the second round; XC-07, 09, 12, 15 had it before",
    },
)  # fmt: skip

EXITS: Sequence[Answer] = (
    {"on": "2022-12-04", "must_leave": [], "left": [], "zh": "第二轮未发布", "en": "the second round is not published"},
    {"on": "2022-12-05", "must_leave": ["XC-11"], "left": [], "zh": "连续两次不合格的只有 XC-11", "en": "XC-11 alone failed twice in a row"},
    {"on": "2022-12-20", "must_leave": [], "left": ["XC-11"], "zh": "退出", "en": "it has left"},
)

STAR: Mapping[str, Sequence[Answer]] = {
    "register": REGISTER, "application": STATES, "condition": CONDITIONS, "round": ROUNDS, "aim": AIMS, "subsidy": SUBSIDIES, "exit": EXITS,
}  # fmt: skip


# ------------------------------------------------------------------------------------------- how they are written

_NOTE = {
    "ip": "# `known`: as recorded by the end of that day. Fund readings: [numerator, denominator (10,000 CNY), holds].",
    "star": "# `ranks`: [rank, total by rehearsal.toml, spaces]. Grades are those of the invented documents in the data.",
}
_LEGEND = {
    "ip": "`known`：按该日以前的登记；资金比例各读法为 分子、分母（万元）、是否符合。`known`: as recorded by that day; fund readings: numerator, denominator (10,000 CNY), holds.",
    "star": "`ranks`：名次、按 `rehearsal.toml` 的总分（编号）；等次为数据中虚构文件所载。`ranks`: rank, total by `rehearsal.toml` (spaces); grades are those of the invented documents.",
}  # fmt: skip
_NAMES = {
    "standing": "任务与指标 Tasks and indicators", "growth": "年均增幅 Growth", "fund": "资金比例 Fund rules", "loans": "不良率 Loans", "count": "计数 Counts",
    "documents": "文件 Documents", "register": "在册 On the register", "application": "申报 Applications", "condition": "条件 Conditions",
    "round": "考评 Rounds", "aim": "目标 Aims", "subsidy": "后补助 Subsidies", "exit": "退出 Exits",
}  # fmt: skip


def _value(told: Any) -> str:
    if isinstance(told, bool):
        return str(told).lower()
    if isinstance(told, str):
        return '"' + told.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(told, Mapping):
        return "{ " + ", ".join(f"{_value(k)} = {_value(v)}" for k, v in told.items()) + " }"
    if isinstance(told, Sequence):
        return "[" + ", ".join(map(_value, told)) + "]"
    return repr(told)


def to_toml(name: str, programme: str, answers: Mapping[str, Sequence[Answer]]) -> str:
    """Return the answers for programs."""
    lines = ["# Written by data/make_samples.py: known answers, worked out by hand.", _NOTE[programme], "", 'schema = "firelane-expected-registry/1"']
    lines.append(f'sample = "{name}"')
    for kind, rows in answers.items():
        for row in rows:
            lines += ["", f"[[{kind}]]", *(f"{key} = {_value(told)}" for key, told in row.items())]
    return "\n".join(lines) + "\n"


def to_markdown(title: str, programme: str, answers: Mapping[str, Sequence[Answer]]) -> str:
    """Return the answers for people."""
    lines = [f"# {title}", "", "由 `data/make_samples.py` 写出；除区县和两份文件原文所载的单位外，人名、单位、数字、文号均为虚构。  ",
             "Written by `data/make_samples.py`; but for districts and the bodies that the two documents name, everything is invented."]
    lines += ["", _LEGEND[programme]]
    for kind, rows in answers.items():
        lines += ["", f"## {_NAMES[kind]}", "", "| 结果 result | 原因 | why |", "|---|---|---|"]
        for row in rows:
            told = "; ".join(f"{k} {_plain(v)}" for k, v in row.items() if k not in ("zh", "en"))
            lines.append(f"| {told} | {row['zh']} | {row['en']} |")
    return "\n".join(lines) + "\n"


def _plain(told: Any) -> str:
    if isinstance(told, Mapping):
        return ", ".join(f"{k}: {_plain(v)}" for k, v in told.items())
    if isinstance(told, Sequence) and not isinstance(told, str):
        return " ".join(f"({_plain(v)})" if isinstance(v, list) else _plain(v) for v in told) or "–"
    return str(told).lower() if isinstance(told, bool) else str(told)
