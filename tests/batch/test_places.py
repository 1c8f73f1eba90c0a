"""Addresses: what is one, what of it is shown, and that half an object is never taken for a whole one."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.batch import place_files, places
from firelane.errors import OutputError, UsageError

pytest.importorskip("fsspec")
import shelf


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(place_files, "_FIRST_PAUSE_S", 0.0)
    shelf.register()


@pytest.fixture
def store(tmp_path):
    """A store and its address."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder, f"shelf://{folder}"


def put(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def faults(folder, *words):
    (folder / shelf.FAULTS).write_text("\n".join(words))


def left_faults(folder):
    return (folder / shelf.FAULTS).read_text().split()


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name[0] != "."}


# ------------------------------------------------------------------------------------------- what is shown

@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("s3://bucket/site", "s3://bucket/site"),
        ("sftp://user:secret@host:22/site", "sftp://host:22/site"),
        ("sftp://user:sec/ret@host/site", "sftp://host/site"),
        ("sftp://user:sec@ret@host/site", "sftp://host/site"),
        ("https://host/a.gpkg?X-Amz-Signature=secret&x=1", "https://host/a.gpkg"),
        ("https://host/a.gpkg#secret", "https://host/a.gpkg"),
        ("zip://in.gpkg::https://me:secret@host/a.zip?k=secret", "zip://in.gpkg::https://host/a.zip"),
        ("s3://bucket/a@b:c/d", "s3://bucket/a@b:c/d"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        ("data/a?b", "data/a?b"),
    ],
)
def test_what_of_an_address_is_shown(address, seen):
    assert places.shown(address) == seen
    assert places.scrubbed(f"open({address!r}) failed") == f"open({seen!r}) failed"


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8),
    st.text(st.characters(codec="ascii", exclude_characters="@'\"<>", categories=["L", "N", "P"]), max_size=12),
)
def test_no_password_is_ever_shown(user, password):
    secret = f"s3cr3t{password}"
    assert "s3cr3t" not in places.shown(f"sftp://{user}:{secret}@host/x")
    assert "s3cr3t" not in places.shown(f"https://host/x?{user}={secret}")


def test_names():
    assert places.join("shelf:///a", "sites/x", "b.json") == "shelf:///a/sites/x/b.json"
    assert places.name_of("s3://bucket") == "bucket"
    assert places.name_of("s3://bucket/..") == "site"
    assert places.name_of("https://host/a%2F..%2Fb") == "site"


# ------------------------------------------------------------------------------------------- reading

def test_a_file_comes_with_what_stands_beside_it(store, tmp_path):
    folder, address = store
    files = {"a.shp": b"1", "a.dbf": b"22", "a.prj": b"", "a.site.toml": b"x", "b.shp": b"no", "a.txt": b"no"}
    put(folder, files)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert places.fetch(f"{address}/a.shp", scratch) == scratch / "a.shp"
    assert tree(scratch) == {k: v for k, v in files.items() if v != b"no"}


def test_an_extract_finds_its_settings(store, tmp_path):
    folder, address = store
    put(folder, {"m.osm.pbf": b"1", "m.site.toml": b"2"})
    assert places.fetch(f"{address}/m.osm.pbf", tmp_path) == tmp_path / "m.osm.pbf"
    assert (tmp_path / "m.site.toml").read_bytes() == b"2"


def test_a_folder_comes_with_all_below_it(store, tmp_path):
    folder, address = store
    files = {"site/roads.geojson": b"1", "site/tiles/a.laz": b"22", "site/空 格.gpkg": b"3"}
    put(folder, files | {"site/.hidden/x": b"no", "site2/roads.geojson": b"no"})
    assert places.fetch(f"{address}/site/", tmp_path) == tmp_path / "site"
    assert tree(tmp_path / "site") == {k.removeprefix("site/"): v for k, v in files.items()}
    listed = places.listing(f"{address}/site")
    assert [(e.name, e.size_bytes) for e in listed] == [("roads.geojson", 1), ("tiles/a.laz", 2), ("空 格.gpkg", 1)]


