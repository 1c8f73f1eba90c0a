"""Two thousand generated sites, one of each poison among them: only these fail, and every other equals its single run."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import NamedTuple

import openpyxl
import pyarrow.parquet as pq
import pytest
from batch_city import all_alone, digests, rows_of, write_rows
from batch_scenes import ledger_of, log_of

from firelane.batch.cut import harmless_id

pytestmark = pytest.mark.slow

SITES = 2_000
CODE = ("segfault-1", "hog-1", "hang-1", "raise-1")
"""Ids of sites that are sound themselves; work on them does to the worker what the id says (``poison``)."""
DATA = ("unreadable", "empty", "hostile")
HOSTILE_IDS = (
    "=1+1", "@SUM(A1:A9)", "<img src=x onerror=alert(1)>", "a/../../../etc/passwd", "CON", "nul.txt", "小区\u202egpj.exe",
    "'; DROP TABLE sites; --", "x" * 400, ".hidden", "-rf",
)  # fmt: skip
FAILED = {
    "segfault-1": ("crash", "SIGSEGV", 3),
    "hog-1": ("memory", "900 MB", 2),
    "hang-1": ("timeout", "25 s", 2),
    "raise-1": ("internal", "ValueError", 1),
    "poison-00-unreadable": ("unreadable", "the file cannot be read", 1),
    "poison-01-empty": ("empty", "roads", 1),
}
"""Failed site → its kind, what its reason says, how often it was begun."""


class Told(NamedTuple):
    """A finding as ``audit.json`` tells it."""

    rule_id: str
    verdict: str
    severity: str
    value: float | None
    owners: tuple[str, ...]



@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The manifest of the city; its rows by the id that the batch gives them."""
    from city_write import write_city

    top = tmp_path_factory.mktemp("source")
    made = write_city(top, SITES - len(DATA), size="tiny", mess=0.5, form="manifest", poison=DATA)
    rows = rows_of(made.manifest)
    for row, site_id in zip(rows[20 :: SITES // 16], (*CODE, *HOSTILE_IDS), strict=False):
        row["id"] = site_id
    write_rows(made.manifest, rows)
    for row in rows:
        row["id"] = harmless_id(row["id"])
    assert len(rows) == len({row["id"] for row in rows}) == SITES
    assert {*CODE, *FAILED} <= {row["id"] for row in rows}
    return made, rows


@pytest.fixture(scope="module")
def batch(city, tmp_path_factory):
    """The batch itself, by two workers."""
    import poison

    from firelane.batch.driver import run_batch
    from firelane.batch.model import Settings

    made, _ = city
    home = tmp_path_factory.mktemp("home")
    result = run_batch(
        made.source, home / "out", settings=Settings(parts=("audit",), lang="en", timeout_s=25, memory_mb=900), workers=2,
        work=poison.real_or_poisoned,
    )  # fmt: skip
    assert [p.name for p in home.iterdir()] == ["out"], "nothing is written beside the results"
    return result


@pytest.fixture(scope="module")
def folders(batch):
    """Site id → folder of its results, of the sites that are done."""
    return {t.site_id: batch.folder / "sites" / t.folder for t in batch.tasks if batch.outcomes[t.site_id].done}


def test_exactly_the_poisoned_sites_failed_each_for_its_reason(batch):
    assert {o.site_id: o.failure.kind.value for o in batch.failed} == {k: v[0] for k, v in FAILED.items()}
    for outcome in batch.failed:
        kind, said, attempts = FAILED[outcome.site_id]
        assert said in outcome.failure.en
        assert outcome.failure.zh
        assert not any(sign in outcome.failure.en for sign in ("/tmp", "0x")), outcome.failure.en
        assert ledger_of(batch.folder)[outcome.site_id] == ("failed", kind, attempts)
    assert batch.not_run == ()
    assert (batch.run, batch.kept) == (SITES, 0)
    # Only what killed a worker was tried again: no innocent was in quarantine.
    again = Counter(line["site"] for line in log_of(batch.folder) if line["event"] == "quarantine")
    assert again == {site_id: n for site_id, (_, _, n) in FAILED.items() if n > 1}


def test_every_other_site_equals_its_single_run(city, folders):
    made, rows = city
    paths = {row["id"]: str(made.folder / row["path"]) for row in rows if row["id"] in folders}
    assert len(paths) == SITES - len(FAILED)
    single = all_alone(list(paths.values()))
    other = [site_id for site_id, path in paths.items() if digests(folders[site_id]) != single[path]]
    assert other == []


def test_every_known_violation_is_found_and_no_other(city, folders):
    """Single runs may err together with the batch: what the generator knows of its districts does not."""
    from city_check import differences
    from city_write import read_truth

    made, rows = city
    known = {}
    for truth in read_truth(made.truth):
        known.setdefault(truth.site_id, []).append(truth)
    wrong = {}
    for row in rows:
        name = row["path"].removeprefix("sites/")
        if row["id"] not in folders or not name.startswith("SY"):
            continue
        told = json.loads((folders[row["id"]] / "audit.json").read_text("utf-8"))["findings"]
        found = [Told(t["rule_id"], t["verdict"], t["severity"], t["value"], tuple(t["owners"])) for t in told]
        if said := differences(known.get(name, ()), found):
            wrong[row["id"]] = said
    assert wrong == {}


def test_totals_are_honest(city, batch, folders):
    _, rows = city
    totals = batch.summary["totals"]
    assert (totals["sites"], totals["done"], totals["failed"], totals["not_run"]) == (SITES, SITES - 6, 6, 0)
    assert sum(totals["sites_by_verdict"].values()) == SITES - 6
    assert sum(totals["quality"].values()) == SITES
    assert sum(kind["sites"] for kind in batch.summary["failed_by_kind"]) == 6
    for name in ("by_district", "by_manager"):
        for column in ("sites", "done", "failed", "findings", "lanes"):
            assert sum(group[column] for group in batch.summary[name]) == totals[column], (name, column)
    # ... and are those of the sites' own files
    verdicts, findings, lanes, lengths = Counter(), Counter(), Counter(), Counter()
    for folder in folders.values():
        audit = json.loads((folder / "audit.json").read_text("utf-8"))
        verdicts[audit["summary"]["verdict"]] += 1
        findings.update(f["verdict"] for f in audit["findings"])
        lanes.update(lane["verdict"] for lane in audit["lanes"])
        for lane in audit["lanes"]:
            lengths[lane["verdict"]] += lane["length_m"]
    for ours, theirs in (("sites_by_verdict", verdicts), ("findings_by_verdict", findings), ("lanes_by_verdict", lanes)):
        assert {k: n for k, n in totals[ours].items() if n} == dict(theirs), ours
    assert totals["length_by_verdict_m"] == pytest.approx({k: lengths.get(k, 0.0) for k in totals["length_by_verdict_m"]}, abs=0.01)
    assert totals["lane_length_m"] == pytest.approx(sum(lengths.values()), abs=0.01)
    sites = pq.read_table(batch.folder / "sites.parquet").to_pandas()
    assert sorted(sites["site_id"]) == sorted(row["id"] for row in rows)
    assert pq.read_metadata(batch.folder / "findings.parquet").num_rows == totals["findings"] == sum(findings.values())
    assert len(_csv(batch.folder / "sites.csv")) == SITES
    assert {row["site_id"] for row in _csv(batch.folder / "failed.csv")} == set(FAILED)


def test_hostile_names_are_names_and_nothing_else(batch, folders):
    """In folders, tables and workbook; the page is opened in a browser below."""
    assert "poison-02-hostile" in folders
    assert set(map(harmless_id, HOSTILE_IDS)) <= set(folders)
    inside = batch.folder / "sites"
    for site_id in HOSTILE_IDS:
        folder = folders[harmless_id(site_id)]
        assert folder.parent == inside
        assert folder.resolve().parent == inside.resolve()
        assert folder.is_dir()
        assert len(folder.name.encode()) < 255
        assert not set(folder.name) & set('<>:"/\\|?*\u202e'), folder.name
        assert not folder.name.startswith(".")
        assert folder.name.split(".")[0].split("-")[0].upper() not in {"CON", "NUL"}
    assert sorted(p.name for p in inside.iterdir()) == sorted(f.name for f in folders.values())
    for table in ("sites.csv", "failed.csv"):
        for row in _csv(batch.folder / table):
            assert not any(v.lstrip().startswith(("=", "+", "@", "\t")) for v in row.values())
            assert not any(v.startswith("-") and not _is_number(v) for v in row.values()), row
            assert not any(sign in v for v in row.values() for sign in "\x07\x1b\u202e")
    book = openpyxl.load_workbook(batch.folder / "city.xlsx")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" and not str(cell.value).startswith("=HYPERLINK(")]
    assert any(cell.value == "=1+1" or cell.value == "'=1+1" for cell in cells)
    text = (batch.folder / "city_map.html").read_text("utf-8")
    for bad in ("<script>alert(1)", "<img src=x", "\u202e"):
        assert bad not in text


def test_the_map_of_two_thousand_sites_is_quiet_in_a_browser(batch, browser):
    said = []
    page = browser.new_context(offline=True).new_page()
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None)
    page.goto((batch.folder / "city_map.html").as_uri())
    page.wait_for_function("() => window.firelane && document.readyState === 'complete'", timeout=60_000)
    assert page.locator("img[src=x]").count() == 0
    assert str(SITES) in page.locator(".headlines").first.inner_text().replace(",", "")
    page.context.close()
    assert said == []


def _csv(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
