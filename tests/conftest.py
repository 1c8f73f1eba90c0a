"""One Hypothesis profile for all tests."""

from __future__ import annotations

import os

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
