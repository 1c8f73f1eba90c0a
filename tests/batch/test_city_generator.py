"""The generated city: what is known of it is what an audit finds, and it is the same every time."""

from __future__ import annotations

import csv
import hashlib
import stat
import sys
import time
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import firelane
from firelane.errors import FirelaneError

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "city"))

from city_check import differences
from city_files import write_site
from city_names import DISTRICTS
from city_poison import HOSTILE, POISONS, SOUND
from city_sites import city, district
from city_write import manifest_row, read_truth, write_city
from make import main


def found_in(made, folder):
    """Return how an audit of a written district differs from what is known of it."""
    audit = firelane.audit(firelane.read_site(write_site(made, folder)), remedies=False)
    return differences(made.truth, audit.findings)


@pytest.mark.parametrize("mess", [0.0, 1.0])
@pytest.mark.parametrize("index", range(10))
def test_an_audit_finds_what_is_known_and_nothing_else(index, mess, tmp_path):
    assert found_in(district(index, 7, "tiny", mess), tmp_path / "s") == []


@pytest.mark.parametrize(("index", "mess"), [(0, 1.0), (1, 0.0), (4, 1.0), (9, 0.5), (12, 1.0)])
def test_small_districts_too_painted_ones_among_them(index, mess, tmp_path):
    assert found_in(district(index, 7, "small", mess), tmp_path / "s") == []


def test_what_is_not_known_or_not_found_is_told(tmp_path):
    made = next(d for d in city(40, 7, "tiny") if d.truth)
    audit = firelane.audit(firelane.read_site(write_site(made, tmp_path / "s")), remedies=False)
    first = made.truth[0]
    assert differences(made.truth[1:], audit.findings)
    wrong = replace(first, value=(first.value or 0.0) + 0.002)
    assert any(line.startswith("not found") for line in differences((wrong, *made.truth[1:]), audit.findings))
    assert differences((replace(first, owner="nobody"), *made.truth[1:]), audit.findings)


@pytest.mark.slow
def test_hundred_and_fifty_mixed_districts_hold_what_is_known(tmp_path):
    wrong, seen, n = {}, 0, 0
    while seen < 150:
        made = district(n, 11, "mixed", (0.0, 0.5, 1.0)[n % 3])
        n += 1
        if made.vertices > 900 and n % 8:  # the large ones are for benchmarks: an eighth of them is enough here
            continue
        seen += 1
        told = found_in(made, tmp_path / made.site_id)
        if told:
            wrong[made.site_id, made.plan, made.dress.form] = told
    assert wrong == {}


def test_a_third_and_more_are_clean_and_every_violation_occurs():
    made = list(city(160, 7, "small"))
    clean = sum(d.clean for d in made)
    assert 40 < clean < 100
    rules = Counter(t.rule_id for d in made for t in d.truth)
    assert {
        "sy2020-14-clear-width", "sy2020-14-clear-height", "sy2020-10-obstruction", "sy2020-10-gate", "sy2020-14-parking",
        "sy2020-13-3-grid", "sy2020-13-3-grid-text", "sy2020-9-condition",
    } <= set(rules)  # fmt: skip
    assert {t.verdict for d in made for t in d.truth} == {"fail", "indeterminate", "not_measured"}
    assert len({d.plan for d in made}) == 6
    assert {d.district for d in made} <= set(DISTRICTS)
    assert {d.manager_kind for d in made} == {"property_company", "street_office", "unit", ""}
    assert any("fire_lanes" in d.layers for d in made)


def test_widths_are_told_to_the_millimetre_and_off_the_limit():
    for made in city(80, 3, "tiny"):
        for t in made.truth:
            if t.value is not None:
                assert t.value == round(t.value, 3)
                doubt = made.accuracy_m or 0.0
                assert (abs(t.value - 4.0) <= doubt) == (t.verdict == "indeterminate") or t.value > 4.0


