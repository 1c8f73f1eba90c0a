"""``firelane run``: every file of the contract, read by a reader that is not ours, and the same again."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
from command import run, spawn
from sample_plan import ROOT

DATA = ROOT / "data"
HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))
FILES = (
    "audit.json", "findings.csv", "findings.geojson", "map.html", "map.pdf", "markings.dxf", "markings.pdf",
    "quantities.xlsx", "report.pdf", "results.gpkg", "setting_out.csv", "setting_out.dat", "setting_out_pnezd.csv",
)  # fmt: skip
KEYS = {
    None: ["schema", "site", "rules", "lanes", "pinches", "buildings", "findings", "remedies", "summary", "parking", "tracking"],
    "site": ["id", "name", "crs", "bounds", "accuracy_m", "input", "notes"],
    "rules": ["rule_id", "article", "quantity", "comparator", "threshold", "unit", "severity", "text_zh", "text_en"],
    "lanes": [
        "lane_id", "road_ids", "length_m", "min_clear_width_m", "min_section_width_m", "min_clear_height_m", "verdict",
    ],
    "pinches": ["pinch_id", "lane_id", "level", "width_m", "p", "q", "owners", "governing"],
    "buildings": ["building_id", "widest_vehicle_m", "entrance_id", "governing_pinch_id", "verdict"],
    "findings": [
        "finding_id", "rule_id", "article", "verdict", "severity", "quantity", "value", "threshold", "unit", "margin",
        "lane_id", "location", "lonlat", "owners", "message_zh", "message_en",
    ],
    "summary": ["verdict", "by_rule", "counts", "lane_length_m", "judged_length_m"],
}  # fmt: skip
DRAWING_LAYERS = {
    "G-ROAD-EDGE", "G-BLDG", "G-OBST", "G-FIRE-LANE", "G-FIRE-KERB", "G-FIRE-LINE", "G-FIRE-BOX", "G-FIRE-GRID",
    "G-FIRE-TEXT", "G-FIRE-SIGN", "G-FIRE-VIOL", "G-FIRE-SWEP", "G-ANNO-DIMS", "G-ANNO-TEXT", "G-ANNO-COOR",
    "G-ANNO-TTLB",
}  # fmt: skip


@pytest.fixture(scope="module", params=["shenyang_district", "shenyang_compliant"])
def result(request, tmp_path_factory):
    """Return the folder that ``firelane run`` filled, and the audit that it wrote."""
    out = tmp_path_factory.mktemp(request.param) / "out"
    done = run("run", DATA / request.param, "-o", out, "--lang", "zh")
    assert (done.code, done.err) == (0, "")
    assert all(name in done.out for name in FILES)
    return out, json.loads((out / "audit.json").read_text("utf-8"))


def test_every_file_is_there_and_nothing_else(result):
    out, _ = result
    assert sorted(p.name for p in out.iterdir()) == list(FILES)


def test_audit_json_has_the_keys_of_the_contract(result):
    out, audit = result
    assert not (out / "audit.json").read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(audit) == KEYS[None]
    assert audit["schema"] == "firelane-audit/1"
    for name, keys in KEYS.items():
        if name is not None:
            rows = audit[name] if isinstance(audit[name], list) else [audit[name]]
            assert rows or name == "pinches"
            for row in rows:
                assert list(row)[: len(keys)] == keys or set(keys) <= set(row)
    assert audit["site"]["crs"] == "EPSG:4550"
    for entry in audit["site"]["input"]:
        assert not Path(entry["path"]).is_absolute()
        assert re.fullmatch("[0-9a-f]{64}", entry["sha256"])
    counts = audit["summary"]["counts"]
    assert set(counts) == {"pass", "fail", "indeterminate", "not_measured", "not_applicable"}
    for verdict, count in counts.items():
        assert sum(f["verdict"] == verdict for f in audit["findings"]) == count
    for key in ("finding_id", "pinch_id", "lane_id"):
        rows = {"finding_id": "findings", "pinch_id": "pinches", "lane_id": "lanes"}[key]
        ids = [row[key] for row in audit[rows]]
        assert len(set(ids)) == len(ids)
    assert all(len(str(v).partition(".")[2]) <= 6 for v in re.findall(r'_m": (-?[\d.]+)', json.dumps(audit)))


def test_results_gpkg_holds_the_same(result):
    out, audit = result
    path = out / "results.gpkg"
    kinds = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    wanted = {"lanes": "LineString", "profile": "Point", "pinches": "LineString", "findings": "Point"}
    assert {name: kinds[name] for name in wanted} == wanted
    assert "Polygon" in kinds["markings"]
    for name in ("lanes", "pinches", "findings", "buildings"):
        table = gpd.read_file(path, layer=name)
        assert len(table) == len(audit[name])
        assert table.crs.to_epsg() == 4550
    profile = gpd.read_file(path, layer="profile")
    assert {"lane_id", "chainage_m", "clear_width_m", "section_width_m", "clear_height_m"} <= set(profile.columns)
    assert {"kind", "lane_id", "area_m2", "length_m"} <= set(gpd.read_file(path, layer="markings").columns)


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's own tools are not installed")
def test_gdal_reads_the_geopackage_and_the_drawing(result):
    out, audit = result
    told = subprocess.run(
        ["ogrinfo", "-so", "-ro", out / "results.gpkg", "findings"], capture_output=True, text=True, check=True
    ).stdout
    assert f"Feature Count: {len(audit['findings'])}" in told
    told = subprocess.run(
        ["ogrinfo", "-so", "-ro", out / "markings.dxf", "entities"], capture_output=True, text=True, check=True
    )
    assert int(re.search(r"Feature Count: (\d+)", told.stdout)[1]) > 100
    assert "ERROR" not in told.stderr


def test_findings_geojson_is_wgs84_and_lies_in_shenyang(result):
    out, audit = result
    raw = json.loads((out / "findings.geojson").read_text("utf-8"))
    assert "crs" not in raw
    table = gpd.read_file(out / "findings.geojson")
    assert table.crs.to_epsg() == 4326
    assert table["finding_id"].tolist() == [f["finding_id"] for f in audit["findings"]]
    west, south, east, north = table.total_bounds
    assert 123 < west <= east < 124
    assert 41 < south <= north < 43
    placed = table[table.geometry.notna()].to_crs(4550)
    metres = {f["finding_id"]: f["location"] for f in audit["findings"]}
    there = np.array([metres[i] for i in placed["finding_id"]])
    assert np.abs(there - np.column_stack([placed.geometry.x, placed.geometry.y])).max() < 1e-3


def test_csv_files_have_a_byte_order_mark_and_even_rows(result):
    out, audit = result
    for name, count in (("findings.csv", len(audit["findings"])), ("setting_out.csv", None)):
        raw = (out / name).read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        head, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
        assert {len(row) for row in rows} == {len(head)}
        assert len(rows) == count or (count is None and len(rows) > 50)


def test_the_drawing_is_sound_r2004_in_gbk(result):
    out, audit = result
    drawing = ezdxf.readfile(out / "markings.dxf")
    assert (drawing.dxfversion, drawing.encoding) == ("AC1018", "gbk")
    checked = drawing.audit()
    assert not checked.errors
    assert not checked.fixes
    assert {layer.dxf.name for layer in drawing.layers} >= DRAWING_LAYERS
    properties = dict(drawing.header.custom_vars)
    assert {f"firelane_{key}" for key in ("origin_x", "origin_y", "crs", "unit", "site")} <= set(properties)
    assert properties["firelane_crs"] == audit["site"]["crs"]
    assert properties["firelane_site"] == audit["site"]["id"]
    west, south, east, north = audit["site"]["bounds"]
    assert west - 1000 < float(properties["firelane_origin_x"]) < east + 1000
    assert south - 1000 < float(properties["firelane_origin_y"]) < north + 1000


def test_the_workbook_opens_and_has_its_sheets(result):
    out, _ = result
    assert zipfile.ZipFile(out / "quantities.xlsx").testzip() is None
    book = openpyxl.load_workbook(out / "quantities.xlsx", read_only=True)
    assert book.sheetnames[0] == "工程量清单"
    assert all(sheet.max_row >= 2 for sheet in book if sheet.title != "说明")


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.language, self.open = [], None, []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.links += [named[k] for k in ("src", "href") if named.get(k)]
        if tag == "html":
            self.language = named.get("lang")


def test_the_map_is_one_page_that_loads_nothing(result):
    out, _ = result
    text = (out / "map.html").read_text("utf-8")
    page = _Links()
    page.feed(text)
    page.close()
    assert [link for link in page.links if not link.startswith(("data:", "#"))] == []
    assert (page.language or "").startswith("zh")
    assert text.rstrip().endswith("</html>")


def without_times(drawing):
    """Return a DXF's text without time stamps and GUIDs."""
    text = re.sub(
        r"(\$TD\w+|\$FINGERPRINTGUID|\$VERSIONGUID)(\r?\n\s*\d+\r?\n)[^\r\n]*", r"\1\2-", drawing.decode("gbk")
    )
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d+:]*", "-", text)


