"""Laser points: which files lie over the site, in which system, and what is said of those that cannot be read."""

from __future__ import annotations

import laspy
import numpy as np
import pyproj
import pytest
from laser_scenes import NOISE, Cloud, tile
from site_builders import E0, N0, read, refused, site

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.points_stream import stream

AT = np.array([E0, N0])


def cloud(**more):
    """A few hundred points over the road of ``site_builders``: 100 m × 6 m."""
    return Cloud(1, **more).ground(0, 0, 100, 6, per_m2=1)


def codes(found):
    return [note.code for note in found.notes if note.code.startswith("points")]


def test_a_tile_in_the_folder_is_found_and_listed_among_the_input(tmp_path):
    folder = site(tmp_path)
    cloud().write(folder / "t.laz", moved=AT)
    found = read_site(folder)
    (one,) = found.points
    assert (one.path.name, one.points, one.height_unit_m, one.accuracy_m) == ("t.laz", 600, 1.0, None)
    assert one.bounds == pytest.approx((E0, N0, E0 + 100, N0 + 6), abs=1.0)
    assert [(i.path, i.layer, i.rows) for i in found.inputs if i.layer == "points"] == [("t.laz", "points", 600)]
    assert codes(found) == []


def test_site_toml_names_files_and_patterns_relative_to_the_folder(tmp_path):
    folder = site(tmp_path, '[points]\nfiles = ["tiles/*.laz", "../far/[1].las"]\naccuracy_m = 0.05\n')
    (folder / "tiles").mkdir()
    (tmp_path / "far").mkdir()
    for path in (folder / "tiles" / "b.laz", folder / "tiles" / "a.laz", tmp_path / "far" / "[1].las"):
        cloud().write(path, moved=AT)
    assert [(t.path.name, t.accuracy_m) for t in read_site(folder).points] == [
        ("a.laz", 0.05), ("b.laz", 0.05), ("[1].las", 0.05),
    ]  # fmt: skip


def test_a_file_that_is_named_and_lies_in_the_folder_is_read_once(tmp_path):
    folder = site(tmp_path, '[points]\nfiles = "t.laz"\n')
    cloud().write(folder / "t.laz", moved=AT)
    assert len(read_site(folder).points) == 1


@pytest.mark.parametrize(
    ("toml", "column", "says"),
    [
        ("[points]\nfile = 1\n", "points.file", "files"),
        ("[points]\nfiles = 3\n", "points.files", "list"),
        ('[points]\nfiles = ["nothing/*.laz"]\n', "points.files", "nothing/*.laz"),
        ('[points]\ncrs = "EPSG:0"\n', "points.crs", "EPSG:0"),
        ("[points]\naccuracy_m = -1\n", "points.accuracy_m", "0 to 10"),
        ("[points]\naccuracy_m = true\n", "points.accuracy_m", "0 to 10"),
    ],
)
def test_what_site_toml_gets_wrong_is_one_problem(tmp_path, toml, column, says):
    (problem,) = refused(site(tmp_path, toml))
    assert problem.column == column
    assert says in problem.text("en")
    assert problem.message_zh


def test_coordinates_in_another_system_are_told_by_the_file(tmp_path):
    """Degrees, as a file's own WKT says; and another zone, as ``site.toml`` says of a file that tells nothing."""
    folder = site(tmp_path, '[points]\ncrs = "EPSG:32651"\n')
    x, y, z, _, _ = cloud().arrays()
    for name, crs, scale in (("degrees", 4326, 1e-8), ("zone", 32651, 1e-3)):
        there = np.column_stack(pyproj.Transformer.from_crs(4550, crs, always_xy=True).transform(x + E0, y + N0))
        header = laspy.LasHeader(point_format=6, version="1.4")
        header.scales, header.offsets = (scale, scale, 1e-3), (*np.floor(there[0]), 0)
        if name == "degrees":
            header.add_crs(pyproj.CRS(crs))
        las = laspy.LasData(header)
        las.x, las.y, las.z = *there.T, z
        las.write(folder / f"{name}.laz")
    found = read_site(folder)
    assert [t.path.stem for t in found.points] == ["degrees", "zone"]
    for one in found.points:
        got = np.concatenate([np.column_stack((c.x, c.y, c.z)) for c in stream([one], found.crs, found.bounds)])
        assert np.abs(got - np.column_stack((x + E0, y + N0, z))).max() < 0.01


