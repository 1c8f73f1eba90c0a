"""Words of the comparison of two batches, Chinese and English; what two audits share is in ``comparing.words``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from firelane.batch.city_book_words import words as words_of_city
from firelane.comparing.words import words as words_of_two
from firelane.vocabulary import Lang

_WORDS = {
    "book_title": ("两次批量检查对比", "Two batch audits compared"),
    "sheet_summary": ("汇总", "Summary"), "sheet_sites": ("场地", "Sites"), "sheet_districts": ("按区", "By district"),
    "sheet_managers": ("按管理单位", "By manager"), "sheet_changes": ("变化", "Changes"), "sheet_notes": ("说明", "Notes"),
    "city": ("全市", "the whole city"),
    "site_id": ("场地编号", "site id"), "site_id_old": ("上次编号", "id then"),
    "site_status": ("场地变化", "what became of the site"),
    "count_new": ("新增不符合", "new violations"), "count_worse": ("恶化", "worse"), "count_no_longer_measured": ("不再测量", "no longer measured"),
    "count_better": ("改善", "better"), "count_gone": ("已消除", "gone"), "count_unchanged": ("无变化（不符合）", "unchanged violations"),
    "violations_old": ("上次不符合项数", "violations then"), "violations_new": ("本次不符合项数", "violations now"),
    "rank_old": ("上次排名", "rank then"), "rank_new": ("本次排名", "rank now"),
    "length_fail_old_m": ("上次不符合车道长度 [m]", "failing lanes then [m]"), "length_fail_new_m": ("本次不符合车道长度 [m]", "failing lanes now [m]"),
    "width_old_m": ("上次最小净宽 [m]", "least clear width then [m]"), "width_new_m": ("本次最小净宽 [m]", "least clear width now [m]"),
    "why_not_done": ("未完成原因", "why it was not done"), "map_old": ("上次地图", "map then"),
    "all_sites": ("场地数", "sites"), "compared": ("两次均完成检查的场地", "sites audited both times"),
    "violations_compared": ("不符合项数（不含提示；仅两次均完成检查的场地）", "violations (without information; sites audited both times)"),
    "violations_once": ("不符合项数（仅一次完成检查的场地）", "violations (sites audited once)"),
    "once_old": ("仅上次检查场地的不符合项", "violations of sites audited then alone"),
    "once_new": ("仅本次检查场地的不符合项", "violations of sites audited now alone"),
    "lane_length": ("车道长度，{verdict} [km]（仅两次均完成检查的场地）", "length of lanes, {verdict} [km] (sites audited both times)"),
    "site_counts": ("场地变化", "what became of sites"),
    "finding_counts": ("检查结果变化（全部场地）", "what became of findings (all sites)"),
    "fold": (
        "“变化”表列出有变化的项目；未变化的不符合项只在 changes.csv 中；一直没有问题的对象只计数",
        "the sheet of changes lists what changed; unchanged violations stand in changes.csv alone; subjects with nothing wrong are counted, not listed",
    ),
    "accuracy_each": (
        "测量值变化不超过两次测量精度之和的视为无变化；位置移动超过 {tolerance} 米的视为另一对象",
        "figures that changed by no more than both surveys' accuracies together count as unchanged; things that moved more than {tolerance} m as others",
    ),
    "violations": ("不符合", "violations"), "kept_sites": ("场地按变化情况排列", "sites are in the order of what became of them"),
    "map_site": ("场地：{status}", "site: {status}"), "map_rule": ("规定", "rule"), "map_status": ("场地变化", "what became of the site"),
    "map_limited": (
        "图中只有有变化的不符合项与提示中最严重的 {shown} 项，共 {all} 项；其余见 changes.csv",
        "the map holds the gravest {shown} of {all} changes that concern a violation or information; the others are in changes.csv",
    ),
    "map_about": (
        "图中为有变化的不符合项与提示，以及只检查过一次的场地；未变化的项目见 changes.csv",
        "the map shows what changed of violations and information, and sites that were audited once; what did not change is in changes.csv",
    ),
    "sites_head": ("{compared} 个场地两次均完成检查，共 {all} 个", "{compared} of {all} sites audited both times"),
}  # fmt: skip

_OF_CITY = ("more", "item", "remark", "not_told", "name", "district", "manager", "map", "not_run", "number")
"""What the workbook of one batch calls the same."""


@lru_cache(maxsize=2)
def words(lang: Lang = "zh") -> Mapping[str, str]:
    """Return every word in ``lang``."""
    n = 0 if lang == "zh" else 1
    city = words_of_city(lang)
    return dict(words_of_two(lang)) | {key: city[key] for key in _OF_CITY} | {key: pair[n] for key, pair in _WORDS.items()}
