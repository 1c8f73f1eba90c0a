"""Progress: counted honestly, told in few words, shown without harm."""

import io
import itertools
import math
import re
import time

import pytest

from firelane.batch.model import Failure, FailureKind
from firelane.batch.progress import Progress, Tally, bar, duration, failure_line, line, shown

LATE = Failure(FailureKind.TIMEOUT, "处理超过限时 60 秒", "took longer than the 60 s allowed")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tally(**told):
    clock = itertools.count(0, 2)  # every look at the clock is two seconds later
    return Tally(clock=lambda: float(next(clock)), **told)


def test_rate_and_time_left_are_those_of_the_sites_done_lately():
    count = tally(total=100, todo=10)
    count._recent.append(0.0)
    for n in range(5):
        count.add(f"s{n}", None)
    state = count.state()
    # Begun at 0; sites were finished at 2, 4, 6, 8 and 10; asked at 12: five sites in twelve seconds.
    assert state.rate_per_s == pytest.approx(5 / 12)
    assert state.left_s == pytest.approx(5 * 12 / 5)
    assert (state.done, state.failed, state.elapsed_s) == (5, 0, 12)


def test_before_the_first_site_nothing_is_promised():
    state = tally(total=5, todo=5).state()
    assert math.isnan(state.rate_per_s)
    assert math.isnan(state.left_s)
    assert line(Progress("sites", total=5), "en") == "doing the sites: 0/5, 0 failed, 0 s so far"


def test_failures_are_counted_and_named():
    count = tally(total=3, todo=3)
    count.add("a", None)
    count.add("b", LATE)
    state = count.state()
    assert (state.done, state.failed, state.finished) == (1, 1, 2)
    assert state.failures == (("b", LATE),)


def test_every_step_is_told():
    told = []
    count = Tally(told.append)
    count.enter("checking")
    count.add("a", None)
    assert [s.phase for s in told] == ["checking", "checking"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "doing the sites: 30/100, 2 failed, 30.0/min, 2 min left, 1 min so far"),
        ("zh", "逐个处理场地：30/100，未能完成 2，30.0 个/分，剩余约 2 分，已用 1 分"),
    ],
)
def test_the_line_in_both_languages(lang, text):
    assert line(Progress("sites", 100, 28, 2, 0, 0.5, 61.0, 140.0), lang) == text


@pytest.mark.parametrize("cells", [40, 60, 80, 200])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_bar_never_breaks_the_line(lang, cells):
    text = bar(Progress("sites", 20_000, 11_234, 56, 0, 0.5, 7_200.0, 14_000.0), lang, cells)
    wide = sum(2 if ord(c) > 0x2E80 else 1 for c in text)
    assert wide < cells


def test_the_bar_is_as_full_as_the_work():
    text = bar(Progress("sites", 100, 45, 5, 0, 0.5, 60.0, 60.0), "en", 200)
    assert text.startswith("[############............] ")


def test_time_is_rounded_to_what_matters():
    assert [duration(s, "en") for s in (0.4, 59.4, 61, 3599, 86_400)] == ["0 s", "59 s", "1 min", "1 h 00 min", "24 h 00 min"]


def test_a_hostile_id_does_nothing_to_the_terminal():
    text = failure_line("a\x1b[2J\n\u202eb", LATE, "en")
    assert text == "  ✗ a[2J b: out of time – took longer than the 60 s allowed"


def test_elsewhere_a_line_appears_at_each_phase_and_each_failure():
    stream = io.StringIO()
    with shown("en", stream=stream, tick_s=0.005) as tell:
        tell(Progress("looking"))
        time.sleep(0.05)
        tell(Progress("sites", 3, 1))
        time.sleep(0.05)
        tell(Progress("sites", 3, 1, 1, failures=(("bad", LATE),)))
        time.sleep(0.05)
        tell(Progress("ended", 3, 2, 1, failures=(("bad", LATE),)))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "looking for the sites"
    assert lines[1].startswith("doing the sites: 1/3, 0 failed")
    assert lines[2] == "  ✗ bad: out of time – took longer than the 60 s allowed"
    assert lines[3].startswith("ended: 3/3, 1 failed")
    assert len(lines) == 4
    assert "\r" not in stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_a_long_reason_is_cut_on_a_terminal_and_elsewhere(stream):
    with shown("zh", stream=stream, tick_s=0.005) as tell:
        tell(Progress("sites", 3, 1, 1, failures=(("bad", Failure(FailureKind.UNREADABLE, "坏" * 1000, "bad " * 300)),)))
        time.sleep(0.05)
    told = next(text for text in re.split(r"[\r\n]+|\x1b\[K", stream.getvalue()) if "bad" in text)
    assert told.startswith("  ✗ bad：无法读取 – 坏坏")
    assert told.endswith("坏…")
    assert len(told) < 120, "two cells for each sign"


def test_elsewhere_a_line_comes_now_and_then_even_while_nothing_is_told():
    stream = io.StringIO()
    with shown("zh", stream=stream, tick_s=0.005, every_s=0.02) as tell:
        tell(Progress("sites", 3, 1))
        time.sleep(0.3)
    assert stream.getvalue().count("逐个处理场地：1/3") >= 3


def test_on_a_terminal_the_line_is_drawn_over_and_failures_stay_above():
    stream = Terminal()
    with shown("en", stream=stream, tick_s=0.005) as tell:
        tell(Progress("sites", 3, 1, 1, failures=(("bad", LATE),)))
        time.sleep(0.05)
    text = stream.getvalue()
    assert "\r\x1b[K  ✗ bad: out of time – took longer than the 60 s allowed\n" in text
    assert text.count("bad") == 1
    assert text.endswith("\n")


def test_a_flood_of_failures_is_cut_short():
    stream = io.StringIO()
    with shown("en", stream=stream, tick_s=0.005) as tell:
        count = Tally(tell, total=100, todo=100)
        for n in range(100):
            count.add(f"s{n}", LATE)
    text = stream.getvalue()
    assert text.count("✗") == 20
    assert text.count("failed.csv lists them all") == 1


def test_quiet_is_quiet():
    stream = io.StringIO()
    with shown("en", quiet=True, stream=stream) as tell:
        assert tell is None
    assert stream.getvalue() == ""


def test_a_reader_who_has_gone_ends_nothing():
    class Gone(io.StringIO):
        def write(self, _text):
            raise BrokenPipeError

    with shown("en", stream=Gone(), tick_s=0.005) as tell:
        tell(Progress("sites", 3, 1))
        time.sleep(0.05)
