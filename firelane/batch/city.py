"""The city's files out of all sites' shards: tables, totals, GeoPackage, and what is drawn from them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from firelane import __version__
from firelane.batch import quality
from firelane.batch.desk import BOOK, CHART_BOOK, CHARTS, MAP, city_desk
from firelane.batch.geopackage import LANES_OF_CITY, write_geopackage
from firelane.batch.merge import Entry, Gathered, ShardChangedError, gather, outcomes_by_site, shards_of
from firelane.batch.model import Outcome, Settings, Task
from firelane.batch.parquet import FindingsWriter, sites_table, write_table
from firelane.batch.ranking import ranking
from firelane.batch.record import LANES
from firelane.batch.standing import rules_hash
from firelane.batch.tables import write_failed, write_sites
from firelane.batch.totals import RuleCounts, failed_by_kind, grouped, quality_reasons, totals
from firelane.files import write_text
from firelane.rules import load_packs, load_rules
from firelane.site.model import Note

SCHEMA = "firelane-batch/1"
WORST = 100
"""How many of the worst sites the summary lists."""

_SITES_OF_GROUP = 2_048
_LANES_AT_ONCE = 16_384
_OF_WORST = (
    "rank", "site_id", "name", "district", "manager", "verdict", "fails", "subjects_failed", "lane_length_m",
    "min_width_lane_id", "min_width_lon", "min_width_lat", "min_width_owners", "quality", "lon", "lat", "folder", "map",
)  # fmt: skip

_TWO_ARTICLES_ZH = (
    "同一处标志、标线的状况同时对应第九条和第十五条第（一）项，两条各有一项检查结果，合计时都计入；“不符合的对象数”对同一对象只计一次。"
)
_TWO_ARTICLES_EN = (
    "The condition of one sign or marking is a matter of Article 9 and of Article 15 (1): there is a finding under each, "
    "and sums hold both; `subjects_failed` counts each thing or lane once."
)


@dataclass(frozen=True)
class City:
    """What became of a batch.

    Attributes
    ----------
    summary : Mapping
        As in ``summary.json``.
    files : tuple of Path
        What was written.
    lost : tuple of str
        Ids of sites said to be done whose shard is missing or damaged: they count as not run, and want doing anew.
    """

    summary: Mapping[str, Any]
    files: tuple[Path, ...]
    lost: tuple[str, ...]


def write_city(
    tasks: Iterable[Task], outcomes: Mapping[str, Outcome] | Iterable[Outcome], out: Path, *, settings: Settings,
    districts: Path | None = None, notes: Sequence[Note] = (), extras: bool = True,
) -> City:  # fmt: skip
    """Put the shards together into the city's files.

    The same shards give the same bytes, in whatever order they were done. The files appear together: killed at any
    moment, this leaves the old set or the new one (``desk.settle``).

    Parameters
    ----------
    tasks : iterable of Task
        Every site of the source.
    outcomes : mapping of site id to Outcome, or iterable of Outcome
        A site without one was not run.
    out : Path
        Folder of the batch.
    settings : Settings
    districts : Path, optional
        Outlines of districts for the map.
    notes : sequence of Note
        What was noted about the source as a whole.
    extras : bool
        Also map, charts and workbook.

    Returns
    -------
    City

    Raises
    ------
    OutputError
        If something cannot be written.
    Exception
        The first of what failed among map, charts and workbook: tables and the others are there by then. What could not
        be made anew is not there any more; it would show other figures than the tables.
    """
    sites = list(tasks)
    became = outcomes_by_site(outcomes)
    bad: set[Path] = set()
    while True:
        gathered = gather(sites, became, out, frozenset(bad))
        try:
            return _published(gathered, out, settings, districts=districts, notes=notes, extras=extras)
        except ShardChangedError as error:
            bad.add(error.path)


def _published(
    gathered: Gathered, out: Path, settings: Settings, *, districts: Path | None, notes: Sequence[Note], extras: bool
) -> City:
    failures: list[Exception] = []
    with city_desk(out) as desk:
        summary = _tables(gathered, desk, settings, notes)
        if extras:
            failures = _extras(desk, settings, districts)
        names = sorted(path.relative_to(desk) for path in desk.rglob("*") if path.is_file())
    if failures:
        raise failures[0]  # told after all else is safe
    return City(summary, tuple(out / name for name in names), gathered.lost)


def _extras(desk: Path, settings: Settings, districts: Path | None) -> list[Exception]:
    """Draw what is drawn from the finished tables; return what went wrong. One that fails leaves nothing half made."""
    from firelane.batch.city_book import write_book  # noqa: PLC0415  (heavy, and not needed for the tables)
    from firelane.batch.city_charts import write_charts  # noqa: PLC0415
    from firelane.batch.city_map import write_map  # noqa: PLC0415

    drawn: list[tuple[Callable[[], object], tuple[str, ...]]] = [
        (lambda: write_map(desk, settings.lang, districts), (MAP,)),
        (lambda: write_charts(desk, settings.lang), (CHARTS, CHART_BOOK)),
        (lambda: write_book(desk, settings.lang, load_rules(settings.rules)), (BOOK,)),
    ]
    failures: list[Exception] = []
    for draw, names in drawn:
        try:
            draw()
        except Exception as error:  # noqa: BLE001  (the others are drawn all the same)
            failures.append(error)
            for name in names:
                shutil.rmtree(desk / name, ignore_errors=True)
                if (desk / name).is_file():
                    (desk / name).unlink()
    return failures


def _tables(gathered: Gathered, desk: Path, settings: Settings, notes: Sequence[Note]) -> dict[str, Any]:
    """Write tables, GeoPackage and summary; return the summary."""
    rows, fields = gathered.rows, gathered.attributes.fields
    table = sites_table(rows, fields)
    write_table(table, desk / "sites.parquet", _SITES_OF_GROUP)
    write_sites(rows, [f.name for f in fields], desk / "sites.csv")
    write_failed(rows, desk / "failed.csv")
    lanes = desk / ".lanes.arrow"
    counts = _findings_and_lanes(gathered.entries, desk / "findings.parquet", lanes)
    write_geopackage(table, desk / "findings.parquet", lanes, desk / "city.gpkg")
    lanes.unlink()
    summary = summary_of(gathered, settings, counts, notes)
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(desk / "summary.json", text + "\n")
    return summary


def _findings_and_lanes(entries: Sequence[Entry], findings: Path, lanes: Path) -> RuleCounts:
    """Walk through all shards once: findings into their file, lanes into another, counts by rule."""
    counts = RuleCounts()
    options = pa.ipc.IpcWriteOptions(use_threads=False)
    waiting: list[tuple[Mapping[str, Any], pa.Table]] = []
    with FindingsWriter(findings) as writer, pa.ipc.new_file(lanes, LANES_OF_CITY, options=options) as spool:
        for entry, shard in shards_of(entries):
            group = writer.add(entry.row, shard.findings)
            if group is not None:
                counts.add(group)
            waiting.append((entry.row, shard.lanes))
            if sum(len(t) for _, t in waiting) >= _LANES_AT_ONCE:
                spool.write_table(_lanes(waiting))
                waiting.clear()
        group = writer.flush()
        if group is not None:
            counts.add(group)
        if waiting:
            spool.write_table(_lanes(waiting))
    return counts


def _lanes(waiting: Sequence[tuple[Mapping[str, Any], pa.Table]]) -> pa.Table:
    table = pa.concat_tables([t.select(LANES.names).cast(LANES) for _, t in waiting])
    whose = pa.array(np.repeat(np.arange(len(waiting)), [len(t) for _, t in waiting]))
    added = [pa.array([row[name] for row, _ in waiting], pa.string()).take(whose) for name in ("site_id", "district")]
    return pa.table([*added, *table.columns], schema=LANES_OF_CITY)


def summary_of(
    gathered: Gathered, settings: Settings, counts: RuleCounts, notes: Sequence[Note] = ()
) -> dict[str, Any]:
    """Return the content of ``summary.json``."""
    rows = sorted(gathered.rows, key=lambda row: str(row["site_id"]))
    packs = load_packs(settings.rules)
    rules = [rule for pack in packs for rule in pack.rules]
    worst = sorted((row for row in rows if row["rank"] is not None), key=lambda row: row["rank"])[:WORST]
    listed = [*_OF_WORST, *(c.column for c in ranking() if c.column not in _OF_WORST)]
    return {
        "schema": SCHEMA,
        "program": __version__,
        "settings": {
            # By its own name and its content: where a pack lies is no property of the results.
            "parts": list(settings.parts), "rules": [pack.name for pack in packs], "rules_sha256": rules_hash(settings.rules),
            "lang": settings.lang, "pdf": settings.pdf, "remedies": settings.remedies, "skip_bad": settings.skip_bad,
        },
        "totals": totals(rows),
        "failed_by_kind": failed_by_kind(rows),
        "by_district": grouped(rows, "district"),
        "by_manager": grouped(rows, "manager"),
        "by_rule": counts.by_rule(rules),
        "by_article": counts.by_article(rules),
        "worst": [{name: row[name] for name in listed} for row in worst],
        "ranking": [
            {"column": c.column, "direction": c.direction, "step": c.step, "zh": c.zh, "en": c.en, "source": c.source}
            for c in ranking()
        ],
        "quality": {"source": quality.source(), "reasons": quality_reasons(rows)},
        "attributes": {column: name for name, column in gathered.attributes.names},
        "notes": [*_notes(gathered, rows), *({"code": n.code, "zh": n.zh, "en": n.en} for n in notes)],
    }  # fmt: skip


def _notes(gathered: Gathered, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what has to be known about the figures."""
    said = [
        ("two_articles", _TWO_ARTICLES_ZH, _TWO_ARTICLES_EN),
        ("not_averaged", "各项合计均为总和或最小值（注明位置），没有平均值。",
         "Totals are sums, or least values with their places; nothing is averaged."),
    ]  # fmt: skip
    left = sum(row["status"] != "done" for row in rows)
    if left:
        said.append((
            "not_all_done", f"{len(rows)} 个场地中有 {left} 个没有结果（见 failed.csv），不计入车道长度和检查结果的合计。",
            f"{left} of {len(rows)} sites have no results (failed.csv): they add nothing to lengths and findings.",
        ))  # fmt: skip
    unplaced = sum(row["status"] == "done" and not row["placed"] for row in rows)
    if unplaced:
        said.append((
            "unplaced", f"{unplaced} 个场地的数据没有说明位置：计入所有合计，其检查结果不在地图上。",
            f"{unplaced} sites do not say where they lie: they are in all totals, their findings are on no map.",
        ))  # fmt: skip
    if gathered.attributes.left:
        n = gathered.attributes.left
        said.append((
            "attributes", f"清单的列过多：其中 {n} 列合并在 attr_more 列中（JSON）。",
            f"The manifest has too many columns: {n} of them share the column attr_more (JSON).",
        ))  # fmt: skip
    return [{"code": code, "zh": zh, "en": en} for code, zh, en in said]
