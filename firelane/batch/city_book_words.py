"""Words of the city's workbook, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from firelane.vocabulary import Lang

_WORDS = {
    "title": ("全市消防车通道检查", "Fire lanes of the city"), "page": ("第 {n} 页，共 {of} 页", "page {n} of {of}"),
    "more": ("续表见“{name}”", "continued on “{name}”"),
    "overview": ("概况", "Overview"), "ranking": ("排名", "Ranking"), "districts": ("按区", "By district"),
    "managers": ("按管理单位", "By manager"), "articles": ("按条款", "By article"), "not_done": ("未完成场地", "Sites not done"),
    "quality": ("数据质量", "Input quality"), "notes": ("说明", "Notes"),
    "item": ("项目", "item"), "number": ("数量", "number"), "share": ("占比", "share"), "length_km": ("长度 [km]", "length [km]"),
    "total": ("合计", "total"), "not_told": ("（未注明）", "(not told)"), "remark": ("说明", "remark"),
    "sites": ("场地数", "sites"), "done": ("完成检查", "audited"), "failed": ("未能完成", "could not be done"), "not_run": ("尚未处理", "not run yet"),
    "sites_head": ("场地", "Sites"), "lengths_head": ("车道长度（仅完成检查的场地）", "Length of lanes (audited sites alone)"),
    "findings_head": ("检查结果（仅完成检查的场地）", "Findings (audited sites alone)"),
    "severity_head": ("不符合项，按强制程度", "Violations by severity"), "buildings_head": ("建筑", "Buildings"),
    "quality_head": ("数据质量", "Quality of the input"), "failed_head": ("未能完成的原因", "Why sites could not be done"),
    "least_head": ("全市最小值", "Least values of the city"), "none_mark": ("无（未完成检查）", "none (not done)"),
    "lanes": ("车道数", "lanes"), "judged": ("其中净宽已判定", "of it: clear width judged"),
    "least_width": ("最小净宽 {value} 米：{name}", "least clear width {value} m: {name}"),
    "least_height": ("最小净空高度 {value} 米：{name}", "least clear height {value} m: {name}"),
    "reached": ("消防车可达", "reached"), "unreached": ("消防车不可达", "not reached"),
    "reach_open": ("可达性无法判定或未测量", "indeterminate or not measured"),
    "subjects": ("不符合的对象（强制；同一对象只计一次）", "things and lanes that fail (mandatory; each once)"),
    "rank": ("排名", "rank"), "name": ("场地", "site"), "verdict": ("结论", "verdict"), "district": ("区", "district"), "manager": ("管理单位", "manager"),
    "length_fail_m": ("不符合车道长度 [m]", "failing lanes [m]"), "lane_length_m": ("车道总长 [m]", "lanes [m]"),
    "length_indeterminate_m": ("无法判定车道长度 [m]", "indeterminate lanes [m]"), "length_not_measured_m": ("未测量车道长度 [m]", "lanes not measured [m]"),
    "mandatory_fails": ("不符合项：强制", "violations: mandatory"), "advisory_fails": ("不符合项：建议", "violations: advisory"),
    "indeterminate": ("无法判定项", "indeterminate"), "not_measured": ("未测量项", "not measured"),
    "min_clear_width_m": ("最小净宽 [m]", "least clear width [m]"), "min_width_lane_id": ("最窄处车道", "lane of the least width"),
    "min_width_owners": ("最窄处物体", "what stands there"), "min_clear_height_m": ("最小净空高度 [m]", "least clear height [m]"),
    "buildings": ("建筑数", "buildings"), "buildings_unreached": ("不可达建筑", "buildings not reached"), "quality_mark": ("数据质量", "input quality"),
    "site_id": ("编号", "site id"), "source": ("来源", "source"), "map": ("地图", "map"), "report": ("检查报告", "report"), "drawing": ("标线图", "drawing"),
    "lon": ("经度", "longitude"), "lat": ("纬度", "latitude"), "folder": ("结果文件夹", "folder of results"),
    "article": ("条款", "article"), "rule": ("规定", "rule"), "text": ("条文", "text"), "instrument": ("文件", "instrument"), "severity": ("强制性", "severity"),
    "requirement": ("要求", "requirement"), "findings": ("检查结果", "findings"), "sites_failed": ("不符合的场地", "sites that fail"),
    "subjects_failed": ("不符合的对象", "things and lanes that fail"), "not_judged": ("本程序不判定：{why}", "not judged by this program: {why}"),
    "own_words": ("（本项目表述，非原文）", "(in this project's words, not verbatim)"),
    "status": ("状态", "status"), "kind": ("类别", "kind"), "reason": ("原因", "reason"),
    "accuracy_m": ("测量精度 [m]", "accuracy [m]"), "surveyed_on": ("测量日期", "surveyed on"), "layers_surveyed": ("已调查图层", "layers surveyed"),
    "layers_missing": ("未调查图层", "layers not surveyed"), "mended": ("读取时修正", "mended"), "left_out": ("读取时略去", "left out"),
    "crs": ("坐标系", "coordinate system"), "why": ("扣分原因", "what lowers it"), "lowers": ("{why}：涉及 {n} 个场地，最高可得 {mark}", "{why}: {n} sites, {mark} at best"),
    "proposed": ("本项目建议，待确认", "proposed – to be confirmed"), "placed": ("已定位", "placed"), "yes": ("是", "yes"), "no": ("否", "no"),
    "length_by": ("{verdict} [km]", "{verdict} [km]"), "sites_by": ("场地：{verdict}", "sites: {verdict}"), "findings_by": ("检查结果：{verdict}", "findings: {verdict}"),
    "all_done": ("全部场地均已完成检查", "every site was audited"), "no_site": ("没有场地", "there is no site"),
    "rank_remark": ("排名依据，依次比较（{source}）：", "The ranking goes by, one after the other ({source}):"),
    "link_limit": (
        "链接指向本工作簿所在文件夹内的 sites 文件夹；每张表最多 {n} 个链接，其余单元格写出地址",
        "links lead into the folder “sites” beside this workbook; a sheet holds {n} links at most, further cells tell the address",
    ),
    "widths_down": ("净宽、净高向下取整到毫米：3.9996 米写作 3.999 米", "clear widths and heights are rounded down to the millimetre: 3.9996 m reads 3.999 m"),
    "open_sums": (
        "{n} 个场地没有结果：它们在每项场地合计之内，不在任何长度和检查结果合计之内",
        "{n} sites have no results: they are in every number of sites and in no sum of lengths or findings",
    ),
    "own_texts": ("按条款表中的限值与条文取自规则目录；标注“待确认”的数值无文件规定", "limits and texts are those of the rule catalogues; figures marked “to be confirmed” are fixed by no instrument"),
    "blank": ("空白单元格表示没有该数据，不是零", "an empty cell means that there is no such figure, not zero"),
    "mean_fail": ("不符合：至少一项强制要求测得不满足；建议项不影响结论", "fail: at least one mandatory requirement was measured and is not met; advisory ones do not decide"),
    "mean_indeterminate": (
        "无法判定：没有强制项不符合，但至少一项的测得值与限值之差小于测量精度，或未找到车辆的行驶路线",
        "indeterminate: nothing mandatory fails, but a measured value is nearer to its limit than the survey is accurate, or no drive of a vehicle was found",
    ),
    "mean_incomplete": ("未发现不符合，但有未测项目：强制项有未测量的，不等于符合", "incomplete: nothing mandatory fails, but something mandatory was not measured; that is not a pass"),
    "mean_pass": ("符合：全部适用的强制项均已测量且满足", "pass: everything mandatory that applies was measured and is met"),
    "mean_not_done": ("未能完成、尚未处理：没有结论，不算符合也不算不符合", "could not be done, not run: no verdict, neither pass nor fail"),
    "mean_mark": (
        "数据质量 A 至 E（A 最好）说明测量资料能支持多少判断，与场地好坏无关；标准见“数据质量”表",
        "the mark A (best) to E tells how much the survey supports the verdicts, not how good a site is; see “Input quality”",
    ),
    "mean_criteria": ("数据质量标准：{source}", "criteria of the mark: {source}"),
}  # fmt: skip


@lru_cache(maxsize=2)
def words(lang: Lang = "zh") -> Mapping[str, str]:
    """Return every word in ``lang``."""
    n = 0 if lang == "zh" else 1
    return {key: pair[n] for key, pair in _WORDS.items()}
