"""The block of data in the page for very many points: every row where it belongs, nothing that does harm."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from crowd_scene import LAT, LON, STATUSES, block, page, table, texts

from firelane.webmap.crowd import Number, Status
from firelane.webmap.crowd_block import NO_NUMBER, safe_link


def test_the_block_holds_every_row_where_it_belongs():
    frame = table(500)
    frame.loc[3, ["lon", "lat"]] = [500.0, 1.0]  # nowhere on the globe
    header, columns = block(page(frame))
    placed = frame[np.isfinite(frame["lon"]) & (frame["lon"] < 181)]
    assert (header["count"], len(columns["x"])) == (500, len(placed))
    names = texts(header, columns)
    codes = {name: np.cumsum(columns[name], dtype=np.int64) for name in names}
    ident = [names["ident"][c] for c in codes["ident"]]
    assert sorted(ident) == sorted(frame["ident"])
    by_ident = frame.set_index("ident").loc[ident]
    for name, column in (
        ("title", "title"),
        ("text", "text"),
        ("link", "link"),
        ("f0", "site"),
        ("f1", "district"),
    ):
        assert [names[name][c] for c in codes[name]] == list(by_ident[column])
    lon = np.cumsum(columns["x"], dtype=np.int64) / 1e7
    lat = np.cumsum(columns["y"], dtype=np.int64) / 1e7
    assert np.abs(lon - by_ident["lon"].to_numpy()[: len(lon)]).max() <= 0.51e-7
    assert np.abs(lat - by_ident["lat"].to_numpy()[: len(lat)]).max() <= 0.51e-7
    assert [STATUSES[s].key for s in columns["status"]] == list(by_ident["status"])


def test_the_same_input_gives_the_same_bytes_and_neighbours_stand_together():
    frame = table(3000)
    text = page(frame)
    assert page(frame.copy()) == text
    _, columns = block(text)
    step = np.hypot(columns["x"][1:], columns["y"][1:])
    assert np.median(step) < 0.1 * np.median(
        np.hypot(np.diff(frame["lon"].dropna()), np.diff(frame["lat"])[: frame["lon"].count() - 1]) * 1e7
    )


def test_numbers_are_rounded_to_the_safe_side_and_what_is_none_stays_none():
    frame = table(5)
    frame["width"] = [3.9996, 4.0, np.nan, 1e12, -0.0005]
    frame["ident"] = list("abcde")
    header, columns = block(page(frame))
    names = [header["dictionaries"]["ident"][c] for c in np.cumsum(columns["ident"])]
    found = dict(zip(names, columns["n0"].tolist(), strict=True))
    assert found == {"a": 3999, "b": 4000, "c": NO_NUMBER, "d": NO_NUMBER, "e": -1}
    _, columns = block(page(frame, numbers=[Number("width", "高", "m", 3, up=True)]))
    assert columns["n0"][names.index("a")] == 4000


def test_values_that_pandas_takes_for_one_stay_apart():
    frame = table(5)
    frame["site"] = pd.Series([1, True, "1", None, 1.5], dtype=object)
    header, columns = block(page(frame))
    codes = np.cumsum(columns["f0"])
    names = [header["dictionaries"]["ident"][c] for c in np.cumsum(columns["ident"])]
    shown = {name: header["dictionaries"]["f0"][c] for name, c in zip(names, codes, strict=True)}
    assert shown == {"F000000": "1", "F000001": "True", "F000002": "1", "F000003": "", "F000004": "1.5"}


@pytest.mark.parametrize("link", [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "data:text/html,x",
    "http://example.org", "//example.org/a", "\\\\example.org", "/etc/passwd", "https:", "https://", "https://user@example.org/", "file:///etc/passwd",
    "vbscript:x", "a b", "https:example.org", "blob:x", "x" * 3000, "",
])  # fmt: skip
def test_links_of_other_kinds_are_dropped(link):
    assert safe_link(link) == ""


@pytest.mark.parametrize(
    "link",
    [
        "sites/a.html#F1",
        "../a.html",
        "a.html?x=a:b",
        "https://example.org",
        "HTTPS://example.org/a?b#c",
        "案件/a.html",
    ],
)
def test_relative_and_https_links_stay(link):
    assert safe_link(link) == link


def test_what_is_wrong_with_the_table_is_told():
    frame = table(3)
    with pytest.raises(ValueError, match="'district'"):
        page(frame.drop(columns="district"))
    with pytest.raises(ValueError, match="'odd'"):
        page(frame.assign(status="odd"))
    with pytest.raises(ValueError, match="'lon' and 'lat'"):
        page(frame.drop(columns="lon"))
    with pytest.raises(ValueError, match="no filter"):
        page(frame, preset={"remark": "备注"})
    with pytest.raises(ValueError, match="#rrggbb"):
        Status("a", "a", "red;x", 0)


def test_a_table_with_geometries_in_metres_is_placed(tmp_path):
    points = gpd.GeoSeries(
        [shapely.Point(LON, LAT), None, shapely.box(LON, LAT, LON + 0.01, LAT + 0.01)], crs=4326
    ).to_crs(32651)
    frame = gpd.GeoDataFrame(table(3).drop(columns=["lon", "lat"]), geometry=points)
    header, columns = block(page(frame))
    assert (header["count"], len(columns["x"])) == (3, 2)
    lonlat = np.cumsum(np.column_stack([columns["x"], columns["y"]]), axis=0, dtype=np.int64) / 1e7
    first = np.hypot(*(lonlat - [LON, LAT]).T).min()
    assert first < 1e-6
