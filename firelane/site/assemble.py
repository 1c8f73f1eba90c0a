"""From their tables to one layer's rows: filters, column names, ids, typed values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from firelane.site.config import Feed
from firelane.site.formats import Table
from firelane.site.journal import Journal, did_you_mean
from firelane.site.schema import LAYERS, Column, kind_defaults, limits
from firelane.site.values import as_bool, as_number, as_term, as_text, is_missing, missing, plain

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]

_SHAPEFILE_NAME = 10  # characters of a column name that a Shapefile keeps


@dataclass
class Part:
    """The rows that one of their tables contributes to a layer.

    ``values`` holds our columns only, as they come; ``row_ids`` names each row for messages and is
    the finished id.
    """

    layer: str
    table: Table
    values: dict[str, NDArray[Any]]
    row_ids: Objects
    crs: pyproj.CRS | None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.table)


def gather(feeds: Mapping[str, Sequence[tuple[Feed, Table]]], journal: Journal) -> dict[str, list[Part]]:
    """Return each layer's parts, ids included; duplicate ids are problems."""
    out = {}
    for layer, entries in feeds.items():
        parts = []
        for feed, table in entries:
            chosen = _filtered(layer, feed, table, journal)
            if chosen is None:
                continue
            parts.append(
                Part(
                    layer, chosen, _ours(layer, feed, table, chosen, journal), np.empty(0, object), chosen.crs
                )
            )
        if parts:
            _number(layer, parts, journal)
            out[layer] = parts
    return out


def _column_of(table: Table, wanted: str) -> str | None:
    """Return the table's column called ``wanted``: exactly, in other case, or cut as Shapefiles do."""
    if wanted in table.columns:
        return wanted
    near = [name for name in table.columns if name.lower() == wanted.lower()]
    if not near and table.path.suffix.lower() == ".shp" and len(wanted) > _SHAPEFILE_NAME:
        near = [name for name in table.columns if name.lower() == wanted[:_SHAPEFILE_NAME].lower()]
    return near[0] if len(near) == 1 else None


def _filtered(layer: str, feed: Feed, table: Table, journal: Journal) -> Table | None:
    if not feed.where:
        return table
    mask = np.ones(len(table), dtype=bool)
    for wanted, allowed in feed.where.items():
        name = _column_of(table, wanted)
        if name is None:
            _no_column(layer, feed, table, wanted, journal)
            return None
        words = {plain(value).strip() for value in allowed}
        mask &= np.array([plain(value).strip() in words for value in table.columns[name]], dtype=bool)
    if len(table) and not mask.any():
        journal.note(
            "no_row_matches",
            f"{layer}: no row of {feed.source!r} matches the filter in site.toml",
            f"{layer}：{feed.source!r} 中没有符合 site.toml 条件的行",
            layer=layer,
        )
    return table.rows(mask)


def _no_column(layer: str, feed: Feed, table: Table, wanted: str, journal: Journal) -> None:
    journal.problem(
        f"site.toml names the column {wanted!r}, which {feed.source!r} does not have",
        f"site.toml 指定的列 {wanted!r} 在 {feed.source!r} 中不存在",
        *did_you_mean(wanted, table.columns),
        layer=layer,
        column=wanted,
    )


def _ours(layer: str, feed: Feed, whole: Table, chosen: Table, journal: Journal) -> dict[str, NDArray[Any]]:
    """Pick our columns out of theirs; name those that nobody asked for."""
    values: dict[str, NDArray[Any]] = {}
    used = {name for wanted in feed.where if (name := _column_of(whole, wanted)) is not None}
    for ours in LAYERS[layer].columns:
        theirs = feed.columns.get(ours, ours)
        name = _column_of(whole, theirs) if theirs else None
        if name is not None:
            used.add(name)
            values[ours] = chosen.columns[name]
        elif ours in feed.columns and theirs:
            _no_column(layer, feed, whole, theirs, journal)
        elif not theirs and ours in whole.columns:
            used.add(ours)  # declined on purpose
        if ours in feed.constants:
            constant = np.empty(len(chosen), dtype=object)
            constant[:] = feed.constants[ours]
            values[ours] = constant
    strange = sorted(n for n in chosen.columns if n not in used and not missing(chosen.columns[n]).all())
    if strange:
        texts, _, _ = as_text(np.array(strange, dtype=object), 60)
        shown = ", ".join(str(text) for text in texts)
        journal.note(
            "unknown_column",
            f"{layer}: columns of {chosen.path.name} that were ignored: {shown}",
            f"{layer}：{chosen.path.name} 中已忽略的列：{shown}",
            layer=layer,
        )
    return values


