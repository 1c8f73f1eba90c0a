"""A scheme and a plan of another city, made up: other steps, conditions, grades, shares, money, words and columns than Shenyang's."""

PLAN = """
[plan]
id = "elsewhere"
title = "某市方案"
title_en = "Plan of elsewhere"
number = "某政发〔2030〕1号"
issuer = "某市人民政府"
issuer_en = "Government of elsewhere"
issued_on = 2030-01-01
printed_on = 2030-01-02
citations = [{ article = "标题", text = "某市方案" }]
[horizon]
years = 2
first_day = 2030-01-01
last_day = 2031-12-31
citations = [{ article = "一", text = "两年" }]
note_zh = "无"
note_en = "none"
[[unit]]
id = "bureau"
zh = "某局"
en = "Bureau"
[[goal]]
id = "G"
zh = "目标"
en = "Goal"
article = "一"
text = "增长百分之五。"
[[indicator]]
id = "I"
goal = "G"
tasks = ["T"]
zh = "指标"
en = "Indicator"
kind = "growth"
comparator = ">="
target = 5
unit = "%"
unit_en = "%"
series_unit = "件"
series_unit_en = "pieces"
base_status = "not_stated"
to_confirm = ["due"]
citations = [{ article = "一", text = "增长百分之五。" }]
[[project]]
id = "P"
number = "一"
zh = "工程"
en = "Project"
citations = [{ article = "二", text = "工程" }]
[[task]]
id = "T"
number = 1
project = "P"
zh = "任务"
en = "Task"
article = "二·1"
text = "增长百分之五。"
lead = "某局"
lead_units = ["bureau"]
responsible = "某局"
responsible_units = ["bureau"]
citations = [{ text = "某局" }]
[[task.target]]
zh = "增长百分之五。"
en = "Five per cent more."
indicators = ["I"]
"""


def _row(table, **values):
    lines = [f"[[{table}]]" if not table.startswith("[") else table]
    for key, value in values.items():
        told = value if isinstance(value, _Raw) else _toml(value)
        lines.append(f"{key} = {told}")
    return "\n".join(lines)


class _Raw(str):
    """TOML as it stands."""

    __slots__ = ()


def _toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value)


CITED = _Raw('[{ article = "一", text = "原文" }]')


def _criterion(ident, zh, en, kind, **more):
    return _row("condition.criterion", id=ident, zh=zh, en=en, kind=kind, mark="T", **more)


def _count(ident, zh, en, least, unit, **more):
    return _criterion(ident, zh, en, "count", comparator=">=", threshold=least, unit=unit, unit_en="x", **more)


