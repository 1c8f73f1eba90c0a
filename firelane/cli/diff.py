"""``firelane diff``: two audits of one site compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common, console

if TYPE_CHECKING:
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
    """Compare two audits of one site, OLD and NEW: folders of results, or audit.json files.

    对比同一场地的两次检查：新增、恶化、改善、已消除、无变化，以及不再测量的项目。
    """
    del debug
    from firelane.comparing import Status, compare, write_changes
    from firelane.files import ensure_writable_dir

    tongue = common.console_lang(lang)
    changes = compare(old, new, tolerance_m=tolerance, accuracy_m=accuracy)
    ensure_writable_dir(out)
    written = write_changes(changes, out, common.file_lang(lang))
    if not quiet:
        for line in account(changes, tongue):
            common.say(line)
        common.say(f"  {'结果' if tongue == 'zh' else 'results'}: {', '.join(console.harmless(str(p)) for p in written)}")
    counts = changes.counts()
    asked = {"new": (Status.NEW,), "worse": (Status.NEW, Status.WORSE)}.get(fail_on or "", ())
    return 1 if any(counts[status]["violation"] for status in asked) else 0


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
