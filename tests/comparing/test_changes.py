"""Changes of a street of 6 m with a post in it: every status can be worked out by hand."""

from __future__ import annotations

import csv
import io
import json

import pytest
import site_scenes as sc
from comparing_scenes import of, post, statuses, street, told

from firelane.auditing import write_audit
from firelane.comparing import Coverage, compare, write_changes
from firelane.comparing.tables import COLUMNS, SCHEMA, changes_csv, changes_json
from firelane.errors import InputError
from firelane.vocabulary import Verdict

CLEAR = street()
MIDDLE = street(post(50, 0, "P1"))  # 3.000 m on either side


def test_the_same_audit_has_not_changed():
    changes = compare(MIDDLE, MIDDLE)
    assert {c.status.value for c in changes.findings} == {"unchanged"}
    assert {lane.ruling.status.value for lane in changes.lanes} == {"unchanged"}
    assert changes.notes == ()


def test_a_post_that_was_put_up_is_new_and_the_lane_is_worse():
    changes = compare(CLEAR, MIDDLE)
    assert statuses(changes) == {"new": 2}  # the stretch and the post
    (width,) = of(changes, sc.WIDTH, "new")
    assert (width.old, width.new["value"], width.ruling.reason) == (None, pytest.approx(3.0), "")
    assert changes.violations() == (0, 2)
    (lane,) = changes.lanes
    assert lane.ruling.status.value == "worse"
    assert lane.ruling.gain == pytest.approx(-3.0)
    lengths = changes.lengths_m()
    assert lengths[Verdict.PASS][1] == lengths[Verdict.FAIL][0] == 0
    assert lengths[Verdict.PASS][0] == lengths[Verdict.FAIL][1] > 90


def test_a_post_that_was_taken_away_is_gone_and_the_lane_is_better():
    changes = compare(MIDDLE, CLEAR)
    assert statuses(changes) == {"gone": 2}
    assert changes.lanes[0].ruling.status.value == "better"


def test_a_post_moved_along_the_lane_by_two_metres_has_not_changed():
    changes = compare(MIDDLE, street(post(52, 0, "P1")))
    assert statuses(changes) == {"unchanged": 2}
    assert of(changes, sc.OBSTRUCTION)[0].moved_m == pytest.approx(2.0, abs=0.01)


def test_a_post_moved_far_away_is_another_one():
    # beyond the tolerance and beyond what the stretches overlap
    changes = compare(MIDDLE, street(post(80, 0, "P1")))
    assert statuses(changes) == {"new": 2, "gone": 2}


def test_a_post_moved_aside_is_better_or_worse_by_what_it_leaves():
    aside = street(post(50, 0.5, "P1"))  # 3.5 m on one side
    assert statuses(compare(MIDDLE, aside)) == {"better": 2}
    changes = compare(aside, MIDDLE)
    assert statuses(changes) == {"worse": 2}
    assert of(changes, sc.WIDTH)[0].ruling.gain == pytest.approx(-0.5)


def test_three_millimetres_are_nothing_at_an_accuracy_of_two_and_something_without():
    wider = street(post(50, 0.003, "P1"))
    assert statuses(compare(MIDDLE, wider, accuracy_m=0.0)) == {"better": 2}
    changes = compare(MIDDLE, wider, accuracy_m=0.002)  # 4 mm together
    assert statuses(changes) == {"unchanged": 2}
    assert of(changes, sc.WIDTH)[0].ruling.reason == "within_accuracy"
    assert statuses(compare(MIDDLE, wider, accuracy_m=0.001)) == {"better": 2}  # 2 mm together
    surveyed = [street(post(50, y, "P1"), config={"accuracy_m": 0.002}) for y in (0.0, 0.003)]
    assert statuses(compare(*surveyed)) == {"unchanged": 2}


def test_a_verdict_that_fails_by_half_a_millimetre_is_worse_all_the_same():
    # 4.0 m of 6 left beside a post 1 m off the middle; then 3.9995
    old, new = street(post(50, 1.0, "P1")), street(post(50, 0.9995, "P1"))
    assert [f.verdict.value for f in sc.of(new, sc.OBSTRUCTION)] == ["fail"]
    changes = compare(old, new)
    assert [c.status.value for c in of(changes, sc.OBSTRUCTION)] == ["worse"]


