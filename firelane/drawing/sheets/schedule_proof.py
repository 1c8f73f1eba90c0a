"""Tables beside the bill: the proof of the 20 m rule, the lettering's areas, the warning boards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from firelane.drawing.sheets.detail_basis import Basis, article_text
from firelane.drawing.sheets.schedule_bill import item_name
from firelane.drawing.sheets.table import Column, Row, Table
from firelane.markings.items import bill_item
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    import pandas as pd

    from firelane.markings.plan import MarkingPlan
    from firelane.site.model import Note
    from firelane.vocabulary import Lang

_EXACT_M = 1e-6
_LINES = 40  # of one lane in the proof
_START, _END = "start", "end"
_NOT_NEEDED, _OVER_JUNCTION = "box_not_needed", "box_gap_over_junction"
_VERDICTS = {
    "pass": ("符合", "pass"), "fail": ("不符合", "fail"), "none": ("未设方框", "no box"), "excused": ("不需设", "not needed"),
}  # fmt: skip


def rounded_up(value_m: float, decimals: int = 3) -> str:
    """Return a distance rounded *up*, so that 20.0004 never reads 20.000.

    A value within 1e-6 above a multiple is taken as that multiple: it is within the limit, so it reads so.

    >>> rounded_up(20.0004), rounded_up(20.0), rounded_up(20.0000001), rounded_up(19.9996)
    ('20.001', '20.000', '20.000', '20.000')
    """
    scale = 10**decimals
    return f"{math.ceil((value_m - 1e-6) * scale - 1e-9) / scale:.{decimals}f}"


def proof_table(plan: MarkingPlan, basis: Basis) -> Table | None:
    """Return the proof that no gap exceeds the pitch: one row per lane; None where there is nothing to prove."""
    if len(plan.boxes) == 0:
        return None
    lang, zh = basis.lang, basis.lang == "zh"
    pitch_m = basis.dims.number("box_pitch_m")
    why: dict[str, list[Note]] = {}
    for note in plan.notes:
        if note.code.startswith("box") and note.code != _OVER_JUNCTION and note.row is not None:
            why.setdefault(str(note.row), []).append(note)
    crossing = [note for note in plan.notes if note.code == _OVER_JUNCTION]
    rows, boxes, greatest_m, failing = [], 0, 0.0, len(crossing)
    for lane_id, stops in plan.boxes.groupby("lane_id", sort=False):
        notes_here = why.get(str(lane_id), [])
        count = int((~stops["box"].isin((_START, _END))).sum())
        gap_m = float(stops["gap_m"].max())
        passes = count > 0 and gap_m <= pitch_m + _EXACT_M
        excused = count == 0 and any(note.code == _NOT_NEEDED for note in notes_here)
        failing += not (passes or excused)
        boxes += count
        greatest_m = max(greatest_m, gap_m) if count else greatest_m
        verdict = _VERDICTS["pass" if passes else "excused" if excused else "fail" if count else "none"][0 if zh else 1]
        told = [_chain(stops, zh=zh), *(note.text(lang) for note in notes_here)]
        gap = rounded_up(gap_m) if count else "—"
        rows.append(Row((str(lane_id), f"{count}", gap, verdict, ("；" if zh else "; ").join(told))))
    if crossing:
        heading = f"路口两侧方框沿行车方向的间距超过 {pitch_m:g} m 者：" if zh else f"Over junctions, more than {pitch_m:g} m from box to box:"
        rows += [Row((text,), "group") for text in (heading, *(note.text(lang) for note in crossing))]
    total = _VERDICTS["fail" if failing else "pass"][0 if zh else 1]
    rows.append(Row(("全部车道" if zh else "all lanes", f"{boxes}", rounded_up(greatest_m), total, ""), "total"))
    article = article_text(bill_item(str(MarkKind.BOX_FRAME)).article, lang)
    columns = (
        Column("车道" if zh else "lane", 30.0, lines=2),
        Column("方框\n(个)" if zh else "boxes", 14.0, "right"), Column("最大间距\n(m)" if zh else "greatest\ngap (m)", 22.0, "right"),
        Column("判定" if zh else "verdict", 24.0, "centre"),
        Column("里程（与前一点的间距），m" if zh else "chainage (distance from the one before), m", 284.0, lines=_LINES),
    )  # fmt: skip
    notes = (
        f"依据{article}：沿途每隔 {pitch_m:g} m 施划方框；间距沿车道中心线中至中量取，向上取至毫米，不大于 {pitch_m:g} m 为符合。"
        if zh
        else f"{article}: a box every {pitch_m:g} m; distances along the lane's centreline, centre to centre, rounded up to the millimetre; "
        f"at most {pitch_m:g} m passes.",
        "起、止为网状线边缘或车道端部。" if zh else "Start and end are the edge of a grid or the end of the lane.",
    )
    return Table("方框间距核验表" if zh else "Proof of the distances between boxes", columns, tuple(rows), notes)


def _chain(stops: pd.DataFrame, *, zh: bool) -> str:
    """Return start, boxes and end of a lane in one line."""
    found = []
    number = 0
    for box, chainage_m, gap_m in zip(stops["box"], stops["chainage_m"], stops["gap_m"], strict=True):
        if box == _START:
            name = "起" if zh else "start"
        elif box == _END:
            name = "止" if zh else "end"
        else:
            number += 1
            name = f"B{number}"
        gap = "" if math.isnan(gap_m) else f"({rounded_up(float(gap_m))})"
        found.append(f"{name}:{float(chainage_m):.3f}{gap}")  # no space: a line must not end between them
    return ("，" if zh else ", ").join(found)


def lettering_table(plan: MarkingPlan, lang: Lang) -> Table | None:
    """Return the painted area of every lettering, as outlines and as a stencil with bridges leaves it."""
    if not plan.lettering:
        return None
    zh = lang == "zh"
    of_mark = {p.mark_id: p.block for p in plan.placements}
    groups: dict[tuple[str, float, float, int], int] = {}
    for name, area in plan.lettering.items():
        grid = name in of_mark or name not in plan.blocks
        block = of_mark.get(name, name)
        count = 1 if grid else sum(p.block == name for p in plan.placements)
        if count:
            key = (block, round(area.full_m2, 6), round(area.bridged_m2, 6), area.bridges)
            groups[key] = groups.get(key, 0) + count
    rows = []
    for (name, full, bridged, bridges), count in groups.items():
        lost = (1 - bridged / full) * 100 if full > 0 else 0.0
        rows.append(
            Row((
                name, f"{count}", f"{full:.4f}", f"{bridged:.4f}", f"{bridges}", f"{lost:.1f}",
                f"{full * count:.2f}", f"{bridged * count:.2f}",
            ))
        )  # fmt: skip
    full_m2 = sum(key[1] * count for key, count in groups.items())
    held_m2 = sum(key[2] * count for key, count in groups.items())
    columns = (
        Column("字样所在图块" if zh else "lettering of block", 50.0), Column("数量" if zh else "pieces", 14.0, "right"),
        Column("不留筋\n(㎡/处)" if zh else "whole\n(㎡ each)", 22.0, "right"),
        Column("留筋\n(㎡/处)" if zh else "bridged\n(㎡ each)", 22.0, "right"),
        Column("连接筋\n(条/处)" if zh else "bridges\n(each)", 20.0, "right"), Column("减少\n(%)" if zh else "less\n(%)", 16.0, "right"),
        Column("不留筋合计\n(㎡)" if zh else "whole\n(㎡)", 25.0, "right"), Column("留筋合计\n(㎡)" if zh else "bridged\n(㎡)", 25.0, "right"),
    )  # fmt: skip
    last = Row(
        ("合计" if zh else "total", f"{sum(groups.values())}", "", "", "", "", f"{full_m2:.2f}", f"{held_m2:.2f}"), "total"
    )
    held = plan.dims is not None and plan.dims.flag("stencil_bridges")
    note = (
        ("工程量按留筋计。" if held else "工程量按不留筋计。")
        if zh
        else ("The quantities are with bridges." if held else "The quantities are without bridges.")
    )
    return Table(
        "字样施划面积（模板连接筋）" if zh else "Area of the lettering, with and without stencil bridges", columns,
        (*rows, last), (note,),
    )  # fmt: skip


def boards_table(plan: MarkingPlan, lang: Lang) -> Table | None:
    """Return the warning boards to be put up."""
    if not plan.boards:
        return None
    zh = lang == "zh"
    rows = tuple(
        Row((
            board.board_id, board.entrance_id, f"{board.y:.3f}", f"{board.x:.3f}", f"{round(90.0 - board.heading_deg, 1) % 360.0:.1f}°",
            f"{round(board.width_m * 1000)}×{round(board.height_m * 1000)}", f"{round(board.bottom_m * 1000)}",
        ))
        for board in plan.boards
    )  # fmt: skip
    columns = (
        Column("编号" if zh else "board", 36.0), Column("出入口" if zh else "entrance", 30.0),
        Column("X 北 (m)" if zh else "X north (m)", 30.0, "right"), Column("Y 东 (m)" if zh else "Y east (m)", 30.0, "right"),
        Column("朝向\n方位角" if zh else "faces", 20.0, "right"), Column("宽×高\n(mm)" if zh else "w × h\n(mm)", 26.0, "centre"),
        Column("下缘高\n(mm)" if zh else "bottom\n(mm)", 20.0, "right"),
    )  # fmt: skip
    article = article_text(bill_item("warning_board").article, lang)
    note = f"依据{article}；数量、规格、位置待确认。" if zh else f"{article}; number, size and place are to be confirmed."
    return Table(f"{item_name('warning_board', lang)}表" if zh else "Warning boards", columns, rows, (note,))
