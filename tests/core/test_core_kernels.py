"""The loops for the compiler: what they let through uncompiled, and when they are compiled at all."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from core_engine import boundary_of
from core_scenes import crowded_scene, grid_scene, named_cases

from firelane.errors import MeasurementError
from firelane.lanes import kernels, pinches
from firelane.lanes.kernels import ENGINE_VARIABLE, Kernels, kernels_for
from firelane.lanes.pinches import find_pinches
from firelane.lanes.reach import WidestWay


@pytest.mark.parametrize(
    "scene", [*named_cases()[::3], crowded_scene(3), grid_scene(2, lines=True).moved()], ids=lambda s: s.name
)
def test_the_loops_themselves_find_what_numpy_finds(scene, monkeypatch):
    # as plain Python: needs no compiler, and is what coverage and a debugger see
    boundary = boundary_of(scene)
    plain = find_pinches(boundary, 6.0, engine="numpy")
    monkeypatch.setattr(pinches, "kernels_for", lambda *_: Kernels(kernels.search, kernels.empty))
    looped = find_pinches(boundary, 6.0)
    for column in ("half_edge", "t_m", "ends", "unit", "width_m", "extent_m"):
        np.testing.assert_array_equal(getattr(plain, column), getattr(looped, column))


def test_a_small_site_never_loads_the_compiler():
    code = (
        "import sys, shapely, numpy as np\n"
        "from firelane.lanes.boundary import Boundary\n"
        "from firelane.lanes.reach import WidestWay\n"
        "way = WidestWay(Boundary.from_geometry(shapely.box(0, 0, 30, 5)))\n"
        "assert way.between(np.array([5, 2.5]), np.array([[25, 2.5]])).tolist() == [5.0]\n"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_size_argument_and_variable_choose_the_engine(monkeypatch):
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    asked = []
    monkeypatch.setattr(kernels, "_compiled", _Fake(asked, loaded=False))
    assert kernels_for(kernels.COLD_HALF_EDGES - 1) is None
    assert kernels_for(10**9, "numpy") is None
    assert not asked
    assert kernels_for(10, "numba") == "kernels"
    monkeypatch.setenv(ENGINE_VARIABLE, "numpy")
    assert kernels_for(10**9) is None
    monkeypatch.setenv(ENGINE_VARIABLE, "numba")
    assert kernels_for(10) == "kernels"
    assert kernels_for(10, "numpy") is None  # the argument goes before the variable
    monkeypatch.setenv(ENGINE_VARIABLE, "fortran")
    with pytest.raises(MeasurementError, match="fortran"):
        kernels_for(10)


def test_large_boundaries_take_the_compiler_where_there_is_one(monkeypatch):
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    monkeypatch.setattr(kernels, "_compiled", _Fake([], loaded=False))
    monkeypatch.setattr(kernels.importlib.util, "find_spec", lambda _: object())
    assert kernels_for(kernels.COLD_HALF_EDGES) == "kernels"
    monkeypatch.setattr(kernels.importlib.util, "find_spec", lambda _: None)
    assert kernels_for(kernels.COLD_HALF_EDGES) is None
    monkeypatch.setattr(kernels.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(kernels, "_compiled", _Fake([], loaded=True))
    assert kernels_for(kernels.WARM_HALF_EDGES) == "kernels"  # once loaded it costs nothing more
    assert kernels_for(kernels.WARM_HALF_EDGES - 1) is None


def test_asked_for_and_not_installed_is_an_error_and_unasked_is_none(monkeypatch):
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    kernels._compiled.cache_clear()
    with pytest.raises(MeasurementError, match=r"firelane\[fast\]"):
        kernels_for(10, "numba")
    monkeypatch.setattr(kernels.importlib.util, "find_spec", lambda _: object())
    assert kernels_for(10**9) is None


def test_the_compiled_engine_gives_the_same_widths():
    pytest.importorskip("numba")
    boundary = boundary_of(crowded_scene(11).moved())
    ways = [WidestWay(boundary, 8.0, find_pinches(boundary, 8.0, engine=engine)) for engine in ("numpy", "numba")]
    middle = boundary.start.mean(axis=0) + boundary.origin
    places = middle + np.random.default_rng(0).uniform(-40, 40, (200, 2))
    np.testing.assert_array_equal(ways[0].between(places[:5], places), ways[1].between(places[:5], places))


class _Fake:
    """Stands for the compiler: remembers that it was asked."""

    def __init__(self, asked: list, *, loaded: bool) -> None:
        self.asked, self.loaded = asked, loaded

    def __call__(self):
        self.asked.append(True)
        return "kernels"

    def cache_info(self):
        return type("Info", (), {"currsize": int(self.loaded)})
