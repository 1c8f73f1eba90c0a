"""Our own marking drawing, read back, gives the site that it was drawn from, and the same audit."""

import math
import shutil

import ezdxf
import numpy as np
import pytest
import shapely
from sample_plan import ROOT
from site_scenes import road, site, street

from firelane.auditing import audit
from firelane.drawing import write_dxf
from firelane.errors import InputError
from firelane.markings import plan_markings
from firelane.run import clear_widths, run_site
from firelane.site import read_site
from firelane.site.cad.carried import found

DATA = ROOT / "data"
NEAR_M = 1e-6


@pytest.fixture(scope="module", params=["shenyang_district", "shenyang_compliant"])
def sample(request, tmp_path_factory):
    """Return a sample's folder, its site, its audit, and the drawing that a run makes of it."""
    folder = DATA / request.param
    out = tmp_path_factory.mktemp("own") / "out"
    result = run_site(folder, out, remedies=False)
    return folder, result.audit, out / "markings.dxf"


def assert_same_site(one, other):
    """All layers, rows, columns and places are the same; those surveyed and empty as well."""
    assert set(one.layers) == set(other.layers)
    assert one.crs == other.crs
    for name, table in one.layers.items():
        back = other.layers[name]
        assert list(table.columns) == list(back.columns)
        assert sorted(table["id"]) == sorted(back["id"])
        back = back.set_index("id", drop=False).loc[list(table["id"])]
        for column in table.columns.drop("geometry"):
            for a, b in zip(table[column], back[column], strict=True):
                missing = a is None or (isinstance(a, float) and math.isnan(a))
                assert (b is None or (isinstance(b, float) and math.isnan(b))) if missing else a == b, (name, column)
        if len(table):
            assert list(table.geom_type) == list(back.geom_type)
            away = shapely.hausdorff_distance(table.geometry.to_numpy(), back.geometry.to_numpy())
            assert away.max() < NEAR_M, name


def told(result):
    return [(f.finding_id, f.rule_id, f.verdict, sorted(f.owners)) for f in result.findings]


def assert_same_audit(one, other):
    assert list(one.lanes["lane_id"]) == list(other.lanes["lane_id"])
    for column in ("min_clear_width_m", "min_section_width_m", "min_clear_height_m", "length_m"):
        a, b = (np.asarray(result.lanes[column], dtype=float) for result in (one, other))
        np.testing.assert_allclose(a, b, atol=2e-6)
    assert told(one) == told(other)
    assert one.summary["by_rule"] == other.summary["by_rule"]


def test_a_sample_comes_back_and_its_audit_with_it(sample):
    folder, before, drawing = sample
    back = read_site(drawing, config=folder / "site.toml")
    assert_same_site(before.site, back)
    assert not [n for n in back.notes if n.code in ("own_settings", "edge_edited")]
    assert_same_audit(before, audit(back, remedies=False))
    rows = {}
    for reading in back.readings:
        rows[reading.layer] = rows.get(reading.layer, 0) + reading.rows
    assert {name: rows.get(name, 0) for name in back.layers} == {name: len(t) for name, t in back.layers.items()}


def test_without_its_site_toml_the_settings_that_differ_are_told(sample):
    _, _, drawing = sample
    (note,) = [n for n in read_site(drawing).notes if n.code == "own_settings"]
    assert 'manager_kind = "property_company"' in note.en
    assert "managed = true" in note.zh


HOSTILE = ("<script>alert(1)</script>", "=1+1", "％％u东门\\P{x}", "🚒" * 120, "長" * 500, "a'b\"c")


