"""Shards to a city: the same bytes in any order, every site in every total, a lost shard told and never fatal."""

import csv
import io
import json
import math
import random
import shutil
from collections import Counter
from importlib import resources

import geopandas as gpd
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
import pytest
from city_shards import DISTRICTS, make_city

from firelane.batch import city as city_module
from firelane.batch.city import write_city
from firelane.batch.model import Failure, FailureKind, Outcome, Settings, Task
from firelane.batch.shard import shard_path
from firelane.batch.standing import rules_hash
from firelane.rules import load_rules

TABLES = ("sites.parquet", "findings.parquet", "sites.csv", "failed.csv", "summary.json")
SITES, FINDINGS = 130, 40


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("city")
    return out, make_city(out, SITES, FINDINGS)


@pytest.fixture(scope="module")
def city(made):
    out, what = made
    return write_city(what.tasks, what.outcomes, out, settings=Settings(), extras=False)


@pytest.fixture(scope="module")
def summary(made, city):
    return json.loads((made[0] / "summary.json").read_text("utf-8"))


def frame(made, name):
    return gpd.read_parquet(made[0] / name)


def test_the_files_are_there_and_nothing_else_of_the_merge(made, city):
    out, _ = made
    assert {p.name for p in out.iterdir()} == {*TABLES, "city.gpkg", "shards"}
    assert {p.name for p in city.files} == {*TABLES, "city.gpkg"}
    assert city.lost == ()


def test_every_site_of_the_source_is_in_the_table_once(made, city):
    _, what = made
    table = frame(made, "sites.parquet")
    assert sorted(table["site_id"]) == sorted(t.site_id for t in what.tasks)
    status = Counter(table["status"])
    failed = sum(not o.done for o in what.outcomes.values())
    assert status == {"done": len(what.outcomes) - failed, "failed": failed, "not_run": SITES - len(what.outcomes)}
    assert failed
    assert status["not_run"]
    # What was not measured is empty, not nought.
    undone = table[table["status"] != "done"]
    assert undone[["lane_length_m", "fails", "quality", "rank", "verdict"]].isna().all(axis=None)


def test_totals_are_those_of_the_findings_themselves(made, city, summary):
    findings, totals = frame(made, "findings.parquet"), summary["totals"]
    assert totals["findings"] == len(findings) == FINDINGS * totals["done"]
    assert totals["findings_by_verdict"] == {v: int((findings["verdict"] == v).sum()) for v in totals["findings_by_verdict"]}
    failing = findings[(findings["verdict"] == "fail") & (findings["severity"] == "mandatory")]
    assert totals["mandatory_fails"] == len(failing)
    assert totals["subjects_failed"] == len(failing[["site_id", "subject"]].drop_duplicates())
    assert totals["sites"] == totals["done"] + totals["failed"] + totals["not_run"] == SITES
    assert sum(totals["sites_by_verdict"].values()) == totals["done"]
    assert sum(totals["quality"].values()) == SITES
    for row in summary["by_rule"]:
        mine = findings[findings["rule_id"] == row["rule_id"]]
        assert row["findings"] == len(mine)
        bad = mine[mine["verdict"] == "fail"]
        assert row["sites_failed"] == bad["site_id"].nunique()
        assert row["subjects_failed"] == len(bad[["site_id", "subject"]].drop_duplicates())
    assert sum(r["findings"] for r in summary["by_article"]) == len(findings)


def test_lengths_are_exact_sums_over_the_lanes(made, city, summary):
    lanes = pyogrio.read_dataframe(made[0] / "city.gpkg", layer="lanes", read_geometry=False)
    totals = summary["totals"]
    assert totals["lane_length_m"] == pytest.approx(math.fsum(lanes["length_m"]), abs=6e-4)
    for verdict, length_m in totals["length_by_verdict_m"].items():
        mine = lanes.loc[lanes["verdict"] == verdict, "length_m"]
        assert length_m == pytest.approx(math.fsum(mine), abs=6e-4)
    parts = [row["lane_length_m"] for row in summary["by_district"]]
    assert math.fsum(parts) == pytest.approx(totals["lane_length_m"], abs=1e-3 * len(parts))


def test_groups_hold_every_site(summary, city):
    for key in ("by_district", "by_manager"):
        for column in ("sites", "done", "failed", "not_run", "fails" if key == "" else "lanes"):
            assert sum(row[column] for row in summary[key]) == summary["totals"][column]
    assert [row["district"] for row in summary["by_district"]] == sorted(DISTRICTS)