def _number(layer: str, parts: Sequence[Part], journal: Journal) -> None:
    """Give every row its id: theirs as text, else ``<layer>-<n>`` with n counted from 1."""
    start = 1
    longest = int(limits()["text"]["longest"])
    for part in parts:
        texts = (
            as_text(part.values["id"], longest)[0]
            if "id" in part.values
            else np.full(len(part), None, dtype=object)
        )
        given = [f"{layer}-{start + n}" if text is None else text for n, text in enumerate(texts)]
        part.row_ids = np.array(given, dtype=object)
        start += len(part)
    counts = Counter(str(row) for part in parts for row in part.row_ids)
    several = len(parts) > 1
    for row, count in counts.items():
        if count > 1:
            journal.problem(
                f"the id {row!r} stands in {count} rows",
                f"编号 {row!r} 出现在 {count} 行中",
                "give every row of a layer its own id, or leave it empty"
                + (
                    f'; in site.toml, columns = {{ id = "" }} numbers the rows of [layers.{layer}] anew'
                    if several
                    else ""
                ),
                "同一图层内编号不得重复，可留空"
                + (
                    f'；在 site.toml 的 [layers.{layer}] 中写 columns = {{ id = "" }} 可重新编号'
                    if several
                    else ""
                ),
                layer=layer,
                row=row,
                column="id",
            )


# --- values ------------------------------------------------------------------------------------


def typed(
    layer: str, parts: Sequence[Part], keep: Mask, journal: Journal
) -> tuple[dict[str, Objects | NDArray[Any]], Mask]:
    """Turn a layer's values into typed columns, defaults filled in.

    Parameters
    ----------
    keep : ndarray of bool
        Rows to look at, over all parts; the others were left out already.

    Returns
    -------
    columns : dict of str -> ndarray, one value per kept row
    left : ndarray of bool
        Which of the kept rows stay: a row whose term decides everything, and is unknown, does not.
    """
    ids = np.concatenate([part.row_ids for part in parts])[keep]
    columns: dict[str, Any] = {"id": ids}
    left = np.ones(len(ids), dtype=bool)
    for column in LAYERS[layer].columns.values():
        if column.name == "id":
            continue
        raw = np.concatenate(
            [
                np.asarray(part.values[column.name], dtype=object)
                if column.name in part.values
                else np.full(len(part), None, dtype=object)
                for part in parts
            ]
        )[keep]
        if column.kind == "text":
            columns[column.name] = _texts(layer, column, raw, ids, journal)
        elif column.kind == "number":
            columns[column.name] = _numbers(layer, column, raw, ids, journal)
        elif column.kind == "bool":
            columns[column.name] = _bools(layer, column, raw, columns=columns, journal=journal)
        else:
            columns[column.name], stays = _terms(layer, column, raw, ids, journal)
            left &= stays
    if layer == "obstructions":
        _check_top(columns, ids, journal)
    return columns, left


def _texts(layer: str, column: Column, raw: Objects, ids: Objects, journal: Journal) -> Objects:
    longest = int(limits()["text"]["longest"])
    texts, cleaned, cut = as_text(raw, longest)
    name = column.name
    journal.note_rows(
        "text_cleaned",
        f"control characters were taken out of {name!r}",
        f"{name!r} 中的控制字符已去除",
        ids[cleaned],
        layer=layer,
    )
    journal.note_rows(
        "text_cut",
        f"{name!r} was cut to {longest} characters",
        f"{name!r} 已截短为 {longest} 个字符",
        ids[cut],
        layer=layer,
    )
    return texts