@pytest.mark.parametrize(
    "result", ["shenyang_compliant", pytest.param("shenyang_district", marks=pytest.mark.slow)], indirect=True
)
def test_the_same_site_gives_the_same_files(result, tmp_path):
    """In another process, with another hash seed, time zone, locale and working folder."""
    out, audit = result
    site = DATA / ("shenyang_district" if audit["summary"]["verdict"] == "fail" else "shenyang_compliant")
    moved = tmp_path / "elsewhere"
    shutil.copytree(site, moved)
    again = spawn(
        "run", moved, "-o", "again", "--lang", "zh", "--quiet", cwd=tmp_path,
        env={"PYTHONHASHSEED": "4711", "TZ": "America/St_Johns", "LC_ALL": "C"},
    )  # fmt: skip
    assert (again.code, again.out, again.err) == (0, "", "")
    for name in ("audit.json", "findings.geojson", "findings.csv", "setting_out.csv", "map.html", "map.pdf", "report.pdf"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name
    first, second = (without_times((folder / "markings.dxf").read_bytes()) for folder in (out, tmp_path / "again"))
    assert first == second
    for name in ("lanes", "profile", "pinches", "findings", "buildings", "markings"):
        one, two = (gpd.read_file(f / "results.gpkg", layer=name) for f in (out, tmp_path / "again"))
        assert one.equals(two), name
    cells = [
        [[[c.value for c in row] for row in sheet] for sheet in openpyxl.load_workbook(f / "quantities.xlsx")]
        for f in (out, tmp_path / "again")
    ]
    assert cells[0] == cells[1]


def test_a_run_in_english_changes_words_and_no_figure(tmp_path):
    site = DATA / "shenyang_compliant"
    for lang in ("zh", "en"):
        assert run("audit", site, "-o", tmp_path / lang, "--lang", lang).code == 0
    assert (tmp_path / "zh" / "audit.json").read_bytes() == (tmp_path / "en" / "audit.json").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="poppler's tools are not installed")