def test_doubt_within_the_accuracy_is_no_change():
    # +-5 cm: 4.06 m passes, 4.02 m cannot be told; 4 cm are within 10
    old, new = (street(post(50, 1 + d, "P1"), config={"accuracy_m": 0.05}) for d in (0.06, 0.02))
    assert [sc.of(a, sc.OBSTRUCTION)[0].verdict.value for a in (old, new)] == ["pass", "indeterminate"]
    (change,) = of(compare(old, new), sc.OBSTRUCTION)
    assert (change.status.value, change.ruling.reason) == ("unchanged", "within_accuracy")


def test_what_is_no_longer_measured_is_never_gone():
    blind = sc.audited(sc.site([sc.road()], entrances=sc.gates()))  # obstructions were not surveyed
    changes = compare(MIDDLE, blind)
    (post_change,) = of(changes, sc.OBSTRUCTION)
    assert (post_change.status.value, post_change.ruling.reason) == ("no_longer_measured", "not_measured_now")
    assert "gone" not in {c.status.value for c in changes.findings if c.row["rule_id"] == sc.OBSTRUCTION}


def test_what_was_not_measured_before_is_new_and_says_so():
    blind = sc.audited(sc.site([sc.road()], entrances=sc.gates()))
    (change,) = of(compare(blind, MIDDLE), sc.OBSTRUCTION)
    assert (change.status.value, change.ruling.reason) == ("new", "not_measured_before")


def test_one_subject_measured_once():
    old, new = told(MIDDLE), told(MIDDLE)
    row = next(r for r in old["findings"] if r["rule_id"] == sc.OBSTRUCTION)
    row |= {"verdict": "not_measured", "value": None, "margin": None}
    (change,) = of(compare(old, new), sc.OBSTRUCTION)
    assert (change.status.value, change.ruling.reason) == ("new", "first_judged")
    (change,) = of(compare(new, old), sc.OBSTRUCTION)
    assert change.status.value == "no_longer_measured"


def test_a_renamed_post_is_the_same_post():
    changes = compare(MIDDLE, street(post(50, 0, "X9")))
    assert statuses(changes) == {"unchanged": 2}
    assert (of(changes, sc.OBSTRUCTION)[0].old["owners"], of(changes, sc.OBSTRUCTION)[0].new["owners"]) == (["P1"], ["X9"])


def test_a_longer_road_is_the_same_lane_with_the_same_finding():
    longer = sc.audited(sc.site([sc.road(120)], entrances=sc.gates(120), obstructions=[post(50, 0, "P1")]))
    changes = compare(MIDDLE, longer)
    assert statuses(changes) == {"unchanged": 2}
    (lane,) = changes.lanes
    assert lane.old["lane_id"] != lane.new["lane_id"]
    assert lane.new["length_m"] - lane.old["length_m"] == pytest.approx(20, abs=1)
    quiet = {c.status.value for c in changes.findings if c.weight == "none"}
    assert not quiet & {"added", "removed"}


def test_a_place_outside_what_is_covered_now_is_not_gone():
    shorter = sc.audited(sc.site([sc.road(40)], entrances=sc.gates(40), obstructions=[]))
    changes = compare(MIDDLE, shorter)
    assert statuses(changes) == {"no_longer_measured": 2}
    assert {c.ruling.reason for c in of(changes, sc.OBSTRUCTION)} == {"outside_now"}


def test_rules_in_force_once_are_named_and_do_not_make_violations_vanish():
    old, new = told(MIDDLE), told(MIDDLE)
    new["rules"] = [r for r in new["rules"] if r["rule_id"] != sc.OBSTRUCTION]
    new["findings"] = [f for f in new["findings"] if f["rule_id"] != sc.OBSTRUCTION]
    changes = compare(old, new)
    assert [n.code for n in changes.notes] == ["rules_dropped"]
    assert of(changes, sc.OBSTRUCTION)[0].ruling.reason == "rule_dropped"
    back = compare(new, old)
    assert (of(back, sc.OBSTRUCTION)[0].status.value, of(back, sc.OBSTRUCTION)[0].ruling.reason) == ("new", "rule_added")