def test_feet_become_metres_heights_too(tmp_path):
    """US survey feet: a foot is 1200/3937 m."""
    foot = 1200 / 3937
    path = cloud().write(tmp_path / "feet.las", moved=np.array([900_000.0, 200_000.0]), crs=2263, unit=foot)
    folder = site(tmp_path)
    (folder / "feet.las").write_bytes(path.read_bytes())
    found = read_site(folder)
    assert found.points == ()  # New York
    assert codes(found) == ["points_elsewhere"]
    one = tile(path, crs=pyproj.CRS(2263))
    from firelane.site.points import _height_unit_m

    assert _height_unit_m(one.crs) == pytest.approx(foot)
    assert _height_unit_m(pyproj.CRS("EPSG:2263+6360")) == pytest.approx(foot)
    assert _height_unit_m(pyproj.CRS("EPSG:28992+5709")) == 1.0
    assert _height_unit_m(pyproj.CRS(4326)) == 1.0


def test_tiles_elsewhere_are_named_and_left_out(tmp_path):
    folder = site(tmp_path)
    cloud().write(folder / "here.laz", moved=AT)
    cloud().write(folder / "there.laz", moved=AT + 5000)
    found = read_site(folder)
    assert [t.path.name for t in found.points] == ["here.laz"]
    (note,) = [n for n in found.notes if n.code == "points_elsewhere"]
    assert "there.laz" in note.en
    assert "there.laz" in note.zh


def test_a_file_without_points_is_named(tmp_path):
    folder = site(tmp_path)
    laspy.LasData(laspy.LasHeader(point_format=6, version="1.4")).write(folder / "none.las")
    found = read_site(folder)
    assert (found.points, codes(found)) == ((), ["points_empty"])


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("empty.laz", lambda data: b""),
        ("renamed.las", lambda data: b"%PDF-1.7\n" + data),
        ("encrypted.laz", lambda data: bytes(b ^ 0x5A for b in data)),
        ("header.laz", lambda data: data[:100]),
        ("half.laz", lambda data: data[: len(data) // 2]),
        ("half.las", lambda data: data[: len(data) // 2]),
        ("garbled.laz", lambda data: data[:96] + b"\xff" * 4 + data[100:]),
    ],
)
def test_what_is_damaged_is_one_problem_that_names_the_file(tmp_path, name, spoil):
    folder = site(tmp_path)
    path = cloud().write(folder / name, moved=AT)
    path.write_bytes(spoil(path.read_bytes()))
    (problem,) = refused(folder)
    assert problem.layer == name
    assert problem.message_zh
    assert problem.remedy
    assert problem.remedy_zh


def test_damage_that_only_reading_shows_is_an_error_too(tmp_path):
    """The first points can be unpacked, those in the middle of the file cannot."""
    path = Cloud(1).ground(0, 0, 100, 6, per_m2=400).write(tmp_path / "t.laz", moved=AT)
    one = tile(path)
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes(len(data) - middle - 1000) + data[-1000:])
    try:
        count = sum(len(c.x) for c in stream([one], one.crs, one.bounds))
    except InputError as error:
        assert error.problems[0].layer == "t.laz"  # noqa: PT017
    else:
        assert count != one.points  # a codec may not notice; then the bounds have lost what became nonsense
    path.write_bytes(data[:middle])
    with pytest.raises(InputError, match=r"t\.laz"):
        list(stream([one], one.crs, one.bounds))


def test_noise_withheld_and_synthetic_points_are_disregarded_and_counted(tmp_path):
    scene = cloud().add([1, 2], [1, 1], [60, 60], NOISE).add(3, 1, 60, flag="withheld").add(4, 1, 60, flag="synthetic")
    one = tile(scene.write(tmp_path / "t.laz", moved=AT))
    chunks = list(stream([one], one.crs, one.bounds))
    assert sum(c.disregarded for c in chunks) == 4
    assert sum(len(c.x) for c in chunks) == 600
    assert max(c.z.max() for c in chunks) < 51


def test_chunks_of_any_size_and_bounds_give_the_same_points(tmp_path):
    one = tile(cloud().write(tmp_path / "t.laz", moved=AT))
    bounds = (E0 + 10, N0, E0 + 50, N0 + 6)
    whole, small = (
        np.concatenate([c.x for c in stream([one], one.crs, bounds, chunk_points=n)]) for n in (10_000, 37)
    )
    assert np.array_equal(whole, small)
    assert len(whole) == pytest.approx(240, abs=40)
    assert (whole >= E0 + 10).all()


def test_a_site_without_points_has_none(tmp_path):
    assert read(tmp_path).points == ()
