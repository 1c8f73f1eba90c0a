"""What a manifest says of sites: our columns where it means them, columns of its own, however hostile the names."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.batch.columns import columns, raw
from firelane.batch.dressing import MORE, attributes_of, dressed
from firelane.batch.model import Failure, FailureKind, Outcome, Task


def task(name="a", **attributes):
    return Task(name, f"/x/{name}", f"x/{name}", attributes=attributes)


RECORD = {"site_name": "own", "district": "沈河区", "manager": None, "managed": False, "verdict": "pass", "map": "map.html",
          "lon": 123.4, "lat": 41.8, "outline": "00", "placed": True}  # fmt: skip


def test_every_column_of_the_table_is_there_and_no_other():
    row = dressed(task(), RECORD, Outcome("a"))
    assert set(row) == {c.name for c in columns("sites")} | {"outline"}
    assert row["status"] == "done"
    assert (row["folder"], row["map"]) == ("sites/a", "sites/a/map.html")


def test_the_manifest_counts_before_the_site_itself():
    row = dressed(task(行政区=" 铁西区 ", Manager="万科", 小区名称="三好", 有物业管理="是"), RECORD, Outcome("a"))
    assert (row["district"], row["manager"], row["name"], row["managed"]) == ("铁西区", "万科", "三好", True)
    row = dressed(task(district=None, managed="?"), RECORD, Outcome("a"))
    assert (row["district"], row["name"], row["managed"]) == ("沈河区", "own", False)


def test_a_failed_site_keeps_district_and_place_of_the_manifest():
    failure = Failure(FailureKind.TIMEOUT, "超时", "out of time")
    row = dressed(task(district="和平区", 经度="123.4", lat=41.8), None, Outcome("a", failure))
    assert (row["status"], row["failure_kind"], row["district"]) == ("failed", "timeout", "和平区")
    assert (row["lon"], row["lat"], row["place_from"]) == (123.4, 41.8, "manifest")
    assert (row["folder"], row["map"], row["lane_length_m"]) == (None, None, None)


@pytest.mark.parametrize("lon", ["x", None, float("nan"), float("inf"), 200.0])
def test_a_place_that_is_none_is_left_out(lon):
    row = dressed(task(lon=lon, lat=41.8), None, None)
    assert (row["lon"], row["place_from"], row["status"]) == (None, None, "not_run")


def test_a_failure_known_beforehand_is_a_failure():
    known = Task("a", "/x", "a", failure=Failure(FailureKind.MISSING, "没有", "none"))
    assert dressed(known, None, None)["failure_kind"] == "missing"


def test_types_are_kept_where_they_are_uniform():
    tasks = [
        task("a", n=1, f=1, b=True, s="x", mixed=1, big=2**70, nothing=None),
        task("b", n=2, f=0.5, b=False, s=None, mixed="one", big=1, nothing=None),
    ]
    found = attributes_of(tasks)
    kinds = {f.name: f.type for f in found.fields}
    assert kinds == {
        "attr_n": pa.int64(), "attr_f": pa.float64(), "attr_b": pa.bool_(), "attr_s": pa.string(),
        "attr_mixed": pa.string(), "attr_big": pa.string(), "attr_nothing": pa.string(),
    }  # fmt: skip
    assert found.values(tasks[0])["attr_f"] == 1.0
    assert found.values(tasks[0])["attr_mixed"] == "1"
    assert found.values(tasks[0])["attr_big"] == str(2**70)


def test_thousands_of_names_share_one_column():
    tasks = [task(f"s{n}", **{f"k{n}-{m}": m for m in range(20)}, floors=n) for n in range(100)]
    found = attributes_of(tasks)
    assert len(found.fields) == int(raw()["limits"]["attributes"]) + 1
    assert found.left == 2001 - int(raw()["limits"]["attributes"])
    values = found.values(tasks[99])
    assert values["attr_floors"] == 99  # the best filled name is kept
    assert '"k99-19": 19' in values[MORE]


def test_names_that_differ_by_case_alone_do_not_collide():
    found = attributes_of([task(**{"Height": 1, "height": 2, "HEIGHT ": 3, "more": 4})])
    names = [f.name.casefold() for f in found.fields]
    assert len(set(names)) == len(names) == 4
    assert MORE not in names


@given(st.lists(st.dictionaries(st.text(max_size=12), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2)), max_size=5), min_size=1, max_size=4))
def test_whatever_a_manifest_says_becomes_a_table(said):
    tasks = [Task(f"s{n}", "/x", "x", attributes=row) for n, row in enumerate(said)]
    found = attributes_of(tasks)
    rows = [found.values(t) for t in tasks]
    table = pa.table({f.name: pa.array([r[f.name] for r in rows], f.type) for f in found.fields})
    assert table.column_names == [f.name for f in found.fields]
    for t in tasks:
        row = dressed(t, None, None)
        for column in columns("sites"):
            pa.array([row[column.name]], column.arrow)
