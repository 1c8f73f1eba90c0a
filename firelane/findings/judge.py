"""Every rule in force meets its measurement here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from firelane.findings import geometry, height, lines, passage, rescue, swept
from firelane.findings import paint as painted
from firelane.findings.desk import Desk
from firelane.findings.model import Finding
from firelane.measure import Measurements
from firelane.rules.model import Rule
from firelane.vocabulary import Quantity, Verdict


def judge(measured: Measurements, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """Judge every rule for every subject; passing subjects are findings too.

    Parameters
    ----------
    measured : Measurements
    rules : sequence of Rule
        In catalogue order, which is the order of the findings.

    Returns
    -------
    tuple of Finding
    """
    desk = Desk(measured)
    paint = painted.PaintDesk(desk, rules)
    width_m = next((r.threshold for r in rules if r.quantity is Quantity.CLEAR_WIDTH), None)
    for rule in rules:
        since = len(desk.findings)
        if not rule.measured:
            desk.not_measured(rule, rule.why_not_zh, rule.why_not_en)
        elif rule.quantity in _LANE:
            _LANE[rule.quantity](desk, rule)
        elif rule.quantity in _PAINT:
            _PAINT[rule.quantity](paint, rule)
        elif rule.quantity is Quantity.OBSTRUCTION:
            _obstruction(desk, rule, width_m)
        elif rule.quantity is Quantity.PARKING:
            if width_m is None:
                desk.not_measured(rule, "所选规则没有净宽限值", "the rules in force give no clear width")
            else:
                passage.parking(desk, rule, width_m)
        elif rule.quantity is Quantity.RESPONSIBLE_PARTY:
            _responsible(desk, rule)
        else:
            desk.not_measured(
                rule, f"本版本不测量{rule.quantity.zh}", f"this version does not measure {rule.quantity.en}"
            )
        if rule.measured:
            lines.take_back(desk, rule, since)
    return desk.finished()


_LANE: dict[Quantity, Callable[[Desk, Rule], None]] = {
    Quantity.CLEAR_WIDTH: passage.clear_width,
    Quantity.CLEAR_HEIGHT: height.clear_height,
    Quantity.GATE_OPENING: passage.gates,
    Quantity.REACH: passage.reach,
    Quantity.TURNING_RADIUS: geometry.turning_radius,
    Quantity.SWEPT_PATH: swept.swept_path,
    Quantity.TURNING_AREA: geometry.turning_area,
    Quantity.GRADIENT: geometry.gradient,
    Quantity.CONNECTIVITY: rescue.connectivity,
    Quantity.FACADE_DISTANCE: rescue.facade_distance,
    Quantity.OPERATING_GROUND: rescue.operating_ground,
    Quantity.AERIAL_OBSTRUCTION: rescue.aerial_obstruction,
}

_PAINT: dict[Quantity, Callable[[painted.PaintDesk, Rule], None]] = {
    Quantity.EDGE_LINE: painted.edge_line,
    Quantity.KERB_PAINT: painted.kerb,
    Quantity.BOX_SPACING: painted.box_spacing,
    Quantity.BOX_TEXT: painted.box_text,
    Quantity.ENTRANCE_GRID: painted.grid,
    Quantity.GRID_TEXT: painted.grid_text,
    Quantity.SIGN: painted.signs,
    Quantity.CONDITION: painted.condition,
}


def _obstruction(desk: Desk, rule: Rule, width_m: float | None) -> None:
    if width_m is None:
        desk.not_measured(rule, "所选规则没有净宽限值", "the rules in force give no clear width")
    elif rule.rule_id.endswith("-clearing"):
        passage.clearing(desk, rule, width_m)
    else:
        passage.obstructions(desk, rule, width_m)


_MANAGERS = {
    "property_company": ("物业服务企业", "the property-service company"),
    "street_office": ("街道办事处", "the sub-district office"),
    "unit": ("单位", "the unit"),
}


def _responsible(desk: Desk, rule: Rule) -> None:
    """Article 12: who keeps signs and markings, as far as the site tells."""
    config = desk.measured.site.config
    if config.manager_kind is None or not config.manager:
        desk.not_measured(
            rule, "未填写维护管理责任主体（site.toml 的 manager、manager_kind、managed）",
            "the responsible party is not given (manager, manager_kind, managed in site.toml)",
        )  # fmt: skip
        return
    zh, en = _MANAGERS[config.manager_kind]
    expected = {True: "property_company", False: "street_office", None: None}[config.managed]
    if config.manager_kind != "unit" and expected is not None and config.manager_kind != expected:
        should_zh, should_en = _MANAGERS[expected]
        desk.add(
            rule, Verdict.FAIL, "site", f"责任主体登记为{zh}（{config.manager}），按第十二条应为{should_zh}",
            f"{en} ({config.manager}) is recorded; by Article 12 it is {should_en}",
        )  # fmt: skip
        return
    desk.add(rule, Verdict.PASS, "site", f"由{zh}负责：{config.manager}", f"{en} is responsible: {config.manager}")
