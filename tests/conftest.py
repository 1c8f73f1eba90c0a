"""What all tests share: one Hypothesis profile, one width of terminal, one browser."""

from __future__ import annotations

import os
import signal

import pytest
from chromium import chromium
from hypothesis import HealthCheck, settings

# Machines are noisy: no test is judged by time. A submission is judged by the same examples every time;
# on a developer's machine the search goes on with new ones.
settings.register_profile(
    "firelane",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("firelane")

# There are no doctests in them; collected as modules, several files of this one name are in each other's way.
collect_ignore_glob = ["conftest.py", "*/conftest.py"]

# Started in the background of a shell that has no jobs, Ctrl-C is ignored, here and in every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A narrow terminal breaks the cells of a table over lines: what is tested is what a terminal of this width shows,
# wherever the tests run. Tests of the breaking itself choose a width of their own.
os.environ["COLUMNS"] = "100"


@pytest.fixture(scope="module")
def browser():
    """A browser for the tests of one file."""
    with chromium() as started:
        yield started
