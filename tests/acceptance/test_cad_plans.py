"""CAD plans written by hand, through the door that users use: each yields the right outlines, or is told."""

from __future__ import annotations

import math
import re
import warnings

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from cad_expected import BEND, BEND_BULGES, BEND_M2, BEND_POINTS, PLANS, ROAD, SAG_M, mapped, move, rotate
from command import run
from dxf_by_hand import R12, R2000, R2004, R2007, R2018, VERSIONS, Drawing, ring
from shapely import LineString, Point, box

from firelane import read_site
from firelane.errors import InputError


def drawn(tmp_path, draw, *, toml="", name="plan.dxf", **how):
    """Write a plan, and beside it what its user would say; return its path."""
    drawing = Drawing(**how)
    draw(drawing)
    path = drawing.write(tmp_path / name)
    if toml:
        (tmp_path / f"{path.stem}.site.toml").write_text(toml, encoding="utf-8")
    return path


def told(site, lang="en"):
    """Return all that the reader tells, a line for each note and reading."""
    lines = [note.text(lang) for note in site.notes]
    for r in site.readings:
        counts = " ".join(f"{kind} {n}" for kind, n in r.found.items())
        lines.append(f"{r.source} | {counts} | {r.layer} {r.rows} | mended {r.mended} ignored {r.ignored} | {r.text(lang)}")
    return "\n".join(lines)


def rows(site, layer):
    """Return the geometries of a layer, none where it was not surveyed."""
    return site.layers[layer].geometry.to_numpy() if layer in site.layers else np.empty(0, dtype=object)


def apart_m(found, expected):
    """Return how far two geometries lie apart at worst: their outlines, for areas."""
    if expected.geom_type == "Point":
        return found.centroid.distance(expected)
    if shapely.get_dimensions(found) != shapely.get_dimensions(expected):
        return math.inf
    one, other = (g.boundary if shapely.get_dimensions(g) == 2 else g for g in (found, expected))
    step = max(other.length / 4000.0, 0.02)
    there = shapely.distance(other, shapely.points(shapely.get_coordinates(one.segmentize(step)))).max()
    back = shapely.distance(one, shapely.points(shapely.get_coordinates(other.segmentize(step)))).max()
    return float(max(there, back))


def paired(found, expected):
    """Return the found row of each expected geometry: the one nearest to it in shape."""
    left = list(range(len(found)))
    out = []
    for geometry in expected:
        best = min(left, key=lambda n, g=geometry: apart_m(found[n], g))
        left.remove(best)
        out.append(best)
    return out


def assert_yields(site, layer, expected, within_m):
    """Each expected geometry has its own row, and there are no others."""
    found = rows(site, layer)
    assert len(found) == len(expected), f"{layer}: {[shapely.to_wkt(g, rounding_precision=3)[:200] for g in found]}"
    assert shapely.is_valid(found).all()
    for n, geometry in zip(paired(found, expected), expected, strict=True):
        assert apart_m(found[n], geometry) <= within_m + 1e-9, (
            f"{layer}: {shapely.to_wkt(found[n], rounding_precision=3)[:300]} is not "
            f"{shapely.to_wkt(geometry, rounding_precision=3)[:300]}"
        )


@pytest.mark.parametrize("name", PLANS)
def test_each_feature_yields_the_right_outlines(tmp_path, name):
    wanted = PLANS[name]
    site = read_site(drawn(tmp_path, wanted.draw, toml=wanted.toml, **wanted.drawing))
    for layer, expected in wanted.layers.items():
        if layer == "roads" and "rows" in wanted.open:
            whole = shapely.union_all(rows(site, "roads"))
            assert shapely.is_valid(rows(site, "roads")).all()
            assert whole.geom_type == "Polygon"
            assert apart_m(whole, expected[0]) <= wanted.within_m
        else:
            assert_yields(site, layer, expected, wanted.within_m)
    for layer in site.layers:
        if layer not in wanted.layers and layer not in wanted.open:
            assert len(site.layers[layer]) == 0, f"{layer}: {list(site.layers[layer].geometry)}"
    if wanted.area_m2 is not None:
        whole = shapely.union_all(rows(site, "roads"))
        assert abs(whole.area - wanted.area_m2) <= max(1e-6, wanted.within_m) * whole.length
    for (layer, column), values in wanted.columns.items():
        order = paired(rows(site, layer), wanted.layers[layer])
        have = [site.layers[layer][column].iloc[n] for n in order]
        have = [None if v is None or v != v else v for v in have]
        assert have == list(values), f"{layer}.{column}"
    for line in (*site.notes, *site.readings):
        assert bool(line.zh) == bool(line.en), line
        assert not line.zh or re.search("[\u4e00-\u9fff]", line.zh), line
    text = told(site)
    for pattern in wanted.says:
        assert re.search(pattern, text), f"{pattern!r} is not told:\n{text}"
    for pattern in wanted.hushes:
        assert not re.search(pattern, text), f"{pattern!r} is told:\n{text}"


