"""Words of a comparison, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from firelane.vocabulary import Lang

_WORDS = {
    "title": ("两次检查对比", "Two audits compared"),
    "summary": ("汇总", "Summary"), "changes": ("变化", "Changes"), "lanes": ("车道", "Lanes"), "total": ("合计", "total"),
    "old": ("上次", "then"), "new": ("本次", "now"), "difference": ("差", "difference"),
    "site_verdict": ("场地结论", "verdict on the site"), "violations": ("不符合项数（不含提示）", "violations (without information)"),
    "lane_length": ("车道长度，{verdict} [m]", "length of lanes, {verdict} [m]"),
    "accuracy_said": (
        "测量值变化不超过 {accuracy} 米的视为无变化；位置移动超过 {tolerance} 米的视为另一对象",
        "figures that changed by no more than {accuracy} m count as unchanged; things that moved more than {tolerance} m as others",
    ),
    "status": ("变化类别", "status"), "status_text": ("变化类别", "status"), "weight": ("性质", "concerns"),
    "change_id": ("编号", "id"), "rule_id": ("规定编号", "rule"), "article": ("条款", "article"), "title_rule": ("规定", "rule"),
    "severity": ("强制性", "severity"), "verdict_old": ("上次结论", "verdict then"), "verdict_new": ("本次结论", "verdict now"),
    "value_old": ("上次测量值", "value then"), "value_new": ("本次测量值", "value now"), "threshold": ("限值", "limit"),
    "unit": ("单位", "unit"), "gain": ("裕量变化（正为改善）", "change of margin (positive: better)"), "moved_m": ("移动 [m]", "moved [m]"),
    "lane_id": ("车道", "lane"), "lane_id_old": ("上次车道编号", "lane then"), "owners_old": ("上次对象", "objects then"),
    "owners_new": ("本次对象", "objects now"), "x_east_m": ("东 Y [m]", "east [m]"), "y_north_m": ("北 X [m]", "north [m]"),
    "lon": ("经度", "longitude"), "lat": ("纬度", "latitude"), "reason": ("说明", "remark"),
    "message_old": ("上次描述", "finding then"), "message_new": ("本次描述", "finding now"),
    "length_old_m": ("上次长度 [m]", "length then [m]"), "length_new_m": ("本次长度 [m]", "length now [m]"),
    "min_clear_width_old_m": ("上次最小净宽 [m]", "clear width then [m]"), "min_clear_width_new_m": ("本次最小净宽 [m]", "clear width now [m]"),
    "min_clear_height_old_m": ("上次最小净高 [m]", "clear height then [m]"),
    "min_clear_height_new_m": ("本次最小净高 [m]", "clear height now [m]"),
    "lane_added": ("新增车道", "new lane"), "lane_removed": ("车道已不存在", "lane no longer there"),
    "page": ("第 {n} 页，共 {of} 页", "page {n} of {of}"),
    "where": ("坐标", "coordinates"), "lonlat": ("经纬度", "longitude, latitude"), "all_rules": ("全部规定与车道", "all rules and lanes"),
    "verdict": ("结论", "verdict"), "value": ("测量值", "value"), "limit": ("限值", "limit"), "objects": ("对象", "objects"),
    "edge": ("路缘 {road}", "edge of {road}"), "lane": ("车道", "lane"), "length": ("长度", "length"), "width": ("最小净宽", "least clear width"),
    "height": ("最小净高", "least clear height"), "moved": ("移动", "moved"), "nothing": ("无", "none"),
    "not_there": ("（无此项）", "(not there)"), "then_said": ("上次：{text}", "then: {text}"), "now_said": ("本次：{text}", "now: {text}"),
    "head": ("不符合 {a} → {b} 项；场地结论：{then} → {now}", "violations {a} → {b}; verdict: {then} → {now}"),
    "sides": ("上次 {old}；本次 {new}", "then {old}; now {new}"),
}  # fmt: skip

_WEIGHTS = {"violation": ("不符合", "violation"), "information": ("提示", "information"), "none": ("无问题", "nothing wrong")}


@lru_cache(maxsize=2)
def words(lang: Lang = "zh") -> Mapping[str, str]:
    """Return every word in ``lang``."""
    n = 0 if lang == "zh" else 1
    found = {key: pair[n] for key, pair in _WORDS.items()}
    return found | {"title": found["title_rule"], "page_title": found["title"]}


@lru_cache(maxsize=2)
def weights(lang: Lang = "zh") -> Mapping[str, str]:
    """Return the words for what a change concerns."""
    n = 0 if lang == "zh" else 1
    return {key: pair[n] for key, pair in _WEIGHTS.items()}
