"""What a reader must know before trusting the comparison of two batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from firelane.batch.changes_model import BOTH, SiteChange, SiteStatus
from firelane.comparing import Said

if TYPE_CHECKING:
    from firelane.batch.changes_findings import Ways
    from firelane.batch.changes_read import BatchSide
    from firelane.batch.changes_sites import Pairing

_NAMED = 5  # sites named in a note; the tables name all


def notes_of(
    old: BatchSide, new: BatchSide, pairing: Pairing, sites: Sequence[SiteChange], ways: Ways
) -> tuple[Said, ...]:
    """Return the notes in the order in which they matter."""
    return (*_sites(sites), *_pairing(pairing), *_rules(old, new), *_surveys(sites), *_ways(ways))


def _sites(sites: Sequence[SiteChange]) -> list[Said]:
    number = Counter(site.status for site in sites)
    told = (
        (SiteStatus.NO_LONGER_DONE, "个场地本次未完成检查：其原有不符合项列为“不再测量”，不算已消除",
         "sites were not done in the new batch: what they had is “no longer measured”, not gone"),
        (SiteStatus.NEWLY_DONE, "个场地上次未完成检查：其不符合项列为“新增”，并注明上次未检查",
         "sites were not done in the old batch: their violations are “new”, with the remark that nobody looked then"),
        (SiteStatus.ADDED, "个场地为新列入：其不符合项列为“新增”，并注明上次未列入",
         "sites were not in the old batch: their violations are “new”, with the remark that they were not in it"),
        (SiteStatus.REMOVED, "个场地不再列入：其原有不符合项列为“不再测量”，不算已消除",
         "sites are not in the new batch: what they had is “no longer measured”, not gone"),
        (SiteStatus.NOT_DONE, "个场地两次均未完成检查，不在任何对比数字中", "sites were done neither time and are in no figure of the comparison"),
    )  # fmt: skip
    notes = [
        Said(status.value, f"{number[status]} {zh}", f"{number[status]} {en}") for status, zh, en in told if number[status]
    ]
    compared = sum(number[status] for status in BOTH)
    if notes:
        notes.insert(0, Said(
            "compared", f"{len(sites)} 个场地中有 {compared} 个两次均完成检查；对比数字只计这些场地",
            f"{compared} of {len(sites)} sites were audited both times; figures that compare count these alone",
        ))  # fmt: skip
    return notes


def _pairing(pairing: Pairing) -> list[Said]:
    notes = []
    for code, pairs, zh, en in (
        ("by_place", pairing.by_place, "位置", "place"), ("by_name", pairing.by_name, "名称", "name"),
    ):  # fmt: skip
        if pairs:
            shown = [f"{a} → {b}" for a, b in pairs[:_NAMED]]
            notes.append(Said(
                code, f"{len(pairs)} 个场地编号已变，按{zh}对应：{_some(shown, pairs, '、')}",
                f"{len(pairs)} sites have another id and were found by their {en}: {_some(shown, pairs, ', ')}",
            ))  # fmt: skip
    if pairing.elsewhere:
        shown = list(pairing.elsewhere[:_NAMED])
        notes.append(Said(
            "elsewhere", f"{len(pairing.elsewhere)} 个编号两次指不同地点，按不同场地处理：{_some(shown, pairing.elsewhere, '、')}",
            f"{len(pairing.elsewhere)} ids stand for another place than they did and count as other sites: {_some(shown, pairing.elsewhere, ', ')}",
        ))  # fmt: skip
    return notes


def _some(shown: Sequence[str], all_of_them: Sequence[object], joint: str) -> str:
    return joint.join(shown) + ("…" if len(all_of_them) > len(shown) else "")


def _rules(old: BatchSide, new: BatchSide) -> list[Said]:
    notes = []
    for code, left, right, zh, en in (
        ("rules_dropped", old.rules, new.rules, "仅上次批量检查采用的规定", "rules in force in the old batch alone"),
        ("rules_added", new.rules, old.rules, "仅本次批量检查采用的规定", "rules in force in the new batch alone"),
    ):
        if only := sorted(set(left) - set(right)):
            notes.append(Said(code, f"{zh}：{'、'.join(only)}", f"{en}: {', '.join(only)}"))
    changed = sorted(
        name for name, rule in new.rules.items() if name in old.rules and old.rules[name]["threshold"] != rule["threshold"]
    )
    if changed:
        notes.append(Said(
            "limits", f"限值不同的规定：{'、'.join(changed)}；按测量值比较，结论按各自限值",
            f"rules with another limit: {', '.join(changed)}; measured values are compared, verdicts are by each batch's limit",
        ))  # fmt: skip
    versions = [str(side.summary.get("program") or "") for side in (old, new)]
    if versions[0] != versions[1]:
        notes.append(Said(
            "version", f"两次批量检查的程序版本不同（{versions[0]}、{versions[1]}）",
            f"the batches were made by different versions of the program ({versions[0]}, {versions[1]})",
        ))  # fmt: skip
    return notes


def _surveys(sites: Sequence[SiteChange]) -> list[Said]:
    def differ(key: str, plain: Callable[[object], object]) -> int:
        return sum(
            plain(s.old[key]) != plain(s.new[key]) for s in sites if s.status in BOTH and s.old is not None and s.new is not None
        )

    notes = []
    if number := differ("placed", bool):
        notes.append(Said(
            "placed", f"{number} 个场地只有一次有大地坐标：按编号和对象对应，不比较位置",
            f"of {number} sites only one batch knows where they lie: things are matched by ids and owners, not by place",
        ))  # fmt: skip
    if number := differ("crs", str):
        notes.append(Said(
            "crs", f"{number} 个场地两次的坐标系不同，按经纬度对应",
            f"{number} sites have another coordinate system: matched by longitude and latitude",
        ))  # fmt: skip
    if number := differ("accuracy_m", lambda value: value or 0.0):
        notes.append(Said(
            "accuracy", f"{number} 个场地两次的测量精度不同", f"{number} sites were surveyed to another accuracy",
        ))  # fmt: skip
    return notes


def _ways(ways: Ways) -> list[Said]:
    if not ways.without_audits:
        return []
    shown = ways.without_audits[:_NAMED]
    n = len(ways.without_audits)
    return [Said(
        "without_audits",
        f"{n} 个场地缺少与汇总表一致的 audit.json，只能按汇总表对比，移动过的窄处或更名的车道可能列为消除与新增：{_some(shown, ways.without_audits, '、')}",
        f"of {n} sites there is no audit.json that agrees with the tables: a narrow place that moved or a lane with another id "
        f"may read as gone and new: {_some(shown, ways.without_audits, ', ')}",
    )]  # fmt: skip