def test_the_least_width_is_the_least_of_all_and_says_where(made, city, summary):
    findings = frame(made, "findings.parquet")
    widths = findings[findings["quantity"] == "clear_width"]
    told = summary["totals"]["min_clear_width"]
    assert told["value_m"] == widths["value"].min()
    site = frame(made, "sites.parquet").set_index("site_id").loc[told["site_id"]]
    assert told["lane_id"] == site["min_width_lane_id"]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_bytes_in_whatever_order_and_place(made, city, tmp_path, seed):
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "elsewhere" / "shards")
    order = list(what.tasks)
    random.Random(seed).shuffle(order)
    outcomes = [what.outcomes[t.site_id] for t in reversed(order) if t.site_id in what.outcomes]
    write_city(order, outcomes, tmp_path / "elsewhere", settings=Settings(), extras=False)
    for name in TABLES:
        assert (tmp_path / "elsewhere" / name).read_bytes() == (out / name).read_bytes(), name


def test_seconds_and_memory_of_the_run_change_nothing(made, city, tmp_path):
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "shards")
    slower = [Outcome(o.site_id, o.failure, "other", o.shard_sha256, 99.0, 98.0, 512.0, "host:1") for o in what.outcomes.values()]
    write_city(what.tasks, slower, tmp_path, settings=Settings(timeout_s=5.0, memory_mb=100), extras=False)
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_a_window_reads_what_a_full_read_finds_and_leaves_groups_out(tmp_path, monkeypatch):
    monkeypatch.setattr("firelane.batch.parquet.ROWS_OF_GROUP", 256)
    what = make_city(tmp_path, 60, 60, lanes=2, troubles=False)
    write_city(what.tasks, what.outcomes, tmp_path, settings=Settings(), extras=False)
    window = (123.40, 41.80, 123.44, 41.84)
    path = tmp_path / "findings.parquet"
    everything = gpd.read_parquet(path)
    inside = everything.cx[window[0] : window[2], window[1] : window[3]]
    assert len(inside) > 20
    assert sorted(gpd.read_parquet(path, bbox=window)["finding_id"]) == sorted(inside["finding_id"])
    file = pq.ParquetFile(path)
    geo = json.loads(file.schema_arrow.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    names = [file.metadata.schema.column(n).path for n in range(file.metadata.num_columns)]
    touched = 0
    for n in range(file.num_row_groups):
        group = file.metadata.row_group(n)
        low_x, high_x, low_y, high_y = (
            getattr(group.column(names.index(f"bbox.{name}")).statistics, end)
            for name, end in (("xmin", "min"), ("xmax", "max"), ("ymin", "min"), ("ymax", "max"))
        )
        touched += low_x <= window[2] and high_x >= window[0] and low_y <= window[3] and high_y >= window[1]
    assert file.num_row_groups > 10
    assert touched <= file.num_row_groups / 2  # the window is a 25th of the area
    boxes = everything[everything.geometry.notna()]
    assert (boxes.geometry.x == boxes["lon"]).all()


def test_unplaced_sites_are_counted_with_null_geometry_and_last(made, city, summary):
    findings, sites = frame(made, "findings.parquet"), frame(made, "sites.parquet")
    nowhere = sites[(sites["status"] == "done") & ~sites["placed"].astype(bool)]
    assert len(nowhere) == summary["totals"]["unplaced"] > 0
    mine = findings[findings["site_id"].isin(nowhere["site_id"])]
    assert mine.geometry.isna().all()
    assert len(mine) == FINDINGS * len(nowhere)
    assert sites["lon"].isna().to_numpy()[-len(nowhere) :].all()
    assert "unplaced" in {note["code"] for note in summary["notes"]}


@pytest.mark.parametrize("how", ["missing", "damaged", "other", "empty"])
def test_a_lost_shard_is_told_and_its_site_is_not_run(made, tmp_path, how):
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "shards")
    victim = next(t for t in what.tasks if t.site_id in what.outcomes and what.outcomes[t.site_id].done)
    other = next(t for t in reversed(what.tasks) if t.site_id in what.outcomes and what.outcomes[t.site_id].done)
    path = shard_path(tmp_path, victim)
    if how == "missing":
        path.unlink()
    elif how == "damaged":
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif how == "other":
        path.write_bytes(shard_path(tmp_path, other).read_bytes())
    else:
        path.write_bytes(b"")
    city = write_city(what.tasks, what.outcomes, tmp_path, settings=Settings(), extras=False)
    assert city.lost == (victim.site_id,)
    table = gpd.read_parquet(tmp_path / "sites.parquet").set_index("site_id")
    assert table.loc[victim.site_id, "status"] == "not_run"
    assert city.summary["totals"]["not_run"] == SITES - len(what.outcomes) + 1


