"""An extract as the source of a batch: split once, redone when it changes, areas that cannot be sites counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from firelane.batch import sources_osm
from firelane.batch.fingerprint import input_hash
from firelane.batch.sources import tasks_of
from firelane.errors import InputError
from firelane.site import read_site

NODES = [(41.8, 123.4), (41.8, 123.402), (41.801, 123.402), (41.801, 123.4), (41.8005, 123.399), (41.8005, 123.403)]
AREA = """<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="landuse" v="residential"/><tag k="name" v="一区"/></way>
<way id="2"><nd ref="5"/><nd ref="6"/><tag k="highway" v="residential"/><tag k="width" v="6"/></way>
"""
EMPTY = """<node id="7" lat="41.90" lon="123.50"/><node id="8" lat="41.90" lon="123.501"/><node id="9" lat="41.901" lon="123.501"/>
<way id="3"><nd ref="7"/><nd ref="8"/><nd ref="9"/><nd ref="7"/>
<tag k="landuse" v="residential"/><tag k="name" v="=空地&lt;script&gt;"/></way>
"""


def osm(*parts):
    nodes = "".join(f'<node id="{n}" lat="{lat}" lon="{lon}"/>' for n, (lat, lon) in enumerate(NODES, 1))
    return f'<?xml version="1.0"?><osm version="0.6">{nodes}{"".join(parts)}</osm>'


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    folder = tmp_path_factory.mktemp("osm")
    extract = folder / "city.osm"
    extract.write_text(osm(AREA, EMPTY), encoding="utf-8")
    return extract, folder / "out", tasks_of(extract, out=folder / "out")


def inputs(out):
    return sorted(path.relative_to(out).as_posix() for path in (out / "inputs").rglob("*"))


def test_each_area_is_a_site_and_those_left_out_have_failed(split):
    extract, out, source = split
    assert source.kind == "osm"
    assert [(t.site_id, t.failure and t.failure.kind.value) for t in source.tasks] == [
        ("way/1", None), ("way/3", "empty"),
    ]
    first, empty = source.tasks
    assert (first.shown, first.attributes["name"]) == ("city.osm#way/1", "一区")
    # 0.002° by 0.001°: 111.1 km a degree of latitude, cos 41.8° of that along the other.
    assert first.attributes["area_m2"] == pytest.approx(222.2e3 * 111.1e3 * 0.7455 * 1e-6, rel=0.01)
    assert empty.attributes["name"] == "=空地<script>"
    assert str(extract.parent) not in empty.failure.zh + empty.failure.en
    assert read_site(first.source).name == "一区"
    assert Path(first.source).is_relative_to(out / "inputs")


def test_it_is_split_once_and_anew_when_the_extract_or_the_options_change(split, tmp_path, monkeypatch):
    extract, _, _ = split
    extract = Path(shutil.copy(extract, tmp_path))
    calls = []
    real = sources_osm.split_extract
    monkeypatch.setattr(sources_osm, "split_extract", lambda *a, **k: calls.append(k) or real(*a, **k))
    out = tmp_path / "out"
    first = tasks_of(extract, out=out)
    (out / "inputs" / ".firelane-killed").mkdir()
    (out / "inputs" / "mine").mkdir()
    assert tasks_of(extract, out=out) == first
    assert len(calls) == 1
    assert not (out / "inputs" / ".firelane-killed").exists()
    wider = tasks_of(extract, out=out, margin_m=5.0)
    assert len(calls) == 2
    assert [input_hash(t) for t in wider.tasks[:1]] != [input_hash(t) for t in first.tasks[:1]]
    assert len(list((out / "inputs").iterdir())) == 2  # the older one is gone, and what is not ours is left alone
    extract.write_text(osm(AREA), encoding="utf-8")
    assert len(tasks_of(extract, out=out).tasks) == 1
    assert len(calls) == 3


def test_the_sites_are_the_same_in_every_results_folder(split, tmp_path):
    extract, _, source = split
    again = tasks_of(extract, out=tmp_path / "elsewhere")
    assert [input_hash(t) for t in again.tasks] == [input_hash(t) for t in source.tasks]


def test_a_split_that_is_cut_short_leaves_nothing(split, tmp_path, monkeypatch):
    extract, _, source = split

    def tell(done, total):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tasks_of(extract, out=tmp_path, tell=tell)
    assert inputs(tmp_path) == []
    assert len(tasks_of(extract, out=tmp_path).tasks) == len(source.tasks)


def test_an_extract_without_such_areas_is_refused(split, tmp_path):
    with pytest.raises(InputError, match="no area is tagged landuse=forest"):
        tasks_of(split[0], out=tmp_path, by=("landuse", "forest"))
    assert inputs(tmp_path) == []
    (tmp_path / "a.osm.pbf").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"a\.osm\.pbf"):
        tasks_of(tmp_path / "a.osm.pbf", out=tmp_path)
