"""Parts of the city's map that can be worked out by hand: areas and shares, the gravest findings, links, roundings."""

from __future__ import annotations

import city_tables
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from firelane.batch.city_map_areas import MOST_CELLS, in_cells, in_districts
from firelane.batch.city_map_places import outline, place_names, view
from firelane.batch.city_map_rows import called, map_link
from firelane.batch.city_map_tables import article_counts, read_gravest, read_sites, width_limit
from firelane.errors import InputError

LON, LAT = 123.43, 41.80


def site(ident, **more):
    """Return a site that was done, with 1 km of lane, 100 m of it failing."""
    return {
        "site_id": ident, "name": ident, "district": "", "manager": "", "status": "done", "verdict": "fail", "rank": 1.0, "fails": 1,
        "length_fail_m": 100.0, "length_pass_m": 900.0, "length_indeterminate_m": 0.0, "length_not_measured_m": 0.0, "lane_length_m": 1000.0,
        "lon": LON, "lat": LAT, **more,
    }  # fmt: skip


def undone(ident, status="failed", **more):
    return {"site_id": ident, "name": ident, "status": status, "lon": None, "lat": None, **more}


def tables(folder, rows, found=()):
    columns = ("site_id", "finding_id", "article", "quantity", "verdict", "severity", "value", "threshold", "unit", "margin", "lon", "lat", "message_zh", "message_en")  # fmt: skip
    table = pd.DataFrame(list(found), columns=columns).astype(dict.fromkeys(columns, object))
    numbers = ["value", "threshold", "margin", "lon", "lat"]
    table[numbers] = table[numbers].astype(float)
    return city_tables.write(folder, pd.DataFrame(rows), table)


def finding(ident, of="A", *, verdict="fail", severity="mandatory", value=3.0, limit=4.0, article="第十条"):
    return (of, ident, article, "clear_width", verdict, severity, value, limit, "m", value - limit, LON, LAT, f"说明{ident}", f"message {ident}")


# ------------------------------------------------------------------------------------- sites


def test_every_site_has_a_state_and_nothing_is_known_of_those_not_done(tmp_path):
    rows = [site("A"), site("B", verdict="incomplete"), undone("C"), undone("D", "not_run"), site("E", verdict="odd")]
    sites = read_sites(tables(tmp_path, rows))
    assert dict(zip(sites["site_id"], sites["state"], strict=True)) == {
        "A": "fail", "B": "incomplete", "C": "failed", "D": "not_run", "E": "incomplete",
    }  # fmt: skip
    assert sites["measured_m"].tolist() == [1000.0, 1000.0, 0.0, 0.0, 1000.0]
    assert sites.loc[sites["site_id"].eq("C"), "manager"].tolist() == [""]


