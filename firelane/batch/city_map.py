"""The map of a city: its worst areas, its sites in the order of their ranking, their violations; one page without a network.

It reads the finished tables of a batch. What could not be done, or was not run yet, is on it as well: not to be known is
no verdict, and no reason to vanish.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from firelane.batch.city_map_areas import in_cells, in_districts, metres, up
from firelane.batch.city_map_places import place_names
from firelane.batch.city_map_rows import NUMBERED, facets, finding_rows, numbers, site_rows, statuses
from firelane.batch.city_map_tables import LENGTHS, STATES, Gravest, read_gravest, read_sites
from firelane.batch.city_map_words import word
from firelane.batch.desk import MAP
from firelane.vocabulary import Verdict
from firelane.webmap.crowd import findings_map

if TYPE_CHECKING:
    from firelane.batch.city_map_areas import Parted
    from firelane.vocabulary import Lang

NAME = MAP
MOST_FINDINGS = 100_000
"""Findings on the map: the gravest."""

MOST_SITES = 100_000
"""Sites on the map: the worst, those of which nothing is known among them."""


def write_map(folder: Path, lang: Lang = "zh", districts: Path | None = None, *, most_findings: int = MOST_FINDINGS, most_sites: int = MOST_SITES) -> Path:  # fmt: skip
    """Write ``city_map.html`` beside the tables of a batch.

    Parameters
    ----------
    folder : Path
        Where ``sites.parquet`` and ``findings.parquet`` stand. Links to the sites' own maps are those of the table; where
        a folder ``sites`` stands here, only to those that are in it.
    lang : {"zh", "en"}
    districts : Path, optional
        Polygons of the districts in a vector file; without it areas are cells of about a kilometre.
    most_findings, most_sites : int
        How many the page holds; it tells how many are left out.

    Returns
    -------
    Path
        The page; the same tables give the same bytes.

    Raises
    ------
    InputError
        If a table or the districts cannot be read.
    OutputError
        If the page cannot be written.
    """
    folder = Path(folder)
    sites = read_sites(folder)
    parted = in_cells(sites, lang) if districts is None else in_districts(sites, Path(districts), lang)
    gravest = read_gravest(folder, sites, most_findings, lang)

    here = (folder / "sites").is_dir()  # a city that is put together elsewhere has its tables alone

    def there(link: str) -> bool:
        return not here or (folder / link).is_file()

    worst = _worst(sites, most_sites)
    rows = [site_rows(sites, parted.of, there, lang).iloc[worst], finding_rows(gravest.table, sites, parted.of, there, lang)]
    table = pd.concat([part for part in rows if len(part)] or rows[:1], ignore_index=True)
    columns = [f.column for f in facets(lang)]
    for name in (*columns, *(n.column for n in numbers(lang)), "link", "mark"):
        table[name] = table.get(name)
    for name in (*columns, "title", "text", "ident", "link", "mark"):
        table[name] = table[name].fillna("").astype(str).astype(object)
    path = folder / NAME
    findings_map(
        table, path, title=word("title", lang), statuses=statuses(lang), facets=facets(lang), numbers=numbers(lang), lang=lang,
        head=_head(sites, gravest, len(worst), lang), note="\n".join(_notes(sites, parted, gravest, lang)), areas=parted.areas,
        places=place_names(sites, lang, outlined=districts is None),
        preset={"kind": word("kind_site", lang)}, switch="kind", related="site", order=("rank", "gravity"), link_label=word("open_map", lang),
    )  # fmt: skip
    return path


def _worst(sites: pd.DataFrame, most: int) -> np.ndarray:
    """Return the positions of the worst sites: those of which nothing is known stand before those that pass."""
    order = {s: n for n, s in enumerate(("fail", "failed", "not_run", "indeterminate", "incomplete", "pass"))}
    first = sites["state"].map(order).to_numpy()
    rank = sites["rank"].fillna(np.inf).to_numpy()
    return np.lexsort((np.arange(len(sites)), rank, first))[:most]


def _head(sites: pd.DataFrame, gravest: Gravest, shown: int, lang: Lang) -> list[str]:
    """Return the lines below the title: how many, how much of it fails, what is not known, what is left out."""
    counts = {s: int(sites["state"].eq(s).sum()) for s in STATES}
    said = [word(f"short_{s}", lang) + f" {counts[s]}" for s in STATES if counts[s]]
    line = word("head_sites", lang, n=len(sites))
    lines = [(line + word("colon", lang) + word("and", lang).join(said)) if said else line]
    if counts["failed"] or counts["not_run"]:
        lines.append(word("head_undone", lang))
    measured, fail = float(sites["measured_m"].sum()), float(sites[LENGTHS[Verdict.FAIL]].sum())
    unmeasured = float(sites[LENGTHS[Verdict.NOT_MEASURED]].sum())
    if measured > 0:
        told = {"measured": metres(measured), "fail": metres(fail), "share": f"{up(100 * fail / measured)}%", "not_measured": metres(unmeasured)}
        lines.append(word("head_lane", lang, **told))
    else:
        lines.append(word("head_none", lang))
    left = _grave(gravest) - len(gravest.table)
    if left:
        lines.append(word("left_findings", lang, n=len(gravest.table), more=left))
    if shown < len(sites):
        lines.append(word("left_sites", lang, n=shown, more=len(sites) - shown))
    return lines


def _grave(gravest: Gravest) -> int:
    return sum(gravest.of.get(v, 0) for v in ("fail", "indeterminate", "not_measured"))


def _notes(sites: pd.DataFrame, parted: Parted, gravest: Gravest, lang: Lang) -> list[str]:
    """Return what the page says about itself."""
    notes = [word("note_rank", lang, n=NUMBERED), word("note_share", lang)]
    placed = (np.isfinite(sites["lon"]) & np.isfinite(sites["lat"])).to_numpy()
    if np.isfinite(parted.cell_m):
        notes.append(word("note_cells", lang, km=f"{parted.cell_m / 1000:g}"))
        notes.append(word("note_outlines", lang))
    elif (outside := int((placed & (parted.of < 0)).sum())) and parted.areas is not None:
        notes.append(word("note_outside", lang, n=outside))
    if (nowhere := int((~placed).sum())):
        notes.append(word("note_nowhere", lang, n=nowhere))
    of = gravest.of
    notes.append(word("note_findings", lang, passes=of.get("pass", 0), **{v: of.get(v, 0) for v in ("fail", "indeterminate", "not_measured")}))
    return [*notes, word("note_failed", lang), word("note_quality", lang)]
