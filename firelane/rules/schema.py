"""What a rule catalogue must look like: every fault of a file is told, not only the first."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from firelane.errors import Problem
from firelane.rules.model import Pack, Rule
from firelane.vocabulary import Quantity, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPARATORS = (">=", "<=", "present", "absent", "none")
UNITS = ("m", "m2", "deg", "pct", "share", "count", "s", "kg")
"""A parameter's name ends in one of these: ``width_m``."""

_PACK_TEXTS = {
    "name": True,
    "title_zh": True,
    "title_en": True,
    "number": True,
    "in_force": False,
    "jurisdiction_zh": True,
    "jurisdiction_en": True,
    "note_zh": False,
    "note_en": False,
}
_RULE_TEXTS = {
    "rule_id": True,
    "article": True,
    "text_zh": True,
    "text_en": True,
    "title_zh": True,
    "title_en": True,
    "unit": False,
    "source": False,
    "why_not_zh": False,
    "why_not_en": False,
}
_RULE_OTHERS = (
    "quantity", "comparator", "threshold", "severity", "measured", "verbatim", "params", "words", "to_be_confirmed",
)  # fmt: skip
_NEEDS: dict[Quantity, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Quantity.SIGN: (("search_distance_m",), ()),
    Quantity.CONDITION: ((), ("good", "worn")),
    Quantity.KERB_PAINT: (("match_band_m", "min_missing_m", "assumed_width_m"), ("yellow",)),
    Quantity.EDGE_LINE: (
        ("near_edge_offset_m", "width_m", "offset_tolerance_m", "width_tolerance_m", "match_band_m", "min_missing_m"),
        ("yellow",),
    ),
    Quantity.BOX_SPACING: (("centre_tolerance_m", "gap_tolerance_m"), ("yellow",)),
    Quantity.ENTRANCE_GRID: (
        ("touch_distance_m", "cover_tolerance_m", "depth_min_m", "depth_max_m"), ("yellow",)
    ),
}  # fmt: skip
"""What the judgement of a quantity needs in ``params`` and ``words``."""

_HIGH_RISE = ("high_rise_m", "high_rise_residential_m", "storey_m")
_NEEDS |= {
    Quantity.CONNECTIVITY: (("blocking_length_m",), ()),
    Quantity.OPERATING_GROUND: (
        (*_HIGH_RISE, "tall_m", "length_m", "long_length_m", "depth_m", "nearest_m", "farthest_m", "gap_m",
         "perimeter_share", "recess_m"), ()
    ),
    Quantity.TURNING_RADIUS: (("least_turn_deg", "least_arc_deg", "largest_residual_m", "uncertainty_share"), ("radius_basis",)),
    Quantity.TURNING_AREA: (("dead_end_m",), ()),
    Quantity.GRADIENT: (("base_m",), ()),
    Quantity.AERIAL_OBSTRUCTION: ((*_HIGH_RISE, "hinders_above_m", "lane_distance_m", "recess_m"), ("kinds",)),
}  # fmt: skip
_NEEDS_BY_ENDING = {
    (Quantity.CONNECTIVITY, "-ring"): _HIGH_RISE,
    (Quantity.TURNING_AREA, "-high-rise"): ("high_rise_m", "storey_m", "beside_m"),
}
"""What it needs besides where the rule's id tells which of several judgements is meant."""

_CHOICES = {(Quantity.TURNING_RADIUS, "radius_basis"): ("inner_edge", "outer_wheel")}
"""Words of which exactly one is to be chosen."""

_NEED_THRESHOLD = (Quantity.CLEAR_WIDTH, Quantity.CLEAR_HEIGHT, Quantity.REACH, Quantity.BOX_SPACING, Quantity.FACADE_DISTANCE, Quantity.TURNING_RADIUS, Quantity.TURNING_AREA, Quantity.GRADIENT)
_ID = re.compile(r"[a-z0-9][a-z0-9.\-]{0,79}")
_LONGEST_TEXT = 5000
_E = TypeVar("_E", bound=StrEnum)