def test_what_is_no_table_is_told_in_both_languages(tmp_path):
    with pytest.raises(InputError) as told:
        read_sites(tmp_path)
    assert "sites.parquet" in str(told.value)
    assert "sites.parquet" in told.value.problems[0].text("zh")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "sites.parquet")
    with pytest.raises(InputError, match="not a table"):
        read_sites(tmp_path)
    (tmp_path / "findings.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        article_counts(tmp_path)


# ------------------------------------------------------------------------------------- findings


def test_the_gravest_stand_first_and_stay_where_there_are_too_many(tmp_path):
    found = [
        finding("adv", severity="advisory", value=1.0), finding("unsure", verdict="indeterminate", value=3.99), finding("pass", verdict="pass", value=5.0),
        finding("half", value=2.0), finding("near", value=3.9), finding("wide", value=9.0, limit=20.0), finding("other", of="B", value=2.0),
        finding("none", verdict="not_measured", value=np.nan),
    ]  # fmt: skip
    folder = tables(tmp_path, [site("A", rank=2.0), site("B", rank=1.0)], found)
    sites = read_sites(folder)
    gravest = read_gravest(folder, sites, 100, "zh")
    # by share of the limit: 9 of 20 lacks more than 2 of 4; of two alike the one of the worse site
    assert gravest.table["finding_id"].tolist() == ["wide", "other", "half", "near", "adv", "unsure", "none"]
    assert gravest.of == {"pass": 1, "fail": 5, "indeterminate": 1, "not_measured": 1, "not_applicable": 0}
    assert gravest.table["message"].iloc[0] == "说明wide"
    assert read_gravest(folder, sites, 3, "en").table["message"].tolist() == ["message wide", "message other", "message half"]


def test_the_gravest_are_those_of_a_plain_sort(tmp_path):
    table = city_tables.sites(60)
    folder = city_tables.write(tmp_path, table, city_tables.findings(table, 45_000))  # three groups of rows in the file
    sites = read_sites(folder)
    got = read_gravest(folder, sites, 700, "zh").table
    frame = pd.read_parquet(folder / "findings.parquet")
    frame = frame[frame["verdict"] != "pass"].assign(
        v=lambda f: f["verdict"].map({"fail": 0, "indeterminate": 1, "not_measured": 2}), s=lambda f: f["severity"].map({"mandatory": 0, "advisory": 1}),
        m=lambda f: (f["margin"] / 4).fillna(np.inf), r=lambda f: f["site_id"].map(sites.set_index("site_id")["rank"]),
    )  # fmt: skip
    expected = frame.sort_values(["v", "s", "m", "r"], kind="stable").head(700)
    assert got["message"].tolist() == expected["message_zh"].tolist()
    assert got["value"].tolist() == expected["value"].tolist()


def test_articles_are_counted_with_their_sites(tmp_path):
    found = [finding("1"), finding("2"), finding("3", of="B"), finding("4", article="第九条", severity="advisory"), finding("5", verdict="pass", value=5.0)]
    folder = tables(tmp_path, [site("A"), site("B")], found)
    assert [(b.article, b.fails, b.mandatory, b.sites) for b in article_counts(folder)] == [("第十条", 3, 3, 2), ("第九条", 1, 0, 1)]
    assert width_limit(folder) == 4.0
    assert width_limit(tables(tmp_path / "b", [site("A")], [finding("1", limit=3.5), finding("2", limit=3.5), finding("3")])) == 3.5
    assert width_limit(tables(tmp_path / "c", [site("A")])) == 4.0


# ------------------------------------------------------------------------------------- areas


def district_file(path, names=("沈河区", "和平区")):
    boxes = [shapely.box(LON, LAT - 1, LON + 1, LAT + 1), shapely.box(LON - 1, LAT - 1, LON, LAT + 1)]
    gpd.GeoDataFrame({"code": ["1", "2"], "mc": list(names)}, geometry=boxes, crs=4326).to_crs(32651).to_file(path, driver="GPKG")
    return path


def test_a_share_is_that_of_the_lane_measured(tmp_path):
    rows = [
        site("A", district="沈河区"), site("B", lon=None, district="沈河", length_fail_m=0.0, length_pass_m=500.0, length_indeterminate_m=100.0, length_not_measured_m=9e5),
        undone("C", district="沈河区"), site("D", district="和平区", length_fail_m=0.0, length_pass_m=0.0, length_not_measured_m=300.0, verdict="incomplete"),
        undone("E", "not_run", district="南区"),
    ]  # fmt: skip
    parted = in_districts(read_sites(tables(tmp_path, rows)), district_file(tmp_path / "d.gpkg"), "zh")
    table = parted.areas.table
    assert table["name"].tolist() == ["沈河区", "和平区"]
    assert parted.of.tolist() == [0, 0, 0, 1, -1], "沈河 is 沈河区; a district that the file lacks is none"
    # 100 of 1000 + 600 m; nothing was measured in the other
    assert table["value"].iloc[0] == pytest.approx(100 * 100 / 1600)
    assert np.isnan(table["value"].iloc[1])
    assert table["told"].tolist() == ["6.3%", ""], "rounded up: some is never less"
    assert table["sub"].tolist() == ["3 个场地：不符合 2、未能完成 1", "1 个场地：有未测项 1"]
    assert dict(table["facts"].iloc[0])["未测量车道"] == "900.0 km"


def test_who_has_no_district_is_placed_by_his_coordinates(tmp_path):
    rows = [site("A", lon=LON + 0.1), site("B", lon=LON - 0.1), site("C", lon=LON + 5), site("D", lon=LON + 0.1, district="和平区"), site("E", lon=LON, district="？")]
    sites = read_sites(tables(tmp_path, rows))
    parted = in_districts(sites, district_file(tmp_path / "d.gpkg"), "zh")
    assert parted.of.tolist() == [0, 1, -1, 1, 0], "the name counts before the place; on the border the first"


def test_names_are_those_of_the_column_that_the_sites_know(tmp_path):
    boxes = [shapely.box(LON, LAT, LON + 1, LAT + 1), shapely.box(LON - 1, LAT, LON, LAT + 1)]
    gpd.GeoDataFrame({"name": ["Dong", "Xi"], "区": ["沈河", "和平"]}, geometry=boxes, crs=4326).to_file(tmp_path / "d.geojson")
    parted = in_districts(read_sites(tables(tmp_path, [site("A", district="和平区")])), tmp_path / "d.geojson", "zh")
    assert parted.areas.table["name"].tolist() == ["沈河", "和平"]
    assert parted.of.tolist() == [1]


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
@pytest.mark.parametrize("geometry", [shapely.Point(1, 1), shapely.box(2e5, 4e6, 3e5, 5e6)], ids=["a point", "metres without a CRS"])
def test_districts_that_are_none_are_refused(tmp_path, geometry):
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[geometry]).to_file(tmp_path / "d.shp")
    sites = read_sites(tables(tmp_path, [site("A")]))
    with pytest.raises(InputError) as told:
        in_districts(sites, tmp_path / "d.shp", "zh")
    assert "行政区" in told.value.problems[0].text("zh")
    (tmp_path / "d.gpkg").write_text("none")
    with pytest.raises(InputError, match="cannot be read"):
        in_districts(sites, tmp_path / "d.gpkg", "zh")


