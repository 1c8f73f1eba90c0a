"""The words of a city's map and charts, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.batch.model import FailureKind

if TYPE_CHECKING:
    from firelane.vocabulary import Lang

COLOURS = {
    "fail": "#b2182b", "indeterminate": "#b35806", "incomplete": "#6b5b95", "pass": "#2166ac", "failed": "#1d2329",
    "not_run": "#6e7780", "not_measured": "#6b5b95",
}  # fmt: skip
"""Of states of sites and verdicts of findings: colour-blind-safe, and each with a sign of its own."""

SIGNS = {"fail": "✕", "indeterminate": "?", "incomplete": "○", "pass": "✓", "failed": "!", "not_run": "…", "not_measured": "○"}

_WORDS = {
    "title": ("全市消防车通道检查", "Fire lanes of the city"), "charts": ("全市消防车通道检查统计", "Fire lanes of the city in figures"),
    "state_fail": ("不符合", "fail"), "state_indeterminate": ("无法判定", "indeterminate"),
    "state_incomplete": ("未发现不符合，有未测项", "no failure, not all measured"), "state_pass": ("符合", "pass"),
    "state_failed": ("未能完成", "could not be done"), "state_not_run": ("尚未处理", "not run yet"),
    "short_fail": ("不符合", "fail"), "short_indeterminate": ("无法判定", "indeterminate"), "short_incomplete": ("有未测项", "not all measured"),
    "short_pass": ("符合", "pass"), "short_failed": ("未能完成", "not audited (error)"), "short_not_run": ("尚未处理", "not run yet"),
    "verdict_fail": ("不符合", "fails"), "verdict_indeterminate": ("无法判定", "indeterminate"), "verdict_not_measured": ("未测量", "not measured"),
    "length_fail": ("不符合车道", "lane that fails"), "length_indeterminate": ("无法判定车道", "lane indeterminate"),
    "length_not_measured": ("未测量车道", "lane not measured"), "length_pass": ("符合车道", "lane that passes"),
    "kind_site": ("场地", "Sites"), "kind_finding": ("问题", "Violations"), "shown": ("显示", "shown"),
    "site": ("场地", "site"), "sites": ("场地数", "sites"), "district": ("行政区", "district"), "manager": ("管理单位", "manager"),
    "article": ("条款", "article"), "quality": ("数据质量", "input quality"), "weight": ("程度", "weight"), "failure": ("失败类型", "kind of failure"),
    "reasons": ("数据质量说明", "on the input"), "value": ("实测", "measured"), "limit": ("限值", "limit"),
    "rank": ("排名", "rank"), "gravity": ("严重程度", "gravity"), "fail_m": ("不符合车道长度", "lane that fails"), "fail_share": ("不符合占已测车道", "share of lane that fails"),
    "lane_m": ("车道总长", "lane in all"), "measured_m": ("已测车道", "lane measured"), "least_width": ("最小净宽", "least clear width"),
    "mandatory": ("强制性条款不符合项", "mandatory failures"), "fails": ("不符合项", "failures"), "unsure": ("无法判定项", "indeterminate"),
    "unmeasured": ("未测项", "not measured"), "lanes": ("不符合车道条数", "lanes that fail"), "unreached": ("消防车不可达建筑", "buildings not reached"),
    "open_map": ("打开该场地的地图", "Open the site's own map"), "from_manifest": ("位置取自清单", "placed by the manifest"), "place_from": ("位置来源", "place from"),
    "share": ("不符合车道长度占已测车道长度", "share of the measured lane that fails"), "nothing_measured": ("没有已测车道", "no lane measured"),
    "tab_districts": ("各区", "Districts"), "tab_cells": ("各网格", "Cells"), "and_more": ("{name}等 {n} 个场地", "{name} and {more} more"),
    "n_sites": ("{n} 个场地", "{n} in all"), "no_site": ("没有场地", "no site"), "colon": ("：", ": "), "and": ("、", ", "), "semicolon": ("；", "; "),
    "head_sites": ("{n} 个场地", "{n} sites"),
    "head_undone": ("未能完成和尚未处理的场地情况不明，不等于符合", "Of sites that were not audited nothing is known: that is not to say that they pass"),
    "head_lane": ("已测车道 {measured}，其中不符合 {fail}（{share}）；未测量 {not_measured}", "{measured} of lane measured, {fail} of it fails ({share}); {not_measured} not measured"),
    "head_none": ("没有已测车道", "no lane was measured"),
    "left_findings": ("问题只列最严重的 {n} 项，另有 {more} 项未列入本页，见 findings.parquet。", "Of the violations the gravest {n} are on this page; {more} more are in findings.parquet."),
    "left_sites": ("场地只列最严重的 {n} 个，另有 {more} 个未列入本页，见 sites.csv。", "Of the sites the worst {n} are on this page; {more} more are in sites.csv."),
    "note_rank": ("场地按严重程度排名，第1为最严重；图中“第1”至“第{n}”为排名在前的场地。", "Sites are ranked, 1 is the worst; “#1” to “#{n}” on the map are the first of the ranking."),
    "note_share": ("底色：不符合车道长度 ÷ 已测车道长度。已测指判定为符合、不符合或在测量精度内无法判定的车道；一条车道有一处不符合，即全长计为不符合。斜线：没有已测车道，不代表符合。",
                   "Colour of the areas: lane that fails ÷ lane measured. Measured is lane that passes, fails or lies within the accuracy; a lane that fails in one place counts with all of its length. Hatched: no lane measured, which does not mean that it passes."),
    "note_cells": ("底图为边长约 {km} 公里的网格，以其中排名最前的场地命名。", "The areas are cells of about {km} km, each called by its worst site."),
    "outlines": ("各区场地分布范围（非行政边界）", "where a district's sites lie (no boundary)"),
    "beyond": ("图外远处还有 {n} 个场地，显示全部", "{n} more far outside: show all"),
    "note_outlines": ("虚线围出各行政区的场地大致分布范围，由场地的“行政区”属性和位置得出，不是行政区边界；远离同区其他场地的个别场地不计入。要显示实际边界，请用 --districts 提供行政区面文件。",
                      "Dashed lines go round the sites that name a district, as their places tell; they are not its boundary, and single sites far off the others are not counted. For real boundaries give a file of districts with --districts."),
    "note_nowhere": ("{n} 个场地没有位置，列于列表，不在图上，也不计入任何区域。", "{n} sites have no place: they are in the list, not on the map, and in no area."),
    "note_outside": ("{n} 个场地不属于任何给定的行政区，不计入各区。", "{n} sites belong to none of the districts given, and count in none."),
    "note_findings": ("问题：不符合 {fail} 项、无法判定 {indeterminate} 项、未测量 {not_measured} 项；另有符合 {passes} 项，不列入本页。按结论、强制与否、差额占限值的比例排序。同一处可能违反多个条款，分别计数。未测量的项默认不显示，可在筛选中打开。",
                      "Violations: {fail} fail, {indeterminate} indeterminate, {not_measured} not measured; {passes} that pass are not on this page. In order of verdict, weight of the rule, and shortfall as a share of the limit. One place may break several articles, each is counted. Those not measured are hidden until they are asked for."),
    "note_failed": ("“未能完成”的场地无法读取或处理，原因见其卡片；有清单坐标的标在图上。", "Sites that could not be done tell why on their card; those with coordinates in the manifest stand on the map."),
    "note_quality": ("数据质量 A 最好、E 最差，说明调查对结论的支持程度，与场地好坏无关。", "The quality of the input, A to E, tells how far the survey supports the verdict, and nothing about the site itself."),
    "number_one": ("第{n}", "#{n}"), "row_fail": ("不符合车道 {fail}（{share}）", "{fail} of lane fails ({share})"), "row_width": ("最小净宽 {w} m", "least width {w} m"),
    "row_fails": ("不符合 {n} 项", "{n} failures"), "row_none_measured": ("没有已测车道", "no lane measured"),
    "not_told": ("（未注明）", "(not told)"), "no_verdict": ("未判定", "no verdict"), "other_weight": ("建议或提示", "advisory or info"), "mark": ("{mark} 级", "mark {mark}"),
    "chart_sites": ("各区场地检查结果", "Sites by district"), "chart_sites_remark": ("共 {n} 个场地，其中未能完成 {failed} 个、尚未处理 {not_run} 个，一并计入。按不符合的场地数排列。", "{n} sites, {failed} of which could not be done and {not_run} are not run yet: they are counted as well. In order of the sites that fail."),
    "chart_end_sites": ("不符合 {fail} / 共 {all}", "{fail} of {all} fail"), "chart_rest": ("其余 {n} 个区", "{n} more districts"),
    "chart_lanes": ("各区车道长度", "Length of lane by district"), "chart_lanes_remark": ("一条车道有一处不符合，即全长计为不符合。右侧为不符合占已测车道（符合、不符合、无法判定）的比例。未能完成和尚未处理的 {n} 个场地车道长度不明，不在图中。",
        "A lane that fails in one place counts with all of its length. At the right: the share that fails of the lane measured (it passes, fails, or is indeterminate). The {n} sites that were not audited have lanes of unknown length and are not in this chart."),
    "chart_end_lanes": ("不符合 {share}", "{share} fails"), "chart_km": ("车道长度（km）", "length of lane [km]"), "chart_m": ("不符合车道长度（m）", "lane that fails [m]"),
    "chart_articles": ("违反最多的条款", "Articles broken the most"), "chart_articles_remark": ("不符合的检查项数和涉及的场地数。同一处可能违反多个条款，各条款之和可能大于问题处数。", "Findings that fail, and the sites concerned. One place may break several articles, so the sum over articles may be more than the places."),
    "chart_first": ("列出前 {n} 项，共 {all} 项。", " The first {n} of {all}."), "chart_end_articles": ("{n} 项，{sites} 个场地", "{n} at {sites} sites"), "chart_findings": ("不符合项数", "findings that fail"),
    "chart_widths": ("各场地最小净宽分布", "Least clear width of the sites"), "chart_widths_remark": ("{n} 个场地测得最小净宽，其中 {below} 个小于 {limit} m。另有 {unknown} 个场地没有测得净宽，{undone} 个未能完成或尚未处理，不在图中。", "Known of {n} sites, {below} of them below {limit} m. {unknown} more have no measured width, {undone} were not audited: they are not in this chart."),
    "chart_width_axis": ("场地内最小净宽（m，每级含下限）", "least clear width of a site [m]; a class holds its lower bound"), "chart_limit": ("要求 {limit} m", "{limit} m asked"),
    "chart_worst": ("最严重的 {n} 个场地", "The worst {n} sites"), "chart_worst_remark": ("按排名顺序，共 {n} 个场地不符合。条长为不符合车道长度，排名还考虑其他因素。未能完成的 {failed} 个和尚未处理的 {not_run} 个场地没有排名。", "In the order of the ranking; {n} sites fail. A bar is the lane that fails; the ranking weighs more than that. The {failed} sites that could not be done and the {not_run} not run yet have no rank."),
    "chart_quality": ("输入数据质量", "Quality of the input"), "chart_quality_remark": ("A 最好、E 最差（拟定，待确认），共 {n} 个场地。质量说明调查对结论的支持程度，与场地好坏无关。", "A is best, E worst (proposed – to be confirmed); {n} sites. It tells how far the survey supports the verdict, not how good a site is."),
    "chart_reasons": ("质量扣分原因", "What lowers the quality"), "chart_reasons_remark": ("涉及的场地数，一个场地可有多个原因。", "Sites concerned; a site may have several."), "chart_nothing": ("尚无数据", "nothing yet"),
    "mandatory_1": ("强制", "mandatory"), "advisory_1": ("建议", "advisory"), "info_1": ("提示", "info"),
}  # fmt: skip


def word(key: str, lang: Lang, **values: object) -> str:
    """Return one of the words; values of the data enter it as they are.

    >>> word("head_sites", "en", n=3)
    '3 sites'
    """
    return _WORDS[key][0 if lang == "zh" else 1].format(**values)


def failure_kind(value: str, lang: Lang) -> str:
    """Return what a kind of failure is called; one that is not known as it stands."""
    try:
        return FailureKind(value).label(lang) if value else ""
    except ValueError:
        return value
