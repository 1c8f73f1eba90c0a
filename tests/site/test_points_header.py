"""Headers of LAS and LAZ files: whole ones pass, whatever their version; impossible ones are told in words."""

from __future__ import annotations

import struct
import time

import laspy
import numpy as np
import pytest

from firelane.site.points_header import CUT, DAMAGED, EMPTY, STRANGER, fault_of
from firelane.site.points_stream import is_of_decoder

COUNT = 60_000
"""More than one chunk of LAZ, which holds 50 000."""


def write(path, *, version="1.4", kind=6, extra=False, late=False, points=500):
    header = laspy.LasHeader(point_format=kind, version=version)
    header.scales, header.offsets = [0.001] * 3, [535_900, 4_630_000, 0]
    if extra:
        header.add_extra_dim(laspy.ExtraBytesParams(name="reflectance", type=np.float32))
    cloud = laspy.LasData(header)
    xy = np.random.default_rng(1).uniform(0, 50, (points, 2))
    cloud.x, cloud.y, cloud.z = 535_900 + xy[:, 0], 4_630_000 + xy[:, 1], np.zeros(points)
    if late:
        cloud.evlrs = laspy.vlrs.vlrlist.VLRList([laspy.VLR("firm", 7, "late", b"x" * 100)])
    cloud.write(path)
    return path


def spoiled(path, place, packed):
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place : place + len(packed)] = packed
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("ending", [".las", ".laz"])
@pytest.mark.parametrize(
    ("version", "kind"), [("1.2", 0), ("1.2", 3), ("1.3", 1), ("1.4", 2), ("1.4", 6), ("1.4", 7), ("1.4", 8)]
)
def test_whole_files_pass(tmp_path, ending, version, kind):
    assert fault_of(write(tmp_path / f"whole{ending}", version=version, kind=kind)) is None


@pytest.mark.parametrize("ending", [".las", ".laz"])
def test_further_bytes_late_records_many_chunks_and_no_points_at_all_pass(tmp_path, ending):
    assert fault_of(write(tmp_path / f"a{ending}", extra=True, late=True)) is None
    assert fault_of(write(tmp_path / f"b{ending}", points=COUNT)) is None
    assert fault_of(write(tmp_path / f"c{ending}", points=0)) is None


ONE = struct.pack("<I", 2**32 - 1)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("place", "packed", "says"),
    [
        (0, b"LASX", STRANGER.en),
        (24, b"\x09\x09", "version 9.9"),
        (94, struct.pack("<H", 100), "within it"),
        (96, struct.pack("<I", 10), "within it"),
        (96, struct.pack("<I", 2**31), CUT.en),
        (100, ONE, "4294967295 records"),
        (100, struct.pack("<I", 1), "1 records"),
        (104, b"\x63", "format 99"),
        (105, struct.pack("<H", 0), "30 bytes or more, not 0"),
        (105, struct.pack("<H", 65_535), CUT.en),
        (247, struct.pack("<Q", 501), CUT.en),
        (247, struct.pack("<Q", 2**63), CUT.en),
        (131, struct.pack("<d", 0.0), "scale"),
        (139, struct.pack("<d", NAN), "scale"),
        (147, struct.pack("<d", 1e300), "scale"),
        (155, struct.pack("<d", INF), "offset"),
        (163, struct.pack("<d", -1e200), "offset"),
        (179, struct.pack("<d", NAN), "bounds"),
        (187, struct.pack("<d", 1e9), "bounds"),
        (195, struct.pack("<2d", 9e8, 8e8), "cannot reach"),
    ],
)
def test_what_is_impossible_is_told_in_words_at_once(tmp_path, place, packed, says):
    path = spoiled(write(tmp_path / "bad.las"), place, packed)
    started = time.process_time()
    found = fault_of(path)
    assert time.process_time() - started < 1.0
    assert says in found.en
    assert all((found.zh, found.remedy_en, found.remedy_zh))


def test_empty_and_short_ones(tmp_path):
    path = write(tmp_path / "whole.las")
    content = path.read_bytes()
    for size, expected in ((0, EMPTY), (3, STRANGER), (4, CUT), (226, CUT), (374, CUT), (len(content) - 1, CUT)):
        path.write_bytes(content[:size])
        assert fault_of(path) == expected, size


def test_late_records_that_never_end(tmp_path):
    """Offsets of LAS 1.4: the first late record (235), how many (243); the length of one is at 20 within it."""
    good = write(tmp_path / "late.las", late=True).read_bytes()
    (begin,) = struct.unpack("<Q", good[235:243])
    for n, (place, packed, says) in enumerate((
        (243, ONE, "4294967295 of them"), (235, struct.pack("<Q", 2**63), "ends before its records"),
        (begin + 20, struct.pack("<Q", 2**62), "ends before"),
    )):  # fmt: skip
        path = tmp_path / f"{n}.las"
        path.write_bytes(good)
        assert says in fault_of(spoiled(path, place, packed)).en


def test_chunks_that_are_none(tmp_path):
    """A decoder would reserve memory for four thousand million of them."""
    good = write(tmp_path / "packed.laz", points=COUNT).read_bytes()
    (begin,) = struct.unpack("<I", good[96:100])
    (table,) = struct.unpack("<q", good[begin : begin + 8])
    for n, (place, packed, expected) in enumerate((
        (table + 4, ONE, DAMAGED), (table + 4, bytes(4), DAMAGED), (begin, struct.pack("<q", 5), DAMAGED),
        (begin, struct.pack("<q", 2**60), CUT), (100, bytes(4), DAMAGED), (375 + 2, b"nothing", DAMAGED),
    )):  # fmt: skip
        path = tmp_path / f"{n}.laz"
        path.write_bytes(good)
        assert fault_of(spoiled(path, place, packed)) == expected, n


def test_a_table_of_chunks_that_is_found_from_the_end(tmp_path):
    """Written as a stream, its place is not known when the points begin: -1 stands there, and the place at the end."""
    path = write(tmp_path / "stream.laz", points=COUNT)
    content = path.read_bytes()
    (begin,) = struct.unpack("<I", content[96:100])
    place = content[begin : begin + 8]
    path.write_bytes(content[:begin] + struct.pack("<q", -1) + content[begin + 8 :] + place)
    assert fault_of(path) is None
    spoiled(path, -8, struct.pack("<q", 2**60))
    assert fault_of(path) == CUT


def test_a_panic_of_the_decoder_is_no_stop_by_the_user():
    panic = type("PanicException", (BaseException,), {})
    assert is_of_decoder(panic())
    assert is_of_decoder(ValueError())
    assert not is_of_decoder(KeyboardInterrupt())
    assert not is_of_decoder(SystemExit())