def test_cells_are_about_a_kilometre_and_do_not_move(tmp_path):
    rows = [site("A", rank=2.0), site("B", lon=LON + 1e-5, rank=1.0), site("C", lon=LON + 0.5), undone("D"), undone("E", lon=LON + 0.5, lat=LAT)]
    parted = in_cells(read_sites(tables(tmp_path, rows)), "zh")
    table = parted.areas.table
    assert parted.of.tolist() == [0, 0, 1, -1, 1]
    assert table["name"].tolist() == ["B等 2 个场地", "C等 2 个场地"], "called by the worst"
    metres = table.to_crs(32651).area.to_numpy() ** 0.5
    assert np.abs(metres - 1000).max() < 10
    one_more = in_cells(read_sites(tables(tmp_path / "b", [*rows, site("F", lon=LON - 3)])), "zh")
    assert set(table.geometry.to_wkb()) < set(one_more.areas.table.geometry.to_wkb())
    nowhere = in_cells(read_sites(tables(tmp_path / "c", [undone("A")])), "zh")
    assert nowhere.areas is None
    assert nowhere.of.tolist() == [-1]


def test_there_are_never_more_cells_than_can_be_drawn(tmp_path):
    n = 3 * MOST_CELLS
    rows = pd.DataFrame({**site("A"), "site_id": [f"{i:05d}" for i in range(n)], "lon": LON + 0.02 * (np.arange(n) % 110), "lat": LAT + 0.02 * (np.arange(n) // 110)})
    parted = in_cells(read_sites(city_tables.write(tmp_path, rows, pd.DataFrame())), "en")
    assert len(parted.areas.table) <= MOST_CELLS
    assert parted.cell_m > 1000
    assert (parted.of >= 0).all()


# ------------------------------------------------------------------------------------- links and names


@pytest.mark.parametrize("link", [
    "javascript:alert(1)", "sites/../map.html", "sites//map.html", "/sites/a/map.html", "https://example.org/sites/a/map.html", "sites\\a\\map.html",
    "sites/a\\..\\b/map.html", "data:text/html,x", "", "sites", "sites/map.html", "x/sites/a/map.html",
])  # fmt: skip
def test_only_files_below_the_sites_are_linked(link):
    assert map_link(link, lambda path: True) == ""


def test_links_are_percent_encoded_and_only_to_what_is_there():
    there = {"sites/a b#?%<三/map.html"}
    assert map_link("sites/a b#?%<三/map.html", there.__contains__) == "sites/a%20b%23%3F%25%3C%E4%B8%89/map.html"
    assert map_link("sites/b/map.html", there.__contains__) == ""
    assert map_link("sites/javascript:alert(1)/map.html", lambda path: True) == "sites/javascript%3Aalert%281%29/map.html"


def test_sites_of_one_name_are_told_apart():
    assert called(pd.DataFrame({"name": ["甲", "甲", "乙", ""], "site_id": list("1234")})) == ["甲（1）", "甲（2）", "乙", "4"]


# ------------------------------------------------------------------------------------- where one is


def grid(n, step=0.001):
    """Return the places of n × n sites."""
    return np.array([(LON + step * i, LAT + step * j) for i in range(n) for j in range(n)])


def test_an_outline_goes_round_the_sites_and_one_far_off_does_not_stretch_it():
    assert outline(grid(5)).area == pytest.approx(0.004**2, rel=1e-6)
    assert outline(np.vstack([grid(5), [(LON + 3, LAT + 2)]])).area == pytest.approx(0.004**2, rel=1e-6)
    # of many sites it follows a bay: an L of two arms of 10 by 30 sites holds no more than that
    wide = grid(30)
    arms = wide[(wide[:, 0] < LON + 0.0095) | (wide[:, 1] < LAT + 0.0095)]
    assert outline(arms).area == pytest.approx(0.029**2 - 0.02**2, rel=0.1)
    # hardly an area: a margin of sixty metres round a row of sites, round one place
    row = outline(grid(5)[:5])
    assert row.bounds[3] - row.bounds[1] == pytest.approx(0.004 + 120 / 111_195.0, rel=1e-6)
    assert outline(np.repeat(grid(1), 3, axis=0)).area > 0


def test_districts_are_outlined_by_the_sites_that_name_them(tmp_path):
    near, far = grid(3), grid(3) + (0.1, 0)
    rows = [site(f"A{n}", district="沈河区" if n else "沈河", lon=x, lat=y) for n, (x, y) in enumerate(near)]
    rows += [site(f"B{n}", district="和平区", lon=x, lat=y) for n, (x, y) in enumerate(far)]
    rows += [site("C1", district="南区"), site("C2", district="南区"), undone("D", district="沈河区"), site("E", district="")]
    sites = read_sites(tables(tmp_path, rows))
    places = place_names(sites, "zh", outlined=True)
    assert places.table["name"].tolist() == ["和平区", "沈河区"], "as most write it; two sites make no outline"
    for shape, points in zip(places.table.geometry, (far, near), strict=True):
        assert shape.area == pytest.approx(0.002**2, rel=1e-6)
        assert shapely.covers(shape.buffer(1e-9), shapely.points(points)).all()
    assert "非行政边界" in places.label
    assert len(place_names(sites, "en", outlined=False).table) == 0
    assert place_names(sites[sites["site_id"] == "D"], "zh", outlined=True) is None


def test_a_map_begins_where_nearly_all_is_and_counts_what_lies_beyond():
    city = grid(20)
    assert view(city) == (None, 0)
    assert view(np.vstack([city, [(LON + 0.02, LAT)]])) == (None, 0), "beside the others"
    begin, beyond = view(np.vstack([city, [(LON + 1, LAT + 1), (0.0, 0.0)]]))
    assert begin == pytest.approx((LAT, LON, LAT + 0.019, LON + 0.019))
    assert beyond == 2
    assert view(np.vstack([city[:11], [(-71.1, 42.4)]])) == (None, 0), "of so few each counts"
