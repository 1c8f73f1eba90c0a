"""Roads beside a map that is known to be right: an offset is suspected where there is one, and nowhere else."""

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from firelane import crs as tools
from firelane.crs.suspicion import suspected_offset
from firelane.errors import InputError
from firelane.site import read_site

CRS = pyproj.CRS.from_epsg(4550)
MIDDLE = np.array([536_000.0, 4_630_000.0])
SHARED = Path(os.environ.get("FIRELANE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def streets(seed, *, uneven, angle=0.3, count=14, size=1200.0):
    """Return a grid of streets about the middle, ``uneven`` the spread of the blocks' widths, turned by ``angle``."""
    chance = np.random.default_rng(seed)
    across = [np.cumsum(chance.uniform(1 - uneven, 1 + uneven, count)) * size / count - size / 2 for _ in "xy"]
    half = size / 2
    lines = [shapely.LineString([(x, -half), (x, half)]) for x in across[0]]
    lines += [shapely.LineString([(-half, y), (half, y)]) for y in across[1]]
    c, s = np.cos(angle), np.sin(angle)
    return shapely.transform(np.array(lines, object), lambda xy: xy @ np.array([[c, s], [-s, c]]) + MIDDLE)


def places(lines, half=250.0, *, noise=0.3):
    """Return places along the streets within a square about the middle, as somebody else surveyed them."""
    square = shapely.box(*(MIDDLE - half), *(MIDDLE + half))
    inside = shapely.intersection(lines, square)
    xy = shapely.get_coordinates(shapely.segmentize(inside[~shapely.is_empty(inside)], 4.0))
    return xy + np.random.default_rng(1).normal(0.0, noise, xy.shape)


def clipped(lines, *box):
    found = shapely.intersection(lines, shapely.box(*(MIDDLE + box[:2]), *(MIDDLE + box[2:])))
    return found[~shapely.is_empty(found)]


def suspected(xy, known):
    return suspected_offset(xy, np.full(len(xy), 5.0), known, CRS)


def borne(datum):
    return lambda xy: tools.from_lonlat(tools.from_wgs84(tools.to_lonlat(xy, CRS), datum), CRS)


def mended(datum):
    return lambda xy: tools.from_lonlat(tools.to_wgs84(tools.to_lonlat(xy, CRS), datum), CRS)


def other_zone(xy):
    return tools.from_lonlat(tools.to_lonlat(xy, CRS), pyproj.CRS.from_epsg(4549))


@pytest.mark.parametrize(
    ("move", "kind", "distance_m", "epsg"),
    [
        (borne("gcj02"), "gcj02", 577.0, None),
        (borne("bd09"), "bd09", 1397.0, None),
        (mended("gcj02"), "from_gcj02", 577.0, None),
        (mended("bd09"), "from_bd09", 1397.0, None),
        (lambda xy: xy + [-90.0, 56.0], "shift", 106.0, None),  # of the order of Beijing 54
        (other_zone, "zone", 249_395.0, 4549),
        (lambda xy: xy[:, ::-1], "swapped", np.hypot(*(MIDDLE - MIDDLE[::-1])), None),
    ],
    ids=["gcj02", "bd09", "from_gcj02", "from_bd09", "shift", "zone", "swapped"],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_an_offset_is_found_and_named(move, kind, distance_m, epsg, seed):
    known = streets(seed, uneven=0.35)
    found = suspected(move(places(known)), known)
    assert found is not None
    assert (found.kind, found.epsg) == (kind, epsg)
    assert found.distance_m == pytest.approx(distance_m, rel=0.01, abs=6.0)
    assert found.fit_then > 0.95
    assert found.fit_now < 0.5
    if kind == "shift":
        assert (found.east_m, found.north_m) == pytest.approx((90.0, -56.0), abs=4.5)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_noise_and_missing_streets_do_not_hide_it(datum):
    known = streets(5, uneven=0.35, angle=0.9)
    found = suspected(borne(datum)(places(known, noise=1.5)), np.delete(known, [3, 17]))
    assert found is not None
    assert found.kind == datum


# Nothing is said without cause: each of these would fit "better" after some shift.


@pytest.mark.parametrize("uneven", [0.0, 0.05, 0.35])
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "known",
    [
        lambda lines: lines,
        lambda lines: lines[::2],  # every other street is on the map
        lambda lines: clipped(lines, 0, 0, 900, 900),  # the map ends in the middle of the site
        lambda lines: clipped(lines, -300, -300, 300, 300),
        lambda lines: clipped(lines, -900, -900, -100, -100),
    ],
    ids=["all", "half", "cut", "same", "corner"],
)
def test_roads_that_lie_right_are_left_in_peace(uneven, seed, known):
    lines = streets(seed, uneven=uneven, angle=0.2 * seed)
    assert suspected(places(lines), known(lines)) is None


@pytest.mark.parametrize("seed", range(4))
def test_other_streets_fit_nowhere(seed):
    assert suspected(places(streets(100 + seed, uneven=0.35)), streets(seed, uneven=0.35)) is None


@pytest.mark.parametrize("move", [borne("gcj02"), borne("bd09"), lambda xy: xy + [-90.0, 56.0]])
def test_a_regular_grid_tells_nothing(move):
    """It fits again one block farther: which of the shifts it was, nobody can say."""
    known = streets(0, uneven=0.0)
    assert suspected(move(places(known)), known) is None


def test_one_street_tells_nothing():
    known = streets(0, uneven=0.35)
    assert suspected(borne("gcj02")(places(known[:1], 600.0)), known) is None
    assert suspected(np.empty((0, 2)), known) is None
    assert suspected(places(known), known[:0]) is None


def test_the_same_input_gives_the_same_suspicion():
    known = streets(2, uneven=0.35)
    xy = borne("gcj02")(places(known))
    assert suspected(xy, known) == suspected(xy.copy(), known.copy())


# --- through site.toml ---------------------------------------------------------------------------


def write_site(folder, lines, toml, *, move=lambda xy: xy):
    """Write streets as 7 m wide roads, with the known map beside them."""
    folder.mkdir()
    roads = shapely.transform(shapely.union_all(shapely.buffer(lines, 3.5, cap_style="flat")), move)
    gpd.GeoDataFrame({"id": ["r"]}, geometry=[roads], crs=CRS).to_file(folder / "roads.gpkg")
    (folder / "site.toml").write_text(toml, encoding="utf-8")
    return folder


def write_map(path, lines, **how):
    gpd.GeoDataFrame({"n": range(len(lines))}, geometry=list(lines), crs=CRS).to_crs(4326).to_file(path, **how)


TOML = '[basemap]\nfile = "../city.gpkg"\n'


def test_the_note_says_what_how_far_and_what_to_write(tmp_path):
    lines = streets(0, uneven=0.35)
    write_map(tmp_path / "city.gpkg", lines, layer="whatever")
    inner = clipped(lines, -250, -250, 250, 250)
    found = read_site(write_site(tmp_path / "site", inner, TOML, move=borne("gcj02")))
    (note,) = [n for n in found.notes if n.code == "offset_suspected"]
    for word in ("city.gpkg", 'datum = "gcj02"', "577 m", "GCJ-02", "%"):
        assert word in note.en
        assert word.replace(" m", " 米") in note.zh
    assert "Nothing was moved" in note.en
    assert [(f.path, f.layer) for f in found.inputs if f.layer == "basemap"] == [("city.gpkg", "basemap")]
    # What the note asks for silences it, and leads to where the streets are.
    (tmp_path / "site" / "site.toml").write_text(f'datum = "gcj02"\n{TOML}', encoding="utf-8")
    again = read_site(tmp_path / "site")
    assert "offset_suspected" not in [n.code for n in again.notes]
    assert shapely.hausdorff_distance(again.layers["roads"].geometry[0], shapely.union_all(shapely.buffer(inner, 3.5, cap_style="flat"))) < 0.01  # fmt: skip


def test_what_fits_is_not_mentioned(tmp_path):
    lines = streets(0, uneven=0.35)
    write_map(tmp_path / "city.gpkg", lines, layer="roads")
    found = read_site(write_site(tmp_path / "site", clipped(lines, -250, -250, 250, 250), TOML))
    assert "offset_suspected" not in [n.code for n in found.notes]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[basemap]\n", "name of a file"),
        ('[basemap]\nfile = 3\nlayers = "x"\n', "not known"),
        ('[basemap]\nfile = "nowhere.gpkg"\n', "no file"),
        ('[basemap]\nfile = "city.txt"\n', "no map that can be read"),
        ('[basemap]\nfile = "../city.gpkg"\nlayer = "streets"\n', "no table"),
        ('[basemap]\nfile = "../points.gpkg"\n', "no roads"),
    ],
)
def test_a_map_that_cannot_be_used_is_a_problem(tmp_path, toml, said):
    lines = streets(0, uneven=0.35)
    write_map(tmp_path / "city.gpkg", lines, layer="roads")
    points = gpd.GeoDataFrame(geometry=[shapely.Point(123.4, 41.8)], crs=4326)
    points.to_file(tmp_path / "points.gpkg")
    folder = write_site(tmp_path / "site", lines[:3], toml)
    with pytest.raises(InputError) as caught:
        read_site(folder)
    problems = caught.value.problems
    assert any(said in p.message and p.message_zh and p.remedy_zh for p in problems), problems
    assert all((p.column or "").startswith("basemap.") for p in problems)


