"""Two batches compared: sites, findings, and nothing that is gone because nobody looked."""

from __future__ import annotations

import csv
import json
import shutil

import changes_scenes as scene
import openpyxl
import pytest

from firelane.batch.changes import compare_batches, is_batch, write_batch_changes
from firelane.batch.changes_model import SiteStatus
from firelane.batch.changes_sites import pair_sites
from firelane.comparing import Status, compare
from firelane.errors import InputError

NARROW = (50.0, 0.0, "V1")  # in the middle of 6 m: 3 m on either side, below 4 m
EDGE = (50.0, 2.5, "V1")  # 5.5 m left: passes


def statuses(changes):
    return {site.site_id: site.status.value for site in changes.sites}


def violations(changes, site_id):
    site = next(s for s in changes.sites if s.site_id == site_id)
    return {s.value: site.count(s) for s in Status if site.count(s)}


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batches")
    a = scene.audit_of
    old = scene.city(folder / "2025", {
        "same": a(0, NARROW), "worse": a(1), "better": a(2, NARROW), "lost": a(3, NARROW), "late": scene.CRASH, "unmeasured": a(5, NARROW),
        "removed": a(6, NARROW), "old name": a(7, NARROW), "never": scene.NOT_RUN, "clean": a(9),
    })  # fmt: skip
    new = scene.city(folder / "2026", {
        "same": a(0, NARROW), "worse": a(1, NARROW), "better": a(2), "lost": scene.CRASH, "late": a(4, NARROW),
        "unmeasured": a(5, surveyed=False), "new name": a(7, NARROW), "never": scene.CRASH, "clean": a(9), "added": a(10, NARROW),
    })  # fmt: skip
    return old, new, compare_batches(old, new)


def test_what_became_of_each_site(batches):
    assert statuses(batches[2]) == {
        "same": "unchanged", "worse": "worse", "better": "better", "lost": "no_longer_done", "late": "newly_done",
        "unmeasured": "no_longer_measured", "removed": "removed", "new name": "unchanged", "never": "not_done", "clean": "unchanged", "added": "added",
    }  # fmt: skip


