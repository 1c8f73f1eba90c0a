"""``[place]`` and ``[transform]``: a plan in its own metres comes to lie where it belongs, widths untouched."""

import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from site_builders import E0, N0, codes, frame, note, read, refused, site
from site_builders import box as on_site

from firelane import crs as tools
from firelane.site import read_site

pytestmark = pytest.mark.filterwarnings("ignore:.crs. was not provided")

PLAN = shapely.box(0, 0, 100, 6)
"""A road drawn from (0, 0), 100 m long, 6 m wide."""
CRS = 'crs = "EPSG:4550"\n'


def plan(*geoms, **columns):
    return frame(*(geoms or (PLAN,)), crs=None, **columns)


def place(*pairs, more="", head=CRS, key="site"):
    listed = ", ".join(f"{{ plan = [{a[0]!r}, {a[1]!r}], {key} = [{b[0]!r}, {b[1]!r}] }}" for a, b in pairs)
    return f"{head}[place]\npoints = [{listed}]\n{more}"


def turned(xy, angle_deg=90.0, scale=1.0):
    """Return a point of the plan turned about its origin and moved to the site, by school geometry."""
    a = math.radians(angle_deg)
    x, y = xy
    return (
        E0 + scale * (x * math.cos(a) - y * math.sin(a)),
        N0 + scale * (x * math.sin(a) + y * math.cos(a)),
    )


def pairs(*xy, **how):
    return [(p, turned(p, **how)) for p in xy]


def only_road(found):
    (road,) = found.layers["roads"].geometry
    return road


def test_two_points_turn_and_shift(tmp_path):
    found = read(tmp_path, place(*pairs((0.0, 0.0), (100.0, 0.0))), roads=plan())
    assert found.placed
    assert found.crs.to_epsg() == 4550
    # Turned by a right angle, the road runs north from the origin, and its 6 m lie to the west.
    assert only_road(found).equals_exact(on_site(-6, 0, 0, 100).normalize(), 1e-6) or (
        only_road(found).symmetric_difference(on_site(-6, 0, 0, 100)).area < 1e-6
    )
    assert "rotat" in note(found, "placed").en or "turned by 90.0000°" in note(found, "placed").en
    assert "1.000000" in note(found, "placed").en
    assert "逆时针" in note(found, "placed").zh


def test_lonlat_needs_no_crs(tmp_path):
    crs = pyproj.CRS.from_epsg(4550)
    there = [(p, tuple(tools.to_lonlat(q, crs).tolist())) for p, q in pairs((0.0, 0.0), (100.0, 0.0), angle_deg=30.0)]
    found = read(tmp_path, place(*there, head="", key="lonlat"), roads=plan())
    assert found.crs.to_epsg() == 4550
    assert only_road(found).area == pytest.approx(600.0, abs=1e-6)
    assert shapely.Point(turned((50.0, 3.0), 30.0)).distance(only_road(found).centroid) < 1e-3


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_points_off_a_web_map_are_set_right_once_and_widths_stay(tmp_path, datum):
    crs = pyproj.CRS.from_epsg(4550)
    borne = [
        (p, tuple(tools.from_wgs84(tools.to_lonlat(q, crs), datum).tolist())) for p, q in pairs((0.0, 0.0), (100.0, 0.0))
    ]
    found = read(tmp_path, place(*borne, head=f'datum = "{datum}"\n', key="lonlat"), roads=plan())
    assert only_road(found).symmetric_difference(on_site(-6, 0, 0, 100)).area < 0.01
    assert only_road(found).area == pytest.approx(600.0, abs=1e-6)
    assert found.config.datum == datum  # what was declared
    metres = [(p, tuple(tools.from_lonlat(q, crs).tolist())) for p, q in borne]
    again = read(tmp_path, place(*metres, head=f'{CRS}datum = "{datum}"\n'), roads=plan())
    assert only_road(again).symmetric_difference(only_road(found)).area < 1e-3


