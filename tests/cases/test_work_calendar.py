"""Working days come from a file, in CSV or iCalendar, and from nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from firelane.cases.calendar import CalendarError, DayKind, read_calendar
from firelane.errors import InputError

# TEST DATA, invented for these tests: not the announcement of any year.
INVENTED = """date,kind,name
2030-01-01,holiday,元旦
2030-10-01,holiday,国庆节
2030-10-02,holiday,国庆节
2030-10-03,holiday,国庆节
2030-10-04,holiday,国庆节
2030-10-07,holiday,国庆节
2030-09-28,workday,调休上班
2030-10-12,workday,调休上班
"""
AS_ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20300101
SUMMARY:元旦（休）
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20301001
DTEND;VALUE=DATE:20301005
SUMMARY:国庆节
  放假
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20301007
DURATION:P1D
X-APPLE-SPECIAL-DAY:WORK-HOLIDAY
SUMMARY:国庆节
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20300928
SUMMARY:国庆节（班）
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20301012
SUMMARY:国庆节调休上班
END:VEVENT
END:VCALENDAR
"""


def saved(tmp_path, content, name="calendar.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    return path


@pytest.fixture
def calendar(tmp_path):
    return read_calendar(saved(tmp_path, INVENTED))


def test_both_forms_say_the_same(tmp_path, calendar):
    other = read_calendar(saved(tmp_path, AS_ICS.replace("\n", "\r\n"), "calendar.ics"))
    assert (other.days, other.years) == (calendar.days, calendar.years)
    assert calendar.days[date(2030, 10, 12)] is DayKind.WORKDAY


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_chinese_spreadsheets(tmp_path, calendar, encoding):
    content = INVENTED.replace("date,kind,name", "日期,类型,名称").replace("holiday", "放假").replace("workday", "上班")
    content = content.replace("2030-10-02", "2030/10/2").replace("2030-10-03", "2030年10月3日").replace("2030-10-04", "20301004")
    assert read_calendar(saved(tmp_path, content, encoding=encoding)).days == calendar.days


def test_days_of_the_invented_week(calendar):
    worked = [day for day in (date(2030, 9, 27) + timedelta(days=i) for i in range(17)) if calendar.works(day)]
    # Fri 27 September, worked Saturday 28, Monday 30; Tue 8 to Fri 11 October, worked Saturday 12.
    assert [d.isoformat()[5:] for d in worked] == ["09-27", "09-28", "09-30", "10-08", "10-09", "10-10", "10-11", "10-12"]


def test_counting(calendar):
    assert calendar.after(date(2030, 9, 30), 3) == date(2030, 10, 10)
    assert calendar.after(date(2030, 9, 27), 1) == date(2030, 9, 28)
    assert calendar.after(date(2030, 10, 1), 0) == date(2030, 10, 8)
    assert calendar.after(date(2030, 10, 11), 1) == date(2030, 10, 12)
    assert calendar.after(date(2029, 12, 31), 1) == date(2030, 1, 2)  # the start is not counted


def test_a_year_that_is_missing_is_named(calendar):
    assert calendar.covers([2030])
    assert not calendar.covers([2030, 2031])
    with pytest.raises(CalendarError) as caught:
        calendar.after(date(2030, 12, 30), 3)
    assert caught.value.years == (2031,)
    assert "缺少 2031 年" in caught.value.text("zh")
    assert "the year 2031" in caught.value.text("en")


def test_a_few_days_of_the_next_year_do_not_cover_it(tmp_path):
    path = saved(tmp_path, INVENTED + "2031-01-01,holiday,元旦\n2029-12-31,holiday,元旦\n")
    assert read_calendar(path).years == {2030}


@pytest.mark.parametrize(
    ("content", "name", "word"),
    [
        ("", "a.csv", "first line"),
        ("day;what\n", "a.csv", "first line"),
        ("date,kind\n", "a.csv", "holds no day"),
        ("date,kind\n2030-02-30,holiday\n2030-10-01,perhaps\n", "a.csv", "is no date"),
        ("date,kind\n2030-02-30,holiday\n2030-10-01,perhaps\n", "a.csv", "neither holiday nor workday"),
        ("date,kind\n2030-10-01,holiday\n2030-10-01,workday\n", "a.csv", "both|as holiday and as workday"),
        ("BEGIN:VEVENT\nDTSTART:20301001\nSUMMARY:国庆节\nEND:VEVENT", "a.ics", "does not tell"),
        ("BEGIN:VEVENT\nDTSTART:20301001\nSUMMARY:放假，周六上班\nEND:VEVENT", "a.ics", "does not tell"),
        ("BEGIN:VEVENT\nDTSTART:20301001\nRRULE:FREQ=YEARLY\nSUMMARY:国庆节放假\nEND:VEVENT", "a.ics", "repeating"),
        ("BEGIN:VEVENT\nDTSTART:20301001\nDTEND:20321001\nSUMMARY:国庆节放假\nEND:VEVENT", "a.ics", "longer than"),
        ("BEGIN:VEVENT\nSUMMARY:国庆节放假\nEND:VEVENT", "a.ics", "no day"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, content, name, word):
    with pytest.raises(InputError, match=word) as caught:
        read_calendar(saved(tmp_path, content, name))
    assert all(problem.message_zh for problem in caught.value.problems)


def test_an_absent_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(InputError):
        read_calendar(tmp_path / "absent.csv")
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\xfe\x00\x81\xff")
    with pytest.raises(InputError):
        read_calendar(path)