def test_the_plotted_sheet_is_a_pdf_with_its_fonts_inside(tmp_path):
    done = run("run", DATA / "shenyang_compliant", "-o", tmp_path, "--pdf", "--quiet")
    assert (done.code, done.err) == (0, "")
    told = subprocess.run(["pdfinfo", tmp_path / "markings.pdf"], capture_output=True, text=True, check=True)
    assert "Pages:" in told.stdout
    assert told.stderr == ""
    fonts = subprocess.run(["pdffonts", tmp_path / "markings.pdf"], capture_output=True, text=True, check=True)
    assert not re.search(r"^\S+ .* no +(yes|no) +(yes|no)", fonts.stdout, flags=re.MULTILINE)


# --- real data


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    path = SHARED / "data" / "amsterdam_blocks" / "amsterdam_blocks.gpkg"
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip("the shared Amsterdam blocks are not here")
    out = tmp_path_factory.mktemp("amsterdam")
    done = run("run", path, "--config", HERE / "amsterdam.site.toml", "-o", out, "--lang", "en")
    assert (done.code, done.err) == (0, "")
    return out


HAND = tomllib.loads((HERE / "amsterdam_widths.toml").read_text("utf-8"))["width"]


@pytest.mark.parametrize("row", HAND, ids=lambda row: row["name"])
def test_widths_of_real_streets_agree_with_those_measured_by_hand(blocks, row):
    profile = gpd.read_file(blocks / "results.gpkg", layer="profile")
    distance = profile.geometry.distance(gpd.points_from_xy(*zip(row["middle"], strict=True))[0])
    nearest = profile.loc[distance.idxmin()]
    assert distance.min() < 1.0
    assert nearest["section_width_m"] == pytest.approx(row["width_m"], abs=0.02)


def test_the_real_blocks_give_every_file(blocks):
    assert sorted(p.name for p in blocks.iterdir()) == list(FILES)
    audit = json.loads((blocks / "audit.json").read_text("utf-8"))
    assert audit["site"]["crs"] == "EPSG:28992"
    assert len(HAND) >= 5
    assert not ezdxf.readfile(blocks / "markings.dxf").audit().errors
