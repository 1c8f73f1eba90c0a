"""The log: one object to a line whatever stands in a name, and whatever end its writer found."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.batch.journal import NAME, Log, line
from firelane.errors import OutputError

HOSTILE = ["a\nb", "\x1b[2J", "\u2028\u2029", "\u202egnp", "\x85\x9b", "\ud83d", "🚒\U000e0041", "三好街", '"\\']


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_line_and_comes_back(name):
    told = line({"site": name})
    assert told.isprintable()
    assert json.loads(told) == {"site": name}


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.booleans()))
def test_any_object_is_one_line_of_utf8_and_comes_back(told):
    text = line(told)
    assert len(text.splitlines()) == 1
    assert json.loads(text.encode("utf-8").decode("utf-8")) == told


def test_figures_that_are_not_known_are_null():
    assert json.loads(line({"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": float("nan")}})) == {
        "a": None, "b": [None, 1.5], "c": {"d": None},
    }  # fmt: skip


def test_lines_are_added_and_none_is_taken_away(tmp_path):
    clock = lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)  # noqa: E731
    for event in ("one", "two"):
        with Log(tmp_path, clock) as log:
            log.say(event, site="s")
    told = [json.loads(text) for text in (tmp_path / NAME).read_text("utf-8").splitlines()]
    assert told == [{"time": "2026-01-02T03:04:05.000+00:00", "event": e, "site": "s"} for e in ("one", "two")]


def test_a_torn_line_is_left_behind_and_the_next_one_is_whole(tmp_path):
    (tmp_path / NAME).write_text('{"event": "one"}\n{"event": "tw', "utf-8")
    with Log(tmp_path) as log:
        log.say("three")
    lines = (tmp_path / NAME).read_text("utf-8").splitlines()
    assert lines[1] == '{"event": "tw'
    assert json.loads(lines[2])["event"] == "three"


def test_a_line_stands_on_the_disk_at_once(tmp_path):
    with Log(tmp_path) as log:
        log.say("one")
        assert (tmp_path / NAME).read_bytes().count(b"\n") == 1


def test_a_folder_in_its_place_is_told(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(OutputError):
        Log(tmp_path)
