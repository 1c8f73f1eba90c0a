"""Names that attack: the run finishes, files stay where they belong, and every cell is inert."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser

import ezdxf
import geopandas as gpd
import openpyxl
import pytest
from command import run, snapshot
from site_scenes import LineString, Point, box
from written_sites import table, write_site

HOSTILE = (
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "-2+3", "\t=1+1", "＝1+1", "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>", "{{7*7}}", "{% raw %}", "${7*7}", "%%d%%c%%u", "\\P\\S1^2;\\A1;{\\fArial|b1;x}",
    "%s%n%x", "'; DROP TABLE roads; --", "../../etc/passwd", "a\x00b\x1b[31m", "line\nbreak", "\u202eexe.gpj", "\u200f\u200e",
    "🚒🏽‍🚒", "x" * 5000, "con", "NUL.txt", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Return the results of a run in which every text of every layer attacks."""
    home = tmp_path_factory.mktemp("hostile")
    count = len(HOSTILE)
    site = write_site(
        home / "site",
        '[site]\nid = "../../=cmd|x"\nname = "<img src=x onerror=alert(3)>{{7*7}}%%d\\\\P"\n'
        'district = "=1+1"\nmanager = "</script>"\nmanager_kind = "unit"\n',
        roads=table(box(0, 0, 120, 6), id=["=R1</script>"], name=["\\P{{1}}"], kerb=["no"]),
        entrances=table(
            LineString([(0, 0), (0, 6)]), LineString([(120, 0), (120, 6)]), id=["=E1", "<b>E2"], name=["@E", "%%d"]
        ),
        obstructions=table(
            *(Point(5 + 4 * n, 3) for n in range(count)), id=[f"{n}{text}" for n, text in enumerate(HOSTILE[:-1])] + ["=O"],
            name=list(HOSTILE), kind=["bollard"] * count, radius_m=[0.2] * count,
        ),
        buildings=table(box(10, 8, 30, 20), id=["=B1"], name=["<script>alert(4)</script>"]),
        signs=table(Point(60, 7), id=["=S1"], kind=["sign"], text=["{{7*7}}<img src=x onerror=alert(5)>"]),
        kerbs=table(LineString([(0, 0), (120, 0)]), id=["+K1"]),
    )  # fmt: skip
    before = snapshot(home)
    done = run("run", site, "-o", home / "out", "--lang", "zh")
    return home, before, done


def test_the_run_finishes_and_writes_nothing_elsewhere(result):
    home, before, done = result
    assert (done.code, done.err) == (0, "")
    after = snapshot(home)
    new = set(after) - set(before)
    assert {name.split("/")[0] for name in new} == {"out"}
    assert {n: after[n] for n in before} == before
    assert "\x1b" not in done.out
    assert "\x00" not in done.out


def test_no_cell_of_a_csv_is_a_formula(result):
    home, _, _ = result
    for name in ("findings.csv", "setting_out.csv"):
        with (home / "out" / name).open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        assert len(rows) > 10
        for cell in (cell for row in rows for cell in row):
            number = re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)
            assert number or not cell.lstrip(" ").startswith(FORMULA), f"{name}: {cell!r}"


def test_no_cell_of_the_workbook_is_a_formula(result):
    home, _, _ = result
    book = openpyxl.load_workbook(home / "out" / "quantities.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > 100
    assert {cell.data_type for cell in cells} <= {"s", "n"}


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.handlers = [], []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_the_page_holds_no_tag_of_theirs(result):
    """In a browser it is proven by the map's own tests; here nothing of theirs becomes markup."""
    home, _, _ = result
    text = (home / "out" / "map.html").read_text("utf-8")
    tags = _Tags()
    tags.feed(text)
    assert "img" not in tags.found
    assert tags.handlers == []
    assert "alert(2)</script>" not in text


def test_the_drawing_is_sound_and_shows_names_as_they_are(result):
    home, _, _ = result
    drawing = ezdxf.readfile(home / "out" / "markings.dxf")
    assert not drawing.audit().errors
    for entity in drawing.entitydb.values():
        if entity.dxftype() == "MTEXT":
            assert "{{" not in entity.text
            assert "%%d" not in entity.text
        if entity.dxftype() in ("TEXT", "ATTRIB"):
            assert "%%d" not in entity.dxf.text.lower()


def test_json_geojson_and_geopackage_hold_the_names(result):
    home, _, _ = result
    audit = json.loads((home / "out" / "audit.json").read_text("utf-8"))
    owners = {owner for finding in audit["findings"] for owner in finding["owners"]}
    assert "0=cmd|' /C calc'!A0" in owners
    assert audit["site"]["id"] == "../../=cmd|x"
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", json.dumps(audit, ensure_ascii=False))
    points = gpd.read_file(home / "out" / "results.gpkg", layer="findings")
    assert len(points) == len(audit["findings"])
    assert len(gpd.read_file(home / "out" / "findings.geojson")) == len(audit["findings"])


IDS = (
    "a/b\\c", "../../../up", "..", "/etc/absolute", "C:\\Windows", "a\x00b", "line\nbreak", "x" * 5000, "con", "aux.txt",
    "🚒", "\u202egpj.exe", "\u200f", " ", ".hidden", "-rf", "~", "$HOME", "三好街 12号", "a:b*c?d<e>f|g",
)  # fmt: skip


@pytest.mark.parametrize("site_id", IDS, ids=lambda text: ascii(text)[:24])
def test_the_default_folder_stays_inside_out_whatever_the_id(tmp_path, monkeypatch, site_id):
    """Reading and the choice of the folder are real; the work in between is not what is tested."""
    site = write_site(tmp_path / "inputs" / "site", f"[site]\nid = {json.dumps(site_id, ensure_ascii=False)}\n")
    (tmp_path / "home" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home" / "here")

    def stop(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("firelane.run.audit", stop)
    assert run("run", site).code == 130
    [made] = (tmp_path / "home" / "here").iterdir()
    assert made.name == "out"
    [folder] = made.iterdir()
    assert folder.is_dir()
    assert len(folder.name.encode()) <= 120
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\u202e]', folder.name)
    assert not folder.name.startswith((".", " ")) or folder.name == "unnamed"
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == ["here"]
