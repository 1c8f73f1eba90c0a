"""How the known answers of a sample are written down: ``expected.toml`` and ``expected.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sample_geometry import Frame, Pt

GROUPS = {
    "violation": ("不符合项（全部）", "Violations (all of them)"),
    "notable": ("特意设置的符合项与未测项", "Passes and unmeasured items placed on purpose"),
}


@dataclass(frozen=True)
class Answer:
    """One known answer.

    ``at`` is in the drawing's axes; ``value`` is known by construction, ``missing_m`` is the length of
    paint that is not there. ``subject_kind`` is
    ``lane``, ``obstruction``, ``parking``, ``entrance``, ``sign`` or ``marking``; lanes go by the
    names of the table ``lane``.
    """

    group: str
    rule: str
    verdict: str
    subject_kind: str
    subject: str
    at: Pt
    zh: str
    en: str
    value: float | None = None
    missing_m: float | None = None
    tolerance_m: float = 0.001
    within_m: float = 1.0
    owners: tuple[str, ...] = ()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_toml(
    site_id: str, answers: Sequence[Answer], lanes: Mapping[str, tuple[Pt, str]], frame: Frame, system: str = "EPSG:4550"
) -> str:
    """Return the machine-readable table; ``system`` names what its coordinates are in."""
    lines = [
        f"# Written by data/make_samples.py. Coordinates are [east, north] in {system}, lengths metres.",
        "# Every violation is listed. `value` is known by construction and absent where the figure is a",
        "# matter of definition; `tolerance_m` belongs to `value`, `within_m` to `location`.",
        "",
        'schema = "firelane-expected/1"',
        f"site = {_quoted(site_id)}",
    ]
    for name, (at, road) in lanes.items():
        east, north = frame.point(*at)
        lines += [
            "", "[[lane]]", f'name = "{name}"', f'road = "{road}"',
            f"point = [{east:.3f}, {north:.3f}]",
        ]  # fmt: skip
    for group in GROUPS:
        for a in (a for a in answers if a.group == group):
            east, north = frame.point(*a.at)
            lines += [
                "", f"[[{group}]]", f'rule_id = "{a.rule}"', f'verdict = "{a.verdict}"',
                f'subject_kind = "{a.subject_kind}"', f'subject = "{a.subject}"',
            ]  # fmt: skip
            for name, figure in (("value", a.value), ("missing_m", a.missing_m)):
                if figure is not None:
                    lines += [f"{name} = {figure!r}", f"tolerance_m = {a.tolerance_m}"]
            lines += [
                f"location = [{east:.3f}, {north:.3f}]",
                f"within_m = {a.within_m}",
                "owners = [" + ", ".join(_quoted(o) for o in a.owners) + "]",
                f"why_zh = {_quoted(a.zh)}",
                f"why_en = {_quoted(a.en)}",
            ]
    return "\n".join(lines) + "\n"


def to_markdown(title: str, intro: str, answers: Sequence[Answer], frame: Frame) -> str:
    """Return the table for people, Chinese and English."""
    lines = [f"# {title}", "", intro]
    for group, (zh, en) in GROUPS.items():
        rows = [a for a in answers if a.group == group]
        if not rows:
            continue
        lines += [
            "", f"## {zh} · {en}", "",
            "| # | 规则 rule | 结论 verdict | 对象 subject | 数值 value | 位置 E, N | 原因 | why |",
            "|---|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        for n, a in enumerate(rows, 1):
            east, north = frame.point(*a.at)
            value = "" if a.value is None else f"{a.value:.3f}"
            value = value if a.missing_m is None else f"−{a.missing_m:.3f}"
            lines.append(
                f"| {n} | `{a.rule}` | {a.verdict} | {a.subject_kind} {a.subject} | {value} "
                f"| {east:.1f}, {north:.1f} | {a.zh} | {a.en} |"
            )
    return "\n".join(lines) + "\n"