# --- versions, encodings


def plain(layer="道路", name="园区北路"):
    """Draw the plain road with its name."""

    def draw(d):
        d.box(layer, 0, 0, 60, 6)
        d.text(layer, (20, 3), name)

    return draw


def assert_plain(site, name="园区北路", within_m=1e-6):
    assert_yields(site, "roads", [ROAD], within_m)
    assert list(site.layers["roads"]["name"]) == [name]


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_from_r12_to_r2018(tmp_path, version, bare):
    """Older than R2007: GBK, as its codepage says; from R2007 on the format is UTF-8."""
    encoding = "utf-8" if version >= R2007 else "gbk"
    assert_plain(read_site(drawn(tmp_path, plain(), version=version, encoding=encoding, bare=bare)))


@pytest.mark.parametrize(
    ("version", "encoding", "codepage"),
    [
        (R2004, "utf-8", "ANSI_936"),  # written by viewers and scripts
        (R2000, "utf-8", "ANSI_1252"),
        (R2004, "gbk", "ANSI_1252"),  # a Chinese drawing saved by a program that knew no better
        (R2004, "gbk", None),
        (R12, "gbk", None),
        (R12, "utf-8", None),
        (R2018, "utf-8", "ANSI_1252"),
        (R2007, "gbk", "ANSI_936"),  # against the format, yet it happens
        (R2004, "gb18030", "ANSI_936"),
        (R2004, "gbk", "gb2312"),
        (R2004, "gbk", "nonsense"),
    ],
)
def test_encodings_that_the_header_does_not_tell(tmp_path, version, encoding, codepage):
    assert_plain(read_site(drawn(tmp_path, plain(), version=version, encoding=encoding, codepage=codepage)))


def test_characters_written_as_codes(tmp_path):
    """``\\U+XXXX`` is how programs without Chinese write it (ezdxf #366)."""
    coded = "".join(f"\\U+{ord(c):04X}" for c in "道路")
    name = "".join(f"\\U+{ord(c):04X}" for c in "园区北路")
    assert_plain(read_site(drawn(tmp_path, plain(coded, name), version=R2000, encoding="ascii", codepage="ANSI_1252")))


def test_a_byte_order_mark_and_windows_line_ends(tmp_path):
    drawing = Drawing(version=R2007, encoding="utf-8")
    plain()(drawing)
    path = tmp_path / "plan.dxf"
    path.write_bytes(b"\xef\xbb\xbf" + drawing.content().replace(b"\n", b"\r\n"))
    assert_plain(read_site(path))


def test_comments_and_an_unknown_section(tmp_path):
    """Group 999 is a comment; add-ons write sections and objects of their own."""
    drawing = Drawing()
    plain()(drawing)
    content = drawing.content()
    content = b"999\n\xb5\xc0\xc2\xb7\n" + content.replace(b"  0\nEOF", b"  0\nSECTION\n  2\nTCHDATA\n  1\nx\n  0\nENDSEC\n  0\nEOF")
    path = tmp_path / "plan.dxf"
    path.write_bytes(content)
    assert_plain(read_site(path))


def test_an_upper_case_ending(tmp_path):
    assert_plain(read_site(drawn(tmp_path, plain(), name="总图.DXF")))


# --- units


def scaled(factor):
    """Draw the plain road with every length multiplied, and a house of 12 x 30 m."""

    def draw(d):
        d.box("道路", 0, 0, 60 * factor, 6 * factor)
        d.box("建筑", 0, 20 * factor, 30 * factor, 32 * factor)

    return draw


