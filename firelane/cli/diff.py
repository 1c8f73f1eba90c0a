"""``firelane diff``: two audits of one site, or two batches, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from firelane.cli import common, console
from firelane.errors import InputError, Problem

if TYPE_CHECKING:
    from firelane.batch.changes_model import BatchChanges
    from firelane.comparing import Change, Changes
    from firelane.vocabulary import Lang

_MOST = 8  # changes named on the console; the files hold all


@click.command("diff", epilog="Example: firelane diff out/2025 out/2026 -o out/changes")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@common.lang_option
@click.option(
    "--tolerance", type=click.FloatRange(0, 100, min_open=True), default=5.0, show_default=True, metavar="M",
    help="An obstacle or narrow stretch that moved farther is another one [m].",
)
@click.option(
    "--accuracy", type=click.FloatRange(0, 100), default=None, metavar="M",
    help="What each audit is accurate to [m], in place of what the sites say: smaller changes are none.",
)
@click.option(
    "--fail-on", type=click.Choice(["new", "worse"]), default=None,
    help="Exit with 1 if there is a new violation (new), or a new or worse one (worse).",
)
@common.folder_option("Folder for the results.", required=True)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def command(
    *, old: Path, new: Path, out: Path, tolerance: float, accuracy: float | None, fail_on: str | None, lang: str | None,
    quiet: bool, debug: bool,
) -> int:  # fmt: skip
    """Compare two audits of one site, or two batches, OLD and NEW.

    Each is a folder of results, or its audit.json; for batches, folders that `firelane batch` wrote. A site that was audited
    but once has nothing that is gone.

    对比同一场地的两次检查，或两次批量检查：新增、恶化、改善、已消除、无变化，以及不再测量的项目。
    """
    del debug
    from firelane.batch.changes_read import is_batch

    tongue = common.console_lang(lang)
    batches = is_batch(old), is_batch(new)
    if batches[0] != batches[1]:
        raise _mixed(old, new, batches)
    if all(batches):
        counts, lines, written = _batches(old, new, out, tolerance, accuracy, tongue, common.file_lang(lang))
    else:
        counts, lines, written = _sites(old, new, out, tolerance, accuracy, tongue, common.file_lang(lang))
    if not quiet:
        for line in lines:
            common.say(line)
        common.say(f"  {'结果' if tongue == 'zh' else 'results'}: {', '.join(console.harmless(str(p)) for p in written)}")
    asked = {"new": ("new",), "worse": ("new", "worse")}.get(fail_on or "", ())
    return 1 if any(counts[status]["violation"] for status in asked) else 0


Told = tuple[Mapping[Any, Mapping[str, int]], Iterator[str], tuple[Path, ...]]
"""Counts by status, lines for the console, files written."""


def _mixed(old: Path, new: Path, batches: tuple[bool, bool]) -> InputError:
    """Return the refusal of a batch and a single site."""
    one, other = (old, new) if batches[0] else (new, old)
    names = [console.harmless(str(path)) for path in (one, other)]
    return InputError([Problem(
        f"{names[0]} is a batch of many sites, {names[1]} is not",
        "give two batches, or two audits of one site (below `sites/` of a batch each site has its own)",
        message_zh=f"{names[0]} 是批量检查结果，{names[1]} 不是",
        remedy_zh="请给出两次批量检查，或同一场地的两次检查（批量检查结果的 sites/ 下各场地分列）",
    )])  # fmt: skip


def _sites(
    old: Path, new: Path, out: Path, tolerance: float, accuracy: float | None, tongue: Lang, lang: Lang
) -> Told:
    from firelane.comparing import compare, write_changes
    from firelane.files import ensure_writable_dir

    changes = compare(old, new, tolerance_m=tolerance, accuracy_m=accuracy)
    ensure_writable_dir(out)
    return changes.counts(), account(changes, tongue), write_changes(changes, out, lang)


def _batches(
    old: Path, new: Path, out: Path, tolerance: float, accuracy: float | None, tongue: Lang, lang: Lang
) -> Told:
    from firelane.batch.changes import compare_batches, write_batch_changes
    from firelane.files import ensure_writable_dir

    ensure_writable_dir(out)  # before the work: a city takes a while
    changes = compare_batches(old, new, tolerance_m=tolerance, accuracy_m=accuracy)
    return changes.counts(), account_of_city(changes, tongue), write_batch_changes(changes, out, lang)


def account_of_city(changes: BatchChanges, lang: Lang) -> Iterator[str]:
    """Yield what the comparison of two batches says: counts of sites and findings, the sites that became worst."""
    from firelane.batch.changes_model import SiteStatus, grave, gravest

    zh = lang == "zh"
    totals = changes.totals()
    a, b = totals.violations
    yield (f"{totals.all_sites} 个场地，其中 {totals.compared} 个两次均完成检查：不符合 {a} → {b} 项" if zh else
           f"{totals.all_sites} sites, {totals.compared} of them audited both times: violations {a} → {b}")  # fmt: skip
    for note in changes.notes:
        yield f"  · {console.harmless(note.text(lang))}"
    rows = [(s.label(lang), str(n)) for s in SiteStatus if (n := totals.sites.get(s, 0))]
    yield from console.table(("场地变化", "场地数") if zh else ("site", "sites"), rows, width=console.room(), right=(1,))
    head = ("检查结果变化", "不符合", "提示", "无问题") if zh else ("findings", "violations", "information", "nothing wrong")
    counted = [(s.label(lang), *map(str, n.values())) for s, n in changes.counts().items() if any(n.values())]
    yield from console.table(head, counted, width=console.room(), right=(1, 2, 3))
    worst = [site for site in gravest(changes.sites) if any(grave(site.counts))]
    for site in worst[:_MOST]:
        new, worse, lost = grave(site.counts)
        name = console.cut(console.harmless(site.told("name") or site.site_id), 40)
        figures = f"新增 {new}，恶化 {worse}，不再测量 {lost}" if zh else f"new {new}, worse {worse}, no longer measured {lost}"
        yield f"  [{site.status.label(lang)}] {name}{'：' if zh else ': '}{figures}"
    if len(worst) > _MOST:
        more = len(worst) - _MOST
        yield f"  … 另有 {more} 个场地，见 changes.xlsx" if zh else f"  … {more} more sites in changes.xlsx"


def account(changes: Changes, lang: Lang) -> Iterator[str]:
    """Yield what the comparison says: verdicts, counts, the gravest changes, lanes by verdict."""
    zh = lang == "zh"
    site = changes.new.site
    then, now = changes.verdicts()
    a, b = changes.violations()
    name = console.harmless(str(site.get("name") or site["id"]))
    yield (f"{name}：场地结论 {then.zh} → {now.zh}；不符合 {a} → {b} 项" if zh else
           f"{name}: verdict {then.en} → {now.en}; violations {a} → {b}")  # fmt: skip
    for note in changes.notes:
        yield f"  · {console.harmless(note.text(lang))}"
    head = ("变化类别", "不符合", "提示", "无问题") if zh else ("status", "violations", "information", "nothing wrong")
    rows = [(s.label(lang), *map(str, n.values())) for s, n in changes.counts().items() if any(n.values())]
    yield from console.table(head, rows, width=console.room(), right=(1, 2, 3))
    yield from _gravest(changes, lang)
    for verdict, (old_m, new_m) in changes.lengths_m().items():
        if old_m or new_m:
            yield (f"  车道长度（{verdict.zh}）：{old_m:.0f} → {new_m:.0f} 米" if zh else
                   f"  length of lanes ({verdict.en}): {old_m:.0f} → {new_m:.0f} m")  # fmt: skip


def _gravest(changes: Changes, lang: Lang) -> Iterator[str]:
    from firelane.comparing import Status

    zh = lang == "zh"
    # Whoever reads this asks what went wrong: what got better stands in the files.
    grave = [
        c for c in changes.findings
        if c.weight == "violation" and c.status in (Status.NEW, Status.WORSE, Status.NO_LONGER_MEASURED)
    ]  # fmt: skip
    for change in grave[:_MOST]:
        yield f"  [{change.status.label(lang)}] {console.harmless(_line(change, lang))}"
        if change.ruling.reason:
            yield f"      {change.reason(lang)}"
    if len(grave) > _MOST:
        yield f"  … 另有 {len(grave) - _MOST} 项，见 changes.csv" if zh else f"  … {len(grave) - _MOST} more in changes.csv"


def _line(change: Change, lang: Lang) -> str:
    return f"{change.row['article']} {change.row[f'message_{lang}']}"
