"""A site is guilty of its worker's death only when it does it again, alone."""

import pytest

from firelane.batch.engine import Death
from firelane.batch.model import Failure, FailureKind, Outcome, Settings, Task
from firelane.batch.trial import Case, presumed_innocent, suspicious, tried, uniform

TASK = Task("s", "/s", "s")
CRASH = Death(FailureKind.CRASH, signal=11)
KILLED = Death(FailureKind.CRASH, signal=9)
LATE = Death(FailureKind.TIMEOUT)
FAT = Death(FailureKind.MEMORY)
REFUSED = Outcome("s", Failure(FailureKind.MEMORY, "内存不足", "there is not enough memory for it"))
FULL = Outcome("s", Failure(FailureKind.OUTPUT, "无法写入", "cannot be written"))
DONE = Outcome("s", shard_sha256="1")
BAD = Outcome("s", Failure(FailureKind.UNREADABLE, "坏", "bad"))


def run(first, *then):
    left = list(then)
    outcome, attempts = tried(Case(TASK, [first]), lambda _: left.pop(0), Settings(memory_mb=500, timeout_s=9))
    assert not left, "it was tried less often than expected"
    return outcome, attempts


@pytest.mark.parametrize("first", [CRASH, KILLED, LATE, FAT, REFUSED, FULL])
def test_what_is_done_the_second_time_is_done(first):
    assert run(first, DONE) == (DONE, 2)


@pytest.mark.parametrize(
    ("deaths", "kind"),
    [
        ((CRASH, CRASH, CRASH), FailureKind.CRASH),
        ((KILLED, KILLED, KILLED, KILLED, KILLED), FailureKind.CRASH),
        ((LATE, LATE), FailureKind.TIMEOUT),
        ((FAT, FAT), FailureKind.MEMORY),
        ((REFUSED, FAT), FailureKind.MEMORY),
        ((FULL, FULL), FailureKind.OUTPUT),
        ((KILLED, LATE, LATE), FailureKind.TIMEOUT),
        ((KILLED, KILLED, CRASH, CRASH, CRASH), FailureKind.CRASH),
    ],
)
def test_how_often_each_death_is_forgiven(deaths, kind):
    outcome, attempts = run(*deaths)
    assert outcome.failure.kind is kind
    assert attempts == len(deaths)


def test_a_site_killed_four_times_from_outside_is_innocent():
    assert run(KILLED, KILLED, KILLED, KILLED, DONE) == (DONE, 5)


def test_a_reason_of_its_own_found_while_alone_stands():
    assert run(CRASH, BAD) == (BAD, 2)


def test_want_of_memory_has_one_text_whoever_noticed_it():
    assert run(FAT, REFUSED)[0].failure == run(REFUSED, FAT)[0].failure
    assert run(FAT, FAT)[0].failure.en == "needs more memory than the 500 MB allowed"
    assert uniform(BAD, Settings(memory_mb=500)) is BAD


def test_only_deaths_memory_and_disk_are_suspicious():
    assert [suspicious(b) for b in (CRASH, LATE, FAT, REFUSED, FULL, DONE, BAD)] == [True] * 5 + [False] * 2


def test_innocent_are_presumed_those_whose_worker_was_ended_from_outside_or_nobody_knows_how():
    gone = Death(FailureKind.CRASH)  # with its machine
    left = Death(FailureKind.CRASH, exit_code=0)
    assert [presumed_innocent(b) for b in (KILLED, gone, CRASH, left, LATE, FAT, REFUSED, FULL, DONE)] == [True, True] + [False] * 7


def test_a_death_in_the_midst_of_others_is_an_attempt_and_no_proof():
    case = Case(TASK, [KILLED] * 4, uncounted=3)
    assert (case.attempts, case.proven()) == (7, False)
    assert tried(case, lambda _: KILLED, Settings())[1] == 8