def scene():
    """A site with every layer: holes, parts, hostile values, an empty layer."""
    ring = shapely.Polygon(shapely.box(100, -24, 140, 24).exterior, [shapely.box(108, -16, 132, 16).exterior])
    two = shapely.MultiPolygon([shapely.box(60, -4, 61, -3), shapely.box(63, -4, 64, -3)])
    things = [
        (shapely.Point(20, -3), {"id": HOSTILE[0], "kind": "tree", "radius_m": 0.25, "name": HOSTILE[3]}),
        (shapely.LineString([(30, -4), (33, -3.5)]), {"id": "line", "kind": "wall", "width_m": 0.24}),
        (shapely.LineString([(40, -4), (43, -3.5)]), {"id": "thin", "kind": "fence", "removable": False}),
        (shapely.box(50, -4, 51, 4), {"id": "over", "kind": "arch", "clear_height_m": 3.7, "top_m": 5.5}),
        (two, {"id": "two", "kind": "stall", "name": HOSTILE[4], "openable": True}),
        (shapely.MultiPoint([(70, -3), (72, -3)]), {"id": "dots", "kind": "bollard"}),
    ]
    return site(
        [
            (road(100.0, 8.0), {"id": "r", "name": HOSTILE[1], "class": "residential"}),
            (ring, {"id": "ring", "fire_lane": False, "kerb": "yes"}),
        ],
        fire_lanes=[(shapely.box(0, -2, 100, 2), {"id": "f", "name": HOSTILE[0]})],
        obstructions=things,
        entrances=[(shapely.LineString([(0, -4), (0, 4)]), {"id": "e", "name": HOSTILE[2], "gate": True})],
        buildings=[(shapely.box(20, 15, 40, 30), {"id": "b", "name": HOSTILE[5], "floors": 18.0})],
        signs=[(shapely.Point(10, 5), {"id": "s", "text": HOSTILE[0]})],
        kerbs=[(shapely.LineString([(0, 4), (100, 4)]), {"id": "k", "height_m": 0.2})],
        parking=[(shapely.box(80, -4, 82.5, 1), {"id": "p", "status": "planned"})],
        markings=[],
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Return the audit of the scene and its drawing."""
    before = audit(scene(), remedies=False)
    plan = plan_markings(before.site, before.network, clear_widths=clear_widths(before))
    path = tmp_path_factory.mktemp("scene") / "m.dxf"
    write_dxf(plan, before, path)
    return before, path


def test_every_layer_and_hostile_values(drawn):
    before, path = drawn
    assert_same_site(before.site, read_site(path))


@pytest.mark.parametrize("version", ["R2010", "R2018"])
def test_other_versions_carry_the_same(drawn, version, tmp_path):
    before, _ = drawn
    plan = plan_markings(before.site, before.network, clear_widths=clear_widths(before))
    path = tmp_path / "m.dxf"
    write_dxf(plan, before, path, dxf_version=version)
    assert_same_site(before.site, read_site(path))


def test_the_drawing_stays_what_it_was(drawn):
    """Nothing new is seen, and every string is one that DXF can carry."""
    _, path = drawn
    doc = ezdxf.readfile(path)
    assert not doc.audit().has_errors
    carriers = [e for e in doc.modelspace() if e.has_xdata("FIRELANE")]
    hidden = [e for e in doc.modelspace() if e.dxf.get("invisible", 0)]
    assert hidden
    assert all(e in carriers and e.dxftype() in ("LWPOLYLINE", "POINT") for e in hidden)
    for entity in carriers:
        tags = entity.get_xdata("FIRELANE")
        assert all(len(str(tag.value).encode("gbk")) <= 255 for tag in tags)
        assert sum(len(str(tag.value)) for tag in tags) < 16000


def edited(path, tmp_path, change):
    doc = ezdxf.readfile(path)
    change(doc.modelspace())
    out = tmp_path / "edited.dxf"
    doc.saveas(out)
    return out


def of(space, row_id):
    """Return the entities that carry a row."""
    own = [(e, found([tag.value for tag in e.get_xdata("FIRELANE")])) for e in space if e.has_xdata("FIRELANE")]
    return [entity for entity, told_ in own if told_ is not None and told_.columns.get("id") == row_id]


def test_what_was_moved_copied_and_erased_in_cad_is_moved_there_twice_and_gone(drawn, tmp_path):
    before, path = drawn

    def change(space):
        (thin,) = of(space, "thin")
        thin.translate(2.0, 1.0, 0.0)
        (kerb,) = of(space, "k")
        space.add_entity(kerb.copy())
        for entity in of(space, "over"):
            space.delete_entity(entity)

    back = read_site(edited(path, tmp_path, change))
    things = back.layers["obstructions"].set_index("id")
    assert "over" not in things.index
    was = before.site.layers["obstructions"].set_index("id").geometry["thin"]
    assert shapely.hausdorff_distance(things.geometry["thin"], shapely.transform(was, lambda xy: xy + [2.0, 1.0])) < NEAR_M
    assert sorted(back.layers["kerbs"]["id"]) == ["k", "k~2"]


def test_without_its_properties_it_is_a_plan_like_any_other(drawn, tmp_path):
    """What is hidden in it is not read a second time: the pavement is what is drawn of it."""
    before, path = drawn
    doc = ezdxf.readfile(path)
    doc.header.custom_vars.clear()
    out = tmp_path / "plain.dxf"
    doc.saveas(out)
    back = read_site(out)
    pavement = shapely.union_all(before.site.layers["roads"].geometry.to_numpy())
    assert back.layers["roads"].geometry.area.sum() == pytest.approx(pavement.area, abs=1e-3)
    assert not back.placed


def test_a_road_that_touches_no_other_is_taken_as_it_was_redrawn(tmp_path):
    """What is seen is the road itself: whoever moves its edge moves the road."""
    here = street(6.0)
    result = audit(here, remedies=False)
    path = tmp_path / "one.dxf"
    write_dxf(plan_markings(here, result.network), result, path)
    assert_same_site(here, read_site(path))

    def change(space):
        (edge,) = space.query("LWPOLYLINE[layer=='G-ROAD-EDGE']")
        with edge.points("xy") as points:
            north = max(y for _, y in points)
            points[:] = [(x, y + 0.5 if y == north else y) for x, y in points]

    back = read_site(edited(path, tmp_path, change))
    assert back.layers["roads"].geometry.iloc[0].area == pytest.approx(here.layers["roads"].geometry.iloc[0].area * 6.5 / 6.0)
    assert not any(n.code == "edge_edited" for n in back.notes)


def test_a_redrawn_pavement_edge_is_told(drawn, tmp_path):
    _, path = drawn

    def change(space):
        edge = next(e for e in space.query("LWPOLYLINE[layer=='G-ROAD-EDGE']") if not e.has_xdata("FIRELANE"))
        with edge.points("xy") as points:
            points[0] = (points[0][0] + 0.5, points[0][1])

    notes = read_site(edited(path, tmp_path, change)).notes
    assert any(n.code == "edge_edited" for n in notes)
    assert not any(n.code == "edge_edited" for n in read_site(path).notes)


@pytest.mark.parametrize(("toml", "says"), [('crs = "EPSG:4326"', "crs"), ('datum = "gcj02"', "datum")])
def test_settings_that_would_move_it_again_are_refused(drawn, tmp_path, toml, says):
    _, path = drawn
    config = tmp_path / "t.toml"
    config.write_text(toml, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_site(path, config=config)


def test_a_drawing_of_ours_beside_the_layers_is_left_out(sample, tmp_path):
    folder, before, path = sample
    here = shutil.copytree(folder, tmp_path / "site")
    shutil.copy(path, here / "painted.dxf")
    back = read_site(here)
    assert_same_site(before.site, back)
    assert [n.code for n in back.notes if n.code == "own_drawing_beside"] == ["own_drawing_beside"]
