"""``audit.json`` (contract §4): keys, numbers, stable ids."""

from __future__ import annotations

import datetime as dt
import json
import math

import pytest
from site_scenes import LineString, Point, block, box, gates, moved, over, post, road, site, street
from site_scenes import audited_in_full as audited

from firelane.auditing.document import document, finding_row
from firelane.vocabulary import Quantity, Severity, Verdict

HOSTILE = [
    "<script>alert(1)</script>", "{{ 7 * 7 }}", "${x}", "=1+1", "'; DROP TABLE findings; --", "a\x00b\x1b[31m", "%%d%%c",
    "x" * 20_000, "\u202eabc", "楼/梯\\..\\..", "\ud7ff\U0010ffff",
]  # fmt: skip


def plain(result):
    """Return the document as it comes back from its own JSON."""
    return json.loads(json.dumps(document(result), ensure_ascii=False, allow_nan=False))


@pytest.fixture(scope="module")
def doc():
    return plain(
        audited(
            site(
                [(road(200, 8), {"id": "main"}), (box(60, 4, 66, 40), {"id": "side"})],
                entrances=[(LineString([(0, -4), (0, 4)]), {"id": "W", "gate": True, "openable": False})],
                obstructions=[block(30, -4, 31, 0.5, id="wall", kind="wall"), over(100, -5, 101, 5, 3.5, id="arch"),
                              over(120, -5, 121, 5, None, id="wire")],
                buildings=[(box(20, 10, 40, 20), {"id": "h", "name": "1号楼"}), (box(20, 300, 40, 320), {"id": "far"})],
                parking=[(box(160, -1, 165, 4), {"id": "p", "status": "planned"})],
            )
        )
    )  # fmt: skip


def test_the_keys_of_the_contract(doc):
    assert list(doc) == [
        "schema", "site", "rules", "lanes", "pinches", "buildings", "findings", "remedies", "summary", "parking",
        "tracking",
    ]  # fmt: skip
    assert doc["schema"] == "firelane-audit/1"
    expected = {
        "site": {"id", "name", "crs", "bounds", "accuracy_m", "input", "notes"},
        "rules": {"rule_id", "article", "quantity", "comparator", "threshold", "unit", "severity", "text_zh", "text_en"},
        "lanes": {"lane_id", "road_ids", "length_m", "min_clear_width_m", "min_section_width_m", "min_clear_height_m", "verdict"},
        "pinches": {"pinch_id", "lane_id", "level", "width_m", "p", "q", "owners", "governing"},
        "buildings": {"building_id", "widest_vehicle_m", "entrance_id", "governing_pinch_id", "verdict"},
        "findings": {"finding_id", "rule_id", "article", "verdict", "severity", "quantity", "value", "threshold", "unit",
                     "margin", "lane_id", "location", "lonlat", "owners", "message_zh", "message_en"},
        "summary": {"verdict", "by_rule", "counts", "lane_length_m", "judged_length_m"},
    }  # fmt: skip
    for part, keys in expected.items():
        rows = doc[part] if isinstance(doc[part], list) else [doc[part]]
        assert rows
        for row in rows:
            assert keys <= set(row), part
            assert len({tuple(r) for r in rows}) == 1, "keys stand in one order"
    assert doc["remedies"]
    own = ["target", "action", "owners", "cost", "proven", "lower_bound", "resulting_width_m"]
    assert all(list(row)[: len(own)] == own for row in doc["remedies"])
    assert {"kept", "given_up", "proven", "upper_bound"} <= set(doc["parking"])