MM, INCH, FOOT, CM = 1000.0, 1000.0 / 25.4, 1.0 / 0.3048, 100.0


@pytest.mark.parametrize(
    ("insunits", "factor"), [(6, 1.0), (4, MM), (1, INCH), (2, FOOT), (5, CM)], ids=["m", "mm", "inch", "foot", "cm"]
)
def test_units_that_are_as_declared(tmp_path, insunits, factor):
    site = read_site(drawn(tmp_path, scaled(factor), insunits=insunits))
    assert_yields(site, "roads", [ROAD], 1e-6)
    assert_yields(site, "buildings", [box(0, 20, 30, 32)], 1e-6)


@pytest.mark.parametrize(
    ("insunits", "factor", "truth"),
    [
        (None, MM, r"as mm\b|millimet"), (None, 1.0, r"as m\b|met"), (0, MM, r"as mm\b|millimet"), (0, 1.0, r"as m\b|met"), (4, 1.0, r"as m\b|met"), (6, MM, r"as mm\b|millimet"),
        (1, MM, r"as mm\b|millimet"), (1, 1.0, r"as m\b|met"), (999, MM, r"as mm\b|millimet"), (-3, 1.0, r"as m\b|met"),
    ],
)  # fmt: skip
def test_units_found_out_from_the_widths_of_lanes_and_told(tmp_path, insunits, factor, truth):
    site = read_site(drawn(tmp_path, scaled(factor), insunits=insunits))
    assert_yields(site, "roads", [ROAD], 1e-6)
    assert_yields(site, "buildings", [box(0, 20, 30, 32)], 1e-6)
    assert re.search(rf"(?i)unit.*({truth})", told(site)), told(site)
    assert re.search("单位", told(site, "zh"))


def test_a_wide_road_in_metres_is_left_alone(tmp_path):
    """22 m is no lane, yet a street: a plan that says metres is believed."""
    site = read_site(drawn(tmp_path, lambda d: d.box("道路", 0, 0, 200, 22)))
    assert_yields(site, "roads", [box(0, 0, 200, 22)], 1e-6)


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1e-3), ("m", 1.0), ("cm", 1e-2)])
@pytest.mark.parametrize("insunits", [None, 4, 6])
def test_the_user_has_the_last_word_on_the_unit(tmp_path, unit, factor, insunits):
    site = read_site(drawn(tmp_path, scaled(1 / factor), insunits=insunits, toml=f'[cad]\nunit = "{unit}"\n'))
    assert_yields(site, "roads", [ROAD], 1e-6)


def test_an_implausible_unit_is_kept_where_the_user_insists(tmp_path):
    """Roads of 6 mm: the user said so; it is told, not changed."""
    site = read_site(drawn(tmp_path, scaled(1.0), insunits=6, toml='[cad]\nunit = "mm"\n'))
    assert_yields(site, "roads", [box(0, 0, 0.06, 0.006)], 1e-9)
    assert re.search("(?i)wid|unit", told(site))


@pytest.mark.parametrize(("text", "problem"), [('unit = "furlong"', "furlong"), ("unitt = 1", "unitt"), ("unit = 3", "unit")])
def test_wrong_words_about_a_plan_are_told(tmp_path, text, problem):
    with pytest.raises(InputError) as caught:
        read_site(drawn(tmp_path, plain(), toml=f"[cad]\n{text}\n"))
    assert problem in str(caught.value)


# --- layers

BUILT_IN = {
    "roads": ("道路", "消防车道", "G-ROAD", "ROAD", "road", "总图-道路", "A-道路-面", "车行道", "FIRE_LANE"),
    "buildings": ("建筑", "建筑物", "G-BLDG", "BUILDING", "A-BLDG", "住宅建筑"),
    "parking": ("车位", "停车位", "PARKING", "G-PARK", "地面停车位"),
}
LINES = {
    "kerbs": ("路缘", "路缘石", "侧石", "KERB", "CURB"),
    "obstructions": ("围墙", "WALL", "FENCE", "围栏"),
    "road_lines": ("道路中心线", "ROAD_CENTER", "ROAD-CL", "G-ROAD-CNTR"),
}


