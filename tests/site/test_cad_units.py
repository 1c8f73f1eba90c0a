"""The unit of a plan: what the file says, what its roads say, and what the user says."""

import math

import numpy as np
import pytest
import shapely
from cad_plans import CM, FOOT, INCH, MM, NONE, M, PlanFile, rows, taken

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.cad.options import UNITS_M, CadOptions
from firelane.site.cad.units import Sizes, find_unit, sizes
from firelane.site.journal import Journal

NOTHING = np.empty(0, dtype=object)
PER_METRE = {name: 1.0 / metres for name, metres in UNITS_M.items()}


def found(told, code, unit=None):
    journal = Journal()
    return find_unit(told, code, CadOptions(unit), journal, file="plan.dxf"), journal


@pytest.mark.parametrize("width_m", [3.0, 3.5, 4.0, 6.0, 7.0, 9.8])
@pytest.mark.parametrize("unit", ["m", "mm", "cm"])
@pytest.mark.parametrize("code", [NONE, M, MM, CM, INCH, FOOT])
def test_every_metric_unit_is_found_whatever_the_file_says(width_m, unit, code):
    """Only one case cannot be told: centimetres under a header of inches, where they make a usual road as well."""
    result, journal = found(Sizes(road=width_m * PER_METRE[unit]), code)
    as_inches = width_m * 100 * 0.0254
    assert result.name == ("inch" if code == INCH and unit == "cm" and as_inches <= 10.0 else unit)
    assert not journal.problems
    assert len(journal.notes) == 1
    assert journal.notes[0].zh
    assert journal.notes[0].en


@pytest.mark.parametrize("code", [NONE, M, MM, CM])
def test_slivers_are_never_roads_in_kilometres(code):
    """3 mm between a hatch and its outline, 120 mm between the lines of a kerb: in whatever unit, no road is that."""
    for width in (0.003, 0.0045, 0.12, 0.006):
        result, _ = found(Sizes(road=width), code)
        assert result is None or result.name != "km"
    assert found(Sizes(road=0.006), 7)[0].name == "km"  # the file says so itself


def test_feet_and_inches_where_no_metric_unit_fits():
    assert found(Sizes(road=20.0), NONE)[0].name == "foot"  # 6.1 m; as metres a road of 20 m
    assert found(Sizes(road=144.0), NONE)[0].name == "inch"  # 3.66 m
    assert found(Sizes(road=24.0), FOOT)[0].name == "foot"


def test_a_declared_unit_is_believed_while_the_roads_may_be_that_wide():
    """A yard of 20 m stays 20 m, though it would make a nice road in feet."""
    assert found(Sizes(road=20.0), M)[0].name == "m"
    assert found(Sizes(road=2000.0), CM)[0].name == "cm"


def test_a_declared_unit_that_nothing_else_can_be_is_taken_with_a_doubt():
    """An outline of 90 m is hardly a road, and in no other unit more of one."""
    result, journal = found(Sizes(road=90.0), M)
    assert result.name == "m"
    assert [n.code for n in journal.notes] == ["unit_doubtful"]


def test_what_cannot_be_told_is_asked_for():
    for told, code in ((Sizes(), NONE), (Sizes(road=0.5), NONE), (Sizes(road=1e9), M)):
        result, journal = found(told, code)
        assert result is None
        (problem,) = journal.problems
        assert "[cad] unit" in problem.remedy
        assert "[cad] unit" in problem.remedy_zh


def test_the_user_has_the_last_word_and_is_told_of_a_doubt():
    result, journal = found(Sizes(road=6.0), M, unit="mm")
    assert (result.name, result.stated) == ("mm", "m")
    assert [n.code for n in journal.notes] == ["unit_doubtful"]
    result, journal = found(Sizes(road=6000.0), NONE, unit="mm")
    assert not journal.notes