def scheme_text():
    """Return a scheme: conditions as those of Fuzhou 2019, three steps, four grades of which the best is kept by a fifth.

    At least 200 m², 10 desks, 5 mentors, 3 managers, 30 mu, a lease of 5 years still to run, one year of running. The best grade
    is 示范, at most 20 % of those evaluated, and is paid 30,000 yuan each time; three 末档 in a row end the filing.
    """
    grades = (("model", "示范", 0.2), ("good", "良好", None), ("fair", "达标", 0.5), ("poor", "末档", None))
    parts = [
        _row(
            "[scheme]", id="elsewhere", title="某市农创空间办法", title_en="Farm spaces of elsewhere", number="某科〔2030〕1号", issuer="某市科技局",
            issuer_en="Bureau of elsewhere", issued_on=_Raw("2020-01-01"), printed_on=_Raw("2020-01-02"), indicator_set="elsewhere_set", place="某市",
            citations=CITED,
        ),
        _row("column", kind="space", key="lease_until", zh="租期至", en="lease until", type="date"),
        _row("column", kind="space", key="teams_pct", zh="供团队使用面积占比", en="share for teams", type="number", unit="%", least=0, most=100),
        _row("word", list="level", id="town", zh="乡镇级", en="town"),
        _row("word", list="person", id="angel", zh="天使投资人", en="angel investor"),
        _row("aim", id="A1", zh="农创空间", en="farm spaces", kind="cumulative", comparator=">=", target=9, unit="家", unit_en="spaces",
             due=_Raw("2027-12-31"), citations=CITED),
        _row("condition", id="K1", number="1", zh="场地", en="site", article="一", text="场地", text_en="site"),
        _count("K1.1", "面积", "floor area", 200, "㎡", record="space", field="area_m2"),
        _count("K1.2", "工位", "desks", 10, "个", record="space", field="workstations"),
        _count("K1.3", "示范基地", "base", 30, "亩", record="space", field="base_mu"),
        _count("K1.4", "剩余租期", "lease left", 5, "年", record="space", field="lease_until", years="until"),
        _count("K1.5", "运营", "running", 1, "年", record="space", field="operating_since", years="since"),
        _count("K1.6", "团队面积占比", "share for teams", 75, "%", record="space", field="teams_pct"),
        _row("condition", id="K2", number="2", zh="人员", en="people", article="一", text="人员", text_en="people"),
        _count("K2.1", "导师", "mentors", 5, "名", record="person", where=_Raw('{ role = ["mentor"] }')),
        _count("K2.2", "管理人员", "managers", 3, "名", record="person", where=_Raw('{ role = ["manager"] }')),
        _count("K2.3", "天使投资人", "angels", 1, "名", record="person", where=_Raw('{ role = ["angel"] }'), alternative="money"),
        _count("K2.4", "融资", "finance", 2, "笔", record="finance", alternative="money"),
    ]  # fmt: skip
    states = (("handed", "已递交", "handed in", "open"), ("shown", "公开中", "shown", "open"), ("doubted", "受质疑", "doubted", "open"),
              ("in", "入库", "listed", "filed"), ("out", "出库", "delisted", "closed"))  # fmt: skip
    parts += [_row("state", id=i, zh=zh, en=en, group=g) for i, zh, en, g in states]
    parts += [_row("field", id=k, zh=k, en=k) for k in ("space", "by", "until", "document", "opinion", "round", "experts", "ground", "objections")]
    moves = (
        ("hand_in", ["@start"], "handed", "application", ["space"], {}), ("show", ["handed"], "shown", "step", ["by", "until"], {"guard": "conditions_met"}),
        ("doubt", ["shown"], "doubted", "step", ["by", "opinion"], {"objection": True}), ("clear", ["doubted"], "shown", "step", ["by", "opinion"], {}),
        ("enter", ["shown"], "in", "step", ["by", "document", "objections"], {"guard": "publicity_over"}),
        ("advise", ["in"], "=", "guidance", ["round", "experts"], {"guard": "last_failed"}),
        ("expel", ["in"], "out", "exit", ["ground"], {"guard": "consecutive_fails", "where": _Raw('{ ground = ["two_fails"] }')}),
        ("leave", ["in"], "out", "exit", ["ground", "document"], {"where": _Raw('{ ground = ["withdrawn", "revoked"] }')}),
    )  # fmt: skip
    for ident, start, to, record, required, more in moves:
        parts.append(_row("transition", id=ident, zh=f"步骤{ident}", en=ident, to=to, role="admin", actor_zh="某局", actor_en="bureau", record=record,
                          required=required, citations=CITED, **{"from": start}, **more))  # fmt: skip
    parts += [
        _row("step", id="S1", zh="递交", en="hand in", actor_zh="某局", actor_en="bureau", transitions=["hand_in", "show"], citations=CITED),
        _row("[evaluation]", trigger_zh="每年", trigger_en="yearly", first_level_count=2, second_level_count=3, citations=CITED,
             first_level=_Raw('[{ id = "甲类", zh = "甲类", en = "A" }, { id = "乙类", zh = "乙类", en = "B" }]')),
    ]  # fmt: skip
    for ident, zh, share in grades:
        more = {} if share is None else {"share_max": share}
        parts.append(_row("grade", id=ident, zh=zh, en=ident, consequence_zh="无", consequence_en="none", citations=CITED, **more))
    parts += [
        _row("[subsidy]", grade="model", amount_yuan=30000, once=False, budget_line="某专项", budget_line_en="a fund", levels=["town", "city"],
             citations=CITED, use=_Raw('[{ id = "u", zh = "培训", en = "training" }]')),
        _row("[exit_rule]", grade="poor", consecutive=3, citations=CITED),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def set_text(status="official"):
    """Return an indicator set of that scheme: three indicators, all scored by experts; out of 50."""
    parts = [
        _row("[set]", id="ELSE-1", scheme="elsewhere", status=status, zh="指标", en="indicators", source_zh="某", source_en="x", total=50, panel="mean",
             grades=_Raw('[{ grade = "model", min = 45, share_max = 0.2 }, { grade = "good", min = 40 }, { grade = "fair", min = 30, share_max = 0.5 }, { grade = "poor", min = 0 }]')),
    ]  # fmt: skip
    for ident, parent, weight in (("a", "甲类", 20), ("b", "甲类", 20), ("c", "乙类", 10)):
        more = {} if status == "provisional" else {"weight": weight, "score": _Raw(f'{{ kind = "expert", max = {weight} }}'), "citations": CITED}
        parts.append(_row("indicator", id=ident, parent=parent, zh=f"指标{ident}", en=ident, unit="分", unit_en="points", **more))
    return "\n".join(parts) + "\n"


def plan_text():
    """Return a plan with money, words and a column of its own: half of the province's money for clusters, bad loans at most 5 %."""
    parts = [
        PLAN,
        _row("indicator", id="C", zh="版权登记", en="copyrights", kind="cumulative", comparator=">=", target=3, unit="件", unit_en="works",
             due=_Raw("2031-06-30"), goal="G", citations=CITED),
        _row("fund_source", id="province", zh="省级财政", en="province"), _row("fund_source", id="city", zh="市级", en="the city"),
        _row("fund_category", id="cluster", zh="集聚", en="cluster"), _row("fund_category", id="rest", zh="其余", en="the rest"),
        _row("fund_rule", id="F", zh="集聚占比", en="share of the cluster", comparator=">=", share_pct=50, citations=CITED),
        _row("fund_rule.reading", id="paid", zh="已支付", en="paid", basis="paid"),
        '[fund_rule.reading.numerator]\nsources = ["province"]\ncategories = ["cluster"]', '[fund_rule.reading.denominator]\nsources = ["province"]',
        _row("tolerance", id="N", zh="不良率", en="bad loans", comparator="<=", limit_pct=5, citations=CITED, tasks=["T"]),
        _row("column", kind="asset", key="author", zh="作者", en="author"), _row("word", list="asset", id="copyright", zh="版权", en="copyright"),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


COUNTS = """
[judging]
mark = "P"
at_risk_part = 0.5
least_elapsed = 0.1
least_even_target = 1
days_before_due = 30
last_days = 10
loan_state_old_days = 100
[asset]
same_by_number = ["copyright"]
[[tolerance_reading]]
tolerance = "N"
id = "absolute"
basis = "absolute"
zh = "上限"
en = "limit"
[[count]]
plan = "elsewhere"
indicator = "C"
from = "asset"
assets = ["copyright"]
"""
