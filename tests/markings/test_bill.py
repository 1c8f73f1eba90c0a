"""The bill by hand: metres, square metres, kilograms, litres, money, and every fault of the table of materials."""

from __future__ import annotations

import contextlib
import dataclasses
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marking_scenes import comb, scene, straight
from shapely import LineString, box

from firelane.errors import InputError
from firelane.markings import plan_markings
from firelane.markings.bill import (
    COLUMNS,
    MATERIAL_COLUMNS,
    bill_of_quantities,
    grand_total,
    materials_to_buy,
    totals_by_item,
)
from firelane.markings.items import bill_items
from firelane.markings.marks import Mark
from firelane.markings.materials import KEYS, material_catalogue, read_materials
from firelane.markings.plan import Board, Removal
from firelane.markings.quantities import quantities
from firelane.vocabulary import MarkKind

THERMOPLASTIC_KG_M2 = 1.8 * 2.0 * 1.075  # 1.8 mm, 2.0 kg/L, 7.5 % loss
KERB_L_M2 = 0.16 * 2 * 1.10  # two coats


def planned(materials=None, make=straight, **more):
    site, network = make(**more)
    config = dataclasses.replace(site.config, materials=materials or {})
    return plan_markings(dataclasses.replace(site, config=config), network)


@pytest.fixture(scope="module")
def plan():
    return planned()


def a_quantity(kind="edge_line", area_m2=10.0, length_m=66.0, pieces=1):
    row = (kind, "L1", None, length_m, area_m2, pieces)
    return pd.DataFrame([row], columns=["kind", "lane_id", "entrance_id", "length_m", "area_m2", "pieces"])


def a_board(entrance="E1", side="L"):
    return Board(f"BOARD-{entrance}-{side}", entrance, 0.0, 0.0, 0.0, 0.6, 0.8, 2.0)


def test_every_kind_has_an_item_and_a_coating_in_every_system():
    assert set(bill_items()) == {*MarkKind, "warning_board", "removal"}
    assert len({item.code for item in bill_items().values()}) == len(bill_items())
    for item in bill_items().values():
        assert item.measure in item.measures
        assert item.label("zh") != item.label("en")
    for system in material_catalogue().systems.values():
        assert set(system) == set(MarkKind)
        assert set(system.values()) <= set(material_catalogue().coatings)


def test_every_rate_says_that_it_is_to_be_confirmed_and_where_it_comes_from():
    rows = [*material_catalogue().rates.values(), *material_catalogue().products.values()]
    assert all(row.status == "to_be_confirmed" and row.source and row.source_zh and row.zh and row.en for row in rows)
    assert all(row.minimum <= row.value <= row.maximum for row in material_catalogue().rates.values())


def test_the_bill_of_a_straight_lane_by_hand(plan):
    bill = plan.bill.set_index("kind")
    assert list(plan.bill.columns) == list(COLUMNS)
    line = bill.loc["edge_line"]
    assert line.area_m2 == pytest.approx(192.5 * 0.15, abs=1e-5)
    assert line.thermoplastic_kg == pytest.approx(28.875 * THERMOPLASTIC_KG_M2, abs=1e-3)  # 111.746
    assert line.beads_kg == pytest.approx(28.875 * 0.3 * 1.075, abs=1e-4)
    assert line.primer_kg == pytest.approx(28.875 * 0.15 * 1.05, abs=1e-4)
    assert line.paint_l == 0
    assert bill.loc["box_frame"].pieces == 4
    assert bill.loc["grid_border", "entrance_id"] == "E1"
    assert bill.loc["warning_board", "pieces"] == 2
    assert bill.loc["warning_board", "entrance_id"] == "E1"
    assert bill[["unit_price", "cost"]].isna().all(axis=None)
    assert list(plan.bill.kind) == [k for k in bill_items() if k in set(plan.bill.kind)]


