"""What ``describe`` tells of a site that was read."""

import dataclasses
import json
from pathlib import Path

import pytest
import site_scenes as scenes
from site_builders import box, frame, line, read

from firelane.errors import InputError
from firelane.site import describe
from firelane.site import read as read_module
from firelane.site.intake import Intake
from firelane.site.model import PointTile, Reading

READING = Reading("plan.dxf", "消防车道", {"LWPOLYLINE": 2}, "roads", 2, mended=1, zh="缺口已闭合", en="a gap was closed")


def test_road_widths_by_hand():
    """A strip of 100 × 6 m: 2 · 600 / 212 m; one of 40 × 4 m: 2 · 160 / 88 m."""
    told = describe(scenes.site([scenes.road(100, 6), scenes.block(0, 20, 40, 24)[0]]))["road_widths"]
    assert told["greatest_m"] == pytest.approx(1200 / 212)
    assert told["least_m"] == pytest.approx(320 / 88)
    assert told["middle_m"] == pytest.approx((1200 / 212 + 320 / 88) / 2)
    assert told["area_m2"] == pytest.approx(760)
    assert (told["derived"], told["without_width"]) == (0, 0)


def test_a_slip_of_the_unit_shows(tmp_path):
    """Drawn in millimetres, 6 m are 6000: the estimate says so."""
    told = describe(read(tmp_path, roads=frame(box(0, 0, 30_000, 6_000))))
    assert told["road_widths"]["middle_m"] == pytest.approx(5000.0)
    assert told["extent_m"] == [30_000.0, 6_000.0]


def test_derived_roads_and_those_without_a_width(tmp_path):
    lines = frame(line((0, 20), (80, 20)), line((0, 40), (80, 40)), width_m=[4.5, None])
    told = describe(read(tmp_path, road_lines=lines))
    assert (told["road_widths"]["derived"], told["road_widths"]["without_width"]) == (1, 1)
    assert told["extent_m"][1] == 40.0


def test_readings_and_tiles_are_plain_values():
    site = scenes.site([scenes.road()])
    tile = PointTile(Path("/data/a.laz"), scenes.CRS, (0.0, 1.0, 2.0, 3.0), 17)
    told = describe(dataclasses.replace(site, readings=(READING,), points=(tile,), placed=False))
    assert told["placed"] is False
    assert told["readings"] == [
        {
            "path": "plan.dxf", "source": "消防车道", "found": {"LWPOLYLINE": 2}, "layer": "roads", "rows": 2,
            "mended": 1, "ignored": 0, "zh": "缺口已闭合", "en": "a gap was closed",
        }
    ]  # fmt: skip
    assert told["points"] == [{"path": "a.laz", "points": 17, "crs": "EPSG:4550", "bounds": [0.0, 1.0, 2.0, 3.0]}]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_refused_site_tells_what_was_understood(tmp_path, monkeypatch):
    monkeypatch.setattr(read_module, "take_in", lambda *_: (Intake(readings=(READING,)),))
    with pytest.raises(InputError) as caught:
        read(tmp_path, roads=frame(), strange=frame(box(0, 0, 1, 1)))
    assert caught.value.readings == (READING,)
    assert "unknown_layer" in [note.code for note in caught.value.notes]
