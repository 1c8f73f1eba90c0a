"""``firelane batch``: codes, options, what is done again, sources, languages, and what is said."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import time
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from batch_city import ended, family, start, until
from batch_scenes import CITY_FILES, HereEngine, city_bytes, ledger_of, log_of
from command import run, snapshot
from written_sites import ROAD, narrowed, table, write_site

from firelane.batch.pool import LocalEngine

HERE = Path(__file__).parents[2]
CITY = {
    "batch.log.jsonl", "batch.lock", "charts", "city.gpkg", "city.xlsx", "city_charts.pdf", "city_map.html", "ledger.sqlite",
    "shards", "sites", *CITY_FILES,
}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What an operating system, a scratch folder or Python calls things; nothing of it is for a reader.
INNER = re.compile(r"/\.scratch|\.city-|firelane-\w{6,}|/tmp\w{8}\b|\b0x[0-9a-f]{6,}|Traceback|File \"|\bpid\b|\x1b|\r")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Sites are done in this process, one after the other: workers of their own have their own tests. Return the engine."""
    engines = []

    def made(*_, **__):
        engines.append(HereEngine())
        return engines[-1]

    monkeypatch.setattr("firelane.batch.pool.LocalEngine", made)
    return engines


@pytest.fixture
def plain(monkeypatch):
    """Without the city's map, charts and workbook, which take longer than small sites."""
    monkeypatch.setattr("firelane.batch.city._extras", lambda *_: None)


def old(*folders):
    """Let files look as if they were written long ago: their times are then trusted."""
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            os.utime(path, (1.7e9, 1.7e9))


def batch(*words, lang="en"):
    """Run it, look over what it says, return it."""
    done = run("batch", *words, "--lang", lang)
    assert not INNER.search(done.out + done.err), done.out + done.err
    return done


audited = partial(batch, "--what", "audit", "--no-remedies")


def begun(here):
    """Return the ids of the sites that the last run did."""
    return sorted(here[-1].begun)