def test_kerbs_are_painted_in_two_coats():
    site, network = scene(
        [box(0, -3, 100, 3)], [("L1", LineString([(0, 0), (100, 0)]), "tip", "tip", "a", "b")],
        kerbs=[LineString([(0, 3), (100, 3)])],
    )  # fmt: skip
    bill = plan_markings(site, network).bill.set_index("kind")
    assert bill.loc["kerb_face", "area_m2"] == pytest.approx(100 * 0.2)
    assert bill.loc["kerb_face", "paint_l"] == pytest.approx(100 * 0.2 * KERB_L_M2)
    assert bill.loc["kerb_top", "paint_l"] == pytest.approx(100 * 0.1 * KERB_L_M2, abs=0.01)
    assert bill.loc["kerb_top", "beads_kg"] == bill.loc["kerb_top", "thermoplastic_kg"] == 0


def test_areas_are_those_of_the_union():
    marks = [
        Mark("a", MarkKind.EDGE_LINE, box(0, 0, 10, 1), 10, "L1"),
        Mark("b", MarkKind.EDGE_LINE, box(5, 0, 15, 1), 10, "L2"),
    ]
    bill = bill_of_quantities(quantities(marks), (), (), {})
    assert bill.thermoplastic_kg.tolist() == pytest.approx([10 * THERMOPLASTIC_KG_M2, 5 * THERMOPLASTIC_KG_M2])


def test_two_mouths_of_one_lane_have_their_own_rows():
    marks = [Mark(f"GRID-{e}", MarkKind.GRID_BORDER, box(x, 0, x + 1, 1), 5, "L1", e) for x, e in ((0, "E2"), (9, "E1"))]
    table = quantities(marks)
    assert table.entrance_id.tolist() == ["E1", "E2"]
    assert table.lane_id.tolist() == ["L1", "L1"]


@pytest.mark.parametrize("make", [straight, comb])
def test_the_bill_adds_up(make):
    plan = planned(make=make)
    paint = plan.bill[plan.bill.kind.isin([str(k) for k in MarkKind])]
    total = grand_total(plan.bill)
    assert total["paint_m2"] == pytest.approx(plan.quantities.area_m2.sum())
    items = totals_by_item(plan.bill)
    assert items.area_m2.sum() == pytest.approx(paint.area_m2.sum())
    for column in MATERIAL_COLUMNS:
        assert total[column] == pytest.approx(items[column].sum())
    bought = materials_to_buy(plan.bill, {}).set_index("product")
    assert bought.needed["thermoplastic"] == pytest.approx(total["thermoplastic_kg"])
    assert bought.needed["beads"] == pytest.approx(total["beads_kg"])


def test_cold_paint_on_the_road_by_one_word():
    bill = bill_of_quantities(a_quantity(), (), (), {"system": "paint"})
    assert bill.paint_l[0] == pytest.approx(10 * 0.35 * 2 * 1.075)
    assert bill.thermoplastic_kg[0] == 0
    assert bill.primer_kg[0] == 0
    assert bill.beads_kg[0] == pytest.approx(10 * 0.3 * 1.075)
    assert bill.coating[0] == "cold_paint"
    one = bill_of_quantities(a_quantity("box_text"), (), (), {"coatings": {"box_text": "cold_paint"}})
    assert one.paint_l[0] > 0
    assert bill_of_quantities(a_quantity(), (), (), {"coatings": {"box_text": "cold_paint"}}).paint_l[0] == 0


def test_rates_for_all_and_for_one_kind():
    told = {"rates": {"thermoplastic_thickness_mm": 2.0, "thermoplastic_waste_pct": 0.0, "grid_lines": {"thermoplastic_thickness_mm": 1.5}}}
    assert bill_of_quantities(a_quantity(), (), (), told).thermoplastic_kg[0] == pytest.approx(40.0)
    assert bill_of_quantities(a_quantity("grid_lines"), (), (), told).thermoplastic_kg[0] == pytest.approx(30.0)


def test_codes_and_measures_are_a_firms_own():
    told = {"codes": {"edge_line": "040205006001"}, "measures": {"edge_line": "length_m"}, "prices": {"edge_line": 12}}
    row = bill_of_quantities(a_quantity(), (), (), told).iloc[0]
    assert row.code == "040205006001"
    assert row.measure == "length_m"
    assert row.cost == pytest.approx(66.0 * 12)


