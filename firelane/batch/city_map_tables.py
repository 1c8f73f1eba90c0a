"""What map and charts of a city read: its sites, and of its findings the gravest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from firelane.errors import InputError, Problem
from firelane.vocabulary import Quantity, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

LENGTHS = {
    Verdict.FAIL: "length_fail_m", Verdict.INDETERMINATE: "length_indeterminate_m",
    Verdict.NOT_MEASURED: "length_not_measured_m", Verdict.PASS: "length_pass_m",
}  # fmt: skip
"""Columns of the lengths of lane [m] by verdict, the worst first."""

STATES = ("fail", "indeterminate", "incomplete", "pass", "failed", "not_run")
"""What became of a site, the worst first: the verdicts of those done, then those of which nothing is known."""

GRAVE = (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED)
"""Verdicts of the findings on the map, the gravest first."""

_TEXTS = (
    "site_id", "name", "district", "manager", "status", "verdict", "quality", "quality_zh", "quality_en", "quality_reasons", "failure_kind",
    "failure_zh", "failure_en", "folder", "map", "place_from", "min_width_verdict",
)  # fmt: skip
_NUMBERS = (
    "rank", "fails", "indeterminate", "not_measured", "lane_length_m", *LENGTHS.values(), "min_clear_width_m", "min_clear_height_m",
    "mandatory_fails", "lanes", "lanes_fail", "buildings", "buildings_unreached", "lon", "lat",
)  # fmt: skip
_WEIGHING = ("site_id", "verdict", "severity", "margin", "threshold")
_TOLD = (
    "site_id", "finding_id", "article", "quantity", "verdict", "severity", "value", "threshold", "unit", "margin", "lon", "lat",
)  # fmt: skip
_SEVERITIES = {"mandatory": 0, "advisory": 1, "info": 2}


@dataclass(frozen=True)
class Gravest:
    """Findings of a city that a map shows.

    Attributes
    ----------
    table : DataFrame
        The gravest first.
    of : dict of str to int
        How many findings of each verdict there are in the table of the city.
    """

    table: pd.DataFrame
    of: dict[str, int]


def read_sites(folder: Path) -> pd.DataFrame:
    """Return ``sites.parquet`` as plain columns, in the order of the sites' ids.

    Columns that the file lacks are empty. ``state`` (of ``STATES``) and ``measured_m`` (length of the lanes that were
    measured: they pass, fail, or lie within the accuracy [m]) are added.

    Raises
    ------
    InputError
        If there is no such file, or it is no table of sites.
    """
    path = folder / "sites.parquet"
    table = _columns(path, (*_TEXTS, *_NUMBERS))
    if not {"site_id", "status"} <= set(table.column_names):
        raise _no_table(path)
    frame = table.to_pandas()
    count = len(frame)
    sites = pd.DataFrame(index=range(count))
    for name in _TEXTS:
        values = frame[name].tolist() if name in frame else [None] * count
        sites[name] = pd.Series([_text(value) for value in values], dtype=object)
    for name in _NUMBERS:
        sites[name] = _number(frame[name]) if name in frame else np.full(count, np.nan)
    done = sites["status"].eq("done")
    known = sites["verdict"].where(sites["verdict"].isin(STATES[:4]), "incomplete")
    missing = sites["status"].where(sites["status"].isin(STATES[4:]), "failed")
    sites["state"] = known.where(done, missing)
    measured = [LENGTHS[v] for v in (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.PASS)]
    sites["measured_m"] = sites[measured].fillna(0.0).sum(axis=1)
    return sites.sort_values("site_id", kind="stable", ignore_index=True)


def read_gravest(folder: Path, sites: pd.DataFrame, most: int, lang: str) -> Gravest:
    """Return the gravest findings: by verdict, weight of the rule, shortfall as a share of the limit, place of the site.

    Of millions only the few columns that decide are held at once; texts are read for those that stay.

    Parameters
    ----------
    folder : Path
    sites : DataFrame
        Of `read_sites`.
    most : int
        How many at most.
    lang : {"zh", "en"}
        Language of the messages.

    Raises
    ------
    InputError
        If there is no ``findings.parquet``, or it is no table of findings.
    """
    path = folder / "findings.parquet"
    table = _columns(path, _WEIGHING)
    if set(table.column_names) != set(_WEIGHING):
        raise _no_table(path)
    verdicts = _coded(table, "verdict")
    of = {str(v): int((verdicts == v).sum()) for v in Verdict}
    rank = pd.Series([GRAVE.index(v) if v in GRAVE else 9 for v in verdicts.cat.categories], dtype=int)
    grave = rank.to_numpy()[verdicts.cat.codes] if len(rank) else np.zeros(0, dtype=int)
    rows = np.flatnonzero(grave < len(GRAVE))
    severity = _coded(table, "severity")
    weight = np.array([_SEVERITIES.get(str(s), 9) for s in severity.cat.categories], dtype=int)
    margin, threshold = (_number(table.column(n).to_pandas()) for n in ("margin", "threshold"))
    with np.errstate(divide="ignore", invalid="ignore"):
        short = np.where(threshold != 0, margin / np.abs(threshold), margin)
    ids = _coded(table, "site_id")
    place = pd.Series(sites["rank"].to_numpy(), index=sites["site_id"])
    place = place[~place.index.duplicated()].reindex(ids.cat.categories).fillna(np.inf)
    site = place.to_numpy()[ids.cat.codes[rows]] if len(place) else np.zeros(0)
    weights = weight[severity.cat.codes[rows]] if len(weight) else np.zeros(0, dtype=int)
    # the row's own place comes last: of what is alike in all else the same ones stay every time
    order = np.lexsort((rows, site, np.nan_to_num(short[rows], nan=np.inf), weights, grave[rows]))[:most]
    kept = _taken(path, rows[order], (*_TOLD, f"message_{lang}"))
    return Gravest(kept.rename(columns={f"message_{lang}": "message"}), of)


@dataclass(frozen=True)
class Broken:
    """How often an article is broken: failing findings, mandatory ones among them, and the sites concerned."""

    article: str
    fails: int
    mandatory: int
    sites: int


def article_counts(folder: Path) -> list[Broken]:
    """Count the failing findings by article, the most first.

    Raises
    ------
    InputError
        If there is no ``findings.parquet``, or it is no table of findings.
    """
    names = ("site_id", "article", "verdict", "severity")
    table = _columns(folder / "findings.parquet", names)
    if set(table.column_names) != set(names):
        raise _no_table(folder / "findings.parquet")
    failing = (_coded(table, "verdict") == str(Verdict.FAIL)).to_numpy()
    frame = pd.DataFrame({
        "article": _coded(table, "article").astype(object)[failing], "mandatory": (_coded(table, "severity") == "mandatory")[failing],
        "site": _coded(table, "site_id").cat.codes[failing],
    })  # fmt: skip
    groups = frame.groupby("article", sort=True).agg(fails=("site", "size"), mandatory=("mandatory", "sum"), sites=("site", "nunique"))
    counts = groups.astype(int).to_numpy().tolist()
    found = [Broken(str(name), *each) for name, each in zip(groups.index, counts, strict=True)]
    return sorted(found, key=lambda each: (-each.fails, each.article))


def width_limit(folder: Path) -> float:
    """Return the clear width [m] that most findings ask for, 4.0 where none does (the 4 m rule of the default packs)."""
    table = _columns(folder / "findings.parquet", ("quantity", "threshold", "unit"))
    if not {"quantity", "threshold"} <= set(table.column_names):
        return 4.0
    own = (_coded(table, "quantity") == str(Quantity.CLEAR_WIDTH)).to_numpy()
    asked = _number(table.column("threshold").to_pandas())[own]
    limits, counts = np.unique(asked[np.isfinite(asked) & (asked > 0)], return_counts=True)
    return float(limits[np.argmax(counts)]) if len(limits) else 4.0


def _taken(path: Path, rows: NDArray[np.intp], names: tuple[str, ...]) -> pd.DataFrame:
    """Return some rows of a file, in the order asked; one group of rows is in memory at a time."""
    import pyarrow as pa  # noqa: PLC0415  (slow to import)
    import pyarrow.parquet as pq  # noqa: PLC0415

    order = np.argsort(rows, kind="stable")
    wanted = rows[order]
    parts, start = [], 0
    with pq.ParquetFile(path) as file:
        there = [name for name in names if name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            stop = start + file.metadata.row_group(group).num_rows
            own = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, stop)]
            if len(own):
                parts.append(file.read_row_group(group, columns=there).take(pa.array(own - start)))
            start = stop
        empty = file.schema_arrow.empty_table().select(there)
    frame: pd.DataFrame = pa.concat_tables([empty, *parts]).to_pandas()
    for name in names:
        if name not in frame:
            frame[name] = None
    back = np.empty(len(order), dtype=np.intp)
    back[order] = np.arange(len(order))
    return frame.iloc[back].reset_index(drop=True)


def _columns(path: Path, names: tuple[str, ...]) -> pa.Table:
    """Return those of the columns that the file has."""
    import pyarrow as pa  # noqa: PLC0415  (slow to import)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            return file.read(columns=[name for name in names if name in file.schema_arrow.names])
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            [Problem(f"{path.name} of the batch cannot be read: {error}", "run firelane batch again", message_zh=f"无法读取批量检查的 {path.name}：{error}", remedy_zh="请重新运行 firelane batch")]
        ) from error  # fmt: skip


def _no_table(path: Path) -> InputError:
    return InputError(
        [Problem(f"{path.name} is not a table of a batch", "run firelane batch again", message_zh=f"{path.name} 不是批量检查的结果表", remedy_zh="请重新运行 firelane batch")]
    )  # fmt: skip


def _coded(table: pa.Table, name: str) -> pd.Series[Any]:
    """Return a column of texts as categories; missing ones are a text of their own."""
    values = table.column(name).combine_chunks()
    values = values.dictionary_encode() if not hasattr(values, "dictionary") else values
    found = pd.Series(values.to_pandas()).astype("category")
    return found.cat.add_categories([""]).fillna("") if found.isna().any() else found


def _number(values: pd.Series[Any]) -> NDArray[np.float64]:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return "；".join(_text(part) for part in value)
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124  (NaN)