def test_rules_of_a_users_own_pack_keep_the_titles_that_the_batches_tell(batches, tmp_path):
    folders = [shutil.copytree(folder, tmp_path / folder.name) for folder in batches[:2]]
    for folder in folders:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        for row in summary["by_rule"]:
            row["title_zh"], row["title_en"] = f"本市 {row['rule_id']}", f"ours {row['rule_id']}"
        (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    titles = compare_batches(*folders).titles
    assert titles
    assert all(titles[rule] == (f"本市 {rule}", f"ours {rule}") for rule in titles)


def test_nothing_is_gone_where_nobody_looked(batches):
    changes = batches[2]
    for name in ("lost", "removed"):
        assert violations(changes, name).keys() == {"no_longer_measured"}
    # Obstructions were not surveyed any more: the post is not gone.
    post = next(r for r in changes.changes() if r["site_id"] == "unmeasured" and r["rule_id"] == "sy2020-10-obstruction")
    assert (post["status"], post["reason"]) == ("no_longer_measured", "not_measured_now")
    # Nor is the lane wider for it.
    width = next(r for r in changes.changes() if r["site_id"] == "unmeasured" and r["rule_id"] == "sy2020-14-clear-width" and r["weight"] == "violation")
    assert (width["status"], width["reason"]) == ("no_longer_measured", "cause_not_surveyed_now")
    assert violations(changes, "unmeasured").keys() == {"no_longer_measured"}
    assert violations(changes, "better").keys() <= {"gone", "better"}
    # Known now, not known then: new, and it is said that nobody looked.
    reasons = {row["site_id"]: row["reason"] for row in changes.changes() if row["status"] == "new"}
    assert reasons["late"] == "site_not_done_before"
    assert reasons["added"] == "site_added"
    assert reasons["worse"] == ""


def test_the_totals_compare_only_what_was_audited_both_times(batches):
    changes = batches[2]
    totals = changes.totals()
    assert (totals.all_sites, totals.compared) == (11, 6)
    both = [s for s in changes.sites if s.status.value in ("unchanged", "worse", "better", "no_longer_measured")]
    assert totals.violations == (sum(s.violations[0] for s in both), sum(s.violations[1] for s in both))
    assert totals.once[0] == sum(s.violations[0] for s in changes.sites if s.site_id in ("lost", "removed")) > 0
    assert totals.once[1] == sum(s.violations[1] for s in changes.sites if s.site_id in ("late", "added")) > 0
    for key in ("district", "manager"):
        groups = changes.by(key)
        assert sum(t.all_sites for t in groups) == 11
        assert sum(t.violations[0] for t in groups) == totals.violations[0]
    codes = {note.code for note in changes.notes}
    assert {"compared", "no_longer_done", "newly_done", "added", "removed", "not_done", "by_place"} <= codes


def test_a_site_compared_in_a_batch_is_that_site_compared_alone(tmp_path):
    """Every street of a city, changed in many ways, against the comparison of its two audits."""
    a = scene.audit_of
    pairs = [
        (a(0, NARROW), a(0, (52.0, 0.0, "V1"))), (a(1, NARROW, (20.0, 0.0, "V2")), a(1, (20.0, 0.4, "V2"))),
        (a(2, (30.0, 2.5, "P")), a(2, (30.0, 1.5, "P"), (70.0, 0.0, "Q"))), (a(3, accuracy_m=0.2), a(3, EDGE, accuracy_m=0.2)),
        (a(4, NARROW, surveyed=True), a(4, surveyed=False)), (a(5, NARROW), a(5, (58.0, 0.0, "X9"))),
        (a(6, NARROW, clear_m=6.0), a(6, NARROW, clear_m=8.0)),
    ]  # fmt: skip
    old = scene.city(tmp_path / "a", {f"s{n}": then for n, (then, _) in enumerate(pairs)}, audits=True)
    new = scene.city(tmp_path / "b", {f"s{n}": now for n, (_, now) in enumerate(pairs)}, audits=True)
    changes = compare_batches(old, new)
    for n, (then, now) in enumerate(pairs):
        alone = compare(then, now)
        site = changes.sites[n]
        expected = {(s, w): k for s, row in alone.counts().items() for w, k in row.items() if k}
        assert dict(site.counts) == expected, n
        assert site.violations == alone.violations()
        listed = [r["change_id"] for r in changes.changes() if r["site_id"] == f"s{n}"]
        assert listed == [c.change_id for c in alone.findings if c.weight != "none" or c.status not in (Status.UNCHANGED, Status.ADDED, Status.REMOVED)]
    # Where the tables alone do not tell, and the audits are gone, that is said.
    assert "without_audits" not in {note.code for note in changes.notes}
    (tmp_path / "b" / "sites" / "s5" / "audit.json").unlink()
    assert "without_audits" in {note.code for note in compare_batches(old, new).notes}
    # A batch against itself: nothing changed anywhere.
    still = compare_batches(new, new)
    assert set(statuses(still).values()) == {"unchanged"}
    assert {row["status"] for row in still.changes()} <= {"unchanged"}


def test_the_accuracy_that_is_told_counts(tmp_path):
    a = scene.audit_of
    old = scene.city(tmp_path / "a", {"s": a(0, NARROW)})
    new = scene.city(tmp_path / "b", {"s": a(0, (50.0, 0.1, "V1"))})  # 3.1 m left: 10 cm better
    assert statuses(compare_batches(old, new)) == {"s": "better"}
    assert statuses(compare_batches(old, new, accuracy_m=0.06)) == {"s": "unchanged"}
    with pytest.raises(ValueError, match="tolerance"):
        compare_batches(old, new, tolerance_m=0.0)
    with pytest.raises(ValueError, match="accuracy"):
        compare_batches(old, new, accuracy_m=-1.0)


def test_parts_of_any_size_say_the_same(batches, monkeypatch):
    old, new, whole = batches
    monkeypatch.setattr("firelane.batch.changes_spool.PART_ROWS", 7)
    parts = compare_batches(old, new)
    assert list(parts.changes()) == list(whole.changes())
    assert [(s.site_id, s.status, dict(s.counts)) for s in parts.sites] == [(s.site_id, s.status, dict(s.counts)) for s in whole.sites]


def test_the_files_say_the_same(batches, tmp_path):
    _, _, changes = batches
    files = write_batch_changes(changes, tmp_path / "out", "en")
    assert [f.name for f in files] == ["changes.json", "changes.csv", "changes.xlsx", "changes.html"]
    told = json.loads(files[0].read_text("utf-8"))
    assert told["schema"] == "firelane-batch-changes/1"
    assert sum(told["summary"]["sites"].values()) == 11
    rows = list(csv.DictReader(files[1].read_text("utf-8-sig").splitlines()))
    assert len(rows) == changes.listed == told["changes"]["rows"]
    book = openpyxl.load_workbook(files[2])
    assert book.sheetnames == ["Summary", "Sites", "By district", "By manager", "Changes"]
    listed = [r for r in book["Changes"].iter_rows(min_row=2, values_only=True) if r[0]]
    assert len(listed) == sum(row["status"] != "unchanged" for row in rows)
    sites = {r[21]: r for r in book["Sites"].iter_rows(min_row=2, max_row=12, values_only=True)}
    assert set(sites) == {s.site_id for s in changes.sites}
    # Links lead to what is there: the map of this batch, of the old one where it is in that alone.
    links = [cell.hyperlink.target for row in book["Sites"].iter_rows(min_row=2) for cell in row if cell.hyperlink]
    assert links
    for link in links:
        assert (tmp_path / "out" / link.replace("%20", " ")).is_file(), link
    again = write_batch_changes(compare_batches(*batches[:2]), tmp_path / "again", "en")
    for one, other in zip(files, again, strict=True):
        if one.suffix in (".json", ".csv"):
            assert one.read_bytes() == other.read_bytes()


def test_sites_are_told_apart_by_place_not_by_number(tmp_path):
    """A register numbered anew: "1" is now another street, and the street that was "1" is "2"."""
    a = scene.audit_of
    old = scene.city(tmp_path / "a", {"1": a(0, NARROW), "2": a(1), "gone": a(2, name="甲")})
    new = scene.city(tmp_path / "b", {"2": a(0, NARROW), "1": a(1), "moved": a(3, name="甲")})
    changes = compare_batches(old, new)
    found = {(s.old["site_id"] if s.old else None, s.new["site_id"] if s.new else None): s.status.value for s in changes.sites}
    # Two streets of one name, 500 m apart, are two streets.
    assert found == {("1", "2"): "unchanged", ("2", "1"): "unchanged", ("gone", None): "removed", (None, "moved"): "added"}
    assert {"by_place", "elsewhere"} <= {note.code for note in changes.notes}


def test_an_unplaced_site_is_found_by_its_name():
    def row(site_id, name, district=""):
        return {"site_id": site_id, "name": name, "district": district, "outline": None}

    old = {r["site_id"]: r for r in (row("a", "甲"), row("b", "乙"), row("c", "乙"), row("d", ""))}
    new = {r["site_id"]: r for r in (row("x", "甲"), row("y", "乙"), row("z", ""), row("w", "丙"))}
    pairing = pair_sites(old, new)
    assert pairing.by_name == (("a", "x"),)  # two of the name 乙, none of no name
    assert len(pairing.pairs) == 7


def test_what_cannot_be_compared_is_refused(batches, tmp_path):
    old, new, _ = batches
    assert is_batch(old)
    assert is_batch(old / "summary.json")
    assert not is_batch(old / "sites" / "same")
    assert not is_batch(tmp_path)
    with pytest.raises(InputError, match=r"holds no summary.json"):
        compare_batches(tmp_path, new)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    told = json.loads((old / "summary.json").read_text("utf-8"))
    (damaged / "summary.json").write_text(json.dumps(told), "utf-8")
    (damaged / "sites.parquet").write_bytes(b"PAR1 no table")
    (damaged / "findings.parquet").write_bytes((old / "findings.parquet").read_bytes())
    with pytest.raises(InputError, match=r"sites.parquet cannot be read"):
        compare_batches(old, damaged)
    (damaged / "sites.parquet").write_bytes((new / "sites.parquet").read_bytes())
    with pytest.raises(InputError, match=r"names \d+ sites that sites.parquet does not have"):
        compare_batches(damaged, new)  # findings of 2025 beside sites of 2026
    (damaged / "summary.json").write_text(json.dumps(told | {"schema": "firelane-batch/9"}), "utf-8")
    with pytest.raises(InputError, match="firelane-batch/9"):
        compare_batches(damaged, new)


def test_an_empty_batch_is_compared_as_well(tmp_path):
    old = scene.city(tmp_path / "a", {"s": scene.NOT_RUN})
    new = scene.city(tmp_path / "b", {"s": scene.audit_of(0, NARROW)})
    changes = compare_batches(old, new)
    assert statuses(changes) == {"s": SiteStatus.NEWLY_DONE.value}
    assert statuses(compare_batches(new, old)) == {"s": "no_longer_done"}
    write_batch_changes(compare_batches(old, old), tmp_path / "out")
