"""``firelane diff`` of two batches."""

from __future__ import annotations

import json

import pytest
from city_shards import make_city
from command import run

from firelane.batch.city import write_city
from firelane.batch.model import Failure, FailureKind, Outcome, Settings

FILES = {"changes.json", "changes.csv", "changes.xlsx", "changes.html"}


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    """A city twice: what was there, and the same with one site failed that was done."""
    folder = tmp_path_factory.mktemp("city")
    made = make_city(folder / "old", 8, 12, troubles=False)
    write_city(made.tasks, made.outcomes, folder / "old", settings=Settings(), extras=False)
    again = make_city(folder / "new", 8, 12, troubles=False)
    lost = again.tasks[3].site_id
    outcomes = again.outcomes | {lost: Outcome(lost, Failure(FailureKind.CRASH, "进程崩溃", "process crashed"))}
    write_city(again.tasks, outcomes, folder / "new", settings=Settings(), extras=False)
    return folder / "old", folder / "new", lost


def test_two_batches(batches, tmp_path):
    old, new, lost = batches
    done = run("diff", old, new, "-o", tmp_path / "out", "--lang", "en")
    assert done.code == 0, done.err
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES
    assert "8 sites, 7 of them audited both times" in done.out
    assert "[no longer done]" in done.out
    told = json.loads((tmp_path / "out" / "changes.json").read_text("utf-8"))
    site = next(s for s in told["sites"] if s["site_id"] == lost)
    assert site["status"] == "no_longer_done"
    assert set(site["statuses"]) <= {"no_longer_measured", "removed"}
    assert told["summary"]["violations"]["old"] == told["summary"]["violations"]["new"]


def test_in_chinese_and_quietly(batches, tmp_path):
    old, new, _ = batches
    done = run("diff", new, old, "-o", tmp_path / "out", "--lang", "zh")
    assert done.code == 0, done.err
    assert "首次完成检查" in done.out
    assert run("diff", old, old, "-o", tmp_path / "quiet", "--quiet").out == ""


def test_fail_on(batches, tmp_path):
    old, new, _ = batches
    # A site that was not done then has violations that nobody knew of; one that is not done now has no new ones.
    assert run("diff", new, old, "-o", tmp_path, "--fail-on", "new", "--quiet").code == 1
    assert run("diff", old, new, "-o", tmp_path, "--fail-on", "worse", "--quiet").code == 0


def test_a_batch_and_a_site_are_refused(batches, tmp_path):
    old, _, _ = batches
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "audit.json").write_text("{}", encoding="utf-8")
    for pair in ((old, tmp_path / "site"), (tmp_path / "site", old / "summary.json")):
        refused = run("diff", *pair, "-o", tmp_path / "out", "--lang", "en")
        assert refused.code == 2
        assert "is a batch of many sites" in refused.err
    assert not (tmp_path / "out").exists()
    assert "批量检查结果" in run("diff", old, tmp_path / "site", "-o", tmp_path / "out", "--lang", "zh").err
