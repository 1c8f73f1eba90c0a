"""A merge killed at any moment leaves the old set of tables or the new one, and the next one is as if nothing was."""

import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from city_shards import make_city

from firelane.batch.city import write_city
from firelane.batch.desk import settle
from firelane.batch.model import Settings

TABLES = ("sites.parquet", "findings.parquet", "sites.csv", "failed.csv", "summary.json")
CHILD = """
import pickle, sys
from pathlib import Path
from firelane.batch.city import write_city
from firelane.batch.model import Settings
tasks, outcomes = pickle.loads(Path(sys.argv[1]).read_bytes())
print("ready", flush=True)
write_city(tasks, outcomes, Path(sys.argv[2]), settings=Settings(), extras=False)
"""


def contents(folder):
    return [(folder / name).read_bytes() for name in TABLES]


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    made = make_city(tmp_path / "old", 300, 60)
    write_city(made.tasks, made.outcomes, tmp_path / "old", settings=Settings(), extras=False)
    renamed = [replace(task, attributes={"district": "新区"}) for task in made.tasks]
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    began = time.monotonic()
    write_city(renamed, made.outcomes, tmp_path / "new", settings=Settings(), extras=False)
    took_s = time.monotonic() - began
    old, new = contents(tmp_path / "old"), contents(tmp_path / "new")
    assert old != new
    (tmp_path / "what").write_bytes(pickle.dumps((renamed, made.outcomes)))
    moments = random.Random(7)
    for _ in range(6):
        here = tmp_path / "here"
        shutil.copytree(tmp_path / "old", here)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "what"), str(here)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, 1.2 * took_s))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        settle(here)
        assert contents(here) in (old, new)
        write_city(renamed, made.outcomes, here, settings=Settings(), extras=False)
        assert contents(here) == new
        assert not [p.name for p in here.iterdir() if p.name.startswith(".")]
        shutil.rmtree(here)