def test_the_scale_that_the_points_tell_is_told_and_not_taken(tmp_path):
    how = {"angle_deg": 0.0, "scale": 1.001}
    found = read(tmp_path, place(*pairs((0.0, 0.0), (100.0, 0.0), **how)), roads=plan())
    assert only_road(found).area == pytest.approx(600.0, abs=1e-6)
    assert "1.001000" in note(found, "placed").en
    assert "0.050 m" in note(found, "placed").en  # half of 0.1 m at either end
    free = read(tmp_path, place(*pairs((0.0, 0.0), (100.0, 0.0), **how), more='scale = "free"\n'), roads=plan())
    assert only_road(free).area == pytest.approx(600.0 * 1.001**2, rel=1e-9)
    assert "taken" in note(free, "placed").en


@pytest.mark.parametrize(
    ("scale", "unit"), [(0.001, "mm"), (0.3048, "foot"), (0.0254, "inch"), (0.01, "cm"), (1000.0, "km"), (1.02, None)]
)
def test_a_wrong_unit_is_named(tmp_path, scale, unit):
    size = 100.0 / scale if scale < 1 else 1.0
    points = pairs((0.0, 0.0), (size, 0.0), scale=scale)
    (problem,) = refused(site(tmp_path, place(*points), roads=plan(shapely.box(0, 0, size, size / 10))))
    assert ("seems to be in" in problem.message) == (unit is not None)
    assert unit is None or f"seems to be in {unit}, metres" in problem.message
    assert f"{scale:.6g}" in problem.message_zh


def test_more_points_are_fitted_and_an_outlier_is_found(tmp_path):
    good = pairs((0.0, 0.0), (100.0, 0.0), (100.0, 60.0), (0.0, 60.0), (50.0, 30.0), angle_deg=17.0)
    found = read(tmp_path, place(*good), roads=plan())
    assert "miss" not in note(found, "placed").en
    bad = [(p, (q[0] + (8.0 if n == 2 else 0.0), q[1])) for n, (p, q) in enumerate(good)]
    (problem,) = refused(site(tmp_path, place(*bad), roads=plan()))
    assert "3: " in problem.message
    assert "point 3" in problem.remedy
    assert "点 3" in problem.remedy_zh


def test_swapped_site_points_are_told(tmp_path):
    points = [(p, q[::-1]) for p, q in pairs((0.0, 0.0), (100.0, 0.0))]
    (problem,) = refused(site(tmp_path, place(*points), roads=plan()))
    assert "swapped" in problem.message
    assert "site = [east, north]" in problem.remedy


def test_a_plan_with_north_to_the_right_is_told_and_can_be_had(tmp_path):
    true = [(0.0, 0.0), (100.0, 0.0), (100.0, 60.0)]
    points = [((y, x), turned((x, y), 0.0)) for x, y in true]
    drawn = plan(shapely.box(0, 0, 6, 100))
    (problem,) = refused(site(tmp_path, place(*points), roads=drawn))
    assert 'axes = "survey"' in problem.remedy
    found = read(tmp_path, place(*points, more='axes = "survey"\n'), roads=drawn)
    assert only_road(found).symmetric_difference(on_site(0, 0, 100, 6)).area < 1e-6


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (f"{CRS}[place]\n", "two known points"),
        (f"{CRS}[place]\npoints = [{{ plan = [0, 0], site = [1, 2] }}]\n", "two known points"),
        (place(((0.0, 0.0), (E0, N0)), ((0.0, 0.0), (E0, N0))), "same place (plan)"),
        (place(((0.0, 0.0), (E0, N0)), ((50.0, 0.0), (E0, N0))), "same place (site)"),
        (place(((0.0, 0.0), (E0, N0)), ((50.0, 0.0), (E0 + 50, N0)), head=""), "no `crs`"),
        (place(((0.0, 0.0), (E0, N0)), ((50.0, 0.0), (E0 + 50, N0)), head='crs = "EPSG:4490"\n'), "not a system in metres"),
        (place(((0.0, 0.0), (41.8, 123.4)), ((9.0, 0.0), (41.9, 123.4)), head="", key="lonlat"), "latitude first"),
        (place(((0.0, 0.0), (10.0, 20.0)), ((9.0, 0.0), (19.0, 20.0))), "no coordinates of EPSG:4550"),
        (place(*pairs((0.0, 0.0), (50.0, 0.0)), more="[transform]\ndx_m = 1.0\n"), "both say"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, toml, said):
    problems = refused(site(tmp_path, toml, roads=plan()))
    assert any(said in problem.message for problem in problems), [p.message for p in problems]
    assert any((problem.column or "").startswith("place") for problem in problems)


