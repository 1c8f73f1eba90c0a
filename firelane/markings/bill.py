"""The bill of quantities (工程量清单): materials and, where prices are given, cost.

One row per item, lane and entrance, in the order of ``items.toml``. The columns (:data:`COLUMNS`):

=====================  ===============================================================================
``code``               code of the item (``items.toml``, or the firm's own)
``kind``               ``MarkKind`` value, ``warning_board`` or ``removal``
``lane_id``            None where it belongs to no lane
``entrance_id``        of grids and boards, else None
``length_m``           of painted line; 0 for lettering, boards [m]
``area_m2``            of the union of the paint; 0 for boards [m²]
``pieces``             number of marks, boards, removed pieces of paint
``thermoplastic_kg``   hot-melt thermoplastic, loss included; 0 where another coating is used [kg]
``paint_l``            cold paint or kerb paint, all coats, loss included [l]
``beads_kg``           glass beads dropped on (those premixed are within the thermoplastic) [kg]
``primer_kg``          primer under the thermoplastic [kg]
``unit_price``         price of one unit of ``measure``; NaN where none is given
``cost``               NaN where no price is given: never 0
``measure``            what is paid for: ``area_m2``, ``length_m`` or ``pieces``
``coating``            ``thermoplastic``, ``cold_paint``, ``kerb_paint``; None for boards and removals
``price_basis``        ``item`` (all in), ``materials`` (what is bought alone), None without a price
=====================  ===============================================================================
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from firelane.markings.items import bill_items
from firelane.markings.materials import material_catalogue, read_materials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firelane.markings.materials import Materials
    from firelane.markings.plan import Board, Removal

BOARD, REMOVAL = "warning_board", "removal"
MATERIAL_COLUMNS = ("thermoplastic_kg", "paint_l", "beads_kg", "primer_kg")
COLUMNS = (
    "code", "kind", "lane_id", "entrance_id", "length_m", "area_m2", "pieces", *MATERIAL_COLUMNS,
    "unit_price", "cost", "measure", "coating", "price_basis",
)  # fmt: skip
SUMS = ("length_m", "area_m2", "pieces", *MATERIAL_COLUMNS)
TO_BUY_COLUMNS = ("product", "needed", "unit", "pack", "packs", "to_buy", "unit_price", "cost")
_WHOLE_PACK = 1e-9


def check_materials(table: Mapping[str, Any]) -> None:
    """Refuse a table ``[materials]`` that says something unknown.

    Raises
    ------
    InputError
        Listing every problem.
    """
    read_materials(table)


def bill_of_quantities(
    quantities: pd.DataFrame, boards: Sequence[Board], removals: Sequence[Removal], materials: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the bill by item, lane and entrance.

    Parameters
    ----------
    quantities : DataFrame
        Of the planned paint (``quantities.py``): its areas are those of the union.
    boards, removals : sequence
        Boards to be put up and paint to be removed.
    materials : Mapping
        The table ``[materials]`` of ``site.toml``.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; see the head of this module.

    Raises
    ------
    InputError
        Listing every problem of ``materials``.
    """
    told = read_materials(materials)
    rows: list[dict[str, Any]] = []
    columns = [str(c) for c in quantities.columns]
    for row in quantities.itertuples(index=False, name=None):
        sums: dict[str, Any] = dict(zip(columns, row, strict=True))
        kind = str(sums["kind"])
        rows.append(_row(told, kind, sums))
    for entrance_id in sorted({board.entrance_id for board in boards}):
        pieces = sum(board.entrance_id == entrance_id for board in boards)
        rows.append(_row(told, BOARD, {"entrance_id": entrance_id, "pieces": pieces}))
    by_lane: dict[str, list[Removal]] = {}
    for removal in removals:
        by_lane.setdefault(removal.lane_id or "", []).append(removal)
    for lane_id in sorted(by_lane):
        group = by_lane[lane_id]
        lengths, areas = sum(r.length_m for r in group), sum(r.area_m2 for r in group)
        sums = {"lane_id": lane_id or None, "pieces": len(group), "length_m": lengths, "area_m2": areas}
        rows.append(_row(told, REMOVAL, sums))
    order = {kind: n for n, kind in enumerate(bill_items())}
    rows.sort(key=lambda row: order[row["kind"]])  # stable: lanes keep their order
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in ("lane_id", "entrance_id", "coating", "price_basis"):
        frame[column] = pd.Series([row[column] for row in rows], dtype=object)
    return frame