@dataclass
class _Table:
    """One TOML table under examination."""

    raw: Mapping[str, Any]
    layer: str
    row: str | None
    problems: list[Problem]

    def fault(self, column: str | None, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(message, remedy, layer=self.layer, row=self.row, column=column))

    def known(self, *keys: str) -> None:
        for key in sorted(set(self.raw) - set(keys)):
            self.fault(key, "is not a known key", f"known are: {', '.join(sorted(keys))}")

    def text(self, key: str, *, required: bool) -> str:
        value = self.raw.get(key, "")
        if not isinstance(value, str):
            self.fault(key, f"must be text, found {_kind(value)}", "put it in quotation marks")
            return ""
        if required and not value.strip():
            self.fault(key, "is missing or empty", "give a text")
        if any(not ch.isprintable() for ch in value):
            self.fault(key, "holds control characters or line breaks", "write it as one line of plain text")
        if len(value) > _LONGEST_TEXT:
            self.fault(key, f"is longer than {_LONGEST_TEXT} characters", "shorten it")
        return value

    def choice(self, key: str, kind: type[_E]) -> _E | None:
        value = self.raw.get(key)
        found = next((member for member in kind if member.value == value), None)
        if found is None:
            self.fault(key, f"{_shown(value)} is not allowed", f"use one of: {', '.join(kind)}")
        return found

    def flag(self, key: str) -> bool:
        value = self.raw.get(key, True)
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, found {_kind(value)}", "write true or false")
            return True
        return value

    def table(self, key: str) -> Mapping[str, Any]:
        value = self.raw.get(key, {})
        if not isinstance(value, dict):
            self.fault(key, f"must be a table, found {_kind(value)}", f"write [rule.{key}]")
            return {}
        return value


def parse_pack(raw: Mapping[str, Any], label: str, problems: list[Problem]) -> Pack | None:
    """Turn a parsed TOML document into a pack.

    Parameters
    ----------
    raw : Mapping
        What the TOML reader returned.
    label : str
        How messages name the file.
    problems : list of Problem
        Every fault is appended here.

    Returns
    -------
    Pack or None
        None where the file has faults.
    """
    before = len(problems)
    top = _Table(raw, label, None, problems)
    top.known("pack", "rule")
    head = _Table(top.table("pack"), label, "[pack]", problems)
    head.known(*_PACK_TEXTS)
    texts = {key: head.text(key, required=required) for key, required in _PACK_TEXTS.items()}
    if texts["name"] and not _ID.fullmatch(texts["name"]):
        head.fault("name", f"{_shown(texts['name'])} is no name", "use lower-case letters, digits, - and .")
    rows = raw.get("rule", [])
    if not isinstance(rows, list) or not rows:
        top.fault("rule", "there is no rule", "write at least one [[rule]]")
        rows = []
    rules = [_parse_rule(row, number, texts, label, problems) for number, row in enumerate(rows, 1)]
    seen: set[str] = set()
    for rule in rules:
        if rule is not None and rule.rule_id in seen:
            message = "the rule_id stands twice in this file"
            problems.append(Problem(message, "rename one of the two", layer=label, row=rule.rule_id))
        if rule is not None:
            seen.add(rule.rule_id)
    if len(problems) > before:
        return None
    return Pack(**texts, rules=tuple(rule for rule in rules if rule is not None))


def _parse_rule(
    row: object, number: int, pack: Mapping[str, str], label: str, problems: list[Problem]
) -> Rule | None:
    """Check one ``[[rule]]`` and build it."""
    if not isinstance(row, dict):
        problems.append(Problem(f"must be a table, found {_kind(row)}", "write [[rule]]", layer=label, row=str(number)))
        return None
    before = len(problems)
    given = row.get("rule_id")
    named = isinstance(given, str) and _ID.fullmatch(given) is not None
    table = _Table(row, label, str(given) if named else str(number), problems)
    table.known(*_RULE_TEXTS, *_RULE_OTHERS)
    texts = {key: table.text(key, required=required) for key, required in _RULE_TEXTS.items()}
    if texts["rule_id"] and not named:
        table.fault("rule_id", f"{_shown(given)} is no id", "use lower-case letters, digits, - and .")
    quantity = table.choice("quantity", Quantity)
    severity = table.choice("severity", Severity)
    measured, verbatim = table.flag("measured"), table.flag("verbatim")
    comparator = _comparator(table, measured=measured)
    threshold = _threshold(table, comparator, quantity, texts["unit"])
    if not measured and not (texts["why_not_zh"] and texts["why_not_en"]):
        table.fault("why_not_zh", "measured is false, but not why", "give why_not_zh and why_not_en")
    params, words = _params(table), _words(table)
    if measured and quantity is not None:
        _needed(table, quantity)
    to_be_confirmed = _to_be_confirmed(table)
    if len(problems) > before or quantity is None or severity is None:
        return None
    texts["source"] = texts["source"] or f"《{pack['title_zh']}》（{pack['number']}）{texts['article']}"
    return Rule(
        **texts,
        pack=pack["name"],
        quantity=quantity,
        comparator=comparator,
        threshold=threshold,
        severity=severity,
        measured=measured,
        verbatim=verbatim,
        params=params,
        words=words,
        to_be_confirmed=to_be_confirmed,
    )