def test_files_of_the_disk_have_addresses_too(tmp_path):
    put(tmp_path, {"in/roads.geojson": b"1"})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert tree(places.fetch(f"file://{tmp_path}/in", scratch)) == {"roads.geojson": b"1"}


@pytest.mark.parametrize("name", ["nothing", "nothing/"])
def test_nothing_there_is_said_without_the_password(tmp_path, name):
    with pytest.raises(FileNotFoundError) as caught:
        places.fetch(f"shelf://{tmp_path}/{name}?token=secret", tmp_path)
    assert "secret" not in str(caught.value)
    for call in (places.listing, places.signature):
        with pytest.raises(FileNotFoundError):
            call(f"shelf://{tmp_path}/nothing")


@pytest.mark.parametrize("words", [("get-fail",), ("info-fail", "get-half", "get-fail")])
def test_a_network_that_stumbles_is_asked_again(store, tmp_path, words):
    folder, address = store
    put(folder, {"a.gpkg": b"0123456789"})
    faults(folder, *words)
    assert places.fetch(f"{address}/a.gpkg", tmp_path).read_bytes() == b"0123456789"
    assert left_faults(folder) == []


@pytest.mark.parametrize("word", ["get-half", "get-fail"])
def test_half_a_file_is_none(store, tmp_path, word):
    folder, address = store
    put(folder, {"a.gpkg": b"0123456789"})
    faults(folder, *[word] * 4)
    with pytest.raises(OSError):
        places.fetch(f"{address}/a.gpkg", tmp_path)
    assert not (tmp_path / "a.gpkg").exists()


def test_what_is_refused_is_asked_for_once(store, tmp_path):
    folder, address = store
    put(folder, {"a.gpkg": b"0123456789"})
    faults(folder, "denied", "denied")
    with pytest.raises(PermissionError):
        places.fetch(f"{address}/a.gpkg", tmp_path)
    assert left_faults(folder) == ["denied"]


def test_a_whole_store_is_no_site(store, tmp_path):
    folder, address = store
    put(folder, {f"s/{n}": b"" for n in range(12)})
    assert len(places.listing(f"{address}/s", most=12)) == 12
    with pytest.raises(OSError, match="more than 11 files"):
        places.listing(f"{address}/s", most=11)


def test_names_that_lead_elsewhere_are_refused(store, monkeypatch):
    folder, address = store
    put(folder, {"s/a": b""})
    for name in ("../../evil", "a/../../evil", "a\\..\\evil", "nul\x00", "c:evil"):
        monkeypatch.setattr(
            shelf.ShelfFileSystem, "find", lambda self, path, name=name, **_: {f"{path}/{name}": {"type": "file", "size": 0}}
        )
        with pytest.raises(OSError, match="no name of a file"):
            places.fetch(f"{address}/s", folder)


def test_the_signature_changes_with_the_content_alone(store):
    folder, address = store
    put(folder, {"s/roads.geojson": b"1", "t.gpkg": b"1"})
    before = places.signature(f"{address}/s"), places.signature(f"{address}/t.gpkg")
    assert all(before)
    put(folder, {"s/roads.geojson": b"1", "t.gpkg": b"1"})
    assert before == (places.signature(f"{address}/s"), places.signature(f"{address}/t.gpkg"))
    put(folder, {"s/roads.geojson": b"2", "t.site.toml": b"1"})
    after = places.signature(f"{address}/s"), places.signature(f"{address}/t.gpkg")
    assert before[0] != after[0]
    assert before[1] != after[1]


# ------------------------------------------------------------------------------------------- writing

FILES = {"sites/a/audit.json": b"{}", "sites/a/map.html": b"<html>", "shards/0f/a.arrow": b"ARROW1-whole"}


def publish(address, files=FILES):
    with places.workplace(address) as folder:
        put(folder, files)


def test_results_of_the_disk_are_written_in_place(tmp_path):
    with places.workplace(str(tmp_path)) as folder:
        assert folder == tmp_path