def test_costs_by_hand():
    told = {"prices": {"edge_line": 45.0, "warning_board": 380, "thermoplastic": 6.0, "beads": 4.0, "primer": 10.0}}
    table = pd.concat([a_quantity(), a_quantity("box_text"), a_quantity("kerb_top")])
    bill = bill_of_quantities(table, [a_board(side="L"), a_board(side="R")], (), told).set_index("kind")
    assert bill.cost["edge_line"] == pytest.approx(450)
    assert bill.price_basis["edge_line"] == "item"
    text = 10 * (THERMOPLASTIC_KG_M2 * 6 + 0.3 * 1.075 * 4 + 0.15 * 1.05 * 10)
    assert bill.cost["box_text"] == pytest.approx(text)
    assert bill.unit_price["box_text"] == pytest.approx(text / 10)
    assert bill.price_basis["box_text"] == "materials"
    assert bill.cost["warning_board"] == 760
    assert math.isnan(bill.cost["kerb_top"])  # never 0
    total = grand_total(bill.reset_index())
    assert total["cost"] == pytest.approx(450 + text + 760)
    assert total["unpriced"] == 1


def test_a_material_without_a_price_leaves_the_row_without_one():
    bill = bill_of_quantities(a_quantity(), (), (), {"prices": {"thermoplastic": 6.0, "beads": 4.0}})
    assert math.isnan(bill.cost[0])
    free = {"prices": {"thermoplastic": 6.0, "beads": 4.0}, "rates": {"primer_kg_m2": 0.0}}
    assert bill_of_quantities(a_quantity(), (), (), free).cost[0] > 0


def test_the_price_of_a_metre_follows_from_the_materials():
    told = {"measures": {"edge_line": "length_m"}, "prices": {"thermoplastic": 6.0, "beads": 0.0, "primer": 0.0}}
    bill = bill_of_quantities(pd.concat([a_quantity(), a_quantity()]), (), (), told)
    assert bill.unit_price.tolist() == pytest.approx([10 * THERMOPLASTIC_KG_M2 * 6 / 66] * 2)
    assert totals_by_item(bill).unit_price[0] == pytest.approx(10 * THERMOPLASTIC_KG_M2 * 6 / 66)


def test_nothing_has_a_price_and_nothing_costs_nothing():
    total = grand_total(bill_of_quantities(a_quantity(), (), (), {}))
    assert math.isnan(total["cost"])
    assert total["unpriced"] == 1


def test_removals_are_billed_by_lane():
    gone = [Removal(f"M{n}", "edge_line", box(0, 0, 1, 1), 2.0, "misplaced", 3.0, lane) for n, lane in enumerate(["B", "A", "B"])]
    bill = bill_of_quantities(a_quantity().iloc[:0], (), gone, {"prices": {"removal": 25}})
    assert bill.lane_id.tolist() == ["A", "B"]
    assert bill.area_m2.tolist() == [2.0, 4.0]
    assert bill.length_m.tolist() == [3.0, 6.0]
    assert bill.pieces.tolist() == [1, 2]
    assert bill.cost.tolist() == [50.0, 100.0]
    assert grand_total(bill)["paint_m2"] == 0
    assert grand_total(bill)["removal_m2"] == 6.0


def test_packs_are_whole():
    told = {"rates": {"thermoplastic_waste_pct": 0.0}, "packs": {"thermoplastic": 36.0, "beads": 1.0}, "prices": {"thermoplastic": 2.0}}
    bought = materials_to_buy(bill_of_quantities(a_quantity(), (), (), told), told).set_index("product")
    assert bought.packs["thermoplastic"] == 1  # 36 kg exactly: no second bag for a rounding error
    assert bought.to_buy["thermoplastic"] == 36.0
    assert bought.cost["thermoplastic"] == 72.0
    assert bought.packs["beads"] == 4  # 3.225 kg
    assert bought.packs["primer"] == 1
    assert math.isnan(bought.cost["primer"])
    assert "road_paint" not in bought.index