@pytest.mark.parametrize(("layer", "name"), [(layer, name) for layer, names in BUILT_IN.items() for name in names])
def test_usual_names_of_area_layers(tmp_path, layer, name):
    shape = ROAD if layer == "roads" else box(10, 20, 40, 32) if layer == "buildings" else box(10, 6, 12.5, 11.3)

    def draw(d):
        if layer != "roads":
            d.box("道路", 0, 0, 60, 6)
        d.box(name, *shape.bounds)

    assert_yields(read_site(drawn(tmp_path, draw)), layer, [shape], 1e-6)


@pytest.mark.parametrize(("layer", "name"), [(layer, name) for layer, names in LINES.items() for name in names])
def test_usual_names_of_line_layers(tmp_path, layer, name):
    def draw(d):
        d.box("道路", 0, 0, 60, 6)
        d.line(name, (0, 8), (60, 8))

    assert_yields(read_site(drawn(tmp_path, draw)), layer, [LineString([(0, 8), (60, 8)])], 1e-6)


@pytest.mark.parametrize("name", ["树", "树木", "乔木", "TREE", "L-TREE", "行道树"])
def test_usual_names_of_trees(tmp_path, name):
    def draw(d):
        d.box("道路", 0, 0, 60, 6)
        d.circle(name, (10, 8), 0.2)

    site = read_site(drawn(tmp_path, draw))
    assert list(site.layers["obstructions"]["kind"]) == ["tree"]
    assert rows(site, "obstructions")[0].centroid.distance(Point(10, 8)) < 1e-6


@pytest.mark.parametrize("name", ["等高线", "DIM", "0", "Defpoints", "图框", "绿化", "TEXT", "给水管", "RAILROAD", "BROADBAND"])
def test_names_that_mean_nothing_here_feed_nothing(tmp_path, name):
    def draw(d):
        d.box("道路", 0, 0, 60, 6)
        d.box(name, 0, 50, 60, 58)

    site = read_site(drawn(tmp_path, draw))
    assert_yields(site, "roads", [ROAD], 1e-6)
    assert sum(len(rows(site, layer)) for layer in site.layers) == 1
    assert re.search(rf"(?m)^{re.escape(name)} \|", told(site)), "every layer has its line in the account"


def test_the_user_says_which_layers_are_which(tmp_path):
    def draw(d):
        d.box("KX-07", 0, 0, 60, 6)
        d.box("道路", 0, 50, 60, 56)  # to the user this is none
        d.circle("x9", (10, 8), 0.2)
        d.box("H1", 0, 20, 30, 32)
        d.box("H2", 40, 20, 60, 32)

    toml = (
        '[layers.roads]\nfrom = "KX-07"\nset = { kerb = "yes" }\n'
        '[[layers.obstructions]]\nfrom = "x9"\nset = { kind = "tree" }\n'
        '[[layers.buildings]]\nfrom = "H1"\n[[layers.buildings]]\nfrom = "H2"\n'
    )
    site = read_site(drawn(tmp_path, draw, toml=toml))
    assert_yields(site, "roads", [ROAD], 1e-6)
    assert list(site.layers["roads"]["kerb"]) == ["yes"]
    assert list(site.layers["obstructions"]["kind"]) == ["tree"]
    assert_yields(site, "buildings", [box(0, 20, 30, 32), box(40, 20, 60, 32)], 1e-6)


def test_a_layer_that_the_user_names_and_that_is_not_there(tmp_path):
    with pytest.raises(InputError) as caught:
        read_site(drawn(tmp_path, plain("KX-07"), toml='[layers.roads]\nfrom = "KX-70"\n'))
    assert "KX-70" in str(caught.value)
    assert "KX-07" in str(caught.value), "the nearest name is offered"


def test_a_plan_of_nothing_useful_lists_its_layers(tmp_path):
    def draw(d):
        d.line("等高线", (0, 0), (60, 0))
        d.text("注记", (0, 0), "45.2")
        d.circle("X-3", (0, 0), 5)

    with pytest.raises(InputError) as caught:
        read_site(drawn(tmp_path, draw))
    assert len(caught.value.problems) == 1, str(caught.value)
    for name in ("等高线", "注记", "X-3"):
        assert name in str(caught.value)
    assert "firelane layers" in str(caught.value), "the way out is named"


