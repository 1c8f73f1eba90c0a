"""The samples that come as a CAD plan, a map and laser points: ``firelane run`` finds what their tables say, to the millimetre."""

from __future__ import annotations

import importlib
import json
import math
import shutil
import sys
import tomllib

import ezdxf
import geopandas as gpd
import numpy as np
import pytest
import shapely
from command import run
from sample_plan import DATA

from firelane import read_site

PLAN = DATA / "plan_dxf" / "xinghe_plan.dxf"
MAP = DATA / "map_osm" / "heping.osm"
SCAN = DATA / "laser" / "xinghe_scan.toml"
SITES = {"plan_dxf": [PLAN], "map_osm": [MAP], "laser": [PLAN, "--config", SCAN]}
FILES = {
    "audit.json", "findings.csv", "findings.geojson", "map.html", "markings.dxf", "quantities.xlsx", "results.gpkg",
    "map.pdf", "markings.pdf", "report.pdf", "setting_out.csv", "setting_out.dat", "setting_out_pnezd.csv",
}  # fmt: skip


def made(folder):
    """Return the script that draws the samples."""
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("make_samples")
    finally:
        sys.path.remove(str(folder))


class Result:
    """What a run left in its folder, and the table that it is held against."""

    def __init__(self, folder, expected):
        self.folder = folder
        self.expected = tomllib.loads((DATA / expected / "expected.toml").read_text(encoding="utf-8"))
        self.audit = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
        self.lanes = gpd.read_file(folder / "results.gpkg", layer="lanes")
        names = [row["name"] for row in self.expected["lane"]]
        self.lane_ids = {name: self.lane(name) for name in names}

    def lane(self, name):
        """Return the lane that runs by a point of the table; None where it was cut away."""
        [point] = [row["point"] for row in self.expected["lane"] if row["name"] == name]
        away = self.lanes.geometry.distance(shapely.Point(point))
        return self.lanes["lane_id"].iloc[int(away.argmin())] if away.min() < 1.0 else None

    def found(self, row):
        """Return the findings that a row of the table means."""
        return [f for f in self.audit["findings"] if self._is(f, row)]

    def _is(self, finding, row):
        if (finding["rule_id"], finding["verdict"]) != (row["rule_id"], row["verdict"]):
            return False
        if row["subject_kind"] == "lane" and finding["lane_id"] != self.lane_ids[row["subject"]]:
            return False
        if row["subject_kind"] == "entrance":
            return finding["location"] is not None and math.dist(finding["location"], row["location"]) < 1.0
        if row["subject_kind"] in ("obstruction", "parking") and row["subject"] not in finding["owners"]:
            return False
        if "value" in row and (finding["value"] is None or abs(finding["value"] - row["value"]) > row["tolerance_m"]):
            return False
        if not set(row["owners"]) <= set(finding["owners"]):
            return False
        return finding["location"] is None or math.dist(finding["location"], row["location"]) <= row["within_m"]

    def failing(self):
        """Return the ids of the findings that break a rule."""
        return {
            f["finding_id"] for f in self.audit["findings"] if (f["verdict"], f["severity"]) == ("fail", "mandatory")
        }

    def matched(self, rows):
        """Return the ids of the findings of some rows, each of which has exactly one."""
        ids = []
        for row in rows:
            found = self.found(row)
            assert len(found) == 1, f"{row['rule_id']} {row['verdict']} {row['subject']}: {len(found)} found"
            ids.append(found[0]["finding_id"])
        assert len(set(ids)) == len(ids)
        return set(ids)


@pytest.fixture(scope="module", params=list(SITES))
def result(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param) / "out"
    done = run("run", *SITES[request.param], "-o", out, "--lang", "zh")
    assert (done.code, done.err) == (0, ""), done.err
    return Result(out, request.param)


def test_every_file_is_there(result):
    assert {path.name for path in result.folder.iterdir()} == FILES
    assert all(path.stat().st_size for path in result.folder.iterdir())


def test_the_violations_are_those_of_the_table_and_no_others(result):
    assert result.failing() == result.matched(result.expected["violation"])


def test_passes_and_unmeasured_items_of_the_table(result):
    result.matched(result.expected["notable"])


def test_only_what_lies_on_the_earth_has_longitude_and_latitude(result):
    placed = result.expected["site"] == "heping"
    assert all((f["lonlat"] is not None) == (placed and f["location"] is not None) for f in result.audit["findings"])


# --- the plan