# --- real streets --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def campus():
    """The streets and paths of a Beijing campus, read off OpenStreetMap without our reader: file and lines."""
    path = SHARED / "data" / "bupt_beijing_osm" / "map.osm"
    if not path.is_file():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing")
        pytest.skip(f"{path} is not here")
    root = ET.parse(path).getroot()
    nodes = {n.get("id"): (float(n.get("lon")), float(n.get("lat"))) for n in root.iter("node")}
    ways = [[nodes[r.get("ref")] for r in w.iter("nd")] for w in root.iter("way") if any(t.get("k") == "highway" for t in w)]
    return path, [way for way in ways if len(way) > 1]


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_real_streets_against_themselves(campus, datum):
    _, ways = campus
    crs = tools.choose_working_crs(116.35, 39.96)
    lines = np.array([shapely.LineString(tools.from_lonlat(way, crs)) for way in ways], object)
    xy = shapely.get_coordinates(shapely.segmentize(lines, 4.0))
    moved = tools.from_lonlat(tools.from_wgs84(tools.to_lonlat(xy, crs), datum), crs)
    found = suspected_offset(moved, np.full(len(xy), 5.0), lines, crs)
    assert (found and found.kind) == (None if datum == "wgs84" else datum)


def test_an_openstreetmap_extract_is_a_basemap(campus, tmp_path):
    path, ways = campus
    crs = tools.choose_working_crs(116.35, 39.96)
    wide = shapely.union_all([shapely.LineString(tools.from_lonlat(way, crs)).buffer(2.5) for way in ways])
    lonlat = shapely.transform(wide, lambda xy: tools.from_wgs84(tools.to_lonlat(xy, crs), "gcj02"))
    gpd.GeoDataFrame({"id": ["r"]}, geometry=[lonlat], crs=4326).to_file(tmp_path / "roads.gpkg")
    (tmp_path / "site.toml").write_text(f"[basemap]\nfile = {json.dumps(str(path))}\n", encoding="utf-8")
    (note,) = [n for n in read_site(tmp_path).notes if n.code == "offset_suspected"]
    assert 'datum = "gcj02"' in note.zh