def test_all_that_is_wrong_is_listed(tmp_path):
    toml = (
        f'{CRS}[place]\nscale = "maybe"\nturn = 3\npoints = [{{ plan = [0], site = [1, 2] }}, '
        '{ plan = [0, 0] }, { plan = ["a", 1], lonlat = [1, nan], z = 2 }]\n'
    )
    columns = {p.column for p in refused(site(tmp_path, toml, roads=plan()))}
    assert columns >= {
        "place.scale", "place.turn", "place.points[1].plan", "place.points[2]", "place.points[3].plan",
        "place.points[3].lonlat", "place.points[3].z", "place.points",
    }  # fmt: skip


def test_near_points_are_told(tmp_path):
    found = read(tmp_path, place(*pairs((0.0, 0.0), (2.0, 0.0))), roads=plan())
    assert "2.0 m apart" in note(found, "place_points_near").en
    assert "0.50 m" in note(found, "place_points_near").en  # 10 mm in 2 m, at 100.2 m


def test_layers_that_know_where_they_are_stay_there(tmp_path):
    toml = place(*pairs((0.0, 0.0), (100.0, 0.0)))
    found = read(tmp_path, toml, roads=plan(), buildings=frame(on_site(10, 10, 20, 20)))
    assert found.layers["buildings"].geometry[0].equals(on_site(10, 10, 20, 20))
    unused = read(tmp_path, toml, roads=frame(on_site(0, 0, 100, 6)), buildings=frame(on_site(10, 10, 20, 20)))
    assert "place_unused" in codes(unused)
    assert only_road(unused).equals(on_site(0, 0, 100, 6))


def test_a_name_that_does_not_fit_is_no_system(tmp_path):
    drawn = frame(PLAN, crs="EPSG:4550")  # local metres that bear the name
    found = read(tmp_path, place(*pairs((0.0, 0.0), (100.0, 0.0))), roads=drawn)
    assert found.placed
    assert only_road(found).symmetric_difference(on_site(-6, 0, 0, 100)).area < 1e-6


def test_surveyed_heights_come_along(tmp_path):
    ring = [(0, 0, 10.0), (100, 0, 11.0), (100, 6, 11.0), (0, 6, 10.0)]
    found = read(tmp_path, place(*pairs((0.0, 0.0), (100.0, 0.0))), roads=plan(shapely.Polygon(ring)))
    xyz = shapely.get_coordinates(found.heights.geometry, include_z=True)
    assert {round(z, 6) for z in xyz[:, 2]} == {10.0, 11.0}
    assert xyz[xyz[:, 2] > 10.5][:, 1] == pytest.approx(N0 + 100.0, abs=1e-6)


def test_rounding_of_a_plan_is_told_though_it_was_turned(tmp_path):
    """Drawn to the decimetre: a width may be wrong by a decimetre, whichever way the plan was turned afterwards."""
    turn = np.linspace(0.0, 2.0 * math.pi, 121)[:-1]
    outer, inner = (np.round(np.column_stack([r * np.cos(turn), r * np.sin(turn)]) + 60.0, 1) for r in (53.37, 47.91))
    ring = shapely.Polygon(outer, [inner])
    known = pairs((0.0, 0.0), (100.0, 0.0), angle_deg=17.0)
    found = read(tmp_path, place(*known), roads=plan(ring))
    straight = read(tmp_path, CRS, roads=frame(shapely.transform(ring, lambda xy: xy + [E0, N0])))
    assert found.coarse_m == straight.coarse_m != {}
    assert codes(found).count("coarse_coordinates") == 1