@pytest.mark.parametrize(
    ("size", "low", "high"), [("tiny", 120, 800), ("small", 350, 2500), ("mixed", 120, 25_000), ("5k", 4500, 7500)]
)
def test_sizes(size, low, high):
    vertices = sorted(d.vertices for d in city({"tiny": 60, "small": 40, "mixed": 40, "5k": 8}[size], 7, size))
    assert low <= vertices[0]
    assert vertices[-1] <= high
    if size == "tiny":
        assert vertices[len(vertices) * 9 // 10] <= 320
    if size == "mixed":
        assert vertices[-1] > 8 * vertices[0]


@pytest.mark.parametrize("size", ["tiny", "small", "mixed", "5k"])
def test_no_two_districts_overlap(size):
    hulls = [shapely.GeometryCollection(d.layers["roads"].geometry + d.layers["buildings"].geometry).convex_hull
             for d in city(120 if size == "tiny" else 30, 7, size)]  # fmt: skip
    left, right = shapely.STRtree(hulls).query(hulls, predicate="intersects")
    assert [(a, b) for a, b in zip(left, right, strict=True) if a < b] == []
    middle = gpd.GeoSeries(hulls, crs="EPSG:4550").to_crs(4490).union_all().centroid
    assert middle.distance(shapely.Point(123.43, 41.80)) < 0.05


def test_a_district_is_the_same_in_every_city():
    [*_, third] = city(4, 7, "tiny", 1.0)
    assert repr(third) == repr(district(3, 7, "tiny", 1.0))
    assert repr(third) != repr(district(3, 8, "tiny", 1.0))


def test_mess_changes_the_files_and_nothing_that_is_true():
    def told(d):
        return sorted((t.rule_id, t.verdict, t.value or 0.0, t.where, t.east or 0.0, t.north or 0.0) for t in d.truth)

    other = 0
    for index in range(60):
        tidy, messy = district(index, 7, "tiny", 0.0), district(index, 7, "tiny", 1.0)
        assert told(tidy) == told(messy)
        assert (tidy.name, tidy.district, tidy.lon, tidy.lat) == (messy.name, messy.district, messy.lon, messy.lat)
        other += tidy.dress != messy.dress
    assert other > 40
    forms = Counter(d.dress.form for d in city(60, 7, "tiny", 1.0))
    assert set(forms) == {"layered", "folder", "shapefile", "geopackage"}


def _content(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != ".gpkg"
    }  # fmt: skip


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_city(tmp_path / name, 16, seed=5, size="tiny", mess=1.0, poison=("unreadable", "hostile"))
    assert _content(tmp_path / "a") == _content(tmp_path / "b")
    assert any(name.endswith(".shp") for name in _content(tmp_path / "a"))
    # over the files of another seed or mess, nothing of those is left
    write_city(tmp_path / "c", 16, seed=5, size="tiny", mess=0.3, poison=("unreadable", "hostile"))
    write_city(tmp_path / "c", 16, seed=5, size="tiny", mess=1.0, poison=("unreadable", "hostile"))
    assert _content(tmp_path / "c") == _content(tmp_path / "a")


def test_the_manifest_and_the_truth_are_read_back(tmp_path):
    done = write_city(tmp_path, 30, seed=7, size="tiny", form="manifest")
    assert done.source == done.manifest
    with done.manifest.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    made = list(city(30, 7, "tiny"))
    assert [{k: str(v) for k, v in manifest_row(d, r["path"]).items()} for d, r in zip(made, rows, strict=True)] == rows
    assert all((tmp_path / r["path"]).is_dir() for r in rows)
    assert read_truth(done.truth) == [t for d in made for t in d.truth]
    told = tomllib.loads((tmp_path / rows[0]["path"] / "site.toml").read_text("utf-8"))
    assert told["site"]["id"] == rows[0]["id"] == done.site_ids[0]


def test_one_geopackage_holds_all_sites(tmp_path):
    done = write_city(tmp_path, 12, seed=7, size="tiny", form="geopackage")
    made = list(city(12, 7, "tiny"))
    assert done.source == tmp_path / "city.gpkg"
    for name in ("roads", "obstructions", "entrances"):
        table = gpd.read_file(done.source, layer=name)
        assert table.crs.to_epsg() == 4550
        for d in made:
            mine = table[table["site_id"] == d.site_id]
            assert list(mine["id"]) == [v["id"] for v in d.layers[name].rows]
            assert shapely.equals_exact(mine.geometry.to_numpy(), d.layers[name].geometry, tolerance=0).all()


@pytest.mark.parametrize("kind", [k for k in POISONS if k != "pipe"])
def test_poison_is_refused_or_sound(kind, tmp_path):
    done = write_city(tmp_path, 1, size="tiny", poison=(kind,))
    [(_, site_id)] = done.poisoned
    folder = tmp_path / "sites" / site_id
    if kind in SOUND:
        audit = firelane.audit(firelane.read_site(folder), remedies=False)
        assert audit.site.name in {name[:500] for name in HOSTILE}
        return
    with pytest.raises(FirelaneError):
        firelane.audit(firelane.read_site(folder), remedies=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_the_pipe_is_a_pipe(tmp_path):
    write_city(tmp_path, 0, size="tiny", poison=("pipe",))
    [file] = (tmp_path / "sites").rglob("site.geojson")
    assert stat.S_ISFIFO(file.stat().st_mode)


def test_command_line(tmp_path, capsys):
    assert main([str(tmp_path / "c"), "--sites", "3", "--seed", "9", "--size", "tiny", "--as", "manifest", "--poison", "empty"]) == 0
    assert capsys.readouterr().out.startswith("4 sites, ")
    assert sorted(p.name for p in (tmp_path / "c" / "sites").iterdir()) == [
        "SY09-000000", "SY09-000001", "SY09-000002", "poison-00-empty",
    ]  # fmt: skip
    for wrong in (["--as", "geopackage", "--poison", "empty"], ["--mess", "2"], ["--sites", "-1"]):
        with pytest.raises(SystemExit) as stop:
            main([str(tmp_path / "d"), *wrong])
        assert stop.value.code == 2
    with pytest.raises(ValueError, match="poison"):
        write_city(tmp_path / "e", 1, poison=("arsenic",))


def test_thirty_tiny_districts_take_less_than_a_second_of_the_processor(tmp_path):
    best = float("inf")
    for n in range(3):
        began = time.process_time()
        write_city(tmp_path / str(n), 30, seed=n, size="tiny")
        best = min(best, time.process_time() - began)
    assert best < 1.0
