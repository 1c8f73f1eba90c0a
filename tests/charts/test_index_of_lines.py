"""The index in front of the charts where hundreds of lanes are known as lines alone, and on data of volunteers."""

from __future__ import annotations

from dataclasses import replace

import site_scenes as S
from pdf_text import pdf_text
from shapely import LineString

from firelane.charts import lane_charts
from firelane.charts.index import ROWS
from firelane.site.model import VOLUNTEERED, Note


def audited(lines, notes=()):
    """A road of 60 m and so many centrelines of 30 m apart from each other."""
    rows = [(LineString([(0, 20 + 10 * n), (30, 20 + 10 * n)]), {"id": f"line-{n}"}) for n in range(lines)]
    return S.audited(replace(S.site([S.road(60, 6)], road_lines=rows), notes=notes))


def pages(audit, folder, lang="zh"):
    """Return the text of each page."""
    lane_charts(audit, folder / "p.pdf", lang=lang)
    return pdf_text(folder / "p.pdf").split("\f")[:-1]


def test_a_few_lines_have_a_row_each_and_many_have_one_together(tmp_path):
    few = audited(3)
    first, *charts = pages(few, tmp_path)
    assert all(lane in first for lane in few.network.line_lanes["lane_id"])
    assert len(charts) == 1
    many = audited(ROWS + 1)
    first, *charts = pages(many, tmp_path)
    assert f"另有 {ROWS + 1} 条车道（共 {30 * (ROWS + 1)} m）只知中心线" in first
    assert not any(lane in first for lane in many.network.line_lanes["lane_id"])
    assert many.network.lanes["lane_id"].iloc[0] in first
    assert len(charts) == 1
    assert "另有" not in charts[0]


def test_every_page_names_whose_data_they_are(tmp_path):
    audit = audited(1, notes=(Note(VOLUNTEERED, "志愿者绘制", "mapped by volunteers"),))
    assert all("© OpenStreetMap 贡献者（ODbL）" in page for page in pages(audit, tmp_path))
    assert all("© OpenStreetMap contributors (ODbL)" in page for page in pages(audit, tmp_path, "en"))
    assert not any("OpenStreetMap" in page for page in pages(audited(1), tmp_path))