@pytest.mark.parametrize("scheme", ["shelf", "file"])
def test_everything_arrives(tmp_path, scheme):
    publish(f"{scheme}://{tmp_path}/out")
    assert tree(tmp_path / "out") == FILES


def test_nothing_is_published_where_the_work_failed(store):
    folder, address = store
    with pytest.raises(OSError, match="full"), places.workplace(address) as place:  # noqa: PT012
        put(place, FILES)
        raise OSError("full")
    assert tree(folder) == {}


@pytest.mark.parametrize("words", [("put-fail",), ("put-half", "put-short", "put-half"), ("info-fail", "put-short")])
def test_writing_is_tried_again(store, words):
    folder, address = store
    faults(folder, *words)
    publish(address)
    assert tree(folder) == FILES
    assert left_faults(folder) == []


@pytest.mark.parametrize("word", ["put-fail", "put-half", "put-short", "denied"])
@pytest.mark.parametrize("good", [0, 1, 2])
def test_while_a_file_is_missing_there_is_no_shard(store, word, good, monkeypatch):
    """Whichever file fails for good: the old shard is gone, the new one is not there, or not whole."""
    folder, address = store
    publish(address)
    real = shelf.ShelfFileSystem.put_file
    seen = set()

    def put_file(self, lpath, rpath, **options):
        seen.add(rpath)
        if len(seen) > good:
            faults(folder, word)
        return real(self, lpath, rpath, **options)

    monkeypatch.setattr(shelf.ShelfFileSystem, "put_file", put_file)
    changed = {name: content + b" changed" for name, content in FILES.items()}
    with pytest.raises(OutputError) as caught:
        publish(address, changed)
    assert "secret" not in caught.value.text("zh") + str(caught.value)
    shard = tree(folder).get("shards/0f/a.arrow")
    assert shard not in {FILES["shards/0f/a.arrow"], changed["shards/0f/a.arrow"]}
    assert shard is None or good == 2
    wanted = {"shards/0f/a.arrow": hashlib.sha256(changed["shards/0f/a.arrow"]).hexdigest()}
    monkeypatch.undo()
    faults(folder)
    assert places.collect(address, folder.parent / "here", wanted) == ("shards/0f/a.arrow",)


def test_shards_are_collected_by_their_hash(store, tmp_path):
    folder, address = store
    put(folder, {"shards/00/a.arrow": b"a", "shards/00/b.arrow": b"half", "shards/01/c.arrow": b"c"})
    here = tmp_path / "here"
    put(here, {"shards/01/c.arrow": b"an old one"})
    wanted = {
        "shards/00/a.arrow": b"a", "shards/00/b.arrow": b"half and half", "shards/01/c.arrow": b"c", "shards/9/d": b"",
    }  # fmt: skip
    wanted = {name: hashlib.sha256(content).hexdigest() for name, content in wanted.items()}
    assert places.collect(address, here, wanted) == ("shards/00/b.arrow", "shards/9/d")
    assert tree(here) == {"shards/00/a.arrow": b"a", "shards/01/c.arrow": b"c"}
    # What is here already is not asked for again.
    shutil.rmtree(folder / "shards")
    assert places.collect(address, here, {"shards/00/a.arrow": wanted["shards/00/a.arrow"]}) == ()


def test_what_is_withdrawn_twice_is_withdrawn(store):
    folder, address = store
    put(folder, {"a": b""})
    places.withdraw(address, ["a", "b"])
    places.withdraw(address, ["a", "b"])
    assert tree(folder) == {}


# ------------------------------------------------------------------------------------------- what is not installed

def test_without_the_library_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageError) as caught:
        places.listing("s3://k:secret@bucket/x")
    for lang in ("zh", "en"):
        assert 'pip install "firelane[cluster]"' in caught.value.text(lang)
        assert "secret" not in caught.value.text(lang)


def test_a_kind_of_address_that_nobody_knows(tmp_path):
    with pytest.raises(UsageError, match="quux://x/y cannot be opened here"):
        places.fetch("quux://u:secret@x/y", Path(tmp_path))