@pytest.mark.parametrize("draw", [lambda _: None, lambda d: d.layer("道路")], ids=["empty", "a layer without entities"])
def test_a_plan_without_entities_is_told(tmp_path, draw):
    with pytest.raises(InputError):
        read_site(drawn(tmp_path, draw))


# --- where it lies


def test_a_plan_in_local_metres_is_left_unplaced(tmp_path):
    site = read_site(drawn(tmp_path, plain()))
    assert not site.placed
    assert re.search(r"(?i)local|\[place\]|not placed|unplaced", told(site))
    assert_plain(site)


def test_two_known_points_place_it(tmp_path):
    """(0, 0) lies at east 535 900, north 4 630 000; (60, 0) 60 m from it at 30°: the plan turns by 30°."""
    east, north = 535_900.0, 4_630_000.0
    far = (east + 60 * math.cos(math.pi / 6), north + 60 * math.sin(math.pi / 6))
    toml = (
        'crs = "EPSG:4550"\n[place]\n'
        f"points = [{{ plan = [0, 0], site = [{east}, {north}] }}, {{ plan = [60, 0], site = [{far[0]:.6f}, {far[1]:.6f}] }}]\n"
    )
    site = read_site(drawn(tmp_path, plain(), toml=toml))
    assert site.placed
    assert site.crs.to_epsg() == 4550
    assert_yields(site, "roads", [mapped(ROAD, move(east, north), rotate(30))], 1e-4)


def test_two_points_of_a_plan_in_millimetres(tmp_path):
    """The points stand in the drawing's own units."""
    toml = (
        'crs = "EPSG:4550"\n[place]\npoints = [{ plan = [0, 0], site = [535900.0, 4630000.0] }, '
        "{ plan = [60000, 0], site = [535900.0, 4630060.0] }]\n"
    )
    site = read_site(drawn(tmp_path, scaled(MM), insunits=4, toml=toml))
    assert_yields(site, "roads", [mapped(ROAD, move(535900, 4630000), rotate(90))], 1e-4)


def test_two_points_whose_distances_differ_are_told(tmp_path):
    """60 m in the plan, 66 m on the ground: one of the points is wrong."""
    toml = (
        'crs = "EPSG:4550"\n[place]\npoints = [{ plan = [0, 0], site = [535900.0, 4630000.0] }, '
        "{ plan = [60, 0], site = [535966.0, 4630000.0] }]\n"
    )
    path = drawn(tmp_path, plain(), toml=toml)
    try:
        text = told(read_site(path))
    except InputError as error:
        text = str(error)
    assert re.search(r"60(\.0+)? ?m.*66(\.0+)? ?m|66(\.0+)? ?m.*60(\.0+)? ?m|1\.1\b|10 ?%", text), text


def test_a_plan_in_real_coordinates(tmp_path):
    def draw(d):
        d.box("道路", 535_900, 4_630_000, 535_960, 4_630_006)

    site = read_site(drawn(tmp_path, draw, toml='crs = "EPSG:4550"\n'))
    assert site.placed
    assert_yields(site, "roads", [mapped(ROAD, move(535_900, 4_630_000))], 1e-6)


def test_real_coordinates_in_millimetres(tmp_path):
    def draw(d):
        d.box("道路", 535_900_000, 4_630_000_000, 535_960_000, 4_630_006_000)

    site = read_site(drawn(tmp_path, draw, insunits=4, toml='crs = "EPSG:4550"\n'))
    assert_yields(site, "roads", [mapped(ROAD, move(535_900, 4_630_000))], 1e-4)


def test_curves_far_from_the_origin_are_as_exact(tmp_path):
    def draw(d):
        points = [(x + 535_900.0, y + 4_630_000.0) for x, y in BEND_POINTS]
        d.polyline("道路", points, closed=True, bulges=BEND_BULGES)

    site = read_site(drawn(tmp_path, draw, toml='crs = "EPSG:4550"\n'))
    assert_yields(site, "roads", [mapped(BEND, move(535_900, 4_630_000))], SAG_M)


# --- by another hand


