"""Indicator sets as files, for all that is scored."""

import pytest
from star_scenes import set_text

from firelane.registry.star_sets import load_indicator_set


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    (folder / "official.toml").write_text(set_text(), encoding="utf-8")
    (folder / "rehearsal.toml").write_text(set_text("rehearsal", "TEST-TRIAL"), encoding="utf-8")
    return load_indicator_set(folder / "official.toml"), load_indicator_set(folder / "rehearsal.toml")
