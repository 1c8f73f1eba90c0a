"""Real extracts: what a parser of the standard library counts in them is what the reader makes of them."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest
import shapely
from sample_plan import ROOT

from firelane import audit
from firelane.site import read_site
from firelane.site.config import Settings
from firelane.site.journal import Journal
from firelane.site.osm import read_osm

SHARED = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))
ROADS = {"service", "residential", "living_street", "unclassified", "pedestrian", "track", "road"}
THROUGH = {f"{name}{link}" for name in ("motorway", "trunk", "primary", "secondary", "tertiary") for link in ("", "_link")}


@dataclass(frozen=True)
class Plain:
    """An extract as ElementTree sees it."""

    path: Path
    nodes: dict
    places: dict
    ways: dict


def plain(folder, name):
    path = SHARED / "data" / folder / name
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"the shared extract {folder} is not here")
    root = ET.parse(path).getroot()
    tags = {el: {t.get("k"): t.get("v") for t in el.findall("tag")} for el in root if el.tag in ("node", "way")}
    return Plain(
        path,
        {el.get("id"): t for el, t in tags.items() if el.tag == "node" and t},
        {el.get("id"): (float(el.get("lon")), float(el.get("lat"))) for el in root if el.tag == "node"},
        {el.get("id"): ([nd.get("ref") for nd in el.findall("nd")], t) for el, t in tags.items() if el.tag == "way" and t},
    )


@pytest.fixture(scope="module")
def bupt():
    return plain("bupt_beijing_osm", "map.osm")


@pytest.fixture(scope="module")
def redon():
    return plain("redon_osm", "redon.osm")


@pytest.fixture(scope="module")
def bupt_intake(bupt):
    return read_osm(bupt.path, Settings(), Journal())


@pytest.fixture(scope="module")
def redon_intake(redon):
    return read_osm(redon.path, Settings(), Journal())


def table(intake, layer):
    ((_, found),) = intake.feeds[layer]
    return found


def drivable(extract):
    """Return the ways that carry a vehicle at ground level, by tags alone."""
    below = {i for i, (_, t) in extract.ways.items() if t.get("layer", "0").startswith("-") or t.get("tunnel") == "yes"}
    return {
        i: refs for i, (refs, t) in extract.ways.items()
        if t.get("highway") in ROADS | THROUGH and i not in below and not (t.get("area") == "yes" and refs[0] == refs[-1])
    }  # fmt: skip


class TestCampus:
    def test_the_counts_of_the_readme_are_those_of_the_extract(self, bupt):
        kinds = [t.get("barrier") for t in bupt.nodes.values()]
        assert [kinds.count(k) for k in ("gate", "bollard", "lift_gate")] == [21, 16, 4]
        assert sum(t.get("highway") == "service" for _, t in bupt.ways.values()) == 87

    @pytest.mark.parametrize(("value", "kind"), [
        ("gate", "gate"), ("lift_gate", "gate"), ("bollard", "bollard"), ("block", "structure"),
    ])  # fmt: skip
    def test_every_barrier_on_a_drivable_road_stands_exactly_where_its_node_is(self, bupt, bupt_intake, value, kind):
        on_roads = {ref for refs in drivable(bupt).values() for ref in refs}
        wanted = {i for i, t in bupt.nodes.items() if t.get("barrier") == value and i in on_roads}
        found = table(bupt_intake, "obstructions")
        rows = {name: n for n, name in enumerate(found.columns["id"])}
        assert wanted
        for number in wanted:
            row = rows[f"node/{number}"]
            assert found.columns["kind"][row] == kind
            assert found.geometry[row].coords[:] == [bupt.places[number]]

    def test_it_stands_on_its_lane_after_projection_to_the_last_bit(self, bupt):
        site = read_site(bupt.path)
        on_roads = {ref for refs in drivable(bupt).values() for ref in refs}
        gates = {f"node/{i}" for i, t in bupt.nodes.items() if t.get("barrier") in ("gate", "lift_gate", "bollard") and i in on_roads}
        rows = site.layer("obstructions")
        rows = rows[rows["id"].isin(gates)]
        assert len(rows) == len(gates) > 20
        lines = shapely.union_all([*site.layer("road_lines").geometry, *site.layer("roads").geometry])
        assert rows.geometry.distance(lines).max() == 0.0

    def test_every_gate_and_bollard_on_a_judged_road_is_reported(self, bupt):
        judged = {ref for i, refs in drivable(bupt).items() if bupt.ways[i][1]["highway"] in ROADS for ref in refs}
        wanted = {i for i, t in bupt.nodes.items() if t.get("barrier") in ("gate", "lift_gate", "bollard", "block") and i in judged}
        told = {str(owner).removeprefix("obstructions:") for f in audit(read_site(bupt.path)).findings for owner in f.owners}
        assert len(wanted) > 20
        assert {f"node/{i}" for i in wanted} <= told

    def test_no_width_is_made_up(self, bupt_intake):
        assert "width_m" not in table(bupt_intake, "road_lines").columns
        assert "derived" not in table(bupt_intake, "roads").columns

    def test_every_drivable_way_is_a_line_an_outline_or_lies_in_one(self, bupt, bupt_intake):
        lines = {str(i).split("/")[1] for i in table(bupt_intake, "road_lines").columns["id"]}
        areas = shapely.union_all(table(bupt_intake, "roads").geometry)
        for number in set(drivable(bupt)) - lines:
            way = shapely.LineString([bupt.places[ref] for ref in bupt.ways[number][0] if ref in bupt.places])
            assert shapely.difference(way, areas).length < 1e-5
        assert lines <= set(drivable(bupt))

    def test_streets_outside_are_drivable_and_not_judged(self, bupt, bupt_intake):
        found = table(bupt_intake, "road_lines")
        for name, fire_lane in zip(found.columns["id"], found.columns["fire_lane"], strict=True):
            assert fire_lane == (bupt.ways[str(name).split("/")[1]][1]["highway"] in ROADS)

    def test_buildings_fences_and_trees_are_all_there(self, bupt, bupt_intake):
        outlines = [t for refs, t in bupt.ways.values() if "building" in t and refs[0] == refs[-1]]
        rows = [name for name in table(bupt_intake, "buildings").columns["id"] if name.startswith("way/")]
        assert len(rows) == len(outlines)
        kinds = list(table(bupt_intake, "obstructions").columns["kind"])
        assert kinds.count("fence") >= sum(t.get("barrier") == "fence" for _, t in bupt.ways.values())
        trees = sum(t.get("natural") == "tree" for t in bupt.nodes.values())
        rows_of_trees = sum(t.get("natural") == "tree_row" for _, t in bupt.ways.values())
        assert kinds.count("tree") == trees + rows_of_trees

    def test_layers_that_it_cannot_tell_are_not_surveyed(self, bupt):
        site = read_site(bupt.path)
        assert not {"entrances", "kerbs", "markings", "signs", "fire_lanes"} & set(site.layers)
        assert "osm_incomplete" in {note.code for note in site.notes}
        entrances = next(r for r in site.readings if r.source == "entrance=*")
        assert entrances.ignored == sum("entrance" in t for t in bupt.nodes.values()) == 103

    def test_the_campus_is_cut_out_by_its_name(self, bupt):
        whole, campus = read_site(bupt.path), read_site(bupt.path, within="北京邮电大学")
        assert 0 < len(campus.layer("road_lines")) < len(whole.layer("road_lines"))
        assert campus.layer("road_lines").length.sum() < whole.layer("road_lines").length.sum()

    def test_the_same_file_gives_the_same_twice(self, bupt):
        one, two = (read_osm(bupt.path, Settings(), Journal()) for _ in range(2))
        assert one.readings == two.readings
        for layer in one.feeds:
            assert shapely.equals_exact(table(one, layer).geometry, table(two, layer).geometry, 0.0).all()


class TestTown:
    def test_height_limits_hang_over_their_roads(self, redon, redon_intake):
        told = {i: float(t["maxheight"]) for i, (_, t) in redon.ways.items() if "maxheight" in t and i in drivable(redon)}
        found = table(redon_intake, "obstructions")
        rows = {name: n for n, name in enumerate(found.columns["id"])}
        assert sorted(told.values()) == [3.5, 4.0]
        for number, height_m in told.items():
            row = rows[f"way/{number}"]
            assert (found.columns["kind"][row], found.columns["clear_height_m"][row]) == ("arch", height_m)

    def test_passages_through_buildings_are_arches_where_a_vehicle_gets_through(self, redon, redon_intake):
        through = {i for i, (_, t) in redon.ways.items() if t.get("tunnel") == "building_passage" and i in drivable(redon)}
        found = table(redon_intake, "obstructions")
        arches = {i for i, kind in zip(found.columns["id"], found.columns["kind"], strict=True) if kind == "arch"}
        assert {f"way/{i}" for i in through} <= arches

    def test_outlines_that_are_not_complete_are_said_and_the_others_are_there(self, redon, redon_intake):
        outlines = {i: refs for i, (refs, t) in redon.ways.items() if "building" in t and t["building"] != "roof"}
        whole = {i for i, refs in outlines.items() if refs[0] == refs[-1] and all(r in redon.places for r in refs)}
        rows = {str(i).split("/")[1] for i in table(redon_intake, "buildings").columns["id"] if i.startswith("way/")}
        assert rows == whole
        assert len(whole) < len(outlines)
        told = next(r for r in redon_intake.readings if r.source == "building=*")
        assert told.ignored >= len(outlines) - len(whole)

    def test_trees_are_all_there(self, redon, redon_intake):
        kinds = list(table(redon_intake, "obstructions").columns["kind"])
        assert kinds.count("tree") >= sum(t.get("natural") == "tree" for t in redon.nodes.values()) == 317

    def test_it_is_read_to_the_end(self, redon):
        site = read_site(redon.path)
        assert len(site.layer("road_lines")) > 150
        assert {"osm_nodes_missing", "osm_outline_broken", "osm_incomplete"} <= {note.code for note in site.notes}