def _numbers(layer: str, column: Column, raw: Objects, ids: Objects, journal: Journal) -> NDArray[np.float64]:
    numbers, bad = as_number(raw)
    for n in np.flatnonzero(bad):
        said = str(as_text(raw[n : n + 1], 60)[0][0])
        journal.problem(
            f"{said!r} is no number",
            f"{said!r} 不是数字",
            "write digits alone, in metres (3.5), or leave it empty",
            "只写数字，单位为米（如 3.5），或留空",
            layer=layer,
            row=str(ids[n]),
            column=column.name,
        )
    if column.minimum is not None:
        for n in np.flatnonzero(numbers < column.minimum):
            journal.problem(
                f"{numbers[n]:g} is less than {column.minimum:g}",
                f"{numbers[n]:g} 小于 {column.minimum:g}",
                "correct it, or leave it empty",
                "请改正，或留空",
                layer=layer,
                row=str(ids[n]),
                column=column.name,
            )
    if column.plausible is not None:
        journal.note_rows(
            "implausible_value",
            f"{column.name!r} is more than {column.plausible:g}: is the unit metres?",
            f"{column.name!r} 大于 {column.plausible:g}，单位是否为米？",
            ids[numbers > column.plausible],
            layer=layer,
        )
    if column.default is not None:
        numbers[np.isnan(numbers)] = float(column.default)
    return numbers


def _bools(
    layer: str, column: Column, raw: Objects, *, columns: Mapping[str, Any], journal: Journal
) -> NDArray[Any]:
    values, bad = as_bool(raw)
    ids = columns["id"]
    for n in np.flatnonzero(bad):
        said = str(as_text(raw[n : n + 1], 60)[0][0])
        journal.problem(
            f"{said!r} is neither yes nor no",
            f"{said!r} 既不是“是”也不是“否”",
            "write yes or no (是/否, true/false, 1/0), or leave it empty",
            "请写 yes 或 no（是/否、true/false、1/0），或留空",
            layer=layer,
            row=str(ids[n]),
            column=column.name,
        )
    if column.by_kind:
        kinds = kind_defaults()
        values = np.array(
            [
                kinds[kind].removable if value is None else value
                for kind, value in zip(columns["kind"], values, strict=True)
            ],
            dtype=object,
        )
    elif column.default is not None:
        values[missing(values)] = column.default
    return values.astype(column.dtype)


def _terms(layer: str, column: Column, raw: Objects, ids: Objects, journal: Journal) -> tuple[Objects, Mask]:
    values, unknown = as_term(raw, column.allowed)
    stays = np.ones(len(values), dtype=bool)
    if column.unknown == "leave_out":
        stays = np.array([value is not None for value in values], dtype=bool)
        unknown = ~stays
    said = ["—" if is_missing(raw[n]) else str(as_text(raw[n : n + 1], 60)[0][0]) for n in range(len(raw))]
    for word in dict.fromkeys(said[n] for n in np.flatnonzero(unknown)):
        rows = ids[unknown & np.array([entry == word for entry in said], dtype=bool)]
        if column.unknown == "problem":
            for row in rows:
                journal.problem(
                    f"{word!r} is not known",
                    f"未知的值 {word!r}",
                    *did_you_mean(word, column.allowed),
                    layer=layer,
                    row=str(row),
                    column=column.name,
                )
        elif column.unknown == "leave_out":
            journal.note_rows(
                "left_out",
                f"{column.name} {word!r} is not known, rows left out",
                f"{column.name} 值 {word!r} 未知，已略去",
                rows,
                layer=layer,
            )
        else:
            journal.note_rows(
                f"unknown_{column.name}",
                f"{column.name} {word!r} is not known and was taken as {column.unknown!r}",
                f"{column.name} 值 {word!r} 未知，按 {column.unknown!r} 处理",
                rows,
                layer=layer,
            )
            values[unknown] = column.unknown
    if column.default is not None:
        values[missing(values)] = column.default
    return values, stays


def _check_top(columns: Mapping[str, Any], ids: Objects, journal: Journal) -> None:
    for n in np.flatnonzero(columns["top_m"] < columns["clear_height_m"]):
        journal.problem(
            f"its top ({columns['top_m'][n]:g} m) is below its underside ({columns['clear_height_m'][n]:g} m)",
            f"顶部（{columns['top_m'][n]:g} 米）低于底缘（{columns['clear_height_m'][n]:g} 米）",
            "correct one of them",
            "请改正其一",
            layer="obstructions",
            row=str(ids[n]),
            column="top_m",
        )