# --- [transform] ---------------------------------------------------------------------------------


def transform(text, head=""):
    return f"{head}[transform]\n{text}"


def test_four_parameters(tmp_path):
    toml = transform(f'to = "EPSG:4550"\ndx_m = {E0}\ndy_m = {N0}\nrotation_deg = 90.0\nscale_ppm = 100.0\n')
    found = read(tmp_path, toml, roads=plan())
    # East = dx + s (x cos − y sin): the corner (100, 6) lies 6 m west and 100 m north.
    assert found.crs.to_epsg() == 4550
    far = np.array(only_road(found).exterior.coords)
    assert far.min(axis=0) == pytest.approx([E0 - 6.0006, N0], abs=1e-6)
    assert far.max(axis=0) == pytest.approx([E0, N0 + 100.01], abs=1e-6)
    assert "transformed" in codes(found)


def test_a_surveyors_parameters_count_clockwise_from_north(tmp_path):
    plain = transform(f'to = "EPSG:4550"\ndx_m = {E0}\ndy_m = {N0}\nrotation_sec = 3600.0\nscale = 1.0001\n')
    theirs = transform(
        f'to = "EPSG:4550"\ndx_m = {N0}\ndy_m = {E0}\nrotation_deg = -1.0\nscale = 1.0001\nparameters = "survey"\n'
    )
    one, other = (only_road(read(tmp_path, toml, roads=plan())) for toml in (plain, theirs))
    assert one.equals_exact(other, 1e-9)
    # And by the surveyor's own formula: X north, Y east.
    a, x, y = math.radians(-1.0), 6.0, 100.0
    north = N0 + 1.0001 * (x * math.cos(a) - y * math.sin(a))
    east = E0 + 1.0001 * (x * math.sin(a) + y * math.cos(a))
    assert shapely.Point(east, north).distance(one.boundary) < 1e-6
    assert shapely.get_coordinates(one).tolist() != []


def test_survey_axes_are_swapped_first(tmp_path):
    toml = transform(f'to = "EPSG:4550"\ndx_m = {E0}\ndy_m = {N0}\naxes = "survey"\n')
    found = read(tmp_path, toml, roads=plan(shapely.box(0, 0, 6, 100)))  # drawn 100 m to the north
    assert only_road(found).symmetric_difference(on_site(0, 0, 100, 6)).area < 1e-6


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", {"transform.to", "transform.dx_m", "transform.dy_m"}),
        ('to = "EPSG:4490"\ndx_m = 0\ndy_m = 0\n', {"transform.to"}),
        ('to = "nowhere"\ndx_m = "a"\ndy_m = 0\nscale = -1.0\n', {"transform.to", "transform.dx_m", "transform.scale"}),
        (
            'to = "EPSG:4550"\ndx_m = 0\ndy_m = 0\nrotation_deg = 1\nrotation_sec = 2\nscale = 1\nscale_ppm = 1\n',
            {"transform.rotation_deg", "transform.scale"},
        ),
        ('to = "EPSG:4550"\ndx_m = 0\ndy_m = 0\naxes = "yx"\nangle = 2\n', {"transform.axes", "transform.angle"}),
    ],
)
def test_wrong_parameters(tmp_path, text, columns):
    problems = refused(site(tmp_path, transform(text), roads=plan()))
    assert {p.column for p in problems if p.column and p.column.startswith("transform")} == columns


def test_an_offset_datum_has_no_four_parameters(tmp_path):
    toml = transform('to = "EPSG:4550"\ndx_m = 0\ndy_m = 0\n', head='datum = "gcj02"\n')
    assert any("gcj02" in p.message for p in refused(site(tmp_path, toml, roads=plan())))


# --- the arithmetic ------------------------------------------------------------------------------

NUMBER = st.floats(-1e6, 1e6)


