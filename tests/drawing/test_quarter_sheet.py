"""The sheet of a whole quarter and of a plan without a place: few ids, whose data they are, nothing claimed."""

from __future__ import annotations

from dataclasses import replace

import ezdxf
import pytest
from shapely import LineString, Point, box
from sheet_texts import in_title_block, sheets, shown_texts
from support import site_scenes as S

from firelane.drawing import DrawingOptions, write_dxf
from firelane.markings import plan_markings
from firelane.run import clear_widths
from firelane.site.model import VOLUNTEERED, Note

OSM = Note(VOLUNTEERED, "志愿者绘制", "mapped by volunteers")


def texts(audit, folder, lang="zh"):
    """Return the texts of the model space and of the sheets."""
    plan = plan_markings(audit.site, audit.network, clear_widths=clear_widths(audit))
    write_dxf(plan, audit, folder / "m.dxf", DrawingOptions(lang=lang))
    doc = ezdxf.readfile(folder / "m.dxf")
    model = [e.dxf.text for e in doc.modelspace().query("TEXT")]
    sheet = [shown.text for layout in sheets(doc) for shown in shown_texts(layout)]
    return model, sheet


def quarter(length_m, notes=(), **more):
    """Centrelines alone, a post on one of them, a bar too low over the other, two buildings, one of them with a name."""
    lines = [(LineString([(0, 0), (length_m, 0)]), {"id": "a"}), (LineString([(0, 60), (length_m, 60)]), {"id": "b"})]
    things = [(Point(40, 0), {"kind": "bollard", "id": "post"}), S.over(30, 57, 31, 63, 3.0, id="bar")]
    houses = [(box(10, 10, 30, 30), {"id": "way/7"}), (box(50, 10, 70, 30), {"id": "way/8", "name": "三号楼"})]
    site = S.site([], road_lines=lines, obstructions=things, buildings=houses, **more)
    return S.audited(replace(site, notes=notes))


def test_where_a_quarter_is_drawn_ids_are_written_only_where_a_finding_fails(tmp_path):
    audit = quarter(3000.0)
    low = {f.lane_id for f in audit.findings if f.verdict == "fail"}
    assert len(low) == 1
    model, _ = texts(audit, tmp_path)
    assert "三号楼" in model
    assert "way/7" not in model
    lanes = set(audit.network.line_lanes["lane_id"])
    assert {t for t in model if t in lanes} == low


def test_where_there_is_room_ids_and_lengths_are_written(tmp_path):
    audit = quarter(100.0)
    model, _ = texts(audit, tmp_path)
    assert {"三号楼", "way/7"} <= set(model)
    assert sum("宽度未测量" in t for t in model) == len(audit.network.line_lanes) == 2


def test_the_notes_name_the_source_and_what_nobody_measured(tmp_path):
    audit = quarter(100.0, notes=(OSM,))
    _, sheet = texts(audit, tmp_path)
    said = "".join(sheet)
    assert "底图数据：(C) OpenStreetMap 贡献者（ODbL）" in said
    assert "?" not in said
    looks = sum(f.verdict == "not_measured" and f.location is not None and bool(f.owners) for f in audit.findings)
    assert looks == 1
    assert "另有 1 处未测量" in said
    assert "没有可设计的标线。" in said
    assert "平面合计" not in said
    assert "OpenStreetMap" not in "".join(texts(quarter(100.0), tmp_path)[1])


@pytest.mark.parametrize(("lang", "local", "north"), [("zh", "未定位（局部坐标，米）", "北"), ("en", "not placed (local metres)", "N")])
def test_a_site_without_a_place_has_no_north(tmp_path, lang, local, north):
    placed = S.audited(S.site([S.road()]))
    _, sheet = texts(placed, tmp_path, lang)
    assert north in sheet
    assert local not in sheet
    adrift = replace(placed, site=replace(placed.site, placed=False))
    _, sheet = texts(adrift, tmp_path, lang)
    assert north not in sheet
    assert not any("真北" in t or "true north" in t for t in sheet)
    # in every title block, and on the general plan where the arrow stood
    layouts = sheets(ezdxf.readfile(tmp_path / "m.dxf"))
    assert "".join(sheet).replace(" ", "").count(local.replace(" ", "")) > len(layouts)
    assert all(local in in_title_block(layout) for layout in layouts)
