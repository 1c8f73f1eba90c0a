"""Widths at the stations: charted, never judged, never too wide."""

from __future__ import annotations

import numpy as np
import pytest
from site_scenes import LineString, Polygon, block, box, gates, measured, post, road, site, street


def profile(a_site):
    found = measured(a_site).profile
    assert found["lane_id"].nunique() == 1
    return found["chainage_m"].to_numpy(), found["clear_width_m"].to_numpy(), found["section_width_m"].to_numpy()


def at(chainage, values, *places):
    return [float(values[np.argmin(np.abs(chainage - p))]) for p in places]


def test_a_straight_road_reads_its_width_everywhere():
    chainage, clear, section = profile(street(6.0))
    assert (chainage.min(), chainage.max()) == (0.0, 100.0)
    assert np.diff(chainage).max() <= 0.5 + 1e-9
    assert clear == pytest.approx(6.0, abs=1e-6)
    assert section == pytest.approx(6.0, abs=1e-6)


def test_at_a_dead_end_the_profile_stops_where_the_corners_begin():
    chainage, clear, _ = profile(street(6.0, both=False))
    # The disc of 6 m touches the end when its middle is 3 m before it.
    assert chainage.max() <= 97.1
    assert clear == pytest.approx(6.0, abs=0.06)


def test_a_block_at_the_kerb():
    chainage, clear, section = profile(street(6.0, [block(50, 1, 52, 3)]))
    assert at(chainage, section, 49.5, 51, 52.5) == pytest.approx([6, 4, 6], abs=1e-6)
    assert at(chainage, clear, 30, 51, 70) == pytest.approx([6, 4, 6], abs=1e-6)
    # Between 6 and 4 m: no disc of 6 m stands on the section half a metre before the block.
    assert 4 < at(chainage, clear, 49.5)[0] < 6


def test_staggered_bumps_show_what_sections_cannot():
    bumps = [block(9, 1.5, 10, 3), block(11, -3, 12, -1.5)]
    chainage, clear, section = profile(street(6.0, bumps, length=24.0, entrances=gates(24.0, 6.0)))
    assert section.min() == pytest.approx(4.5, abs=1e-6)
    # Midway, at chainage 10.5, the widest disc stands between the corners (10, 1.5) and (11, -1.5).
    assert clear.min() == pytest.approx(np.sqrt(10), abs=1e-6)
    assert at(chainage, clear, 10.5) == [clear.min()]


def test_the_wider_side_of_a_post():
    chainage, clear, section = profile(street(8.0, [post(50, 0.8, 0.1)]))
    # Gaps 3.1 and 4.7.
    assert at(chainage, section, 50) == pytest.approx([4.7], abs=2e-4)
    assert at(chainage, clear, 50) == pytest.approx([4.7], abs=2e-4)


def test_a_barred_section_reads_zero():
    chainage, clear, section = profile(street(6.0, [block(50, -4, 52, 4)]))
    assert at(chainage, clear, 51) == [0.0]
    assert at(chainage, section, 51) == [0.0]


def test_a_wall_across_leaves_the_gap_beside_it():
    chainage, clear, section = profile(street(8.0, [(LineString([(50, -4), (50, 0.2)]), {"kind": "wall"})]))
    assert at(chainage, clear, 50) == pytest.approx([3.8], abs=1e-6)
    _, clear, section = profile(street(8.0, [(LineString([(20, 0.5), (80, 0.5)]), {"kind": "fence"})]))
    assert at(chainage, section, 50) == pytest.approx([4.5], abs=1e-6)
    assert at(chainage, clear, 50) == pytest.approx([4.5], abs=1e-6)


def test_a_taper_reads_its_disc_not_its_section():
    # Half widths 3 to 1.8 over 60 m: tan a = 0.02.
    taper = Polygon([(0, -3), (20, -3), (80, -1.8), (100, -1.8), (100, 1.8), (80, 1.8), (20, 3), (0, 3)])
    ends = [gates(100, 6)[0], (LineString([(100, -1.8), (100, 1.8)]), {"id": "E"})]
    chainage, clear, section = profile(site([taper], obstructions=[], entrances=ends))
    cosine = 1 / np.hypot(1, 0.02)
    assert at(chainage, section, 50) == pytest.approx([4.8], abs=1e-4)
    assert at(chainage, clear, 50) == pytest.approx([4.8 * cosine], abs=1e-4)


def test_a_section_without_an_edge_is_not_measured():
    square = box(0, -20, 60, 20)
    found = measured(site([square, road(100, 6)], obstructions=[], entrances=gates(100, 6)[1:])).profile
    assert found["section_width_m"].isna().any()
    assert not found["clear_width_m"].isna().any()