def test_who_manages_the_site_and_what_stands_there_is_told():
    """A case needs both: Article 12 goes by the manager, Articles 16 to 18 by the kind of obstacle."""
    told = {"district": "皇姑区", "manager": "某物业公司", "manager_kind": "property_company", "managed": True}
    day = dt.date(2026, 5, 1)
    scene = site(
        [(box(0, -3, 60, 3), {"id": "R1", "class": "residential"}), (box(60, -3, 120, 3), {"id": "R2", "class": "municipal"}),
         (box(0, 40, 60, 46), {"id": "R3"}), (box(0, 80, 60, 86), {"id": "R4", "class": "unit"})],
        config={**told, "surveyed_on": day}, obstructions=[block(20, -3, 22, 1, id="n", kind="stall"), post(3000, 0, id="far")],
        parking=[(box(30, 42, 35, 46), {"id": "n", "status": "existing"})],
    )  # fmt: skip
    doc = plain(audited(scene))
    assert {key: doc["site"][key] for key in told} == told
    assert doc["site"]["surveyed_on"] == "2026-05-01"
    assert doc["site"]["owner_kinds"] == {"obstructions:n": "stall", "parking:n": "parking_bay"}, "only those that are named"
    # R1 and R2 are one pavement: their lane has two classes, hence none; R3 tells none.
    assert {tuple(lane["road_ids"]): lane["class"] for lane in doc["lanes"]} == {("R1", "R2"): None, ("R3",): None, ("R4",): "unit"}
    untold = plain(audited(site([road(50, 6)])))["site"]
    assert [untold[key] for key in (*told, "surveyed_on")] == [None] * 5
    assert untold["owner_kinds"] == {}


def test_the_words_are_those_of_the_vocabulary(doc):
    for finding in doc["findings"]:
        Verdict(finding["verdict"])
        Severity(finding["severity"])
        Quantity(finding["quantity"])
        assert isinstance(finding["owners"], list)
    assert {p["level"] for p in doc["pinches"]} == {"ground", "envelope"} - (
        set() if any(p["level"] == "envelope" for p in doc["pinches"]) else {"envelope"}
    )
    assert set(doc["summary"]["counts"]) == {"pass", "fail", "indeterminate", "not_measured", "not_applicable"}
    assert sum(doc["summary"]["counts"].values()) == len(doc["findings"])


def test_pinches_are_below_eight_metres_and_as_long_as_they_are_wide(doc):
    assert doc["pinches"]
    for pinch in doc["pinches"]:
        assert 0 < pinch["width_m"] < 8
        assert math.dist(pinch["p"], pinch["q"]) == pytest.approx(pinch["width_m"], abs=1e-5)
        assert len(pinch["owners"]) == 2
        assert pinch["lane_id"] in {None, *(lane["lane_id"] for lane in doc["lanes"])}
    assert any(p["governing"] for p in doc["pinches"])


def test_references_lead_somewhere(doc):
    pinches = {p["pinch_id"] for p in doc["pinches"]}
    lanes = {lane["lane_id"] for lane in doc["lanes"]}
    rules = {r["rule_id"] for r in doc["rules"]}
    assert len(pinches) == len(doc["pinches"])
    assert len(lanes) == len(doc["lanes"])
    for finding in doc["findings"]:
        assert finding["lane_id"] in {None, *lanes}
        assert finding["pinch_id"] in {None, *pinches}
        assert finding["rule_id"] in rules
    for building in doc["buildings"]:
        assert building["governing_pinch_id"] in {None, *pinches}


def test_what_was_not_measured_is_null(doc):
    far = next(b for b in doc["buildings"] if b["building_id"] == "far")
    assert far["widest_vehicle_m"] is None
    assert far["verdict"] == "not_measured"
    wire = next(f for f in doc["findings"] if f["owners"] == ["wire"])
    assert (wire["value"], wire["margin"]) == (None, None)
    assert any(lane["min_clear_height_m"] is None for lane in doc["lanes"])


def test_lengths_are_carried_to_the_micrometre(doc):
    def numbers(value, path=""):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key not in ("lonlat", "crs"):
                    yield from numbers(inner, f"{path}.{key}")
        elif isinstance(value, list):
            for inner in value:
                yield from numbers(inner, path)
        elif isinstance(value, float):
            yield path, value

    for path, value in numbers(doc):
        assert value == round(value, 6), path
        assert str(value) != "-0.0", path


