"""What one site gives to the city's tables: counted by hand on a street with one narrow place."""

import dataclasses
from pathlib import Path

import pytest
import shapely
from pyproj import Geod
from site_scenes import audited_in_full, block, street

from firelane.batch.model import Failure, FailureKind, Task
from firelane.batch.record import (
    FINDINGS,
    LANES,
    encodable,
    failed_record,
    findings_table,
    lanes_table,
    site_record,
    subject_of,
)
from firelane.run import RunResult
from firelane.vocabulary import Verdict

TASK = Task("a/1", "/x/a/1", "a/1")


def run_of(a_site, *files):
    result = audited_in_full(a_site)
    return RunResult(result.site, result, None, Path("out"), tuple(Path("out") / f for f in files))


@pytest.fixture(scope="module")
def narrow():
    """A street of 100 m, 6 m wide; a structure leaves 3.5 m of it at x = 50."""
    return run_of(street(6.0, [block(49, -3, 51, -0.5)]), "map.html")


def test_counts_are_those_of_the_audit(narrow):
    record = site_record(TASK, narrow)
    counts = narrow.audit.summary["counts"]
    told = ("passes", "fails", "indeterminate", "not_measured", "not_applicable")
    assert [record[name] for name in told] == [counts[v.value] for v in Verdict]
    assert record["findings"] == len(narrow.audit.findings) == sum(counts.values())
    assert record["verdict"] == "fail"
    assert record["map"] == "map.html"


def test_the_narrow_place_is_the_least_width_and_says_where(narrow):
    record = site_record(TASK, narrow)
    assert record["min_clear_width_m"] == pytest.approx(3.5, abs=1e-6)
    assert record["min_width_verdict"] == "fail"
    assert "obstructions-1" in record["min_width_owners"]
    # 1 m is 1.2e-5 degrees of longitude here: the place lies by the structure, in the middle of the street's 100 m.
    middle = (record["lon"], record["lat"])
    away = Geod(ellps="WGS84").inv(*middle, record["min_width_lon"], record["min_width_lat"])[2]
    assert away < 5
    assert record["min_clear_height_m"] is None


def test_lane_lengths_by_verdict_make_up_the_whole(narrow):
    record = site_record(TASK, narrow)
    parts = sum(record[f"length_{v.value}_m"] for v in Verdict)
    assert parts == pytest.approx(record["lane_length_m"], abs=1e-5)
    assert record["lane_length_m"] == pytest.approx(100.0, abs=0.5)
    assert record["length_fail_m"] > 0
    assert record["lanes"] == sum(record[f"lanes_{v.value}"] for v in Verdict) == len(narrow.audit.lanes)


def test_outline_holds_the_roads_in_wgs84(narrow):
    record = site_record(TASK, narrow)
    outline = shapely.from_wkb(record["outline"])
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(outline)
    assert abs(area) == pytest.approx(100 * 6, rel=0.02)
    assert outline.contains(shapely.Point(record["lon"], record["lat"]))


def test_two_articles_on_one_sign_are_two_findings_and_one_subject():
    result = run_of(street(6.0, signs=[(shapely.Point(10, 3.5), {"id": "SG1", "condition": "worn"})], markings=[]))
    worn = [f for f in result.audit.findings if f.owners == ("SG1",) and f.verdict is Verdict.FAIL]
    assert {f.article for f in worn} >= {"第九条", "第十五条第（一）项"}
    assert {subject_of(f) for f in worn} == {"SG1"}
    record = site_record(TASK, result)
    others = {subject_of(f) for f in result.audit.findings if f.verdict is Verdict.FAIL and f.severity.value == "mandatory"}
    assert record["subjects_failed"] == len(others) < record["mandatory_fails"]


def test_findings_table_holds_every_finding_once(narrow):
    table = findings_table(narrow)
    assert table.schema.equals(FINDINGS)
    assert sorted(table.column("finding_id").to_pylist()) == sorted(f.finding_id for f in narrow.audit.findings)
    by_id = {f.finding_id: f for f in narrow.audit.findings}
    lon = table.column("lon").to_pylist()
    for row in table.to_pylist():
        finding = by_id[row["finding_id"]]
        assert row["verdict"] == finding.verdict.value
        assert (row["lon"] is None) == (finding.lonlat is None)
        assert row["message_zh"] == finding.message_zh
    first_missing = next((n for n, v in enumerate(lon) if v is None), len(lon))
    assert all(v is None for v in lon[first_missing:])  # no place: last


def test_lanes_keep_their_lengths_within_the_simplification(narrow):
    table = lanes_table(narrow)
    assert table.schema.equals(LANES)
    for wkb, length_m in zip(table.column("geometry").to_pylist(), table.column("length_m").to_pylist(), strict=True):
        assert Geod(ellps="WGS84").geometry_length(shapely.from_wkb(wkb)) == pytest.approx(length_m, abs=0.3)


def test_a_site_without_a_place_gives_no_coordinates():
    unplaced = dataclasses.replace(street(6.0), placed=False)
    result = run_of(unplaced)
    record = site_record(TASK, result)
    assert (record["placed"], record["lon"], record["outline"], record["crs"]) == (False, None, None, None)
    assert record["min_clear_width_m"] == pytest.approx(6.0, abs=1e-6)
    assert set(findings_table(result).column("lon").to_pylist()) == {None}
    assert set(lanes_table(result).column("geometry").to_pylist()) == {None}
    assert "unplaced" in record["quality_reasons"].split(";")


def test_failed_and_not_run():
    failure = Failure(FailureKind.CRASH, "进程崩溃", "the process crashed")
    assert failed_record(TASK, failure) == {
        "status": "failed", "failure_kind": "crash", "failure_zh": "进程崩溃", "failure_en": "the process crashed",
    }  # fmt: skip
    assert failed_record(TASK, None)["status"] == "not_run"


def test_half_characters_of_file_names_are_spelled_out():
    assert encodable("x\udce4") == "x\\udce4"
    assert encodable("三好街🔥") == "三好街🔥"