def _comparator(table: _Table, *, measured: bool) -> str:
    value = table.raw.get("comparator")
    if value not in COMPARATORS:
        table.fault("comparator", f"{_shown(value)} is not allowed", f"use one of: {', '.join(COMPARATORS)}")
        return ""
    if value == "none" and measured:
        table.fault("comparator", "none means never judged", "set measured = false, or give a comparator")
    return str(value)


def _threshold(table: _Table, comparator: str, quantity: Quantity | None, unit: str) -> float | None:
    """Return the limit; it and its unit must go with the comparator and the quantity."""
    compares = comparator in {">=", "<="}
    value = table.raw.get("threshold")
    if value is None:
        if compares:
            table.fault("threshold", f"the comparator {comparator} needs a number", "give threshold and unit")
        return None
    if not _is_number(value):
        table.fault("threshold", f"must be a finite number, found {_shown(value)}", "give a number without a unit")
        return None
    if comparator and not compares:
        table.fault("threshold", f"the comparator {comparator} takes no number", "leave it out, or use >= or <=")
    if quantity is not None and unit != quantity.unit:
        table.fault("unit", f"{quantity} is measured in {quantity.unit or 'no unit'}", f'write unit = "{quantity.unit}"')
    return float(value)


def _params(table: _Table) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in table.table("params").items():
        if not _is_number(value):
            table.fault(f"params.{key}", f"must be a finite number, found {_shown(value)}", "give a number")
        elif key.rpartition("_")[2] not in UNITS or "_" not in key:
            table.fault(f"params.{key}", "the name does not end in a unit", f"end it in one of: _{', _'.join(UNITS)}")
        else:
            found[key] = float(value)
    return found


def _words(table: _Table) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, value in table.table("words").items():
        if isinstance(value, list) and value and all(isinstance(word, str) and word.strip() for word in value):
            found[key] = tuple(value)
        else:
            table.fault(f"words.{key}", "must be a list of words", 'write ["yellow", "黄色"]')
    return found


def _needed(table: _Table, quantity: Quantity) -> None:
    """Find what the judgement of ``quantity`` needs and the rule does not give."""
    params, words = _NEEDS.get(quantity, ((), ()))
    rule_id = table.raw.get("rule_id")
    for (judged, ending), more in _NEEDS_BY_ENDING.items():
        if judged is quantity and isinstance(rule_id, str) and rule_id.endswith(ending):
            params += more
    for group, names in (("params", params), ("words", words)):
        given = table.raw.get(group)
        for name in names:
            if not isinstance(given, dict) or name not in given:
                table.fault(f"{group}.{name}", f"{quantity} is judged with it, but it is missing", "give it")
    for (judged, name), allowed in _CHOICES.items():
        given = table.raw.get("words")
        if judged is quantity and isinstance(given, dict) and name in given and given[name] not in [[a] for a in allowed]:
            table.fault(f"words.{name}", f"{_shown(given[name])} is no choice", f"choose one: {', '.join(allowed)}")
    comparator, threshold = table.raw.get("comparator"), table.raw.get("threshold")
    if quantity in _NEED_THRESHOLD and comparator in ("present", "absent") and threshold is None:
        table.fault("threshold", f"{quantity} is judged by a limit, but none is given", "use >= or <= with a threshold")


def _to_be_confirmed(table: _Table) -> tuple[str, ...]:
    value = table.raw.get("to_be_confirmed", [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        table.fault("to_be_confirmed", "must be a list of names", 'write ["width_tolerance_m"]')
        return ()
    # the names as written: a parameter with a bad value is one fault, not two
    given = (table.raw.get(key) for key in ("params", "words"))
    names = {name for group in given if isinstance(group, dict) for name in group} | {"threshold"} & set(table.raw)
    for name in value:
        if name not in names:
            table.fault("to_be_confirmed", f"{_shown(name)} is nothing that this rule has", f"it has: {sorted(names)}")
    return tuple(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _kind(value: object) -> str:
    return {bool: "true/false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}.get(
        type(value), type(value).__name__
    )


def _shown(value: object) -> str:
    """Return a value fit for a message: printable and short."""
    if value is None:
        return "nothing"
    text = "".join(ch if ch.isprintable() else "�" for ch in str(value))
    return text if len(text) <= 60 else text[:59] + "…"