def test_the_site_tells_what_was_left_outside():
    result = audited(site([road(100, 8)], obstructions=[], entrances=[(LineString([(10, -4), (10, 4)]), {"id": "W"}),
                                                                     (Point(50, 40), {"id": "P"})]))  # fmt: skip
    notes = plain(result)["site"]["notes"]
    assert [(n["code"], n["layer"], n["row"]) for n in notes] == [
        ("entrance_unusable", "entrances", "P"), ("beyond_entrance", "entrances", "W"),
    ]  # fmt: skip
    assert all(n["zh"] and n["en"] for n in notes)
    assert plain(result)["site"]["crs"] == "EPSG:4550"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_come_back_as_they_are(text):
    result = audited(site([(road(100, 6), {"id": text, "name": text})], obstructions=[block(50, 0, 51, 3, id=text + "!", name=text)],
                          entrances=[(LineString([(0, -3), (0, 3)]), {"id": text + "?", "gate": True})],
                          buildings=[(box(40, 8, 50, 20), {"id": text + ".", "name": text})]))  # fmt: skip
    doc = plain(result)
    assert doc["lanes"][0]["road_ids"] == [text]
    assert {o for p in doc["pinches"] for o in p["owners"]} == {text + "!", f"edge:{text}"}
    assert {f["entrance_id"] for f in doc["findings"]} >= {text + "?"}
    assert [b["building_id"] for b in doc["buildings"]] == [text + "."]


def test_there_is_no_nan_in_the_document_of_a_site_that_lacks_everything():
    for scene in (site([road()]), site([road()], obstructions=[], entrances=[], buildings=[HOUSE]),
                  street(6.0, [block(-1, -4, 101, 4)], buildings=[HOUSE])):  # fmt: skip
        text = json.dumps(document(audited(scene)), allow_nan=False)
        assert "NaN" not in text
        assert "Infinity" not in text


HOUSE = (box(40, 8, 60, 20), {"id": "h"})


def scene(*, extra=(), transform=moved, order=1):
    """A scene whose rows can be put in another order and to which something far away can be added."""
    roads = [(road(100, 6), {"id": "a"}), (box(47, 3, 53, 60), {"id": "b"}), (box(0, 57, 47, 63), {"id": "c"}),
             (box(0, 200, 60, 206), {"id": "d"})]  # fmt: skip
    rows = [block(20, 0.5, 21, 3, id="w1"), post(50, 30, 0.1, id="p1"), over(80, -4, 81, 4, 3.5, id="arch"),
            block(70, 0.9, 71, 3, id="w2"), *extra]  # fmt: skip
    return site(roads[::order], obstructions=rows[::order], entrances=gates()[::order], buildings=[HOUSE], transform=transform)


def test_an_edit_far_away_renumbers_nothing():
    before = plain(audited(scene()))
    after = plain(audited(scene(extra=[block(10, 200, 11, 201, id="far")])))
    edited = "L5930-0203"
    assert edited in {lane["lane_id"] for lane in after["lanes"]}
    for part, key in (("lanes", "lane_id"), ("pinches", "pinch_id"), ("findings", "finding_id"), ("buildings", "building_id")):
        old, new = {r[key]: r for r in before[part]}, {r[key]: r for r in after[part]}
        elsewhere = {k for k, row in old.items() if row.get("lane_id") != edited}
        assert elsewhere <= set(new), part
        if part != "buildings":
            assert all(new[k] == old[k] for k in elsewhere if k != "sy2020-15-2-clearing:site"), part
    assert {f["finding_id"] for f in after["findings"]} - {f["finding_id"] for f in before["findings"]} == {
        "sy2020-10-obstruction:far"
    }


def test_the_order_of_rows_and_layers_means_nothing():
    before, after = plain(audited(scene())), plain(audited(scene(order=-1)))
    assert after["lanes"] == before["lanes"]
    assert after["pinches"] == before["pinches"]
    assert after["buildings"] == before["buildings"]
    rows = [{f["finding_id"]: f | {"owners": sorted(f["owners"])} for f in doc["findings"]} for doc in (before, after)]
    assert rows[0] == rows[1]
    assert after["summary"] == before["summary"]


def test_a_finding_row_is_flat_but_for_places_and_owners():
    row = finding_row(audited(street(3.5)).findings[0])
    for key, value in row.items():
        assert value is None or isinstance(value, (str, float, list)), key