def summary(out):
    return json.loads((out / "summary.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A narrow site, a wide one, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("source") / "districts"
    narrowed(folder / "narrow", '[site]\nname = "窄巷小区"\ndistrict = "和平区"\n')
    write_site(folder / "wide")
    (folder / "bad").mkdir()
    (folder / "bad" / "site.gpkg").write_bytes(b"SQLite format 3\0 no")
    old(folder)
    return folder


@pytest.fixture
def city(three, tmp_path):
    """A copy of them to be changed, without the one that cannot be read."""
    folder = Path(shutil.copytree(three, tmp_path / "districts"))
    shutil.rmtree(folder / "bad")
    old(folder)
    return folder


# --------------------------------------------------------------------------------------------- codes


def test_everything_is_written_and_a_site_that_failed_is_4(three, tmp_path):
    out = tmp_path / "city"
    done = run("batch", three, "-o", out, "--lang", "en", "--fail-on", "violation")
    assert done.code == 4
    assert {p.name for p in out.iterdir()} == CITY
    assert {p.name for p in (out / "sites").iterdir()} == {"narrow", "wide"}
    assert {"audit.json", "findings.csv", "map.html"} <= {p.name for p in (out / "sites" / "narrow").iterdir()}
    assert "3 sites: 2 done, 1 could not be done, 0 not run yet (3 in this run, 0 kept)" in done.out
    assert "✗ bad: cannot be read – " in done.out
    assert "1. 窄巷小区 (narrow)" in done.out
    assert str(out) in done.out
    # The failure is told at once as well, among the lines for who is not at a terminal.
    assert "✗ bad: cannot be read – " in done.err
    assert "doing the sites: " in done.err
    assert "ended: 3/3, 1 failed" in done.err
    assert not INNER.search(done.out + done.err)
    assert str(tmp_path) not in done.out.replace(str(out), "")
    assert summary(out)["totals"]["failed"] == 1
    assert summary(out)["worst"][0]["map"] == "sites/narrow/map.html"


@pytest.mark.usefixtures("plain")
def test_0_and_1_where_every_site_is_done(city, tmp_path):
    assert audited(city, "-o", tmp_path / "a").code == 0
    again = audited(city, "-o", tmp_path / "a", "--fail-on", "violation")
    assert again.code == 1
    assert "2 sites: 2 done, 0 could not be done, 0 not run yet (0 in this run, 2 kept)" in again.out
    shutil.rmtree(city / "narrow")
    assert audited(city, "-o", tmp_path / "a", "--fail-on", "violation").code == 0


@pytest.mark.parametrize(
    ("words", "en", "zh"),
    [
        (("{top}/none", "-o", "{top}/out"), "no such file", "没有此文件"),
        (("{top}/empty", "-o", "{top}/out"), "no site", "没有"),
        (("{top}/notes.txt", "-o", "{top}/out"), ".txt", ".txt"),
        (("{top}/paths.csv", "-o", "{top}/out"), "path", "path"),
        (("{top}/one", "-o", "{top}/notes.txt"), "notes.txt", "notes.txt"),
        (("{top}/one", "-o", "{top}/notes.txt/out"), "notes.txt", "notes.txt"),
        (("{top}/one", "-o", "{top}/out", "--rules", "atlantis"), "atlantis", "atlantis"),
        (("{top}/one", "-o", "{top}/out", "--only", "nobody"), "--only nobody: there is no such site", "--only nobody：没有此场地"),
        (("{top}/one", "-o", "{top}/out", "--cluster", "tcp://127.0.0.1:1", "--workers", "2"), "--workers is for this machine", "仅用于本机"),
        (("s3://bucket/city", "-o", "{top}/out"), "the source of a batch lies on a disk", "须在本机磁盘上"),
        (("{top}/one", "-o", "{top}/out", "--extract", "nobody"), "no site of the source is called", "没有名为"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_2_in_both_languages(words, en, zh, tmp_path, three, here):
    shutil.copytree(three / "wide", tmp_path / "one")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "paths.csv").write_text("id,name\n1,a\n")
    words = [word.format(top=tmp_path) for word in words]
    for lang, said in (("en", en), ("zh", zh)):
        refused = batch(*words, lang=lang)
        assert refused.code == 2
        assert said in refused.err
        assert refused.out == ""
        last = [line for line in refused.err.splitlines() if "looking for" not in line and "查找" not in line]
        assert last
        if lang == "zh":
            assert CHINESE.search("".join(last))
    assert all(engine.begun == [] for engine in here)
    assert not (tmp_path / "out" / "summary.json").exists()
    assert (tmp_path / "notes.txt").read_text() == "nothing"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--what", "audit,poster"), "audit, draw, map, report"), (("--what", ","), "name some of"), (("--memory", "10"), "256"),
        (("--timeout", "0"), "--timeout"), (("--workers", "0"), "--workers"), (("--by", "landuse"), "--by"),
        (("--margin", "-1"), "--margin"), (("--lang", "fr"), "--lang"),
    ],
)  # fmt: skip
def test_options_out_of_range_are_2(words, said, tmp_path):
    refused = run("batch", "x", "-o", tmp_path / "out", *words)
    assert refused.code == 2
    assert said in refused.err
    assert not (tmp_path / "out").exists()


def test_a_second_batch_into_the_same_folder_is_refused(city, tmp_path, here):
    from firelane.batch.ledger import locked

    out = tmp_path / "out"
    out.mkdir()
    with locked(out):
        refused = audited(city, "-o", out)
        chinese = audited(city, "-o", out, lang="zh")
    assert (refused.code, chinese.code) == (2, 2)
    assert f"another batch is writing into {out}" in refused.err
    assert "另一个批处理正在写入" in chinese.err
    assert here == []
    assert not (out / "sites").exists()


# --------------------------------------------------------------------------------------------- done again


@pytest.mark.usefixtures("plain")
def test_only_what_is_new_changed_or_lost_is_done_again(city, tmp_path, here):
    out = tmp_path / "out"
    assert audited(city, "-o", out).code == 0
    assert begun(here) == ["narrow", "wide"]
    first, when = city_bytes(out), times(out)

    assert audited(city, "-o", out).code == 0
    assert begun(here) == []
    assert city_bytes(out) == first

    # a changed site alone
    narrowed(city / "narrow", '[site]\nname = "改名小区"\ndistrict = "和平区"\n')
    assert "(1 in this run, 1 kept)" in audited(city, "-o", out).out
    assert begun(here) == ["narrow"]
    assert times(out)["wide"] == when["wide"]
    assert times(out)["narrow"] != when["narrow"]
    assert "改名小区" in (out / "sites.csv").read_text("utf-8")

    # its share of the tables is gone, then its folder
    old(city)
    audited(city, "-o", out)
    changed = city_bytes(out)
    [path.unlink() for path in (out / "shards").rglob("*.arrow")][:1]
    assert "(2 in this run, 0 kept)" in audited(city, "-o", out).out
    shutil.rmtree(out / "sites" / "wide")
    assert "(1 in this run, 1 kept)" in audited(city, "-o", out).out
    assert begun(here) == ["wide"]
    assert (out / "sites" / "wide" / "audit.json").exists()
    assert city_bytes(out) == changed

    # a new site
    write_site(city / "other")
    assert "3 sites: 3 done" in audited(city, "-o", out).out
    assert begun(here) == ["other"]

    # one that is gone leaves every table
    shutil.rmtree(city / "wide")
    gone = audited(city, "-o", out)
    assert gone.code == 0
    assert "2 sites: 2 done" in gone.out
    assert begun(here) == []
    assert "wide" not in (out / "sites.csv").read_text("utf-8")
    assert summary(out)["totals"]["sites"] == 2


@pytest.mark.usefixtures("plain")
def test_other_rules_parts_or_language_redo_all_and_limits_do_not(city, tmp_path, here, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out, rules = tmp_path / "out", tmp_path / "own.toml"
    source = HERE / "firelane" / "rules" / "gb55037.toml"
    rules.write_bytes(source.read_bytes())
    for words, done in (
        ((), 2), (("--timeout", "5", "--memory", "2000", "--workers", "1"), 0), (("--rules", f"shenyang-2020,{rules}"), 2),
        (("--rules", f"shenyang-2020,{rules}"), 0), (("--rules", "shenyang-2020,own.toml"), 0),
    ):  # fmt: skip
        audited(city, "-o", out, *words)
        assert len(begun(here)) == done, words
    assert summary(out)["settings"]["rules"] == ["shenyang-2020", "gb55037"]
    assert not any(b"own.toml" in (out / name).read_bytes() for name in CITY_FILES), "a pack is known by its own name"
    rules.write_bytes(source.read_bytes() + "# 修订\n".encode())
    audited(city, "-o", out, "--rules", f"shenyang-2020,{rules}")
    assert begun(here) == ["narrow", "wide"], "the content of a rule pack counts, not its name"
    audited(city, "-o", out, lang="zh")
    assert begun(here) == ["narrow", "wide"], "the files are in another language"


@pytest.mark.usefixtures("plain")
def test_what_the_register_says_is_put_beside_the_results_and_redoes_nothing(three, tmp_path, here):
    out, register = tmp_path / "out", tmp_path / "register.csv"
    register.write_text(f"id,path,district\nN1,{three / 'narrow'},沈河区\nW1,{three / 'wide'},和平区\n", "utf-8")
    audited(register, "-o", out)
    assert begun(here) == ["N1", "W1"]
    register.write_text(f"id,path,district,备注\nN1,{three / 'narrow'},沈河区,已整改\nW1,{three / 'wide'},铁西区,\n", "utf-8")
    assert "(0 in this run, 2 kept)" in audited(register, "-o", out).out
    told = {row["site_id"]: row for row in csv.DictReader(io.StringIO((out / "sites.csv").read_text("utf-8-sig"), newline=""))}
    assert (told["N1"]["attr_备注"], told["N1"]["district"], told["W1"]["district"]) == ("已整改", "沈河区", "铁西区")
    assert [row["district"] for row in summary(out)["by_district"]] == ["沈河区", "铁西区"]


@pytest.mark.usefixtures("plain")
def test_only_some_sites_and_tables_only(city, tmp_path, here):
    out = tmp_path / "out"
    write_site(city / "n2")
    first = audited(city, "-o", out, "--only", "wide")
    assert "3 sites: 1 done, 0 could not be done, 2 not run yet (1 in this run, 0 kept)" in first.out
    assert summary(out)["totals"]["not_run"] == 2
    audited(city, "-o", out, "--only", "n*", "--only", "wide")
    assert begun(here) == ["n2", "narrow", "wide"], "named, so done again"
    table_of = city_bytes(out)
    for name in CITY_FILES:
        (out / name).unlink()
    narrowed(city / "wide")
    told = audited(city, "-o", out, "--tables-only")
    assert here[-1].begun == []
    assert told.code == 0
    assert "3 sites: 2 done, 0 could not be done, 1 not run yet" in told.out, "what has changed since does not stand"
    shutil.rmtree(city / "wide")
    shutil.copytree(city.parent / "districts" / "n2", city / "wide")
    audited(city, "-o", out)
    assert set(city_bytes(out)) == set(table_of)


@pytest.mark.usefixtures("plain")
def test_tables_only_with_other_options_does_not_empty_the_city(city, tmp_path, here):
    out = tmp_path / "out"
    audited(city, "-o", out)
    before = city_bytes(out)
    refused = audited(city, "-o", out, "--tables-only", lang="zh")
    assert refused.code == 2
    assert "已完成的场地（2 个）使用的是其他选项" in refused.err
    assert "done with other options" in batch(city, "-o", out, "--what", "map", "--tables-only").err
    assert city_bytes(out) == before
    # Nor do a few sites with other options drive all others out of it.
    refused = audited(city, "-o", out, "--only", "wide", lang="zh")
    assert refused.code == 2
    assert "其余场地（1 个）" in refused.err
    assert "--lang" in refused.err
    assert city_bytes(out) == before
    assert begun(here) == []
    assert audited(city, "-o", out, "--only", "wide").code == 0


@pytest.mark.usefixtures("plain")
def test_each_part_is_written_and_no_other(city, tmp_path):
    shutil.rmtree(city / "narrow")
    for what, there, missing in (
        ("map", {"map.html"}, {"audit.json", "markings.dxf", "report.pdf"}),
        ("audit,draw", {"audit.json", "markings.dxf", "quantities.xlsx"}, {"map.html", "report.pdf", "markings.pdf"}),
        ("report", {"report.pdf"}, {"audit.json", "map.html"}),
    ):
        assert batch(city, "-o", tmp_path / what, "--what", what, "--no-remedies", "--quiet").code == 0
        names = {p.name for p in (tmp_path / what / "sites" / "wide").iterdir()}
        assert there <= names
        assert not missing & names
        assert summary(tmp_path / what)["settings"]["parts"] == what.split(",")


# --------------------------------------------------------------------------------------------- sources


def as_folder(top, three):
    return three, ["bad", "narrow", "wide"]


def as_csv(top, three):
    path = top / "清单.csv"
    with path.open("w", encoding="gb18030", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["编号", "路径", "名称", "行政区", "户数"])
        rows.writerows([["N1", three / "narrow", "窄巷", "沈河区", 12], ["W1", three / "wide", "宽街", "和平区", 30], ["X1", "nothing", "无", "", ""]])
    return path, ["N1", "W1", "X1"]


def as_xlsx(top, three):
    path = top / "list.xlsx"
    pd.DataFrame({"id": ["N1", "W1"], "path": [str(three / "narrow"), str(three / "wide")]}).to_excel(path, index=False)
    return path, ["N1", "W1"]


def as_parquet(top, three):
    path = top / "list.parquet"
    pd.DataFrame({"id": ["N1", "W1"], "path": [str(three / "narrow"), str(three / "wide")]}).to_parquet(path)
    return path, ["N1", "W1"]


def as_geopackage(top, three):
    path = top / "city.gpkg"
    roads = table(ROAD, ROAD, site_id=["a", "b"], id=["R1", "R1"])
    roads.to_file(path, layer="roads", driver="GPKG", engine="pyogrio")
    return path, ["a", "b"]


def as_extract(top, three):
    return HERE / "data" / "map_osm" / "heping.osm", ["way/-1001", "way/-1002"]


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("kind", [as_folder, as_csv, as_xlsx, as_parquet, as_geopackage, as_extract])
def test_every_kind_of_source(kind, three, tmp_path, here):
    source, ids = kind(tmp_path, three)
    done = audited(source, "-o", tmp_path / "out")
    failed = {"bad", "X1"} & set(ids)
    assert done.code == (4 if failed else 0), done.err
    told = list(csv.DictReader(io.StringIO((tmp_path / "out" / "sites.csv").read_text("utf-8-sig"), newline="")))
    assert sorted(row["site_id"] for row in told) == sorted(ids)
    assert {row["site_id"] for row in told if row["status"] == "failed"} == failed
    if kind is as_csv:
        assert {row["name"]: row["district"] for row in told} == {"窄巷": "沈河区", "宽街": "和平区", "无": ""}
        assert "✗ X1: not there" in done.out
    audited(source, "-o", tmp_path / "out")
    assert begun(here) == sorted({"bad"} & set(ids)), "only what failed is tried again"


@pytest.mark.parametrize(("lang", "said"), [("en", "input of the site: "), ("zh", "场地数据：")])
def test_an_extract_is_written_in_the_language_asked_for(three, tmp_path, monkeypatch, lang, said):
    asked = []
    monkeypatch.setattr("firelane.batch.extract_site", lambda *a, **named: asked.append(named["lang"]) or a[2])
    assert said in batch(three, "-o", tmp_path / "one", "--extract", "wide", lang=lang).out
    assert asked == [lang]


@pytest.mark.usefixtures("plain")
def test_one_site_of_a_geopackage_can_be_looked_into(three, tmp_path):
    source, _ = as_geopackage(tmp_path, three)
    audited(source, "-o", tmp_path / "out")
    told = batch(source, "-o", tmp_path / "one", "--extract", "b")
    assert told.code == 0
    assert str(tmp_path / "one") in told.out
    assert len(gpd.read_file(next((tmp_path / "one").rglob("*.gpkg")), layer="roads")) == 1
    assert run("audit", tmp_path / "one", "-o", tmp_path / "alone", "--no-remedies", "--quiet").code == 0
    for name in ("findings.csv", "findings.geojson"):
        assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "out" / "sites" / "b" / name).read_bytes()
    assert batch(source, "-o", tmp_path / "one", "--extract", "b").code == 2, "the folder is not empty any more"


@pytest.mark.usefixtures("plain")
def test_hostile_names_stay_names(three, tmp_path):
    names = ["=1+1", "<script>alert(1)<", "a\x1b[2J\x07b", "小区\u202egpj", "-rf", "x" * 200, "a;b,c\"d'"]
    for name in names:
        shutil.copytree(three / "wide", tmp_path / "in" / name)
    shutil.copytree(three / "bad", tmp_path / "in" / "坏\x1b[31m<b>\n二行")
    before = snapshot(tmp_path / "in")
    done = audited(tmp_path / "in", "-o", tmp_path / "out", lang="zh")
    assert done.code == 4
    assert f"共 {len(names) + 1} 个场地：完成 {len(names)}，未能完成 1" in done.out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", done.out + done.err)
    assert sum("✗" in line for line in done.out.splitlines()) == 1, "a name takes one line"
    assert snapshot(tmp_path / "in") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]
    told = list(csv.reader(io.StringIO((tmp_path / "out" / "sites.csv").read_text("utf-8-sig"), newline="")))
    assert {len(row) for row in told} == {len(told[0])}
    assert not [cell for row in told for cell in row if cell.startswith(("=", "+", "@"))]
    for line in (tmp_path / "out" / "batch.log.jsonl").read_text("utf-8").splitlines():
        json.loads(line)
        assert not re.search("[\x00-\x1f\x7f\u202a-\u202e]", line)


# --------------------------------------------------------------------------------------------- what is said


@pytest.mark.usefixtures("plain")
def test_the_console_speaks_one_language(three, tmp_path):
    english = audited(three, "-o", tmp_path / "en")
    chinese = audited(three, "-o", tmp_path / "zh", lang="zh")
    assert not CHINESE.search((english.out + english.err).replace("窄巷小区", ""))
    for line in (chinese.out + chinese.err).replace(str(tmp_path), "").splitlines():
        assert CHINESE.search(line), line
    for word in ("done", "sites:", "failed:", "verdict", "length"):
        assert word not in chinese.out + chinese.err
    for said in ("共 3 个场地：完成 2，未能完成 1，尚未处理 0（本次处理 3，沿用 0）", "最差的场地", "✗ bad：无法读取", "未测量"):
        assert said in chinese.out
    assert "逐个处理场地" in chinese.err
    assert summary(tmp_path / "zh")["totals"] == summary(tmp_path / "en")["totals"]


@pytest.mark.usefixtures("plain")
def test_quiet_is_silent_whatever_happens_to_sites(three, tmp_path):
    done = audited(three, "-o", tmp_path / "out", "--quiet")
    assert (done.code, done.out, done.err) == (4, "", "")
    refused = audited(tmp_path / "none", "-o", tmp_path / "out2", "--quiet")
    assert refused.code == 2
    assert "no such file" in refused.err


@pytest.mark.usefixtures("plain")
def test_an_engine_that_cannot_start_says_so_in_the_readers_language(three, tmp_path, monkeypatch):
    from firelane.errors import EngineError

    class Broken(HereEngine):
        def start(self):
            raise EngineError("the workers cannot start: no", "无法启动工作进程：无")

    monkeypatch.setattr("firelane.batch.pool.LocalEngine", lambda *_, **__: Broken())
    assert "the workers cannot start: no" in audited(three, "-o", tmp_path / "out").err
    told = audited(three, "-o", tmp_path / "out", lang="zh")
    assert told.code == 2
    assert "无法启动工作进程：无" in told.err


def test_a_system_that_gives_no_process_is_told(three, tmp_path, monkeypatch):
    from firelane.batch import pool

    def refuse(_):
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(pool, "LocalEngine", LocalEngine)
    monkeypatch.setattr(pool._Process, "start", refuse)
    for lang, said in (("en", "a worker process cannot be started: Resource"), ("zh", "无法启动工作进程：Resource")):
        told = audited(three, "-o", tmp_path / "out", lang=lang)
        assert told.code == 2
        assert said in told.err


@pytest.mark.usefixtures("plain")
def test_ctrl_c_in_this_process_is_130_and_says_that_it_can_go_on(three, tmp_path, monkeypatch, here):
    monkeypatch.setattr("firelane.batch.pool.LocalEngine", lambda *_, **__: HereEngine(interrupt_after=2))
    for lang, said in (("en", "stopped: finished sites are kept"), ("zh", "完成的场地均已保留")):
        out = tmp_path / lang
        stopped = audited(three, "-o", out, lang=lang)
        assert stopped.code == 130
        assert said in stopped.err
        assert len(ledger_of(out)) == 2
        assert log_of(out)[-1]["event"] == "interrupt"


@pytest.mark.usefixtures("plain")
def test_data_that_are_not_there_fail_before_anything_runs_and_are_told(city, tmp_path):
    register = tmp_path / "register.csv"
    register.write_text(f"path,site_id\n{city / 'wide'},a\n{tmp_path / 'nowhere'},b\n", encoding="utf-8")
    done = audited(register, "-o", tmp_path / "out")
    assert done.code == 4
    assert "(1 in this run, 0 kept, 1 failed before they were run)" in done.out
    assert "(0 in this run, 1 kept, 1 failed before they were run)" in audited(register, "-o", tmp_path / "out").out


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_ctrl_c_of_a_real_batch_keeps_what_is_done(tmp_path, three, number):
    """Real workers; the run after it is by another engine, and yet nothing is done twice."""
    source, out = tmp_path / "in", tmp_path / "out"
    for n in range(14):
        shutil.copytree(three / "wide", source / f"s{n:02d}")
    old(source)
    process = start(source, "-o", out, "--what", "audit", "--no-remedies", "--workers", "1", "--lang", "en")
    until(lambda: (out / "ledger.sqlite").exists() and begun_in(out) >= 2)
    children = family(process.pid)
    process.send_signal(number)
    code, said, wrong = ended(process, 60)
    assert code == 130, wrong
    assert "leaked" not in wrong
    assert said == ""
    assert "stopped: finished sites are kept" in wrong
    assert "Traceback" not in wrong
    until(lambda: not [c for c in children if c.is_running() and c.status() != "zombie"], 20)
    kept = len(ledger_of(out))
    assert 2 <= kept < 14
    assert {p.name for p in (out / "sites").iterdir()} >= {s for s, (status, *_) in ledger_of(out).items() if status == "done"}
    assert [p.name for p in out.iterdir() if p.name.startswith(".")] == []
    told = audited(source, "-o", out)
    assert f"14 sites: 14 done, 0 could not be done, 0 not run yet ({14 - kept} in this run, {kept} kept)" in told.out


def times(out):
    """Return site id → when its results were made."""
    store = sqlite3.connect(f"file:{out / 'ledger.sqlite'}?mode=ro", uri=True)
    rows = dict(store.execute("SELECT site_id, ended_at FROM sites").fetchall())
    store.close()
    time.sleep(0.005)
    return rows


def begun_in(out):
    try:
        return len(ledger_of(out))
    except sqlite3.OperationalError:
        return 0