def test_a_plan_written_by_gdal(tmp_path):
    """GDAL writes areas as hatches and lines as polylines, in R2004 without Chinese layer names."""
    yard = box(0, 0, 60, 40) - box(8, 8, 52, 32)
    things = gpd.GeoDataFrame(
        {"Layer": ["ROAD", "BUILDING", "WALL", "KERB"]},
        geometry=[yard, box(12, 12, 40, 24), LineString([(0, 50), (60, 50)]), LineString([(0, 0), (60, 0), (60, 40)])],
    )
    path = tmp_path / "plan.dxf"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(things, path, driver="DXF")
    site = read_site(path)
    for layer, n in (("roads", 0), ("buildings", 1), ("obstructions", 2), ("kerbs", 3)):
        assert_yields(site, layer, [things.geometry[n]], 1e-6)


# --- hostile contents

NAMES = (
    "<script>alert(1)</script>", "=1+1", "%%u%%o", "x" * 5000, "../../etc/passwd", "{{7*7}}", "'; DROP TABLE roads; --",
    "{\\fArial|b1;", "\\P\\P", "\u202eexe", "🚒",
)  # fmt: skip


def test_names_that_attack_are_only_names(tmp_path):
    def draw(d):
        for n, name in enumerate(NAMES):
            d.box("道路", 0, 20 * n, 60, 20 * n + 6)
            d.text("道路", (20, 20 * n + 3), name)

    site = read_site(drawn(tmp_path, draw, version=R2018, encoding="utf-8"))
    assert_yields(site, "roads", [box(0, 20 * n, 60, 20 * n + 6) for n in range(len(NAMES))], 1e-6)
    names = dict(zip((round(g.bounds[1]) // 20 for g in rows(site, "roads")), site.layers["roads"]["name"], strict=True))
    assert names[0] == "<script>alert(1)</script>"
    assert names[1] in ("=1+1", None)  # without a letter it may be a level or a sum, and no name
    assert all(name is None or len(name) <= 500 for name in names.values())


def test_layer_names_that_attack_are_told_and_feed_nothing(tmp_path):
    names = ("<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "y" * 3000, "\x1b[31mred", "$(reboot)")

    def draw(d):
        d.box("道路", 0, 0, 60, 6)
        for name in names:
            d.line(name, (0, 30), (60, 30))

    path = drawn(tmp_path, draw)
    site = read_site(path)
    assert_yields(site, "roads", [ROAD], 1e-6)
    shown = run("check", path, "--lang", "en")
    assert shown.code == 0, shown.err
    assert "\x1b" not in shown.out + shown.err
    assert max(map(len, shown.out.splitlines()), default=0) < 2000


def test_a_nul_among_the_text(tmp_path):
    drawing = Drawing()
    plain(name="北@路")(drawing)
    path = tmp_path / "plan.dxf"
    path.write_bytes(drawing.content().replace(b"@", b"\0"))
    try:
        site = read_site(path)
    except InputError:
        return
    assert_yields(site, "roads", [ROAD], 1e-6)
    assert all("\0" not in str(name) for name in site.layers["roads"]["name"])


def test_reading_twice_gives_the_same(tmp_path):
    """Ids, order and coordinates do not hang on the order in which dictionaries happened to be filled."""

    def draw(d):
        for name in ("bulged polyline", "trees, bays, walls, houses", "texts in areas are their names"):
            PLANS[name].draw(d)

    path = drawn(tmp_path, draw)
    one, other = read_site(path), read_site(path)
    assert list(one.layers) == list(other.layers)
    for layer in one.layers:
        assert one.layers[layer].to_wkb().equals(other.layers[layer].to_wkb())
    assert one.readings == other.readings
    assert one.notes == other.notes


def test_the_order_of_entities_changes_no_outline(tmp_path):
    """The bend as lines and arcs, and a house and bays, forwards and backwards."""

    def forwards(d):
        PLANS["LINE and ARC with gaps of 2 and 3 mm"].draw(d)
        d.hatch("建筑", [ring([(0, 80), (30, 80), (30, 92), (0, 92)])])
        d.lines("车位", [(0, 20), (2.5, 20), (2.5, 25.3), (0, 25.3)], close=True)

    def backwards(d):
        forwards(d)
        d.items.reverse()

    one = read_site(drawn(tmp_path, forwards, name="a.dxf"))
    other = read_site(drawn(tmp_path, backwards, name="b.dxf"))
    for layer in one.layers:
        assert_yields(other, layer, list(rows(one, layer)), 0.003)
    assert shapely.area(rows(one, "roads")).sum() == pytest.approx(BEND_M2, abs=1.0)
