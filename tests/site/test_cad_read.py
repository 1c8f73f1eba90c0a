"""From a plan to an intake: what cannot be read is told, nothing is guessed."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import shapely
from cad_plans import M, PlanFile, rows, taken
from dxf_by_hand import R2007, VERSIONS, Drawing

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.cad.carried import MARK, carried, found
from firelane.site.cad.options import CadOptions
from firelane.site.cad.plan import Plan
from firelane.site.cad.read import intake_of
from firelane.site.config import Settings
from firelane.site.journal import Journal

PROXY = """  0
ACAD_PROXY_ENTITY
  5
F{n}
100
AcDbEntity
  8
道路
100
AcDbProxyEntity
 90
498
 91
500
"""


def with_proxies(path, count):
    """Put objects of an add-on into the model space of a file."""
    text = path.read_text(encoding="utf-8")
    start = text.index("ENTITIES")
    end = text.index("  0\nENDSEC", start)
    path.write_text(text[:end] + "".join(PROXY.format(n=n) for n in range(count)) + text[end:], encoding="utf-8")
    return path


def test_roads_in_proxies_are_a_problem_and_not_an_empty_site(tmp_path):
    plan = PlanFile()
    plan.doc.layers.add("道路")
    plan.box("建筑", 0, 20, 20, 40)
    path = with_proxies(plan.save(tmp_path), 7)
    _, journal = taken(path)
    (problem,) = journal.problems
    assert problem.layer == "roads"
    assert "7" in problem.message
    assert "T3" in problem.remedy
    assert "图形导出" in problem.remedy_zh
    assert "分解" in problem.remedy_zh
    with pytest.raises(InputError, match="proxies"):
        read_site(path)


def test_proxies_beside_roads_are_told(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    path = with_proxies(plan.save(tmp_path), 2)
    intake, journal = taken(path)
    assert not journal.problems
    (note,) = [n for n in journal.notes if n.code == "cad_proxies"]
    assert "天正3" in note.zh
    (reading,) = [r for r in intake.readings if r.source == "(proxy)"]
    assert reading.ignored == 2


def test_references_and_what_has_no_meaning_here_are_told(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    plan.doc.add_xref_def("总图底图.dwg", "base")
    plan.model.add_blockref("base", (0, 0))
    plan.model.add_ray((0, 0), (1, 0))
    _, journal = taken(plan.save(tmp_path))
    notes = {n.code: n for n in journal.notes}
    assert "总图底图.dwg" in notes["cad_references"].en
    assert "绑定" in notes["cad_references"].zh
    assert "RAY" in notes["cad_skipped"].en


def test_a_plan_without_roads_names_its_layers(tmp_path):
    plan = PlanFile()
    plan.box("图层1", 0, 0, 60, 6)
    with pytest.raises(InputError, match="图层1"):
        read_site(plan.save(tmp_path))


BARE = "  0\nWIPEOUT\n  5\nFA1\n  8\n0\n"


def with_records(path, records):
    """Put records into the model space of a file as they are."""
    text = path.read_text(encoding="utf-8")
    end = text.index("  0\nENDSEC", text.index("ENTITIES"))
    path.write_text(text[:end] + records + text[end:], encoding="utf-8")
    return path


def test_an_entity_that_breaks_the_reader_is_left_out_alone(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    plan.text("道路", 30, 3, "中心路")
    path = with_records(plan.save(tmp_path), BARE)
    intake, journal = taken(path)
    assert not journal.problems
    geometry, columns = rows(intake, "roads")
    assert [g.area for g in geometry] == [pytest.approx(360.0)]
    assert columns["name"] == ["中心路"]
    (note,) = [n for n in journal.notes if n.code == "cad_skipped"]
    assert "WIPEOUT × 1" in note.en


def test_a_drawing_that_cannot_be_read_is_told_in_words(tmp_path, monkeypatch):
    def broken(*_args):
        raise IndexError("list index out of range")

    monkeypatch.setattr("firelane.site.cad.open._document", broken)
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    with pytest.raises(InputError) as caught:
        read_site(plan.save(tmp_path))
    (problem,) = [p for p in caught.value.problems if p.layer != "roads"]
    told = f"{problem.message}{problem.message_zh}"
    assert "index" not in told
    assert "结构已损坏" in told
    for text in (problem.remedy, problem.remedy_zh):
        assert "AUDIT" in text
        assert "PURGE" in text


def test_names_of_older_files_are_spelled_out(tmp_path):
    r"""R2000 in a Latin code page writes 道路 as ``\U+9053\U+8DEF``."""
    plan = PlanFile(code=M, version="R2000")
    plan.box("道路", 0, 0, 60, 6)
    plan.text("0", 30, 3, "中心路")
    plan.box("建筑", 0, 20, 20, 40)
    path = plan.save(tmp_path)
    assert b"\\U+" in path.read_bytes()
    intake, _ = taken(path)
    assert rows(intake, "roads")[1]["name"] == ["中心路"]
    assert "道路" in intake.names


def test_hostile_texts_and_names_go_through_as_they_are(tmp_path):
    names = ["<script>alert(1)</script>", "=CMD()+1", "a" * 3000, "\u202eevil"]
    plan = PlanFile()
    plan.box("道路", 0, -20, 200, -14)
    for n, name in enumerate(names):
        plan.box("建筑", 30 * n, 0, 30 * n + 20, 15)
        plan.text("建筑", 30 * n + 10, 7, name)
    site = read_site(plan.save(tmp_path))
    taken_names = site.layers["buildings"]["name"].tolist()
    assert taken_names[:2] == names[:2]
    assert len(taken_names[2]) == 500
    assert taken_names[3] == "evil"


def test_an_intake_from_columns_alone():
    """The reader needs no file: what it takes is the plan."""
    count = 3

    def obj(*values):
        return np.array([*values, None], dtype=object)[:-1]

    geometry = obj(shapely.box(0, 0, 60, 6), shapely.Point(30, 3), shapely.box(0, 20, 20, 40))
    plan = Plan(
        path=Path("p.dxf"), version="R2018", encoding="UTF-8", unit_code=6, properties={},
        layers={"ROAD": False, "TXT": False, "BLDG": False, "TREE": False}, kind=obj("LWPOLYLINE", "TEXT", "HATCH"),
        layer=obj("ROAD", "TXT", "BLDG"), geometry=geometry, closed=np.ones(count, bool), handle=obj("A", "B", "C"),
        block=obj("", "", ""), insert=np.full(count, -1), text=obj(None, "Main Road", None), width=np.full(count, np.nan),
        colour=np.full(count, 256), linetype=obj("", "", ""), attributes=obj(None, None, None),
        xdata=obj(None, None, None),
    )  # fmt: skip
    journal = Journal()
    intake = intake_of(plan, Settings(), CadOptions(), journal)
    assert sorted(intake.feeds) == ["buildings", "roads"]
    ((_, roads),) = intake.feeds["roads"]
    assert roads.columns["name"].tolist() == ["Main Road"]
    assert roads.columns["id"].tolist() == ["A"]
    assert [(r.source, r.layer, r.rows) for r in intake.readings] == [
        ("BLDG", "buildings", 1), ("ROAD", "roads", 1), ("TREE", None, 0), ("TXT", None, 0),
    ]  # fmt: skip


# --- written by hand, group code by group code -----------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_a_whole_plan_by_hand_in_every_version(version, tmp_path):
    """Millimetres under a header of metres; a rounded road end, a ring of lines with a gap, a turned block, texts.

    The road is 60 m long and 6 m wide with one half-round end: 60 · 6 + π · 3² / 2. The court is 4 by 3 m in it.
    """
    modern = version >= R2007
    plan = Drawing(version=version, insunits=6, encoding="utf-8" if modern else "gbk")
    plan.polyline("道路", [(0, 0), (60e3, 0), (60e3, 6e3), (0, 6e3)], closed=True, bulges=[0.0, 1.0])
    plan.lines("道路", [(20e3, 2e3), (24e3, 2e3), (24e3, 5e3), (20e3, 5e3), (20e3, 2.006e3)])
    plan.lines("建筑", [(10e3, 20e3), (30e3, 20e3), (30e3, 32e3), (10e3, 32e3)], close=True)
    plan.text("文字", (20e3, 26e3), "3#楼")
    plan.text("文字", (20e3, 28e3), "18F")
    tree = plan.block("树-香樟")
    tree.circle("0", (0, 0), 2e3)
    plan.insert("绿化", "树-香樟", (40e3, 1e3), turn_deg=30.0, scale=(-1.0, 1.0))
    plan.box("道路红线", -5e3, -5e3, 70e3, 40e3)
    plan.line("大门", (0, 0), (0, 6e3))
    site = read_site(plan.write(tmp_path / "plan.dxf"))
    (outline,) = site.layers["roads"].geometry
    assert outline.area == pytest.approx(360.0 + math.pi * 9 / 2 - 12.0, abs=2e-3)
    assert len(outline.interiors) == 1
    house = site.layers["buildings"].iloc[0]
    assert (house["name"], house["floors"], house.geometry.area) == ("3#楼", 18.0, pytest.approx(240.0))
    thing = site.layers["obstructions"].iloc[0]
    assert (thing["kind"], thing["radius_m"]) == ("tree", 0.0)
    assert thing.geometry.coords[0] == pytest.approx((40.0, 1.0))
    assert site.layers["entrances"].geometry.iloc[0].length == pytest.approx(6.0)
    assert {n.code for n in site.notes} >= {"unit_found", "cad_gaps_joined", "cad_symbols"}


# --- rows that a drawing carries -----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "东门", "<script>", "=1+1", "a\nb\x00", "🚒" * 400, "\\U+4E00%%d{x}^J", "中" * 500, "\ud800"])
def test_what_is_carried_comes_back(text):
    """Printable ASCII, at most 255 bytes a piece, at most 16 KB an entity; and nothing is lost."""
    row = {"id": text, "name": text, "kind": text, "radius_m": 0.1 + 0.2, "removable": np.bool_(True),
           "top_m": float("inf"), "width_m": float("nan"), "text": None}  # fmt: skip
    tags = carried("obstructions", shapely.Point(0, 0), row).tags(3, 2)
    values = [value for _, value in tags]
    assert all(re.fullmatch(r"[ -~]*", value) and len(value) <= 250 for value in values)
    assert sum(map(len, values)) < 16000
    told = found(values)
    whole = text.encode("utf-8", "replace").decode()
    assert (told.layer, told.shape, told.part, told.ring) == ("obstructions", "point", 3, 2)
    assert told.columns == {"id": whole, "name": whole, "kind": whole, "radius_m": 0.1 + 0.2, "removable": True}


@pytest.mark.parametrize(
    "values",
    [None, (), ("mark", "box-1"), (MARK, "roads", "polygon 0 0"), (MARK, "roads", "polygon x 0", "%7B%7D"),
     (MARK, "roads", "polygon 0", "%7B%7D"), (MARK, "roads", "polygon 0 0", "%FF"), (MARK, "roads", "polygon 0 0", "[1]"),
     (MARK, "roads", "polygon 0 0", "zlib:AAAA"), (MARK, "roads", "polygon 0 0", "zlib:é")],
)  # fmt: skip
def test_damaged_data_is_none_of_ours(values):
    assert found(values) is None


def test_obstructions_found_by_name_alone_are_no_survey(tmp_path):
    """A plan that shows a wall beside the road does not say that nothing hangs over it."""
    from dxf_by_hand import Drawing

    from firelane import audit, read_site
    from firelane.site.save import write_site

    d = Drawing(insunits=6)
    d.box("道路", 0, 0, 80, 6)
    d.line("围墙", (0, 20), (80, 20))
    plan = d.write(tmp_path / "plan.dxf")

    def height_of(site):
        found = audit(site, remedies=False).findings
        return {f.verdict.value for f in found if f.rule_id in ("sy2020-14-clear-height", "sy2020-10-obstruction")}

    site = read_site(plan)
    assert not site.complete("obstructions")
    assert height_of(site) == {"not_measured"}
    write_site(site, tmp_path / "saved")
    assert height_of(read_site(tmp_path / "saved")) == {"not_measured"}
    (tmp_path / "plan.site.toml").write_text('[[layers.obstructions]]\nfrom = "围墙"\nset = { kind = "wall" }\n', "utf-8")
    declared = read_site(plan)
    assert declared.complete("obstructions")
    assert height_of(declared) == {"pass"}
