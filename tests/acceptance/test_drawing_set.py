"""The drawing of every sample, in every manner in which it can be had, read by readers that are not ours."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import ezdxf
import numpy as np
import pyogrio
import pytest
import shapely
from command import run
from ezdxf.audit import Auditor
from sample_plan import ROOT

from firelane.auditing import audit
from firelane.drawing import plot_pngs, write_dxf
from firelane.markings import plan_markings
from firelane.run import clear_widths
from firelane.site import read_site

SAMPLES = ("shenyang_district", "shenyang_compliant")
PAINT = {
    "G-FIRE-KERB": ("kerb_top",), "G-FIRE-LINE": ("edge_line",), "G-FIRE-BOX": ("box_frame",),
    "G-FIRE-GRID": ("grid_border", "grid_lines"), "G-FIRE-TEXT": ("box_text", "grid_text"),
}  # fmt: skip
MANNERS = {
    "default": {}, "mm": {"units": "mm"}, "survey": {"coords": "survey"}, "exploded": {"exploded": True},
    "outline": {"labels": "outline", "units": "mm"}, "A1": {"sheet": "A1"}, "English": {"lang": "en"},
    "R2010": {"dxf_version": "R2010"}, "R2018": {"dxf_version": "R2018", "coords": "survey", "units": "mm"},
}  # fmt: skip


@pytest.fixture(scope="module", params=SAMPLES)
def made(request):
    site = read_site(ROOT / "data" / request.param)
    result = audit(site, remedies=False)
    return plan_markings(result.site, result.network, clear_widths=clear_widths(result)), result


def faults(path: Path) -> list[str]:
    auditor: Auditor = ezdxf.readfile(path).audit()
    return [str(e.message) for e in (*auditor.errors, *auditor.fixes)]


def areas(path: Path) -> dict[str, float]:
    """Return the area of paint on each layer of the model space, as GDAL adds it up [drawing unit²]."""
    table = pyogrio.read_dataframe(path)
    model = table[table["PaperSpace"].isna() | (table["PaperSpace"] == 0)]
    # An INSERT comes as one collection of its fills and outlines; lines have no area.
    kinds = "AcDbHatch|AcDbBlockReference"
    solid = model[model["SubClasses"].str.contains(kinds, na=False) & model.geometry.notna()]
    return {name: float(solid.geometry[solid["Layer"] == name].area.sum()) for name in PAINT}


@pytest.mark.parametrize("manner", MANNERS)
def test_areas_read_by_gdal_are_those_of_the_bill(made, manner, tmp_path, monkeypatch):
    plan, result = made
    choices = MANNERS[manner]
    path = tmp_path / "x.dxf"
    write_dxf(plan, result, path, **choices)
    assert faults(path) == []
    if choices.get("dxf_version", "R2004") != "R2004":
        monkeypatch.setenv("DXF_ENCODING", "UTF-8")
    unit = 1000.0 if choices.get("units") == "mm" else 1.0
    # GDAL wonders at a block that holds nothing but areas with holes, as glyphs are, and adds it up all the same.
    warnings.filterwarnings("ignore", message=".*organizePolygons")
    found = areas(path)
    paint = plan.paint
    for layer, kinds in PAINT.items():
        expected = float(paint.loc[paint["kind"].isin(kinds), "area_m2"].sum())
        assert found[layer] / unit**2 == pytest.approx(expected, rel=1e-4, abs=1e-6), layer
    # No two marks of a kind overlap here, so that the bill, which is of the union, says the same.
    billed = plan.quantities.groupby("kind")["area_m2"].sum()
    for kind in itertools.chain.from_iterable(PAINT.values()):
        assert billed.get(kind, 0.0) == pytest.approx(paint.loc[paint["kind"] == kind, "area_m2"].sum(), rel=1e-4, abs=1e-6)


def test_every_used_layer_is_defined_and_every_text_is_gbk(made, tmp_path):
    plan, result = made
    write_dxf(plan, result, tmp_path / "x.dxf")
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    defined = {layer.dxf.name for layer in doc.layers}
    used = {e.dxf.layer for e in doc.entitydb.values() if e.dxf.is_supported("layer") and e.dxf.hasattr("layer")}
    assert used <= defined
    raw = (tmp_path / "x.dxf").read_bytes()
    raw.decode("gbk")
    assert b"\\U+" not in raw
    assert not [e for h in doc.query("HATCH") for p in h.paths if not hasattr(p, "vertices") for e in p.edges]


def test_places_of_the_paint_do_not_depend_on_the_manner(made, tmp_path):
    """Unit and origin say how a drawing is written, not what is painted where."""
    plan, result = made
    frames = {}
    for name in ("default", "mm", "survey", "exploded"):
        path = tmp_path / f"{name}.dxf"
        write_dxf(plan, result, path, **MANNERS[name])
        props = dict(ezdxf.readfile(path).header.custom_vars.properties)
        unit = {"m": 1.0, "mm": 1000.0}[props["firelane_unit"]]
        origin = np.array([float(props["firelane_origin_x"]), float(props["firelane_origin_y"])])
        table = pyogrio.read_dataframe(path)
        boxes = table[(table["Layer"] == "G-FIRE-BOX") & ~table.geometry.geom_type.isin(["LineString", "MultiLineString"])]
        centres = shapely.get_coordinates(boxes.geometry.centroid) / unit + origin
        frames[name] = centres[np.lexsort(np.round(centres, 3).T)]
    assert len(frames["default"]) > 3
    for name, centres in frames.items():
        assert np.abs(centres - frames["default"]).max() < 5e-6, name


def test_layer_names_of_a_firm(made, tmp_path):
    plan, result = made
    write_dxf(plan, result, tmp_path / "x.dxf", layer_names={"G-FIRE-LINE": "消防-边线", "G-ROAD-EDGE": "道路"})
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    names = {layer.dxf.name for layer in doc.layers}
    assert {"消防-边线", "道路"} <= names
    assert not {"G-FIRE-LINE", "G-ROAD-EDGE"} & names
    assert len(doc.modelspace().query('HATCH[layer=="消防-边线"]')) == len(
        [p for g in plan.paint.geometry[plan.paint["kind"] == "edge_line"] for p in shapely.get_parts(g)]
    )
    # It is still a drawing of ours, of which the site can be had.
    assert len(read_site(tmp_path / "x.dxf").layer("roads")) == len(result.site.layer("roads"))


@pytest.mark.parametrize("choices", [{"units": "mm"}, {"coords": "survey"}, {"units": "mm", "coords": "survey", "dxf_version": "R2018"}])
def test_the_site_can_be_had_back_from_every_manner(made, choices, tmp_path):
    plan, result = made
    write_dxf(plan, result, tmp_path / "x.dxf", **choices)
    back, site = read_site(tmp_path / "x.dxf"), result.site
    assert back.crs == site.crs
    for name, table in site.layers.items():
        again = back.layer(name).set_index("id")
        assert sorted(again.index) == sorted(table["id"])
        apart = shapely.hausdorff_distance(np.asarray(table.geometry), np.asarray(again.loc[table["id"]].geometry))
        assert np.nanmax(np.r_[0.0, apart]) < 2e-6, name


@pytest.mark.slow
def test_every_sheet_is_plotted_at_its_size(made, tmp_path):
    plan, result = made
    write_dxf(plan, result, tmp_path / "x.dxf")
    sheets = [n for n in ezdxf.readfile(tmp_path / "x.dxf").layout_names_in_taborder() if n != "Model"]
    pictures = plot_pngs(tmp_path / "x.dxf", tmp_path / "x", dpi=50)
    assert len(pictures) == len(sheets) >= 5
    for picture in pictures:
        header = picture.read_bytes()[16:24]
        size = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
        assert size == (round(420 / 25.4 * 50), round(297 / 25.4 * 50))


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("pdfinfo") is None and os.environ.get("CI") != "true", reason="poppler's tools are not installed"
)
@pytest.mark.parametrize("sheet", ["A3", "A1"])
def test_draw_and_verify_on_the_command_line(sheet, tmp_path):
    sizes = {"A3": (1190.55, 841.89), "A1": (2383.94, 1683.78)}
    out = tmp_path / "m.dxf"
    done = run("draw", ROOT / "data" / "shenyang_compliant", "-o", out, "--pdf", "--field", "--stencils", tmp_path / "s", "--sheet", sheet,
               "--date", "2026-03-01", "--lang", "en")  # fmt: skip
    assert (done.code, done.err) == (0, "")
    told = subprocess.run(["pdfinfo", "-l", "99", tmp_path / "m.pdf"], capture_output=True, text=True, check=True).stdout
    pages = [line.split() for line in told.splitlines() if line.startswith("Page ") and "size" in line]
    assert len(pages) >= 5
    for page in pages:
        assert float(page[3]) == pytest.approx(sizes[sheet][0], abs=0.5)
        assert float(page[5]) == pytest.approx(sizes[sheet][1], abs=0.5)
    judged = run("verify", out, "--site", ROOT / "data" / "shenyang_compliant", "--json", tmp_path / "v.json", "--lang", "en")
    assert (judged.code, judged.err) == (0, "")
    checks = json.loads((tmp_path / "v.json").read_text("utf-8"))
    assert checks["schema"] == "firelane-verify/1"


@pytest.mark.slow
def test_ten_kilometres_stay_small_and_sound(tmp_path):
    """The file of a whole quarter is below 5 MB, and nothing in it needs mending."""
    sys.path.insert(0, str(ROOT / "benchmarks" / "drawing"))
    try:
        from district import write_district
    finally:
        sys.path.pop(0)
    result = audit(read_site(write_district(tmp_path / "d", 10.0)), remedies=False)
    assert result.network.lanes["length_m"].sum() > 10_000
    plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
    write_dxf(plan, result, tmp_path / "d.dxf")
    assert (tmp_path / "d.dxf").stat().st_size < 5_000_000
    assert faults(tmp_path / "d.dxf") == []
    gaps = plan.boxes["gap_m"].dropna()
    told = {str(note.row) for note in plan.notes if note.code.startswith("box_")}
    wide = set(plan.boxes.loc[plan.boxes["gap_m"] > 20.0 + 1e-9, "lane_id"])
    assert len(gaps) > 500
    assert wide <= told
    found = areas(tmp_path / "d.dxf")
    for layer, kinds in PAINT.items():
        expected = float(plan.paint.loc[plan.paint["kind"].isin(kinds), "area_m2"].sum())
        assert found[layer] == pytest.approx(expected, rel=1e-4, abs=1e-6)
