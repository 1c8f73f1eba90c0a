"""The store of the programme's story, for all tests of ``firelane ip``."""

import shutil

import pytest
from ip_story import Store, filled_store


@pytest.fixture(scope="session")
def ip_store(tmp_path_factory):
    """A store filled with the story; nobody changes it."""
    return filled_store(tmp_path_factory.mktemp("ip")) / "ip.sqlite"


@pytest.fixture
def store(ip_store, tmp_path):
    """A copy to be changed."""
    shutil.copy(ip_store, tmp_path / "ip.sqlite")
    return Store(tmp_path / "ip.sqlite")


@pytest.fixture(scope="session")
def seen(ip_store):
    """The store itself, to be looked at."""
    return Store(ip_store)