def test_the_plan_is_a_sound_dxf_that_holds_what_is_said_of_it():
    """By a reader of its own: ezdxf, and differences of coordinates."""
    doc = ezdxf.readfile(PLAN)
    audit = doc.audit()
    assert (audit.errors, audit.fixes) == ([], [])
    assert (doc.dxfversion, doc.encoding, doc.header["$INSUNITS"]) == ("AC1018", "gbk", 6)
    edges = []
    for entity in doc.modelspace().query('*[layer=="道路边线"]'):
        if entity.dxftype() == "LWPOLYLINE":
            edges.append(shapely.LineString([(p.x, p.y) for p in ezdxf.path.make_path(entity).flattening(1.0)]))
        elif entity.dxftype() == "LINE":
            edges.append(shapely.LineString([(p.x, p.y) for p in (entity.dxf.start, entity.dxf.end)]))
    edges = shapely.union_all(edges)

    def across(*ray):
        points = shapely.get_coordinates(shapely.LineString(ray).intersection(edges))
        return float(np.hypot(*(points[0] - points[-1])))

    assert across((55000, 31000), (68000, 31000)) == pytest.approx(3600.0, abs=1e-6)  # D
    assert across((80000, 57000), (80000, 67000)) == pytest.approx(4000.0, abs=1e-6)  # N
    assert across((98000, 30000), (108000, 30000)) == pytest.approx(5500.0, abs=1e-6)  # E
    assert across((16000, 26000), (28000, 26000)) == pytest.approx(6000.0, abs=1e-6)  # W
    assert across((5000, 8000), (5000, 18000)) == pytest.approx(6000.0, abs=1e-6)  # M


def test_what_was_mended_and_not_understood_in_the_plan_is_told():
    site = read_site(PLAN)
    told = "\n".join(note.text("zh") for note in site.notes)
    assert "文件注明单位为米" in told
    assert "按毫米处理" in told
    assert told.count("4.0 mm") == 2
    assert "TCH_WALL × 1" in told
    assert not site.placed
    houses = site.layers["buildings"]
    assert dict(zip(houses["name"], houses["floors"], strict=True)) == {
        "1#楼": 11.0, "2#楼": 11.0, "3#楼": 18.0, "社区用房": 3.0, "门卫": 1.0,
    }  # fmt: skip
    assert len(site.layers["roads"]) == 1
    assert "road_lines" not in site.layers or len(site.layers["road_lines"]) == 0


def test_the_proposed_mapping_pasted_reads_the_same(tmp_path):
    """What ``layers`` writes is what its names were taken for anyway; only the height of the arch it cannot know."""
    done = run("layers", PLAN, "-o", tmp_path / "mapping.toml", "--quiet")
    assert (done.code, done.err) == (0, "")
    told, guessed = read_site(PLAN), read_site(PLAN, config=tmp_path / "mapping.toml")
    for name, table in told.layers.items():
        other = guessed.layers[name].set_index("id").loc[table["id"]]
        assert shapely.equals(other.geometry.to_numpy(), table.geometry.to_numpy()).all(), name
    arch = told.layers["obstructions"]["kind"].to_numpy() == "arch"
    assert told.layers["obstructions"]["clear_height_m"][arch].tolist() == [3.5]
    assert guessed.layers["obstructions"].set_index("kind").loc["arch", "clear_height_m"] != 3.5


def test_placed_by_two_points_the_widths_stay(tmp_path):
    """The Pythagorean pair (0.96, 0.28) turns the plan; 100 000 mm in it are 100 m on site."""
    config = tmp_path / "placed.toml"
    config.write_text(
        'crs = "EPSG:4550"\n' + PLAN.with_suffix(".site.toml").read_text(encoding="utf-8")
        + "[place]\npoints = [\n  { plan = [0.0, 10000.0], site = [530000.0, 4600000.0] },\n"
        "  { plan = [100000.0, 10000.0], site = [530096.0, 4600028.0] },\n]\n",
        encoding="utf-8",
    )  # fmt: skip
    done = run("audit", PLAN, "--config", config, "-o", tmp_path / "out", "--lang", "zh")
    assert (done.code, done.err) == (0, ""), done.err
    audit = json.loads((tmp_path / "out" / "audit.json").read_text(encoding="utf-8"))
    failing = sorted(f["value"] for f in audit["findings"] if (f["verdict"], f["severity"]) == ("fail", "mandatory"))
    assert failing == pytest.approx([1.4] * 4 + [3.5, 3.6] + [3.8] * 4, abs=1e-6)
    assert all(123.3 < f["lonlat"][0] < 123.4 for f in audit["findings"] if f["lonlat"])
    assert any(f["lonlat"] for f in audit["findings"])


