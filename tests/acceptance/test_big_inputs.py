"""Large inputs: all that was drawn arrives, in bounded memory. What it takes in time is for ``benchmarks/reading``."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import environment

from firelane import read_site

HOME = Path(__file__).parents[2] / "benchmarks" / "reading"
PEAK_MB = 2000
"""What the issue allows for a million vertices, or a plan of 50 MB."""

CHILD = """
import json, sys
from pathlib import Path
from firelane import read_site
site = read_site(sys.argv[1])
roads = site.layers["roads"].geometry
peak = None
status = Path("/proc/self/status")
if status.exists():  # getrusage would tell the peak of the parent as well
    line = next(n for n in status.read_text().splitlines() if n.startswith("VmHWM"))
    peak = int(line.split()[1]) / 1024
print(json.dumps({
    "rows": {layer: len(table) for layer, table in site.layers.items()}, "peak_mb": peak,
    "area_m2": float(roads.union_all().area), "codes": sorted({note.code for note in site.notes}),
}))
"""


@pytest.fixture(scope="module")
def inputs():
    """Return the module that makes the files."""
    if not HOME.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{HOME} is missing")
        pytest.skip("the benchmarks are not part of this copy")
    spec = importlib.util.spec_from_file_location("reading_inputs", HOME / "inputs.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def read_alone(path):
    """Read a site in a process of its own; what came of it and its peak."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, check=False, timeout=900, env=environment()
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def assert_as_drawn(found, made, area_m2):
    assert {layer: n for layer, n in found["rows"].items() if n} == made.rows
    assert found["area_m2"] == pytest.approx(area_m2, abs=0.01)
    assert found["peak_mb"] is None or found["peak_mb"] < PEAK_MB


@pytest.mark.slow
def test_a_geopackage_of_a_million_vertices(tmp_path, inputs):
    made = inputs.write_geopackage(tmp_path / "big.gpkg", 70)
    assert made.vertices > 1_000_000
    found = read_alone(made.path)
    assert_as_drawn(found, made, inputs.road_area_m2(70))
    assert "hairline_gap_closed" in found["codes"]


@pytest.mark.slow
def test_one_polygon_of_a_million_vertices(tmp_path, inputs):
    made = inputs.write_geopackage(tmp_path / "joined.gpkg", 70, joined=True)
    assert made.vertices > 1_000_000
    found = read_alone(made.path)
    assert {layer: n for layer, n in found["rows"].items() if n} == made.rows
    assert found["area_m2"] == pytest.approx(inputs.road_area_m2(70), rel=0.003)  # widened by the 5 mm that close it
    assert found["peak_mb"] is None or found["peak_mb"] < PEAK_MB


@pytest.mark.slow
def test_a_plan_of_fifty_megabytes(tmp_path, inputs):
    made = inputs.write_plan(tmp_path / "big.dxf")
    assert made.path.stat().st_size > 48_000_000
    assert_as_drawn(read_alone(made.path), made, inputs.road_area_m2(52))


def test_a_small_plan_of_the_same_kind(tmp_path, inputs):
    """The same generator, 1/100 of the size: every tier knows that it is read right."""
    made = inputs.write_plan(tmp_path / "small.dxf", 5, 8)
    site = read_site(made.path)
    assert {layer: len(rows) for layer, rows in site.layers.items() if len(rows)} == made.rows
    assert site.layers["roads"].union_all().area == pytest.approx(inputs.road_area_m2(5), abs=0.01)
    assert set(site.layers["buildings"]["floors"]) == {6.0}
    assert all(area == pytest.approx(16 * 14) for area in site.layers["buildings"].area)


def test_a_small_geopackage_of_the_same_kind(tmp_path, inputs):
    made = inputs.write_geopackage(tmp_path / "small.gpkg", 5)
    site = read_site(made.path)
    assert {layer: len(rows) for layer, rows in site.layers.items()} == made.rows
    assert site.layers["roads"].union_all().area == pytest.approx(inputs.road_area_m2(5), abs=0.01)
