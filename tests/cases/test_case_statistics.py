"""Figures that can be checked by hand, from events at known times."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from case_scene import JPEG, T0, document, finding, lane_passes, written
from pdf_text import pdf_text

from firelane.cases.book import CaseBook
from firelane.cases.evidence import EvidenceGiven
from firelane.cases.figures import _charts, write_statistics
from firelane.cases.statistics import Group, Statistics, statistics, summary_lines
from firelane.cases.workflow import IllegalTransition
from firelane.errors import UsageError
from firelane.store import Role, Store
from firelane.store.times import BEIJING

PHOTO = EvidenceGiven(content=JPEG, name="照片.jpg")
FIRST, SECOND = "甲物业", "乙物业"


def noon(text):
    return datetime.fromisoformat(f"{text}T12:00:00+08:00")


class Desk:
    """A book whose clock stands where the test puts it."""

    def __init__(self, store, folder):
        self.at, self.folder, self.n = T0, folder, 0
        store.set_user("王敏", "李强", Role.INSPECTOR, sees_plates=False, now=T0)
        self.book = CaseBook(store, "李强", now=lambda: self.at)

    def open(self, day, **site):
        """Open a case of a site of its own on a day; return its id."""
        self.n, self.at = self.n + 1, noon(day)
        told = {"id": f"S-{self.n}", "name": f"小区{self.n}", "district": "沈河区", "manager": FIRST} | site
        (case_id,) = self.book.open_audit(written(self.folder, f"audit{self.n}", document(finding(), **told))).opened
        return case_id

    def step(self, case_id, day, kind, **more):
        self.at = noon(day)
        return self.book.record(case_id, kind, **more)

    def noticed(self, case_id, day):
        self.step(case_id, day, "confirmed")
        self.step(case_id, day, "noticed", days=7, deadline_source="大队")

    def inspected(self, case_id, day, result):
        self.step(case_id, day, f"reinspected_{result}", evidence=[PHOTO])

    def closed(self, case_id, day):
        self.step(case_id, day, "closed", fields={"reason": "rectified"})


@pytest.fixture
def desk(tmp_path):
    with Store.create(tmp_path / "c.sqlite", admin="王敏", now=T0) as store:
        yield Desk(store, tmp_path)


@pytest.fixture
def year(desk):
    """Seven cases: 4, 10 and 3 days to close; one overdue, one void, one duplicate, one of which nothing is known."""
    a, b = desk.open("2026-09-01"), desk.open("2026-09-01")
    desk.noticed(a, "2026-09-02")
    desk.noticed(b, "2026-09-02")
    desk.inspected(a, "2026-09-05", "pass")
    desk.closed(a, "2026-09-06")
    desk.inspected(b, "2026-09-08", "fail")
    desk.step(b, "2026-09-08", "noticed", days=2, deadline_source="大队")
    desk.inspected(b, "2026-09-10", "pass")
    desk.closed(b, "2026-09-12")
    d = desk.open("2026-09-20", district="和平区", manager=SECOND)
    desk.noticed(d, "2026-09-20")
    void = desk.open("2026-09-20", district="和平区", manager=SECOND)
    desk.step(void, "2026-09-21", "void", fields={"reason": "误报"})
    double = desk.open("2026-09-20", district="和平区", manager=SECOND)
    desk.step(double, "2026-09-21", "duplicate", fields={"duplicate_of": d})
    desk.step(double, "2026-09-22", "closed", fields={"reason": "duplicate"})
    desk.open("2026-09-25", district="", manager="")
    c = desk.open("2026-11-01", manager=SECOND)
    desk.noticed(c, "2026-11-02")
    desk.inspected(c, "2026-11-05", "pass")
    desk.closed(c, "2026-11-05")
    desk.at = noon("2026-11-20")
    return desk


def test_totals_and_an_odd_median(year):
    total = statistics(year.book).total
    assert (total.cases, total.open, total.closed, total.void) == (7, 2, 3, 2)
    assert total.overdue == 1
    assert (total.days_to_close, total.median_days) == ((3, 4, 10), 4.0)
    assert (total.reinspections, total.passed, total.pass_rate) == (4, 3, 0.75)
    assert (total.repeats, total.reopened, total.repeat_cases) == (0, 0, 0)


def test_an_even_median_and_none(year):
    assert statistics(year.book, until=date(2026, 9, 30)).total.days_to_close == (4, 10)
    assert statistics(year.book, until=date(2026, 9, 30)).total.median_days == 7.0
    none = statistics(year.book, since=date(2026, 9, 20), until=date(2026, 9, 30)).total
    assert (none.cases, none.closed, none.median_days, none.pass_rate) == (4, 0, None, None)
    empty = statistics(year.book, since=date(2027, 1, 1))
    assert (empty.total.cases, empty.months, empty.by_district, empty.total.median_days) == (0, (), (), None)


def test_the_first_and_the_last_day_count(year):
    assert statistics(year.book, since=date(2026, 9, 1), until=date(2026, 9, 1)).total.cases == 2
    assert statistics(year.book, since=date(2026, 9, 2), until=date(2026, 9, 19)).total.cases == 0


def test_groups_by_district_manager_site_and_kind(year):
    figures = statistics(year.book)
    assert [(g.name, g.cases, g.median_days, g.pass_rate) for g in figures.by_district] == [
        ("和平区", 3, None, None), ("沈河区", 3, 4.0, 0.75), ("", 1, None, None),
    ]  # fmt: skip
    assert [(g.name, g.cases, g.days_to_close, g.open, g.void) for g in figures.by_manager] == [
        (SECOND, 4, (3,), 1, 2), (FIRST, 2, (4, 10), 0, 0), ("", 1, (), 1, 0),
    ]  # fmt: skip
    assert sorted(g.name for g in figures.by_site) == [f"小区{n}" for n in range(1, 8)]
    assert [(g.name, g.cases) for g in figures.by_kind] == [("parked_vehicle", 7)]
    assert dict(figures.by_state) == {"detected": 1, "noticed": 1, "void": 1, "closed": 4}
    for groups in (figures.by_district, figures.by_manager, figures.by_site, figures.by_kind):
        for name in ("cases", "open", "overdue", "closed", "void", "reinspections", "passed"):
            assert sum(getattr(g, name) for g in groups) == getattr(figures.total, name), name


def test_months_without_gaps_and_without_what_was_none(year):
    assert statistics(year.book).months == (("2026-09", 6, 2), ("2026-10", 0, 0), ("2026-11", 1, 1))


def test_as_things_stood_on_a_past_day(year):
    """Day: cases, open, closed, overdue, re-inspections held by its end."""
    for day, *expected in (
        ("2026-08-31", 0, 0, 0, 0, 0), ("2026-09-01", 2, 2, 0, 0, 0), ("2026-09-05", 2, 2, 0, 0, 1), ("2026-09-06", 2, 1, 1, 0, 1),
        ("2026-09-09", 2, 1, 1, 0, 2), ("2026-09-10", 2, 1, 1, 0, 3), ("2026-09-12", 2, 0, 2, 0, 3), ("2026-09-20", 5, 3, 2, 0, 3),
        ("2026-09-21", 5, 1, 2, 0, 3), ("2026-09-27", 6, 2, 2, 0, 3), ("2026-09-28", 6, 2, 2, 1, 3), ("2026-11-20", 7, 2, 3, 1, 4),
    ):  # fmt: skip
        total = statistics(year.book, at=date.fromisoformat(day)).total
        assert [total.cases, total.open, total.closed, total.overdue, total.reinspections] == expected, day


def test_the_figures_of_a_day_stay_when_more_is_recorded(year):
    before = statistics(year.book, at=date(2026, 9, 12))
    year.at = noon("2026-12-01")
    case_id = before.cases[0].case_id
    year.book.record(case_id, "reopened", fields={"reason": "又停车"})
    late = statistics(year.book, at=date(2026, 9, 12))
    assert replace(late, cases=()) == replace(before, cases=())
    assert statistics(year.book).total.reopened == 1


def test_what_was_written_down_later_is_not_counted_before(desk):
    case_id = desk.open("2026-09-01")
    desk.at = noon("2026-09-15")
    desk.book.record(case_id, "void", fields={"reason": "误报"}, happened_at=noon("2026-09-02"))
    assert statistics(desk.book, at=date(2026, 9, 10)).total.void == 0
    assert statistics(desk.book, at=date(2026, 9, 15)).total.void == 1


def test_the_day_is_beijings(desk):
    """23:30 UTC is the next morning in Beijing: the notice and the closing lie one day apart there, none in UTC."""
    case_id = desk.open("2026-09-01")
    desk.step(case_id, "2026-09-01", "confirmed")
    for kind, moment, more in (
        ("noticed", datetime(2026, 9, 3, 15, 30, tzinfo=UTC), {"days": 3, "deadline_source": "大队"}),
        ("reinspected_pass", datetime(2026, 9, 3, 16, 30, tzinfo=UTC), {"evidence": [PHOTO]}),
        ("closed", datetime(2026, 9, 3, 16, 45, tzinfo=UTC), {"fields": {"reason": "rectified"}}),
    ):
        desk.at = moment
        desk.book.record(case_id, kind, **more)
    assert statistics(desk.book).total.days_to_close == (1,)


@pytest.mark.parametrize("kind", ["rectified", "reinspected_pass", "reinspected_fail", "closed"])
def test_nothing_follows_from_a_notice_before_it(desk, kind):
    """Else a case would be closed in fewer than no days."""
    case_id = desk.open("2026-09-01")
    desk.noticed(case_id, "2026-09-03")
    if kind == "closed":
        desk.inspected(case_id, "2026-09-03", "pass")
    told = {"fields": {"reason": "rectified"}} if kind == "closed" else {"evidence": [PHOTO]}
    desk.at = noon("2026-09-05")
    with pytest.raises(IllegalTransition, match="2026-09-03") as refused:
        desk.book.record(case_id, kind, happened_at=noon("2026-09-02"), **told)
    assert "早于首次通知日" in refused.value.text("zh")
    desk.book.record(case_id, kind, happened_at=datetime(2026, 9, 3, tzinfo=BEIJING), **told)  # the same day will do


def test_repeat_offenders(desk):
    case_id = desk.open("2026-09-01")
    other = desk.open("2026-09-02", manager=SECOND)
    desk.open("2026-09-02", manager="丙物业")
    site = {"id": "S-1", "name": "小区1", "manager": FIRST, "district": "沈河区"}
    for n, day in enumerate(("2026-09-03", "2026-09-04")):
        desk.at = noon(day)
        assert desk.book.open_audit(written(desk.folder, f"again{n}", document(finding(value=3.0 + n / 10), **site))).repeated == (case_id,)
    desk.noticed(other, "2026-09-05")
    desk.inspected(other, "2026-09-06", "pass")
    desk.closed(other, "2026-09-06")
    desk.at = noon("2026-09-08")
    clear = document(lane_passes(), id="S-2", name="小区2", manager=SECOND)
    assert desk.book.open_audit(written(desk.folder, "clear", clear)).reopened == ()
    back = document(finding(value=3.1), id="S-2", name="小区2", manager=SECOND)
    assert desk.book.open_audit(written(desk.folder, "back", back)).reopened == (other,)
    figures = statistics(desk.book)
    assert [(g.name, g.repeats, g.reopened, g.repeat_cases) for g in figures.offenders] == [
        ("机动车驾驶人（小区1）", 2, 0, 1), ("机动车驾驶人（小区2）", 0, 1, 1),
    ], "drivers are not one offender"  # fmt: skip
    assert figures.offenders[0].text("en") == "driver of the vehicle (小区1)"
    assert (figures.total.repeats, figures.total.reopened, figures.total.repeat_cases) == (2, 1, 2)
    assert (figures.total.closed, figures.total.median_days) == (0, None), "a case that came back is not closed"
    assert statistics(desk.book, at=date(2026, 9, 7)).total.closed == 1


def test_places_are_the_mean_of_the_cases(year):
    (district,) = [g for g in statistics(year.book).by_district if g.name == "沈河区"]
    assert district.lonlat == pytest.approx((123.43, 41.80))


@pytest.mark.parametrize("period", [
    {"since": date(2026, 9, 2), "until": date(2026, 9, 1)}, {"since": date(2026, 9, 2), "at": date(2026, 9, 1)},
])  # fmt: skip
def test_a_period_that_ends_before_it_begins_is_refused(desk, period):
    with pytest.raises(UsageError, match="2026-09-01") as refused:
        statistics(desk.book, **period)
    assert "早于" in refused.value.text("zh")


def test_the_summary_in_both_languages(year):
    figures = statistics(year.book)
    zh, en = "\n".join(summary_lines(figures, "zh")), "\n".join(summary_lines(figures, "en"))
    assert "案件 7 件：未结 2，逾期 1，已结 3，撤销或重复 2" in zh
    assert "中位数 4（3 件）；复查 4 次，合格率 75 %" in zh
    assert "7 cases: 2 open, 1 overdue, 3 closed, 2 void or duplicate" in en
    assert "4 re-inspections, 75 % passed" in en
    nothing = "\n".join(summary_lines(statistics(year.book, since=date(2027, 1, 1)), "zh"))
    assert "中位数 –（0 件）" in nothing


def test_table_charts_and_document(year, tmp_path):
    figures = statistics(year.book)
    for lang, sheet, district in (("zh", "按区", "沈河区"), ("en", "by district", "沈河区")):
        files = write_statistics(figures, tmp_path / lang, lang)
        assert sorted(p.name for p in (tmp_path / lang).iterdir()) == sorted(p.name for p in files)
        book = openpyxl.load_workbook(tmp_path / lang / "statistics.xlsx")
        rows = [[cell.value for cell in row] for row in book[sheet].iter_rows()]
        assert rows[2][:8] == [district, 3, 0, 0, 3, 0, 4, 3]
        assert rows[2][9] == 0.75
        assert rows[4][:6] == ["合计" if lang == "zh" else "all", 7, 2, 1, 3, 2]
        assert rows[3][0] == ("（未注明）" if lang == "zh" else "(not told)")
        document = json.loads((tmp_path / lang / "statistics.json").read_text("utf-8"))
        assert document["total"]["median_days_to_close"] == 4.0
        assert document["months"][1] == {"month": "2026-10", "opened": 0, "closed": 0}
    again = write_statistics(figures, tmp_path / "again", "zh")
    for path in again[1:]:  # a workbook holds the time of its making
        assert path.read_bytes() == (tmp_path / "zh" / path.name).read_bytes(), path.name


HOSTILE = ("$\\frac{1}{2}$", "浑南\n新区", "=1+1", "<script>alert(1)</script>", "", "\x07控制\x00符", "𠮷😀", "\ud800半", "长" * 200, "$")


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_charts_show_any_name(tmp_path, lang):
    groups = tuple(Group(name, 3, 1, 0, 2, 0, (n, n + 4), 2, 1, 3, 1, 2) for n, name in enumerate(HOSTILE))
    months = tuple((f"2026-{n:02d}", n, 12 - n) for n in range(1, 13))
    figures = Statistics(
        datetime(2026, 12, 31, tzinfo=BEIJING), date(2026, 1, 1), None, Group("", 9, 1, 0, 2, 0, (1, 2), 2, 1, 3, 1, 2), groups, groups, groups,
        tuple(replace(g, name=k) for g, k in zip(groups, ("parked_vehicle", "gate"), strict=False)), (("closed", 3), ("noticed", 2)),
        groups * 2, months,
    )  # fmt: skip
    _charts(figures, tmp_path / "a.pdf", lang)
    _charts(figures, tmp_path / "b.pdf", lang)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    text = "".join(pdf_text(tmp_path / "a.pdf").split())
    for said in ("$\\frac{1}{2}$", "浑南新区", "<script>alert(1)</script>", "控制", "2026-12-31", "2026-01-01", "长长长", "□□"):
        assert said in text, said
    assert ("（未注明）" if lang == "zh" else "(nottold)") in text
    assert ("前15项，共20项" if lang == "zh" else "first15of20") in text
    assert ("已结案" if lang == "zh" else "closed") in text
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", tmp_path / "a.pdf"], capture_output=True, check=True, text=True).stdout
        assert "Pages:           2" in told
        assert "CreationDate" not in told


def test_charts_of_nothing(desk, tmp_path):
    desk.at += timedelta(days=1)
    _charts(statistics(desk.book), tmp_path / "none.pdf", "zh")
    assert pdf_text(tmp_path / "none.pdf").count("尚无数据") == 8