def _row(told: Materials, kind: str, sums: Mapping[str, Any]) -> dict[str, Any]:
    area_m2 = float(sums.get("area_m2", 0.0))
    row: dict[str, Any] = {"code": told.codes[kind], "kind": kind, "measure": told.measures[kind]}
    row |= {key: sums.get(key) for key in ("lane_id", "entrance_id")}
    row |= {"length_m": float(sums.get("length_m", 0.0)), "area_m2": area_m2, "pieces": int(sums.get("pieces", 0))}
    row |= dict.fromkeys(MATERIAL_COLUMNS, 0.0)
    rates = told.per_m2(kind)
    for product, rate in rates.items():
        row[material_catalogue().products[product].column] += area_m2 * rate
    row |= {"coating": told.coatings.get(kind), "unit_price": math.nan, "cost": math.nan, "price_basis": None}
    measured = float(row[row["measure"]])
    if kind in told.prices:
        row |= {"unit_price": told.prices[kind], "cost": told.prices[kind] * measured, "price_basis": "item"}
    elif rates and all(product in told.prices or rate == 0.0 for product, rate in rates.items()):
        price_m2 = sum(told.prices[product] * rate for product, rate in rates.items() if rate)
        row |= {"unit_price": price_m2, "cost": price_m2 * area_m2, "price_basis": "materials"}
        if row["measure"] != "area_m2":
            row["unit_price"] = row["cost"] / measured if measured > 0 else math.nan
    return row


def totals_by_item(bill: pd.DataFrame) -> pd.DataFrame:
    """Return one row per item, in the order of the bill.

    Returns
    -------
    DataFrame
        ``code, kind``, the sums of :data:`SUMS`, ``unit_price``, ``cost``, ``measure``, ``coating``, ``price_basis``.
        ``unit_price`` of materials alone is the mean where metres or pieces are paid for. ``cost`` is NaN where a row
        of the item has no price.
    """
    rows = []
    for kind, group in bill.groupby("kind", sort=False):
        first = group.iloc[0]
        cost = float(group["cost"].sum(skipna=False))
        measured = float(group[first["measure"]].sum())
        fixed = first["price_basis"] == "item" or first["measure"] == "area_m2"
        price = float(first["unit_price"]) if fixed else cost / measured if measured > 0 else math.nan
        rows.append(
            {
                "code": first["code"], "kind": kind, **{column: group[column].sum() for column in SUMS},
                "unit_price": price, "cost": cost, "measure": first["measure"], "coating": first["coating"],
                "price_basis": first["price_basis"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in ("lane_id", "entrance_id")])


def grand_total(bill: pd.DataFrame) -> dict[str, float]:
    """Return the sums over the whole bill.

    Returns
    -------
    dict
        ``paint_m2`` (painted area: boards and removals are none), ``removal_m2``, ``boards``, the materials, ``cost``
        (of the rows that have a price; NaN where none has) and ``unpriced`` (how many items have none).
    """
    paint = bill[~bill["kind"].isin((BOARD, REMOVAL))]
    items = totals_by_item(bill)
    priced = bill["cost"].notna()
    found = {column: float(bill[column].sum()) for column in MATERIAL_COLUMNS}
    return found | {
        "paint_m2": float(paint["area_m2"].sum()),
        "removal_m2": float(bill.loc[bill["kind"] == REMOVAL, "area_m2"].sum()),
        "boards": float(bill.loc[bill["kind"] == BOARD, "pieces"].sum()),
        "cost": float(bill.loc[priced, "cost"].sum()) if priced.any() else math.nan,
        "unpriced": float(items["cost"].isna().sum()),
    }


def materials_to_buy(bill: pd.DataFrame, materials: Mapping[str, Any]) -> pd.DataFrame:
    """Return what has to be bought, in whole packs.

    Returns
    -------
    DataFrame
        ``product, needed`` (loss included), ``unit, pack`` (content of one), ``packs``, ``to_buy``, ``unit_price``,
        ``cost`` (of whole packs; NaN without a price).

    Raises
    ------
    InputError
        Listing every problem of ``materials``.
    """
    told = read_materials(materials)
    needed: dict[str, float] = {}
    for kind, area_m2 in bill.groupby("kind", sort=False)["area_m2"].sum().items():
        for name, rate in told.per_m2(str(kind)).items():
            needed[name] = needed.get(name, 0.0) + float(area_m2) * rate
    rows = []
    for key, product in material_catalogue().products.items():
        if needed.get(key, 0.0) <= 0.0:
            continue
        pack = told.packs[key]
        packs = math.ceil(needed[key] / pack - _WHOLE_PACK)
        price = told.prices.get(key, math.nan)
        rows.append((key, needed[key], product.unit, pack, packs, packs * pack, price, packs * pack * price))
    return pd.DataFrame(rows, columns=list(TO_BUY_COLUMNS))
