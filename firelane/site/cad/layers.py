"""The layers of a CAD plan, what stands on them, and the mapping that is proposed for them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from firelane.site.cad.mapping import Claim, Ints, claims, rows_by_layer
from firelane.site.cad.options import CadOptions
from firelane.site.cad.ours import is_ours
from firelane.site.cad.patterns import match_block, match_layer
from firelane.site.cad.plan import Plan
from firelane.site.cad.read import open_plan, plan_unit
from firelane.site.cad.tell import OFF, PROXY_REMEDY, UNKNOWN, proxy_text
from firelane.site.journal import Journal, listing
from firelane.site.schema import LAYERS

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_ROLES: Mapping[str, tuple[str, str]] = {
    "outline": ("闭合轮廓、填充为路面，开放线按边线处理", "closed outlines and hatches are pavement, open lines its edges"),
    "edge": ("路面边线", "edges of the pavement"),
    "centreline": ("道路中心线", "centrelines"),
    "kerb": ("路缘石；无道路轮廓时作为路面边线", "kerbs; edges of the pavement where nothing else shows it"),
    "area": ("闭合轮廓、填充和线围成的区域", "closed outlines, hatches and rings of lines"),
    "symbols": ("仅取图块和圆", "blocks and circles only"),
}


@dataclass(frozen=True)
class BlockRow:
    """Blocks of one name on a layer, and what their name suggests."""

    name: str
    count: int
    proposal: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class LayerRow:
    """One layer of a plan.

    Attributes
    ----------
    name : str
    found : Mapping
        DXF type → count.
    proposal : str or None
        Our layer that the name suggests.
    why_zh, why_en : str
        The pattern that the name fits, or why nothing is proposed.
    values : Mapping
        Columns of ours that the name tells.
    blocks : tuple of BlockRow
        Blocks on it whose own names tell what they are, whatever the layer is.
    off : bool
        Whether it is switched off or frozen.
    """

    name: str
    found: Mapping[str, int]
    proposal: str | None
    why_zh: str = ""
    why_en: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    blocks: tuple[BlockRow, ...] = ()
    off: bool = False


@dataclass(frozen=True)
class Listing:
    """What ``firelane layers`` shows of a plan.

    Attributes
    ----------
    rows : tuple of LayerRow
    facts : tuple of (str, str)
        Version, encoding, unit, what could not be read: in Chinese and English.
    ours : bool
        Whether it is a marking drawing of our own, which needs no mapping.
    """

    rows: tuple[LayerRow, ...]
    facts: tuple[tuple[str, str], ...]
    ours: bool


def list_plan(path: Path) -> Listing:
    """Return the layers of a plan, its unit, and what in it cannot be read.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    journal = Journal()
    plan = open_plan(path, journal)
    journal.stop()
    assert plan is not None  # no plan without a problem
    found = claims(plan, {})
    # The unit may be undecided: that is a fact to tell here, not a reason to stop.
    doubts = Journal()
    unit = plan_unit(plan, found, CadOptions(), doubts)
    facts = [(f"{plan.version}，编码 {plan.encoding}", f"{plan.version}, encoding {plan.encoding}")]
    if unit is not None:
        facts.append((unit.zh, unit.en))
    facts += [(f"{p.message_zh}。{p.remedy_zh}", f"{p.message}. {p.remedy}") for p in doubts.problems]
    facts += _unread(plan)
    facts += [(note.zh, note.en) for note in journal.notes]
    ours = is_ours(plan)
    if ours:
        facts.append(("firelane 标线图：直接作为场地读取，无需对应图层", "a marking drawing of firelane: it needs no mapping"))
    on = rows_by_layer(plan)
    nothing = np.empty(0, np.int64)
    rows = tuple(_row(plan, name, on.get(name, nothing), found) for name in sorted(plan.layers))
    return Listing(rows, tuple(facts), ours)


