"""Deadlines: every figure has a source, working days have a calendar, nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.cases.calendar import CalendarError, DayKind, WorkCalendar
from firelane.cases.deadlines import DeadlineError, Unit, deadline, rules
from firelane.cases.guards import BEIJING
from firelane.errors import InputError

# TEST DATA, invented: 1 to 4 and 7 October free, Saturday 28 September and Saturday 12 October worked.
INVENTED = WorkCalendar(
    {date(2030, 1, 1): DayKind.HOLIDAY, **{date(2030, 10, d): DayKind.HOLIDAY for d in (1, 2, 3, 4, 7)},
     date(2030, 9, 28): DayKind.WORKDAY, date(2030, 10, 12): DayKind.WORKDAY},
    frozenset({2030}), "invented.csv",
)  # fmt: skip
EVE = datetime(2030, 9, 30, 15, 0, tzinfo=BEIJING)


def test_working_days_across_the_national_day_week():
    found = deadline("reinspect", EVE, INVENTED)
    assert (found.day, found.days, found.unit) == (date(2030, 10, 10), 3, Unit.WORKING_DAYS)  # 8, 9, 10 October
    assert deadline("reinspect", EVE, INVENTED, 5).day == date(2030, 10, 12)  # the worked Saturday counts
    assert deadline("reinspect", EVE - timedelta(days=3), INVENTED, 1).day == date(2030, 9, 28)


def test_plain_days_run_through_it():
    assert deadline("rectify_movable", EVE, None).day == date(2030, 10, 3)
    assert deadline("rectify_fixed", EVE, None, 10).day == date(2030, 10, 10)
    assert deadline("report_at_once", EVE, None).day == date(2030, 9, 30)
    assert deadline("rectify_at_once", EVE, None, 2).day == date(2030, 10, 2)


def test_the_day_is_that_of_beijing():
    late = datetime(2030, 9, 30, 16, 30, tzinfo=UTC)  # half past midnight of 1 October
    assert deadline("report_at_once", late, None).day == date(2030, 10, 1)


@pytest.mark.parametrize(
    ("calendar", "start", "year"),
    [(None, EVE, 2030), (INVENTED, datetime(2030, 12, 30, 12, tzinfo=BEIJING), 2031),
     (INVENTED, datetime(2029, 12, 20, 12, tzinfo=BEIJING), 2029)],
)  # fmt: skip
def test_a_missing_year_is_named_never_guessed(calendar, start, year):
    with pytest.raises(CalendarError, match=str(year)) as caught:
        deadline("reinspect", start, calendar)
    assert caught.value.years == (year,)
    assert f"{year} 年" in caught.value.text("zh")


def test_what_the_office_says_needs_no_confirming():
    found = deadline("rectify_fixed", EVE, None, 5, source="沈消〔2030〕7号")
    assert (found.source("zh"), found.to_be_confirmed) == ("沈消〔2030〕7号", False)
    found = deadline("rectify_fixed", EVE, None, day=date(2030, 10, 20))
    assert (found.day, found.days, found.source("en")) == (date(2030, 10, 20), None, "set by the office")


def test_proposed_figures_are_marked():
    found = deadline("rectify_fixed", EVE, None)
    assert found.source("zh").endswith("（待确认）")
    assert found.source("en").endswith("(to be confirmed)")
    assert "待确认" not in deadline("report_at_once", EVE, None).source("zh")


def test_no_figure_is_taken_for_the_regulations():
    for rule in rules().values():
        assert rule.source_zh
        assert rule.source_en
        assert rule.to_be_confirmed or rule.days == 0  # the regulation says 立即 and names no number of days


@pytest.mark.parametrize(
    "options",
    [{"days": -1}, {"days": 99999}, {"days": True}, {"day": date(2030, 9, 29)}, {"days": 1, "day": date(2030, 10, 9)}],
)
def test_deadlines_that_cannot_be_meant(options):
    with pytest.raises(DeadlineError) as caught:
        deadline("rectify_fixed", EVE, None, **options)
    assert caught.value.text("zh") != caught.value.text("en")


def test_unknown_rule_and_missing_zone():
    with pytest.raises(DeadlineError, match="no deadline rule"):
        deadline("whenever", EVE, None)
    with pytest.raises(DeadlineError, match="time zone"):
        deadline("rectify_fixed", datetime(2030, 9, 30), None)  # noqa: DTZ001


@given(st.integers(0, 60), st.integers(1, 40))
def test_working_days_by_counting_one_by_one(offset, count):
    start = EVE - timedelta(days=90 - offset)
    last = deadline("reinspect", start, INVENTED, count).day
    between = [start.date() + timedelta(days=i + 1) for i in range((last - start.date()).days)]
    free = {date(2030, 10, d) for d in (1, 2, 3, 4, 7)}
    extra = {date(2030, 9, 28), date(2030, 10, 12)}
    assert sum((day.weekday() < 5 and day not in free) or day in extra for day in between) == count
    assert last.weekday() < 5 or last in extra


def test_a_file_of_ones_own_and_its_problems(tmp_path):
    good = '[[rule]]\nkey="a"\nzh="甲"\nen="a"\nunit="days"\ndays=4\nsource_zh="某文"\nsource_en="x"\nto_be_confirmed=false\n'
    path = tmp_path / "own.toml"
    path.write_text(good, encoding="utf-8")
    assert deadline("a", EVE, None, catalogue=rules(path)).day == date(2030, 10, 4)
    bad = good + good.replace('"days"', '"moons"').replace("days=4", "days=-4").replace('"某文"', '""') + good
    path = tmp_path / "bad.toml"
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        rules(path)
    for word in ("working_days is expected", "whole days", "a text is missing", "key stands twice"):
        assert word in str(caught.value)
    path = tmp_path / "empty.toml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError):
        rules(path)