def test_another_limit_does_not_pass_for_a_better_street():
    old, new = told(MIDDLE), told(MIDDLE)
    for rule in new["rules"]:
        if rule["rule_id"] == sc.WIDTH:
            rule["threshold"] = 3.5
    for row in new["findings"]:
        if row["rule_id"] == sc.WIDTH:
            row |= {"threshold": 3.5, "margin": row["value"] - 3.5}
    changes = compare(old, new)
    assert [n.code for n in changes.notes] == ["limits"]
    assert [c.status.value for c in of(changes, sc.WIDTH)] == ["unchanged"]


# ------------------------------------------------------------------ what is refused


def test_two_places_are_not_compared():
    elsewhere = sc.audited(sc.site([sc.road()], transform=lambda g: sc.moved(sc.shapely.affinity.translate(g, 5000, 0))))
    with pytest.raises(InputError, match="different places"):
        compare(MIDDLE, elsewhere)


def test_without_a_common_rule_nothing_is_compared():
    other = told(MIDDLE)
    for row in [*other["rules"], *other["findings"]]:
        row["rule_id"] = f"other-{row['rule_id']}"
    with pytest.raises(InputError, match="no rule in common"):
        compare(MIDDLE, other)


def test_another_id_at_the_same_place_is_said_not_refused():
    other = told(MIDDLE)
    other["site"]["id"] = "renamed"
    assert [n.code for n in compare(MIDDLE, other).notes] == ["site_id"]


def unplaced(audit):
    """The same audit of a plan that does not say where on earth it lies."""
    doc = told(audit)
    doc["site"]["crs"] = "local"
    for row in doc["findings"]:
        row["lonlat"] = None
    return doc


def test_plans_that_are_not_placed_are_compared_in_their_own_metres(tmp_path):
    changes = compare(unplaced(MIDDLE), unplaced(street(post(52, 0, "X9"))))
    assert statuses(changes) == {"unchanged": 2}
    assert of(changes, sc.OBSTRUCTION)[0].moved_m == pytest.approx(2.0, abs=0.01)
    assert "未定位" in changes_page(changes)


def changes_page(changes):
    from firelane.comparing.map import page_of
    from firelane.webmap.plain import plain_content

    header, columns = plain_content(page_of(changes, "zh"))
    assert len(columns["types"]) > 0
    return "" if header["placed"] else header["words"]["unplaced"]


def test_one_placed_and_one_not_is_said_and_refused_for_another_site():
    changes = compare(unplaced(MIDDLE), MIDDLE)
    assert [n.code for n in changes.notes] == ["placed"]
    other = unplaced(MIDDLE)
    other["site"]["id"] = "another"
    with pytest.raises(InputError, match="different places"):
        compare(other, MIDDLE)


def test_another_coordinate_system_changes_nothing():
    from firelane.crs import from_lonlat

    other = told(MIDDLE)
    other["site"]["crs"] = "EPSG:32651"
    crs = sc.pyproj.CRS.from_epsg(32651)
    for row in other["findings"]:
        row["location"] = None if row["lonlat"] is None else from_lonlat(row["lonlat"], crs).tolist()
    x, y = zip(*(r["location"] for r in other["findings"] if r["location"]), strict=True)
    other["site"]["bounds"] = [min(x) - 60, min(y) - 60, max(x) + 60, max(y) + 60]
    changes = compare(MIDDLE, other)
    assert statuses(changes) == {"unchanged": 2}
    assert "crs" in [n.code for n in changes.notes]
    assert max(c.moved_m or 0 for c in changes.findings) < 0.001


def test_ids_that_stand_twice_are_refused():
    twice = told(MIDDLE)
    twice["findings"].append(twice["findings"][0])
    with pytest.raises(InputError, match="more than once"):
        compare(twice, MIDDLE)