def list_plan_layers(path: Path) -> tuple[LayerRow, ...]:
    """Return the layers of a plan.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    return list_plan(path).rows


def _unread(plan: Plan) -> list[tuple[str, str]]:
    out = []
    zh, en = proxy_text(plan)
    if zh:
        out.append((f"{zh}。{PROXY_REMEDY[0]}", f"{en}. {PROXY_REMEDY[1]}"))
    if plan.references:
        listed_en, listed_zh = listing(plan.references)
        out.append((f"外部参照未读取，请绑定后另存：{listed_zh}", f"external references are not read, bind them: {listed_en}"))
    if plan.skipped:
        listed_en, listed_zh = listing([f"{kind} × {count}" for kind, count in plan.skipped.items()])
        out.append((f"未读取的对象：{listed_zh}", f"left out: {listed_en}"))
    return out


def _row(plan: Plan, name: str, on: Ints, found: Sequence[Claim]) -> LayerRow:
    own = next((c for c in found if c.feed.source == name and c.block is None), None)
    blocks = tuple(
        BlockRow(str(c.feed.where["block"][0]), len(c.rows), c.layer, c.values)
        for c in found
        if c.feed.source == name and c.block is not None
    )
    kinds = dict(sorted(Counter(plan.kind[on].tolist()).items()))
    zh, en = _why(plan, name, own, blocks)
    return LayerRow(
        name, kinds, None if own is None else own.layer, zh, en, {} if own is None else own.values, blocks, plan.layers[name]
    )


def _why(plan: Plan, name: str, own: Claim | None, blocks: Sequence[BlockRow]) -> tuple[str, str]:
    match = match_layer(name)
    if own is not None and match is not None:
        zh, en = f"名称含“{match.by}”", f"its name holds “{match.by}”"
        role = _ROLES.get(own.role)
        return (f"{zh}：{role[0]}", f"{en}: {role[1]}") if role is not None else (zh, en)
    if plan.layers[name]:
        return OFF
    if blocks:
        told = dict.fromkeys(m.by for block in blocks if (m := match_block(block.name)) is not None)
        return f"图块名含“{'”“'.join(told)}”", f"names of blocks hold “{'”, “'.join(told)}”"
    if match is not None and not match.pattern.ours:
        return match.pattern.why_zh, match.pattern.why_en
    return UNKNOWN if match is None else ("图层为空", "it is empty")


# --- the fragment ------------------------------------------------------------------------------------------


def mapping_toml(rows: Sequence[LayerRow], *, lang: str = "zh") -> str:
    """Return a ``site.toml`` fragment with the proposed mapping, to paste.

    Layers that feed nothing stand in it as comments, so that they are seen.

    >>> print(mapping_toml([LayerRow("道路", {"HATCH": 2}, "roads")], lang="en"))
    # Which layer of the plan feeds which layer of the site. Check it, mend it, paste it into site.toml.
    <BLANKLINE>
    [[layers.roads]]
    from = "道路"
    <BLANKLINE>
    """
    zh = lang == "zh"
    lines = [
        "# CAD 图层与场地图层的对应关系。请核对、修改后粘贴到 site.toml。"
        if zh
        else "# Which layer of the plan feeds which layer of the site. Check it, mend it, paste it into site.toml.",
        "",
    ]
    for layer in LAYERS:
        for row in rows:
            if row.proposal == layer:
                lines += _feed(layer, row.name, row.values, None, row.why_zh if zh else row.why_en)
            for block in row.blocks:
                if block.proposal == layer:
                    why = f"{block.count} 个图块" if zh else f"{block.count} blocks"
                    lines += _feed(layer, row.name, block.values, block.name, why)
    rest = [row for row in rows if row.proposal is None and not row.blocks and row.found]
    if rest:
        lines.append("# 以下图层未采用：" if zh else "# Layers that feed nothing:")
        for row in rest:
            why = row.why_zh if zh else row.why_en
            lines.append(_comment(f"{_quoted(row.name)}  {sum(row.found.values())}  {why}"))
        lines.append("")
    return "\n".join(lines)


def _feed(layer: str, source: str, values: Mapping[str, Any], block: str | None, why: str) -> list[str]:
    out = [_comment(why)] if why else []
    out += [f"[[layers.{layer}]]", f"from = {_quoted(source)}"]
    if block is not None:
        out.append(f"where = {{ block = {_quoted(block)} }}")
    if values:
        told = ", ".join(f"{name} = {_value(value)}" for name, value in values.items())
        out.append(f"set = {{ {told} }}")
    return [*out, ""]


def _comment(text: str) -> str:
    return f"# {_CONTROL.sub(' ', text)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """Return a text as a TOML string, whatever stands in it."""
    told = json.dumps(text.encode("utf-16", "replace").decode("utf-16"), ensure_ascii=False)
    return _CONTROL.sub(lambda found: "".join(f"\\u{ord(c):04X}" for c in found.group()), told)
