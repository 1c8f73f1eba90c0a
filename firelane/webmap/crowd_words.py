"""The words of the page for very many points, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.webmap.words import words

if TYPE_CHECKING:
    from firelane.vocabulary import Lang

_SHARED = ("map_label", "zoom_in", "zoom_out", "north", "print")
_WORDS = {
    "list": ("列表", "List"), "areas": ("区域", "Areas"), "about": ("说明", "About"),
    "search": ("搜索编号、名称、内容", "Search id, name, text"),
    "count": ("显示 {n} 项，共 {all} 项", "{n} of {all} shown"), "between": ("；", "; "),
    "none": ("没有符合筛选条件的项目", "Nothing matches the filters"),
    "empty": ("没有可显示的项目", "There is nothing to show"),
    "unplaced_count": ("其中 {n} 项无位置，图上未标", "{n} of them have no place and are not drawn"),
    "only_first": ("列表只列出前 {n} 项，请筛选", "the list holds the first {n}: use the filters"),
    "printed": ("印出前 {n} 项，共 {all} 项。", "The first {n} of {all} are printed."),
    "by_status": ("按状态排序", "Sort by status"), "by_distance": ("按到图中心的距离排序", "Sort by distance from the map's centre"),
    "by_number": ("按{name}排序", "Sort by {name}"), "sort": ("排序", "Order"),
    "in_view": ("仅图中范围", "Only what the map shows"),
    "one_of": ("{name}：{value}", "{name}: {value}"),
    "any": ("全部", "All"), "find_value": ("查找{name}", "Find {name}"), "choose": ("选择{name}", "Choose {name}"),
    "not_told": ("（未注明）", "(not told)"),
    "clear": ("清除筛选", "Clear the filters"), "here": ("此处 {n} 项 ×", "{n} here ×"),
    "within": ("{name}：{n} 项 ×", "{name}: {n} ×"), "only_area": ("只看此区域", "Only this area"), "this_area": ("此区域", "This area"),
    "leads_to": ("{name} {n}", "{name} {n}"), "shown_kind": ("显示内容", "What is shown"),
    "areas_order": ("数值大的在前；点击可定位。", "The greatest figure first; tap to find it on the map."),
    "back": ("返回列表", "Back to the list"), "previous": ("上一项", "Previous"), "next": ("下一项", "Next"),
    "of": ("{n} / {m}", "{n} / {m}"), "no_place": ("无位置", "No place"), "place": ("位置", "Place"),
    "lonlat": ("东经 {lon}°，北纬 {lat}°", "{lon}° E, {lat}° N"),
    "open_link": ("打开链接", "Open the link"), "copy": ("复制链接", "Copy link"), "copied": ("已复制", "Copied"), "not_copied": ("请手动复制地址栏中的链接", "Copy the address by hand"),
    "cluster": ("{n} 项", "{n} items"), "whole": ("全图", "Everything"),
    "panel": ("展开或收起面板", "Open or close the panel"),
    "legend": ("图例", "Legend"), "cluster_legend": ("圆圈内为件数，底色为其中最严重的状态，外环为各状态所占比例。", "The number counts what lies there; the disc has the colour of the worst, the ring shows the share of each."),
    "no_figure": ("无数据", "no figure"), "class": ("分级", "Class"),
}  # fmt: skip


def page_words(lang: Lang) -> dict[str, str]:
    """Return the page's words in ``lang``."""
    n = 0 if lang == "zh" else 1
    shared = words(lang)
    return {key: pair[n] for key, pair in _WORDS.items()} | {key: shared[key] for key in _SHARED}