@pytest.mark.parametrize("result", ["plan_dxf"], indirect=True)
def test_its_own_marking_drawing_has_the_same_violations(result, tmp_path):
    done = run("audit", result.folder / "markings.dxf", "-o", tmp_path / "out", "--lang", "zh")
    assert (done.code, done.err) == (0, ""), done.err
    again = Result(tmp_path / "out", "plan_dxf")
    assert again.failing() == again.matched(again.expected["violation"]) == result.failing()


# --- the map


def test_one_area_of_the_map_has_its_own_violations(tmp_path):
    done = run("audit", MAP, "--within", "和平一区", "-o", tmp_path / "out", "--lang", "zh")
    assert (done.code, done.err) == (0, ""), done.err
    own = Result(tmp_path / "out", "map_osm")
    mine = [row for row in own.expected["violation"] if row["subject"].startswith("A")]
    assert len(mine) == 2
    assert own.failing() == own.matched(mine)
    assert own.lane_ids["B1"] is None


def test_the_map_splits_into_its_two_areas(tmp_path):
    done = run("split", MAP, "-o", tmp_path / "sites", "--lang", "zh", "--quiet")
    assert (done.code, done.err) == (0, "")
    names = sorted(path.name for path in (tmp_path / "sites").iterdir() if path.is_dir())
    assert [name.split("_")[-1] for name in names] == ["和平一区", "和平二区"]
    done = run("audit", tmp_path / "sites" / names[1], "-o", tmp_path / "out", "--lang", "zh")
    assert (done.code, done.err) == (0, ""), done.err
    own = Result(tmp_path / "out", "map_osm")
    rest = [row for row in own.expected["violation"] if not row["subject"].startswith("A")]
    assert len(rest) == 6
    assert own.failing() == own.matched(rest)


def test_the_map_says_that_it_is_invented():
    """Nothing of OpenStreetMap is in it: ids are negative, as of objects that were never there."""
    text = MAP.read_text(encoding="utf-8")
    assert "不含任何 OpenStreetMap 数据" in text
    assert 'upload="never"' in text
    assert 'id="-' in text
    assert not any(f'id="{digit}' in text for digit in "0123456789")


# --- the laser points


@pytest.mark.parametrize("result", ["laser"], indirect=True)
def test_the_points_measure_the_stations_flown_over_and_no_others(result):
    stations = gpd.read_file(result.folder / "results.gpkg", layer="laser_stations")
    make = made(DATA)
    flown = shapely.union_all([shapely.box(*area) for area in make.sample_scan.FLOWN])
    measured = stations["measured"].astype(bool).to_numpy()
    inside = flown.buffer(-3.0).contains(stations.geometry.to_numpy())
    outside = ~flown.buffer(3.0).contains(stations.geometry.to_numpy())
    assert inside.sum() > 150
    assert measured[inside].all()
    assert not measured[outside].any()
    low = stations[stations["clear_height_m"] < 7.9]
    assert sorted(set(low["clear_height_m"].round(3))) == [3.46, 3.62]


# --- the script


@pytest.mark.parametrize("sample", list(SITES))
def test_the_script_draws_the_same_again(sample, tmp_path):
    made(DATA).FOREIGN[sample](tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in (DATA / sample).iterdir()}
    for name in names - {"xinghe_scan.laz"}:
        new, old = ((folder / name).read_bytes().replace(b"\r\n", b"\n") for folder in (tmp_path, DATA / sample))
        assert new == old, name  # git may have given the file the line ends of the system
    if sample == "laser":  # other versions may pack the same points otherwise
        import laspy

        new, old = (laspy.read(folder / "xinghe_scan.laz") for folder in (tmp_path, DATA / sample))
        assert np.array_equal(new.xyz, old.xyz)
        assert np.array_equal(new.classification, old.classification)


def test_a_moved_edge_is_noticed(tmp_path):
    """The table can fail: with the dead end drawn 0.5 m wider its violation is gone."""
    text = PLAN.read_bytes().decode("gbk")
    assert text.count("63600.0") >= 2
    shutil.copy(PLAN.with_suffix(".site.toml"), tmp_path / "xinghe_plan.site.toml")
    (tmp_path / PLAN.name).write_bytes(text.replace("63600.0", "64100.0").encode("gbk"))
    done = run("audit", tmp_path / PLAN.name, "-o", tmp_path / "out", "--lang", "zh")
    assert (done.code, done.err) == (0, ""), done.err
    other = Result(tmp_path / "out", "plan_dxf")
    [row] = [r for r in other.expected["violation"] if r["subject"] == "D"]
    assert not other.found(row)


def test_no_sample_is_large():
    for sample in SITES:
        assert all(path.stat().st_size < 150_000 for path in (DATA / sample).iterdir())