def test_a_shard_that_goes_bad_between_the_looks_costs_one_site(made, tmp_path, monkeypatch):
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "shards")
    victim = next(t for t in what.tasks if t.site_id in what.outcomes and what.outcomes[t.site_id].done)
    tables, calls = city_module._tables, []

    def spoilt(*args):
        if not calls:
            shard_path(tmp_path, victim).write_bytes(b"spoilt")
        calls.append(1)
        return tables(*args)

    monkeypatch.setattr(city_module, "_tables", spoilt)
    city = write_city(what.tasks, what.outcomes, tmp_path, settings=Settings(), extras=False)
    assert city.lost == (victim.site_id,)
    assert len(calls) == 2


def test_a_city_of_nothing_but_failures(tmp_path):
    task = Task("a", "/x", "a", failure=Failure(FailureKind.MISSING, "没有", "none"))
    city = write_city([task, Task("b", "/y", "b")], {}, tmp_path, settings=Settings(), extras=False)
    totals = city.summary["totals"]
    assert (totals["sites"], totals["done"], totals["failed"], totals["not_run"]) == (2, 0, 1, 1)
    assert totals["lane_length_m"] == 0.0
    assert totals["min_clear_width"] is None
    assert len(gpd.read_parquet(tmp_path / "findings.parquet")) == 0
    assert [row["kind"] for row in city.summary["failed_by_kind"]] == ["missing"]
    assert pyogrio.read_info(tmp_path / "city.gpkg", layer="lanes")["features"] == 0


def test_csv_is_safe_for_spreadsheets(made, city):
    out, what = made
    raw = (out / "sites.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert len(rows) == SITES
    assert raw.count(b"\r\n") >= SITES + 1
    assert not [v for row in rows for v in row.values() if v.startswith(("=", "+", "@", "\t"))]
    assert "'=1+1" in {row["name"] for row in rows}
    ranks = [int(row["rank"]) for row in rows if row["rank"]]
    assert ranks == list(range(1, len(ranks) + 1))
    failed = list(csv.DictReader(io.StringIO((out / "failed.csv").read_bytes().decode("utf-8-sig"), newline="")))
    assert Counter(row["status"] for row in failed) == {
        "failed": sum(not o.done for o in what.outcomes.values()), "not_run": SITES - len(what.outcomes),
    }  # fmt: skip
    assert all(row["failure_zh"] for row in failed if row["status"] == "failed")


def test_the_geopackage_holds_what_it_says(made, city):
    path = made[0] / "city.gpkg"
    sites, findings = frame(made, "sites.parquet"), frame(made, "findings.parquet")
    layers = dict(pyogrio.list_layers(path))
    assert layers == {"sites": "Point", "outlines": "Unknown", "findings": "Point", "lanes": "LineString"}
    read = pyogrio.read_dataframe(path, layer="sites")
    assert len(read) == SITES
    assert (read.geometry.isna() == read["lon"].isna()).all()
    shown = findings[findings["verdict"].isin(["fail", "indeterminate"])]
    found = pyogrio.read_dataframe(path, layer="findings")
    assert Counter(zip(found["site_id"], found["finding_id"], strict=True)) == Counter(
        zip(shown["site_id"], shown["finding_id"], strict=True)
    )
    done = sites[(sites["status"] == "done") & sites["placed"].fillna(value=False).astype(bool)]
    assert len(pyogrio.read_dataframe(path, layer="outlines")) == len(done)
    # Tools that trust the cached count read every row.
    assert pyogrio.read_info(path, layer="findings")["features"] == len(shown)


def test_worst_hundred_are_in_the_order_of_the_criteria(summary, city, made):
    worst = summary["worst"]
    assert [row["rank"] for row in worst] == list(range(1, len(worst) + 1))
    assert all(row["verdict"] == "fail" for row in worst[:20])
    steps = [math.floor(row["length_fail_m"] / 10) for row in worst if row["verdict"] == "fail"]
    assert steps == sorted(steps, reverse=True)
    assert all("待确认" in row["source"] for row in summary["ranking"])


def test_sites_of_a_row_group_stay_together(made, city):
    column = pq.read_table(made[0] / "findings.parquet", columns=["site_id"]).column("site_id")
    runs = pd.Series(column.to_pylist())
    starts = (runs != runs.shift()).sum()
    assert starts == pc.count_distinct(column).as_py()


def draws(monkeypatch, seen=None, broken=()):
    """Put quick pictures in the place of the real ones; those named in ``broken`` fail half-way."""
    def drawn(what, *names):
        def draw(desk, lang, *more):
            for name in names:
                (desk / name).parent.mkdir(exist_ok=True)
                (desk / name).write_text(what, "utf-8")
                if what in broken:
                    raise RuntimeError(f"no {what}")
            if seen is not None:
                seen.append((what, sorted(p.name for p in desk.iterdir() if not p.name.startswith(".")), lang, *more))
        return draw

    from firelane.batch import city_book, city_charts, city_map

    monkeypatch.setattr(city_map, "write_map", drawn("map", "city_map.html"))
    monkeypatch.setattr(city_charts, "write_charts", drawn("charts", "charts/a.png", "city_charts.pdf"))
    monkeypatch.setattr(city_book, "write_book", drawn("book", "city.xlsx"))


PICTURES = {"map": ["city_map.html"], "charts": ["charts/a.png", "city_charts.pdf"], "book": ["city.xlsx"]}


@pytest.mark.parametrize("broken", [("map",), ("charts",), ("book",), ("map", "book")])
def test_a_picture_that_fails_costs_neither_a_table_nor_the_others(made, city, tmp_path, monkeypatch, broken):
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "shards")
    draws(monkeypatch)
    write_city(what.tasks[:-1], what.outcomes, tmp_path, settings=Settings())
    draws(monkeypatch, broken=broken)
    with pytest.raises(RuntimeError, match=f"no {broken[0]}"):
        write_city(what.tasks, what.outcomes, tmp_path, settings=Settings())
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name
    for drawn, names in PICTURES.items():  # what failed is gone, its older likeness too: it showed one site less
        assert all((tmp_path / name).exists() == (drawn not in broken) for name in names), drawn