def test_an_empty_site_has_an_empty_bill():
    site, network = scene([box(0, -3, 100, 3)], [])
    bill = plan_markings(site, network).bill
    assert bill.empty
    assert list(bill.columns) == list(COLUMNS)
    assert totals_by_item(bill).empty
    assert math.isnan(grand_total(bill)["cost"])
    assert materials_to_buy(bill, {}).empty


WRONG = {
    "systm": 1, "system": "oil", "currency": "",
    "rates": {"beads_kg_m2": 9, "edge_line": 3, "box_text": {"beads": 1, "primer_kg_m2": True}, "no_such": 1},
    "coatings": {"edge_line": "tar", "warning_board": "kerb_paint"},
    "packs": {"primer": 0, "tar": 1}, "codes": {"edge_line": "", "x": "y"}, "measures": {"edge_line": "pieces"},
    "prices": {"edge_line": -1, "foo": 2, "primer": math.nan, "beads": math.inf},
}  # fmt: skip


def test_all_problems_of_the_table_at_once_in_both_languages():
    with pytest.raises(InputError) as error:
        read_materials(WRONG)
    columns = [p.column for p in error.value.problems]
    assert sorted(columns) == sorted(f"materials.{key}" for key in [
        "systm", "system", "currency", "rates.beads_kg_m2", "rates.edge_line", "rates.box_text.beads",
        "rates.box_text.primer_kg_m2", "rates.no_such", "coatings.edge_line", "coatings.warning_board", "packs.primer",
        "packs.tar", "codes.edge_line", "codes.x", "measures.edge_line", "prices.edge_line", "prices.foo", "prices.primer",
        "prices.beads",
    ])  # fmt: skip
    for problem in error.value.problems:
        assert problem.message
        assert problem.remedy
        assert problem.message_zh
        assert problem.remedy_zh
        assert problem.text("zh") != problem.text("en")


@pytest.mark.parametrize("key", [k for k in KEYS if k not in ("system", "currency")])
def test_a_table_that_is_none_is_told(key):
    with pytest.raises(InputError) as error:
        read_materials({key: 5})
    assert [p.column for p in error.value.problems] == [f"materials.{key}"]


def test_a_wrong_table_stops_the_plan():
    site, network = straight()
    config = dataclasses.replace(site.config, materials={"prices": {"edge_lines": 1}})
    with pytest.raises(InputError, match="did you mean 'edge_line'"):
        plan_markings(dataclasses.replace(site, config=config), network)


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.text(max_size=5), st.floats(), st.lists(st.integers())), max_size=4))
def test_any_table_is_read_or_refused_with_all_its_faults(table):
    unknown = [key for key in table if key not in KEYS]
    if unknown:
        with pytest.raises(InputError) as error:
            read_materials(table)
        assert len(error.value.problems) >= len(unknown)
    else:
        with contextlib.suppress(InputError):  # a known key with a value of another kind
            read_materials(table)


@given(st.floats(0.5, 7.0), st.floats(1.5, 2.6), st.floats(0.0, 50.0), st.floats(0.001, 1e4))
def test_kilograms_follow_thickness_density_loss_and_area(thickness_mm, density_kg_l, waste_pct, area_m2):
    told = {"rates": {
        "thermoplastic_thickness_mm": thickness_mm, "thermoplastic_density_kg_l": density_kg_l, "thermoplastic_waste_pct": waste_pct,
    }}  # fmt: skip
    bill = bill_of_quantities(a_quantity(area_m2=area_m2), (), (), told)
    wanted = area_m2 * thickness_mm / 1000 * density_kg_l * 1000 * (1 + waste_pct / 100)
    assert bill.thermoplastic_kg[0] == pytest.approx(wanted)
    bought = materials_to_buy(bill, told).set_index("product").loc["thermoplastic"]
    assert 0 <= bought.to_buy - bought.needed + 1e-6 <= bought.pack + 2e-6
