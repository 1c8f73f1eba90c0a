"""What the charts say, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from firelane.vocabulary import Lang

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("消防车道净宽沿程图", "Clear width along the fire lane"),
    "lane": ("车道", "Lane"),
    "roads": ("所在道路", "Roads"),
    "length": ("长度", "Length"),
    "least_width": ("最小净宽", "Least clear width"),
    "least_height": ("最小净高", "Least clear height"),
    "designated": ("划定的消防车道", "designated fire lane"),
    "chainage": ("桩号（m）", "Chainage (m)"),
    "width_axis": ("宽度（m）", "Width (m)"),
    "height_axis": ("净高（m）", "Height (m)"),
    "offset_axis": ("距中线（m）", "Offset (m)"),
    "left": ("左", "left"),
    "right": ("右", "right"),
    "clear_width": ("净宽", "clear width"),
    "section_width": ("断面宽", "section width"),
    "limit": ("限值 {value} m（{article}）", "limit {value} m ({article})"),
    "no_limit": ("所选规则没有净宽限值", "the rules in force give no clear width"),
    "or_more": ("{value} 及以上", "{value} or more"),
    "at_least": ("{value} m 及以上", "{value} m or more"),
    "stretch": ("{start}–{end} m，最小 {value} m", "{start}–{end} m, least {value} m"),
    "place": ("{start} m，{value} m", "{start} m, {value} m"),
    "below": ("不足限值的路段", "stretch below the limit"),
    "unclear": ("精度内无法判定的路段", "stretch within the accuracy"),
    "band": ("测量精度 ±{value} m，带内无法判定", "accuracy ±{value} m: indeterminate within"),
    "governing": ("控制窄点", "governing pinch"),
    "pinch": ("窄点", "pinch"),
    "bypassed": ("可绕行的窄点", "bypassed pinch"),
    "envelope": ("净空层窄点", "pinch in the envelope"),
    "obstruction": ("障碍物", "obstruction"),
    "overhead": ("上方障碍物", "overhead"),
    "pavement": ("路面（按桩号展直）", "pavement, straightened"),
    "unknown_height": ("净高未测量", "height not measured"),
    "underside": ("下缘 {value} m", "underside {value} m"),
    "dead_end_governs": ("尽端处", "at the dead end"),
    "here": ("最窄处", "narrowest place"),
    "between": ("{a} — {b}", "{a} – {b}"),
    "edge": ("路缘（{name}）", "edge of {name}"),
    "entrance": ("出入口 {name}", "entrance {name}"),
    "times": ("（同类 {n} 处）", " ({n} alike)"),
    "more": ("另有 {n} 项，见 audit.json", "{n} more: see audit.json"),
    "more_labels": ("另有 {n} 个障碍物未注名", "{n} more obstructions not labelled"),
    "pinches": ("窄点（两侧为何物）", "Pinches, and what makes them"),
    "faults": ("不符合与无法判定", "Findings"),
    "none": ("无", "none"),
    "key_map": ("位置（上北）", "Where (north up)"),
    "key_map_local": ("位置", "Where"),
    "exaggerated": ("横向与纵向比例 {n} : 1", "scale across : along = {n} : 1"),
    "foot": (
        "长度向下取至毫米；桩号自{start}起；左、右按桩号增大方向",
        "Lengths rounded down to the millimetre; chainage from the {start}; left and right looking along it",
    ),
    "index": ("车道一览（最不利者在前）", "Lanes, worst first"),
    "rest_by_line": (
        "另有 {n} 条车道（共 {length} m）只知中心线，宽度未测量，不绘图：见 audit.json",
        "{n} more lanes ({length} m) of which only the centreline is known: width not measured, no chart; see audit.json",
    ),
    "page": ("页", "page"),
    "verdict": ("结论", "verdict"),
    "margin": ("差值", "margin"),
    "no_lane": ("没有车道", "There is no lane"),
    "no_failing": ("没有不符合的车道", "No lane fails"),
    "not_measured": ("未测量", "not measured"),
    "n_pinches": ("窄点数", "pinches"),
}


def words(lang: Lang) -> Mapping[str, str]:
    """Return the charts' words in ``lang``.

    >>> words("en")["left"], words("zh")["left"]
    ('left', '左')
    """
    which = 0 if lang == "zh" else 1
    return {key: texts[which] for key, texts in _WORDS.items()}