def test_buildings_and_bays_speak_where_no_road_does():
    assert found(Sizes(building=15000.0, bay=3535.0), NONE)[0].name == "mm"
    assert found(Sizes(bay=3.5), NONE)[0].name == "m"
    assert found(Sizes(building=15.0, bay=3500.0), NONE)[0] is None  # they contradict each other


def test_widths_of_outlines_frames_and_edges():
    """By hand: a strip 100 × 6, a ring road 6 wide, two edges 5 apart."""
    strip = np.array([shapely.box(0, 0, 100, 6)])
    assert sizes(strip, NOTHING, NOTHING, NOTHING).road == pytest.approx(6.0)
    ring = np.array([shapely.box(0, 0, 100, 80), shapely.box(6, 6, 94, 74)])
    assert sizes(ring, NOTHING, NOTHING, NOTHING).road == pytest.approx(6.1, abs=0.1)
    kerb = np.array([shapely.box(-0.12, -0.12, 60.12, 6.12), shapely.box(0, 0, 60, 6)])
    assert sizes(kerb, NOTHING, NOTHING, NOTHING).road == pytest.approx(6.24, abs=0.01)
    edges = shapely.linestrings([[[0, 0], [80, 0]], [[0, 5], [80, 5]], [[0, 40], [80, 40]]])
    assert sizes(NOTHING, edges, NOTHING, NOTHING).road == pytest.approx(5.0)
    assert math.isnan(sizes(NOTHING, edges[:1], NOTHING, NOTHING).road)
    house = np.array([shapely.box(0, 0, 10, 40), shapely.box(0, 0, 20, 20)])
    assert sizes(NOTHING, NOTHING, house, NOTHING).building == pytest.approx(20.0)


@pytest.mark.parametrize(("code", "per_metre"), [(M, 1.0), (MM, 1000.0), (NONE, 1000.0), (MM, 1.0), (INCH, 1000.0), (CM, 100.0), (FOOT, 1 / 0.3048)])
def test_tables_come_out_in_metres(tmp_path, code, per_metre):
    plan = PlanFile(code=code, per_metre=per_metre)
    plan.box("道路", 0, 0, 100, 6)
    plan.line("围墙", (0, -1), (100, -1), width=0.24)
    plan.circle("路桩", 50, 1, 0.15)
    intake, journal = taken(plan.save(tmp_path))
    assert not journal.problems
    assert rows(intake, "roads")[0][0].area == pytest.approx(600.0)
    columns = rows(intake, "obstructions")[1]
    assert sorted(v for v in columns["width_m"] if v is not None) == [pytest.approx(0.24)]
    assert sorted(v for v in columns["radius_m"] if v is not None) == [pytest.approx(0.15)]


def test_no_coordinate_is_rounded(tmp_path):
    """Metres stay bit for bit what they were; millimetres are multiplied once."""
    x = 12345.678901234567
    plan = PlanFile()
    plan.box("道路", x, 0, x + 100, 6)
    assert rows(taken(plan.save(tmp_path))[0], "roads")[0][0].bounds[0] == x
    plan = PlanFile(code=MM, per_metre=1000.0)
    plan.box("道路", x, 0, x + 100, 6)
    assert rows(taken(plan.save(tmp_path))[0], "roads")[0][0].bounds[0] == (x * 1000.0) * 0.001


def test_site_toml_overrides_and_an_undecided_unit_stops_the_reading(tmp_path):
    plan = PlanFile(code=NONE)
    plan.box("L1", 0, 0, 300, 60)
    path = plan.save(tmp_path)
    toml = '[layers.roads]\nfrom = "L1"\n'
    assert taken(path, toml)[0] is None
    intake, _ = taken(path, toml + '[cad]\nunit = "毫米"\n')
    assert rows(intake, "roads")[0][0].area == pytest.approx(0.3 * 0.06)
    told = tmp_path / "t.toml"
    told.write_text(toml, encoding="utf-8")
    with pytest.raises(InputError, match=r"\[cad\] unit"):
        read_site(path, config=told)