@given(NUMBER, NUMBER, st.floats(-math.pi, math.pi), st.floats(0.5, 2.0))
def test_the_inverse_leads_back(dx, dy, angle, scale):
    move = tools.Helmert(dx, dy, angle, scale)
    xy = np.array([(0.0, 0.0), (1000.0, -3.0), (-5.0, 700.0)])
    assert move.inverse()(move(xy)) == pytest.approx(xy, abs=1e-6)
    assert np.hypot(*(move(xy)[1] - move(xy)[0])) == pytest.approx(scale * math.hypot(1000.0, 3.0), rel=1e-9)


@given(NUMBER, NUMBER, st.floats(-math.pi, math.pi), st.integers(2, 6), st.randoms(use_true_random=False))
def test_the_fit_finds_the_move_again(dx, dy, angle, count, chance):
    move = tools.Helmert(dx, dy, angle)
    points = np.array([(100.0 * n, chance.uniform(-80.0, 80.0)) for n in range(count)])
    found, scale, misses = tools.fit_rigid(points, move(points))
    assert scale == pytest.approx(1.0, abs=1e-8)
    assert misses.max() < 1e-5
    assert found(points) == pytest.approx(move(points), abs=1e-5)
    doubled, ratio, _ = tools.fit_rigid(points, 2.0 * points, free_scale=True)
    assert (ratio, doubled.scale) == (pytest.approx(2.0), pytest.approx(2.0))


# --- systems by other names, through files -------------------------------------------------------

OWN_WKT = (
    'PROJCS["{name}",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["latitude_of_origin",0.0],PARAMETER["central_meridian",123.0],PARAMETER["scale_factor",1.0],'
    'PARAMETER["false_easting",500000.0],PARAMETER["false_northing",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize("name", ["Xian_1980_3_Degree_GK_CM_123E", "项目坐标系", "CUSTOM"])
@pytest.mark.parametrize("ending", ["gpkg", "shp"])
def test_a_file_with_a_system_of_no_code(tmp_path, name, ending):
    table = frame(on_site(0, 0, 100, 6), crs=pyproj.CRS.from_wkt(OWN_WKT.format(name=name)))
    table.to_file(tmp_path / f"roads.{ending}")
    if ending == "shp":
        (tmp_path / "roads.prj").write_text(OWN_WKT.format(name=name), encoding="utf-8")
    found = read_site(tmp_path)
    assert found.crs.to_epsg() == 2386
    assert found.placed
    assert "old_datum" in codes(found)
    assert only_road(found).area == pytest.approx(600.0, abs=1e-6)


def test_the_guards_know_it_under_its_other_name(tmp_path):
    zoned = shapely.transform(on_site(0, 0, 100, 6), lambda xy: xy + [41e6, 0.0])
    frame(zoned, crs=pyproj.CRS.from_wkt(OWN_WKT.format(name="CUSTOM"))).to_file(tmp_path / "roads.gpkg")
    (problem,) = refused(tmp_path)
    assert 'crs = "EPSG:2365"' in problem.remedy


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("epsg", [4550, 4529, 4490])
def test_a_declared_offset_is_undone_before_anything_is_measured(tmp_path, datum, epsg):
    """Projected coordinates as well as degrees: the way back leads to the true outline within a millimetre."""
    crs = pyproj.CRS.from_epsg(4550)

    def borne(xy):
        lonlat = tools.from_wgs84(tools.to_lonlat(xy, crs), datum)
        return tools.from_lonlat(lonlat, pyproj.CRS.from_epsg(epsg))

    true = shapely.segmentize(on_site(0, 0, 100, 6), 5.0)
    drawn = frame(shapely.transform(true, borne), crs=f"EPSG:{epsg}")
    found = read(tmp_path, f'datum = "{datum}"\n', roads=drawn)
    back = tools.from_lonlat(tools.to_lonlat(shapely.get_coordinates(found.layers["roads"].geometry), found.crs), crs)
    assert np.abs(back - shapely.get_coordinates(true)).max() < 1e-3
    assert "datum_converted" in codes(found)
