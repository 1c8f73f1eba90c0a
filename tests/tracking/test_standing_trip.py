"""A vehicle that has no way to drive: what it is to reach lies within its reach where it stands outside the entrance."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
from pdf_text import pdf_text
from site_scenes import audited, gates, road, site
from tracked_scenes import tracked_like

from firelane.auditing.files import write_results
from firelane.auditing.tracking_rows import tracking_row
from firelane.report import write_report
from firelane.tracking.drive import Drive
from firelane.tracking.record import TripKind
from firelane.tracking.sweep import at_every
from firelane.webmap.page import violation_map


def standing(poses):
    """Poses at one place: one, or one and again the same."""
    xy = np.tile([[535_905.0, 4_630_000.0]], (poses, 1))
    return Drive(xy, np.zeros(poses), np.zeros(poses), np.ones(poses, int))


@pytest.fixture(scope="module", params=[1, 2])
def stands(request):
    plain = audited(site([road(100, 20)], entrances=gates(100, 20)))
    like = tracked_like(plain, entrance="W")
    trips = tuple(replace(trip, drive=standing(request.param)) for trip in like.trips)
    return replace(plain, tracking=(replace(like, trips=trips),))


def test_it_has_no_length_and_covers_its_own_rectangle(stands):
    trip = stands.tracking[0].trips[0]
    assert trip.length_m == 0
    assert trip.manoeuvres == 0
    assert trip.swept.body.area == pytest.approx(trip.vehicle.length_m * trip.vehicle.width_m)
    assert len(at_every(trip.drive, 2.0).xy) == 1


def test_the_tables_tell_where_it_stands(stands, tmp_path):
    row = tracking_row(stands.tracking[0])
    assert row["trips"][0]["length_m"] == 0
    assert row["trips"][0]["line"] == [[535_905.0, 4_630_000.0, 0.0]]
    write_results(stands, tmp_path / "results.gpkg")
    assert "swept_paths" in {name for name, _ in pyogrio.list_layers(tmp_path / "results.gpkg")}
    swept = gpd.read_file(tmp_path / "results.gpkg", layer="swept_paths")
    assert swept.geometry.area.to_numpy() == pytest.approx(20.0)


def test_map_and_report_are_written(stands, tmp_path):
    violation_map(stands, tmp_path / "map.html")
    trip = stands.tracking[0].trips[0]
    assert "车辆通行" in (tmp_path / "map.html").read_text("utf-8")
    write_report(stands, tmp_path / "a.pdf")
    assert "轨迹核算" in pdf_text(tmp_path / "a.pdf")
    write_report(stands, tmp_path / "a.docx")
    write_report(stands, tmp_path / "a.xlsx")
    assert "车辆数据" in openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert trip.kind is TripKind.PROVEN
