"""What to say of a plan: a line for each of its layers, what could not be read, and what was mended."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from firelane.site.cad.mapping import TEXTS, Claim, rows_by_layer
from firelane.site.cad.patterns import match_layer
from firelane.site.cad.plan import Objects, Plan
from firelane.site.cad.roles import Made
from firelane.site.cad.units import UnitFound
from firelane.site.journal import Journal, listing
from firelane.site.model import Reading

OFF = ("已关闭或冻结，未读取；需要时请在 site.toml 中声明", "switched off or frozen: not read unless site.toml declares it")
UNKNOWN = ("名称不能说明含义；需要时请在 site.toml 中声明", "its name tells nothing; declare in site.toml what it is, if anything")
PROXY_REMEDY = (
    "天正图形请用“图形导出”存为天正3（T3）格式，或执行分解（EXPLODE）后另存；其他插件请先分解为普通图元",
    "in TArch use 图形导出 (export) and choose 天正3 (T3), or explode (分解) the objects and save; explode those of others too",
)
_EDGES_REMEDY = (
    "draw the outline of the road there as one closed polyline or hatch, or its centreline on a layer of its own",
    "请在该处将道路轮廓绘为闭合多段线或填充，或另设图层绘制道路中心线",
)
_LEAST_GAP_M = 0.00005
_ROADWORDS = ("road", "align", "corridor", "street", "lane")


def proxy_text(plan: Plan) -> tuple[str, str]:
    """Return which add-on objects a plan holds, in Chinese and English; empty where there are none."""
    if not plan.proxies:
        return "", ""
    count = sum(plan.proxies.values())
    en, zh = listing([f"{name} × {number}" for name, number in sorted(plan.proxies.items())])
    return f"{count} 个插件对象（代理对象）没有可读的图形：{zh}", f"{_many(count, 'object')} of CAD add-ons (proxies) cannot be read: {en}"


def tell(plan: Plan, found: Sequence[Claim], made: Made, unit: UnitFound | None, journal: Journal) -> None:
    """Add notes, and a problem where the roads themselves are in objects that cannot be read."""
    name = plan.path.name
    _proxies(plan, found, made, journal)
    if plan.references:
        en, zh = listing(plan.references)
        journal.note(
            "cad_references",
            f"{name}: external references are not in the file and were not read: {en}; bind them (XREF, Bind) and save",
            f"{name}：外部参照不在文件中，未读取：{zh}；请绑定（XREF 绑定）后另存",
        )
    if plan.skipped:
        en, zh = listing([f"{kind} × {count}" for kind, count in plan.skipped.items()])
        journal.note("cad_skipped", f"{name}: left out: {en}", f"{name}：未读取的对象：{zh}")
    if plan.mended:
        en, zh = listing([f"{what} × {count}" for what, count in plan.mended.items()])
        journal.note("cad_mended", f"{name}: mended while reading: {en}", f"{name}：读取时修正：{zh}")
    for layer, gaps in made.gaps.items():
        _gaps(name, layer, gaps, unit, journal)
    _strips(name, made, unit, journal)
    _open(name, made, unit, journal)
    if made.wide:
        journal.note(
            "cad_wide_lines",
            f"{name}: {_many(made.wide, 'polyline')} drawn as wide as a road {'was' if made.wide == 1 else 'were'} taken for "
            "pavement, as CAD shows them",
            f"{name}：{made.wide} 条有宽度的多段线按其显示宽度作为路面",
            layer="roads",
        )
    if made.symbols:
        journal.note(
            "cad_symbols",
            f"obstructions: {_many(made.symbols, 'symbol')} {'shows' if made.symbols == 1 else 'show'} a place, not a size "
            f"(a drawn crown is no trunk): {'its' if made.symbols == 1 else 'their'} radius is 0",
            f"obstructions：{made.symbols} 个图例只表示位置（树冠不是树干），半径按 0 计",
            layer="obstructions",
        )
    if made.kerbs_as_edges:
        journal.note(
            "cad_kerbs_as_edges",
            f"{name}: no layer shows the pavement; it was taken from the kerbs",
            f"{name}：没有道路轮廓图层，路面由路缘石围合得出",
            layer="roads",
        )
    if made.lanes_as_roads:
        journal.note(
            "cad_lanes_as_roads",
            f"{name}: no layer shows roads; the fire lanes were taken for all the pavement there is as well",
            f"{name}：没有道路图层，同时以消防车道区域作为全部路面",
            layer="roads",
        )


_DOUBTS: Mapping[str, tuple[str, str]] = {
    "open_end": ("边线在此中断，对面没有边线", "an edge stops and nothing stands opposite"),
    "tie": ("边线可与两侧任一边线成路", "an edge could belong to either of two others"),
    "too_wide": ("边线间距过大", "edges too far apart"),
    "too_narrow": ("边线间距过小", "edges too near each other"),
    "undecided": ("无法判断边线哪一侧是道路", "nothing says on which side of the edges the road lies"),
}


def _open(name: str, made: Made, unit: UnitFound | None, journal: Journal) -> None:
    """Tell of outlines that do not close: a problem where no road is left without them."""
    if not made.open:
        return
    per = 1.0 if unit is None else unit.metres
    en, zh = listing([f"({x / per:.10g}, {y / per:.10g}: {1000.0 * length:.1f} mm)" for x, y, length in made.open])
    # Rounded up: exactly the size of the opening might close it or not.
    wide_m = math.ceil(max(length for *_, length in made.open) * 1000.0 + 0.5) / 1000.0
    _doubt(
        "cad_outline_open",
        (
            f"{name}: outlines of roads are not closed, and gave no area; {_many(len(made.open), 'opening')} at: {en}",
            f"{name}：道路轮廓未闭合，未形成区域；开口 {len(made.open)} 处：{zh}",
        ),
        (
            f"Close them in CAD, or write gap_m = {wide_m:g} under [cad] in site.toml",
            f"请在 CAD 中闭合，或在 site.toml 的 [cad] 下写 gap_m = {wide_m:g}",
        ),
        made,
        journal,
    )


def _doubt(code: str, said: tuple[str, str], remedy: tuple[str, str], made: Made, journal: Journal) -> None:
    """Tell of roads that were not understood (English, Chinese): a note, or a problem where there are no others.

    Without it a plan whose only road is open by a hair would be said to have no layer of roads.
    """
    if made.rows.get("roads") or made.rows.get("road_lines"):
        en, zh = (f"{said[0]}. {remedy[0]}", f"{said[1]}。{remedy[1]}") if code == "cad_outline_open" else said
        journal.note(code, en, zh, layer="roads")
    else:
        journal.problem(*said, *remedy, layer="roads")


def _many(count: int, what: str) -> str:
    """Return a count with its noun.

    >>> _many(1, "opening"), _many(2, "opening")
    ('1 opening', '2 openings')
    """
    return f"{count} {what}" + ("" if count == 1 else "s")


def _strips(name: str, made: Made, unit: UnitFound | None, journal: Journal) -> None:
    """Tell of roads that were made of edges, where they were closed, and where nothing could be decided."""
    per = 1.0 if unit is None else unit.metres
    if made.strips:
        en, zh = listing([f"({x / per:.10g}, {y / per:.10g}: {length:.2f} m)" for x, y, length in made.closed])
        one = made.strips == 1
        journal.note(
            "cad_strips",
            f"{name}: {_many(made.strips, 'road')} {'lies' if one else 'lie'} between edges that form no outline; "
            f"{'it ends' if one else 'they end'}, and openings in {'its' if one else 'their'} edges were closed, at: {en or '-'}",
            f"{name}：{made.strips} 条道路由边线围合得出（边线本身不闭合）；端部和边线缺口闭合处：{zh or '-'}",
            layer="roads",
        )
    for code in dict.fromkeys(code for *_, code in made.doubts):
        en, zh = listing([f"({x / per:.10g}, {y / per:.10g})" for x, y, own in made.doubts if own == code])
        told = _DOUBTS.get(code, (code, code))
        _doubt(
            "cad_edges_undecided",
            (f"{name}: edges of roads not understood, {told[1]}: {en}", f"{name}：未能理解的道路边线，{told[0]}：{zh}"),
            _EDGES_REMEDY,
            made,
            journal,
        )


def _gaps(
    name: str, layer: str, gaps: Sequence[tuple[float, float, float]], unit: UnitFound | None, journal: Journal
) -> None:
    # Places as they stand in the drawing, where a drafter looks them up.
    per = 1.0 if unit is None else unit.metres
    # What a program rounded in the last digit is nothing that anybody has to know of.
    gaps = [gap for gap in gaps if gap[2] >= _LEAST_GAP_M]
    if not gaps:
        return
    places = [f"({x / per:.10g}, {y / per:.10g}: {1000.0 * length:.1f} mm)" for x, y, length in gaps]
    en, zh = listing(places)
    journal.note(
        "cad_gaps_joined",
        f"{name}, {layer}: in {_many(len(gaps), 'place')} ends of lines that did not meet were joined: {en}",
        f"{name}，{layer}：{len(gaps)} 处未相接的线端已连接：{zh}",
        layer=layer,
    )


def _proxies(plan: Plan, found: Sequence[Claim], made: Made, journal: Journal) -> None:
    zh, en = proxy_text(plan)
    if not zh:
        return
    roads = bool(made.rows.get("roads") or made.rows.get("road_lines"))
    named = any(word in kind.lower() for kind in plan.proxies for word in _ROADWORDS)
    bare = _bare_road_layers(plan)
    if not roads and (named or bare or not any(made.rows.values())) and not any(c.declared for c in found):
        journal.problem(
            f"{en}; the roads seem to be among them",
            f"{zh}；道路似乎就在其中",
            PROXY_REMEDY[1],
            PROXY_REMEDY[0],
            layer="roads",
        )
    else:
        journal.note("cad_proxies", f"{plan.path.name}: {en}. Remedy: {PROXY_REMEDY[1]}", f"{plan.path.name}：{zh}。{PROXY_REMEDY[0]}")


def _bare_road_layers(plan: Plan) -> bool:
    """Tell whether a layer is named for roads and has nothing on it that can be read."""
    filled = set(plan.layer.tolist())
    for name in plan.layers:
        match = match_layer(name)
        if match is not None and match.pattern.ours in ("roads", "road_lines") and name not in filled:
            return True
    return False


# --- readings --------------------------------------------------------------------------------------------


def readings(plan: Plan, found: Sequence[Claim], made: Made) -> tuple[Reading, ...]:
    """Return a line for each layer of the plan and each layer of ours that it feeds."""
    names = plan.layer
    texts = np.isin(plan.kind.astype(str), list(TEXTS))
    claimed: dict[str, set[str]] = {}
    for claim in found:
        for name in np.unique(names[claim.rows]).tolist():
            claimed.setdefault(name, set()).add(claim.layer)
    fed = _fed(names, made)
    touched = _touched(names, made)
    mended = _mended(plan, made)
    out = []
    rows = rows_by_layer(plan)
    for name in sorted(plan.layers):
        on = rows.get(name, np.empty(0, np.int64))
        kinds = Counter(plan.kind[on].tolist())
        ours = sorted({layer for cad, layer in fed if cad == name} | claimed.get(name, set()))
        # A text is no entity that ought to have become something, unless its layer is all texts.
        rest = int((~texts[on]).sum()) - len(touched.get(name, set()))
        zh, en = _remark(plan, name, ours, kinds, max(rest, 0))
        for number, layer in enumerate(ours or [None]):
            first = number == 0
            out.append(
                Reading(
                    plan.path.name, name, dict(sorted(kinds.items())) if first else {}, layer,
                    rows=0 if layer is None else fed[name, layer], mended=0 if layer is None else mended[name, layer],
                    ignored=max(rest, 0) if first else 0, zh=zh if first else "", en=en if first else "",
                )
            )  # fmt: skip
    return (*out, *_others(plan))


def _fed(names: Objects, made: Made) -> Counter[tuple[str, str]]:
    return Counter((str(names[row.members[0]]), layer) for layer, rows in made.rows.items() for row in rows)


def _touched(names: Objects, made: Made) -> Mapping[str, set[int]]:
    """Return layer → its rows that something came of, texts left out."""
    out: dict[str, set[int]] = {}
    for n in set().union(*made.used.values()) if made.used else ():
        out.setdefault(str(names[n]), set()).add(n)
    return out


def _mended(plan: Plan, made: Made) -> Counter[tuple[str, str]]:
    """Return how many ends were joined, told with the layer of the area whose outline they lie in."""
    out: Counter[tuple[str, str]] = Counter()
    for layer, gaps in made.gaps.items():
        rows = made.rows.get(layer, [])
        if rows:
            out[str(plan.layer[rows[0].members[0]]), layer] += sum(gap[2] >= _LEAST_GAP_M for gap in gaps)
    return out


def _remark(plan: Plan, name: str, ours: Sequence[str], kinds: Counter[str], rest: int) -> tuple[str, str]:
    if plan.layers[name] and not ours:
        return OFF if kinds else ("", "")
    match = match_layer(name)
    if ours:
        if match is not None and match.pattern.why_zh and match.pattern.ours:
            return match.pattern.why_zh, match.pattern.why_en
        if rest:
            return f"{rest} 个图元未采用：不闭合，或类型不符", f"{rest} {'entity' if rest == 1 else 'entities'} gave nothing: not closed, or of another kind"
        return "", ""
    if match is not None and not match.pattern.ours:
        return match.pattern.why_zh, match.pattern.why_en
    if match is None:
        return UNKNOWN if kinds else ("", "")
    return ("图元未能用上", "nothing came of it") if kinds else ("", "")


def _others(plan: Plan) -> list[Reading]:
    """Return a line for the objects of add-ons."""
    if not plan.proxies:
        return []
    zh, en = PROXY_REMEDY
    return [
        Reading(plan.path.name, "(proxy)", dict(plan.proxies), ignored=sum(plan.proxies.values()), zh=zh, en=en)
    ]