def test_without_pictures_none_of_an_older_city_stays(made, city, tmp_path, monkeypatch):
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "shards")
    draws(monkeypatch)
    write_city(what.tasks, what.outcomes, tmp_path, settings=Settings())
    assert (tmp_path / "charts" / "a.png").is_file()
    write_city(what.tasks, what.outcomes, tmp_path, settings=Settings(), extras=False)
    assert {p.name for p in tmp_path.iterdir()} == {*TABLES, "city.gpkg", "shards"}


def test_map_charts_and_workbook_are_drawn_from_the_finished_tables(made, city, tmp_path, monkeypatch):
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "shards")
    seen = []
    draws(monkeypatch, seen)
    drawn = write_city(what.tasks, what.outcomes, tmp_path, settings=Settings(lang="en"))
    assert [(what, lang) for what, _, lang, *_ in seen] == [("map", "en"), ("charts", "en"), ("book", "en")]
    assert {*TABLES, "city.gpkg"} <= set(seen[0][1])
    assert (seen[0][3], [rule.rule_id for rule in seen[2][3]]) == (None, [rule.rule_id for rule in load_rules()])
    assert tmp_path / "city_map.html" in drawn.files
    assert (tmp_path / "city_map.html").read_text("utf-8") == "map"


def test_a_rule_pack_is_known_by_its_name_and_content_not_by_its_place(made, city, summary, tmp_path, monkeypatch):
    """The same pack packaged, by an absolute and by a relative path: one digest, one summary."""
    out, what = made
    shutil.copytree(out / "shards", tmp_path / "shards")
    pack = tmp_path / "some where" / "Ours.toml"
    pack.parent.mkdir()
    pack.write_bytes(resources.files("firelane.rules").joinpath("shenyang-2020.toml").read_bytes())
    monkeypatch.chdir(pack.parent)
    digests = set()
    for name in ("shenyang-2020", str(pack), "Ours.toml"):
        settings = Settings(rules=(name,))
        digests.add(settings.digest(rules_hash(settings.rules)))
        write_city(what.tasks, what.outcomes, tmp_path, settings=settings, extras=False)
        assert (tmp_path / "summary.json").read_bytes() == (out / "summary.json").read_bytes()
    assert len(digests) == 1
    assert summary["settings"]["rules"] == ["shenyang-2020"]
    pack.write_text(pack.read_text("utf-8").replace("threshold = 4.0", "threshold = 4.5"), "utf-8")
    assert Settings(rules=(str(pack),)).digest(rules_hash([str(pack)])) not in digests
    write_city(what.tasks, what.outcomes, tmp_path, settings=Settings(rules=(str(pack),)), extras=False)
    other = json.loads((tmp_path / "summary.json").read_text("utf-8"))["settings"]
    assert other["rules"] == ["shenyang-2020"]
    assert other["rules_sha256"] == rules_hash([str(pack)]) != summary["settings"]["rules_sha256"]