def test_every_problem_of_both_sides_is_listed(tmp_path):
    broken = told(MIDDLE)
    broken["findings"][0]["verdict"] = "fine"
    broken["findings"][1]["owners"] = "P1"
    broken["site"]["crs"] = "EPSG:0"
    (tmp_path / "audit.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        compare(broken, tmp_path)
    said = caught.value.text("en")
    for part in ("findings[0].verdict", "findings[1].owners", "site.crs", "no JSON"):
        assert part in said
    with pytest.raises(InputError, match="firelane-audit/1"):
        compare({"schema": "firelane-audit/9"}, MIDDLE)


def test_a_folder_of_many_sites_is_refused_honestly(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "audit.json").write_text(json.dumps(told(CLEAR)), encoding="utf-8")
    with pytest.raises(InputError, match="2 sites, and is no batch that `firelane batch` finished"):
        compare(tmp_path, MIDDLE)
    with pytest.raises(InputError, match="no such file"):
        compare(tmp_path / "nowhere", MIDDLE)


# ------------------------------------------------------------------ coverage and files


def test_coverage_by_subject():
    rows = [
        {"rule_id": "r", "finding_id": "r:L1", "lane_id": "L1", "verdict": "not_measured", "owners": []},
        {"rule_id": "r", "finding_id": "r:L2", "lane_id": "L2", "verdict": "pass", "owners": []},
        {"rule_id": "q", "finding_id": "q:site", "verdict": "not_measured", "owners": []},
    ]  # fmt: skip
    coverage = Coverage(rows)
    assert not coverage.covers({"rule_id": "r", "lane_id": "L1", "owners": ["A"]})
    assert coverage.covers({"rule_id": "r", "lane_id": "L2", "owners": ["A"]})
    assert not coverage.covers({"rule_id": "q", "owners": ["A"]})
    assert coverage.why_not({"rule_id": "x", "owners": []}) == "rule"


def test_files_say_the_same_and_are_the_same_twice(tmp_path):
    changes = compare(CLEAR, MIDDLE)
    for name in ("a", "b"):
        written = write_changes(changes, tmp_path / name)
        assert [p.name for p in written] == ["changes.json", "changes.csv", "changes.xlsx", "changes.html"]
    for name in ("changes.json", "changes.csv", "changes.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    raw = (tmp_path / "a" / "changes.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    doc = json.loads((tmp_path / "a" / "changes.json").read_text(encoding="utf-8"))
    assert doc["schema"] == SCHEMA
    assert [r["change_id"] for r in table] == [c["change_id"] for c in doc["changes"]]
    assert tuple(table[0]) == COLUMNS
    assert doc["summary"]["statuses"]["new"]["violation"] == 2
    import openpyxl

    book = openpyxl.load_workbook(tmp_path / "a" / "changes.xlsx")
    assert book.sheetnames == ["汇总", "变化", "车道"]
    assert book["变化"].max_row == len(table) + 1
    assert all(column not in ("", None) for column in next(book["变化"].iter_rows(max_row=1, values_only=True)))


def test_hostile_texts_run_nowhere(tmp_path):
    name = "=1+1</script><script>canary=1</script>\x01"
    changes = compare(CLEAR, street(post(50, 0, name)))
    table = list(csv.DictReader(io.StringIO(changes_csv(changes, "zh"))))
    assert any(row["owners_new"] == f"'{name}" for row in table)
    write_changes(changes, tmp_path)
    import openpyxl

    cells = [c for row in openpyxl.load_workbook(tmp_path / "changes.xlsx")["变化"].iter_rows() for c in row]
    assert not [c for c in cells if c.data_type == "f"]
    assert any(str(c.value).startswith("=1+1") and c.data_type == "s" for c in cells)
    assert "canary" not in (tmp_path / "changes.html").read_text(encoding="utf-8")
    assert json.loads(changes_json(changes))["changes"]


def test_lines_come_out_of_the_results_beside_the_file(tmp_path):
    folders = []
    for n, audit in enumerate((CLEAR, MIDDLE)):
        (tmp_path / str(n)).mkdir()
        write_audit(audit, tmp_path / str(n))
        folders.append(tmp_path / str(n))
    changes = compare(*folders)
    assert set(changes.new.lines) == {lane["lane_id"] for lane in changes.new.document["lanes"]}
    assert statuses(changes) == statuses(compare(CLEAR, MIDDLE))
    # results of another audit are not drawn over this one
    (folders[1] / "results.gpkg").write_bytes(b"no database")
    assert compare(*folders).new.lines == {}


# ------------------------------------------------------------------ widths that grew because nobody looked


def blind(**more):
    """The street without its layer of obstructions."""
    return sc.audited(sc.site([sc.road()], entrances=sc.gates(), **more))


BAY = (sc.box(40, -3, 46, -0.6), {"id": "B1"})


def test_a_width_is_not_better_where_nobody_looked_for_what_made_it_narrow():
    changes = compare(MIDDLE, blind())
    (width,) = of(changes, sc.WIDTH)
    assert (width.status.value, width.ruling.reason) == ("no_longer_measured", "cause_not_surveyed_now")
    assert "may still be there" in width.reason("en")
    assert statuses(changes) == {"no_longer_measured": 2}
    # Somebody looked, and the post is not there: gone.
    assert statuses(compare(MIDDLE, street())) == {"gone": 2}


def test_a_narrow_road_without_its_post_still_fails_and_is_not_better():
    def narrow(**more):
        return sc.audited(sc.site([sc.road(width=3.8)], entrances=sc.gates(width=3.8), **more))

    old, new = narrow(obstructions=[post(50, 0, "P1")]), narrow()
    for change in of(compare(old, new), sc.WIDTH):
        assert change.status.value != "better"
        assert change.status.value != "gone"
    (lane,) = compare(old, new).lanes
    assert lane.ruling.status.value in ("unchanged", "no_longer_measured")


def test_one_subject_of_which_the_cause_was_not_surveyed():
    old, new = told(MIDDLE), told(blind())
    row = next(r for r in old["findings"] if r["rule_id"] == sc.WIDTH)
    now = next(r for r in new["findings"] if r["rule_id"] == sc.WIDTH)
    row["finding_id"] = now["finding_id"]  # the same lane as a whole, then and now
    (change,) = of(compare(old, new), sc.WIDTH)
    assert (change.status.value, change.ruling.reason, change.ruling.gain) == ("no_longer_measured", "cause_not_surveyed_now", None)
    now |= {"verdict": "fail", "value": 3.5, "margin": -0.5}
    (change,) = of(compare(old, new), sc.WIDTH)
    assert (change.status.value, change.ruling.reason) == ("unchanged", "cause_not_surveyed_now")
    (change,) = of(compare(new, old), sc.WIDTH)
    assert (change.status.value, change.ruling.reason) == ("worse", "cause_not_surveyed_before")


def test_a_bay_is_gone_only_where_parking_was_surveyed():
    old = street(parking=[BAY])
    assert {c.status.value for c in of(compare(old, street(parking=[])), sc.WIDTH)} == {"gone"}
    changes = compare(old, street())
    (width,) = of(changes, sc.WIDTH)
    assert (width.status.value, width.ruling.reason) == ("no_longer_measured", "cause_not_surveyed_now")
    (lane,) = changes.lanes
    assert (lane.ruling.status.value, lane.ruling.reason) == ("no_longer_measured", "cause_not_surveyed_now")
    # The bays were surveyed, obstructions not: what a bay did is known to be gone.
    assert {c.status.value for c in of(compare(old, blind(parking=[])), sc.WIDTH)} == {"gone"}


def test_a_lane_that_is_narrow_now_may_have_been_narrow_where_nobody_looked():
    (width,) = of(compare(blind(), MIDDLE), sc.WIDTH)
    assert (width.status.value, width.ruling.reason) == ("new", "cause_not_surveyed_before")


def test_the_edge_of_a_road_was_surveyed_both_times():
    def narrow(width, **more):
        return sc.audited(sc.site([sc.road(width=width)], entrances=sc.gates(width=width), **more))

    changes = compare(narrow(3.5, obstructions=[]), narrow(6.0))
    assert {c.status.value for c in of(changes, sc.WIDTH)} <= {"gone", "better"}
