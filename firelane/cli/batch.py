"""``firelane batch``: many sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from firelane.cli import common, console
from firelane.cli.split import tag

if TYPE_CHECKING:
    from firelane.batch import BatchResult
    from firelane.vocabulary import Lang

_MOST = 10  # sites that could not be done are named on the console; failed.csv holds all
_WORST = 5
_REASON = 200  # cells of a reason; failed.csv holds all of it


def _parts(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    from firelane.run import PARTS

    if value.strip() == "all":
        return PARTS
    named = tuple(dict.fromkeys(p.strip() for p in value.split(",") if p.strip()))
    unknown = [p for p in named if p not in PARTS]
    if unknown or not named:
        raise click.BadParameter(f"'{value}': name some of {', '.join(PARTS)}, or all")
    return named


@click.command("batch", epilog="Example: firelane batch districts -o out/city --workers 4 --timeout 300")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@common.lang_option
@common.rules_option
@click.option("--what", default="audit,map", show_default=True, metavar="PART[,PART]", callback=_parts,
              help="What to write for each site: audit, draw, map, report, or all.")  # fmt: skip
@click.option("--pdf", is_flag=True, help="Plot drawings and maps as PDF as well.")
@common.vehicle_option
@common.remedies_option
@click.option("--skip-bad", is_flag=True, help="Leave unreadable road rows out instead of refusing the site.")
@click.option("--workers", type=click.IntRange(1, 1024), default=None, metavar="N",
              help="Processes on this machine [one for each processor].")  # fmt: skip
@click.option("--cluster", default=None, metavar="ADDRESS", help="Scheduler of a dask cluster, such as tcp://10.0.0.1:8786.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=600.0, show_default=True, metavar="S",
              help="How long one site may take [s].")  # fmt: skip
@click.option("--memory", type=click.IntRange(256), default=None, metavar="MB", help="How much memory one worker may use [MB].")
@click.option("--only", multiple=True, metavar="SITE",
              help="Do only these sites again or for the first time, by id or pattern (*); may be repeated.")  # fmt: skip
@click.option("--tables-only", is_flag=True, help="Do no site; write the city's tables and map from what is done.")
@click.option("--districts", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Polygons with a name, for the city's map.")  # fmt: skip
@click.option("--by", default="landuse=residential", show_default=True, metavar="KEY=VALUE", callback=tag,
              help="OpenStreetMap extract: tag of the areas that become sites.")  # fmt: skip
@click.option("--margin", type=click.FloatRange(0.0, 1000.0), default=0.0, show_default=True, metavar="M",
              help="OpenStreetMap extract: how far a site reaches beyond its area [m].")  # fmt: skip
@click.option("--extract", default=None, metavar="SITE", help="Write the input of this one site into -o, and do nothing else.")
@common.fail_on_option
@click.option("-o", "--out", required=True, metavar="FOLDER", help="Folder for the results; the same one goes on where it stopped.")
@click.argument("source")
def command(
    *, source: str, out: str, what: tuple[str, ...], pdf: bool, no_remedies: bool, skip_bad: bool, workers: int | None,
    cluster: str | None, timeout: float, memory: int | None, only: tuple[str, ...], tables_only: bool, districts: Path | None,
    by: tuple[str, str], margin: float, extract: str | None, fail_on: str | None, rules: str, lang: str | None, quiet: bool,
    debug: bool, vehicles: tuple[str, ...] | None,
) -> int:  # fmt: skip
    """Audit every site of SOURCE: a folder tree, a manifest (CSV, XLSX, Parquet), a GeoPackage with site_id, or a map extract.

    批量检查 SOURCE 中的全部场地；中断后再次运行会接着做，只做新增、改动和失败的场地。
    """
    del debug
    from firelane.batch import Settings, extract_site, run_batch
    from firelane.batch.progress import shown

    tongue = common.console_lang(lang)
    if extract is not None:
        folder = extract_site(source, extract, Path(out), by=by, margin_m=margin, lang=common.file_lang(lang))
        if not quiet:
            common.say(f"  {'场地数据：' if tongue == 'zh' else 'input of the site: '}{console.harmless(str(folder))}")
        return 0
    settings = Settings(
        parts=what, rules=common.rule_names(rules), lang=common.file_lang(lang), pdf=pdf, remedies=not no_remedies,
        skip_bad=skip_bad, timeout_s=timeout, memory_mb=memory, vehicles=vehicles,
    )  # fmt: skip
    try:
        with shown(tongue, quiet=quiet) as progress:
            result = run_batch(
                source, out, settings=settings, workers=workers, cluster=cluster, only=only, tables_only=tables_only,
                districts=districts, by=by, margin_m=margin, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        click.echo(
            "已停止：完成的场地均已保留，再次运行同一命令即可继续" if tongue == "zh" else
            "stopped: finished sites are kept; the same command goes on", err=True,
        )  # fmt: skip
        return 130
    if not quiet:
        for line in account(result, tongue):
            common.say(line)
    if result.failed or (result.not_run and not only and not tables_only):
        return 4
    return 1 if fail_on == "violation" and result.summary["totals"]["sites_by_verdict"]["fail"] else 0


def account(result: BatchResult, lang: Lang) -> Iterator[str]:
    """Yield what a batch came to: sites and lanes by verdict, the worst sites, what could not be done and why."""
    from firelane.vocabulary import SiteVerdict, Verdict

    zh = lang == "zh"
    for note in result.notes:
        yield f"  · {console.harmless(note.text(lang))}"
    totals = result.summary["totals"]
    # Sites whose data cannot even be found are known to fail before anything runs.
    unstarted = totals["sites"] - totals["not_run"] - result.run - result.kept
    unstarted_zh = f"，未及处理即失败 {unstarted}" if unstarted > 0 else ""
    unstarted_en = f", {unstarted} failed before they were run" if unstarted > 0 else ""
    yield (f"共 {totals['sites']} 个场地：完成 {totals['done']}，未能完成 {totals['failed']}，尚未处理 {totals['not_run']}"
           f"（本次处理 {result.run}，沿用 {result.kept}{unstarted_zh}）" if zh else
           f"{totals['sites']} sites: {totals['done']} done, {totals['failed']} could not be done, {totals['not_run']} not run yet"
           f" ({result.run} in this run, {result.kept} kept{unstarted_en})")  # fmt: skip
    head = ("场地结论", "场地数") if zh else ("verdict of the site", "sites")
    rows = [(SiteVerdict(v).label(lang), str(n)) for v, n in totals["sites_by_verdict"].items()]
    rows += [(("未能完成", "could not be done")[not zh], str(totals["failed"])), (("尚未处理", "not run yet")[not zh], str(totals["not_run"]))]
    yield from console.table(head, rows, width=console.room(), right=(1,))
    head = ("车道结论", "长度（米）") if zh else ("verdict of the lane", "length [m]")
    rows = [(Verdict(v).label(lang), f"{m:.0f}") for v, m in totals["length_by_verdict_m"].items() if m or v in ("pass", "fail")]
    yield from console.table(head, rows, width=console.room(), right=(1,))
    yield from _worst(result.summary["worst"], lang)
    yield from _failed(result, lang)
    named = ("、" if zh else ", ").join(p.relative_to(result.folder).as_posix() for p in result.files if p.parent == result.folder)
    yield f"  {'结果：' if zh else 'results: '}{console.harmless(str(result.folder))}{'：' if zh else ': '}{named}"


def _worst(rows: Sequence[Mapping[str, Any]], lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    bad = [row for row in rows if row["verdict"] == "fail"][:_WORST]
    if bad:
        yield "  最差的场地：" if zh else "  the worst sites:"
    for row in bad:
        name = console.harmless(str(row["name"] or row["site_id"]))
        yield f"    {row['rank']}. {name}" + (f"（{console.harmless(str(row['site_id']))}）" if zh else f" ({console.harmless(str(row['site_id']))})")


def _failed(result: BatchResult, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    for outcome in result.failed[:_MOST]:
        assert outcome.failure is not None
        reason = console.cut(console.harmless(" ".join(outcome.failure.text(lang).split())), _REASON)
        colon = "：" if lang == "zh" else ": "
        yield f"  ✗ {console.harmless(outcome.site_id)}{colon}{outcome.failure.kind.label(lang)} – {reason}"
    if len(result.failed) > _MOST:
        rest = len(result.failed) - _MOST
        yield f"  … 另有 {rest} 个，见 failed.csv" if zh else f"  … {rest} more in failed.csv"
