"""Evidence: stored once by hash, known by its content, never trusted, found again or missed."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from case_scene import JPEG, T0, books, finding, written  # noqa: F401  (fixtures)
from PIL import Image

from firelane.cases.evidence import EvidenceGiven, Kept, Shelf, display_name, sniff
from firelane.errors import InputError, OutputError


def picture(form="JPEG", *, when=None, offset=None, gps=None, size=(8, 6)):
    """Return a small picture with what a camera writes."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "camera"
    if when:
        exif.get_ifd(0x8769)[0x9003] = when
    if offset:
        exif.get_ifd(0x8769)[0x9011] = offset
    if gps:
        exif.get_ifd(0x8825).update(gps)
    Image.new("RGB", size, (200, 30, 30)).save(out, form, exif=exif)
    return out.getvalue()


GPS = {1: "N", 2: (41.0, 48.0, 18.0), 3: "E", 4: (123.0, 25.0, 48.0)}


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "evidence")


def files_of(shelf):
    return sorted(p for p in shelf.folder.rglob("*") if p.is_file())


def test_a_file_lies_under_its_hash_and_once(shelf, tmp_path):
    (tmp_path / "照片 1.jpg").write_bytes(JPEG)
    first = shelf.keep(tmp_path / "照片 1.jpg")
    digest = hashlib.sha256(JPEG).hexdigest()
    assert (first.sha256, first.name, first.media_type, first.size) == (digest, "照片 1.jpg", "image/jpeg", len(JPEG))
    assert files_of(shelf) == [shelf.folder / digest[:2] / f"{digest}.jpg"]
    second = shelf.keep(EvidenceGiven(content=JPEG, name="other.jpg"))
    assert (second.sha256, second.name) == (digest, "other.jpg")
    assert len(files_of(shelf)) == 1
    assert shelf.read(digest, "image/jpeg") == JPEG


@pytest.mark.parametrize(
    ("head", "media"),
    [
        (b"\xff\xd8\xff\xdb", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"), (b"%PDF-1.4", "application/pdf"), (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"RIFF\x10\x00\x00\x00WAVE", "application/octet-stream"), (b"<svg xmlns", "application/octet-stream"),
        (b"<html><script>", "application/octet-stream"), (b"MZ\x90", "application/octet-stream"), (b"PK\x03\x04", "application/octet-stream"),
        (b'{"a": 1}', "application/octet-stream"), (b"\xff\xd8", "application/octet-stream"), (b"", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_content_tells_the_kind_never_the_name(head, media):
    assert sniff(head) == media


def test_no_name_gets_into_a_path(shelf):
    for name in ("../../etc/passwd", "..\\..\\x.jpg", "/abs.jpg", "CON", "a\x00b.jpg", "x" * 5000 + ".jpg", "\u202egpj.exe", "=1+1.jpg", ".jpg"):
        told = shelf.keep(EvidenceGiven(content=JPEG, name=name))
        assert len(told.name) <= 120
        assert not set(told.name) & set("/\\\x00\u202e")
    assert len(files_of(shelf)) == 1
    assert display_name("x" * 300 + ".jpg").endswith(".jpg")
    for bad in ("../x", "", "A" * 64, "0" * 63):
        with pytest.raises(ValueError, match="SHA"):
            shelf.path(bad, "image/jpeg")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_when_and_where_a_picture_was_taken(shelf, form):
    told = shelf.keep(EvidenceGiven(content=picture(form, when="2026:11:26 10:00:00", gps=GPS)))
    assert told.taken_at == datetime(2026, 11, 26, 2, 0, tzinfo=UTC), "cameras tell no zone: Beijing"
    assert told.lonlat == (123.43, 41.805)
    assert told.taken_by == "exif"
    zoned = shelf.keep(EvidenceGiven(content=picture(form, when="2026:11:26 10:00:00", offset="-03:30")))
    assert zoned.taken_at == datetime(2026, 11, 26, 13, 30, tzinfo=UTC)


def test_what_is_told_goes_before_what_the_file_says(shelf):
    told = shelf.keep(EvidenceGiven(content=picture(when="2026:11:26 10:00:00", gps=GPS), taken_at=T0, lonlat=(1.0, 2.0)))
    assert (told.taken_at, told.lonlat, told.taken_by) == (T0, (1.0, 2.0), "told")
    assert shelf.keep(EvidenceGiven(content=JPEG)).taken_by == ""


@pytest.mark.parametrize(
    "kwargs",
    [
        {"when": "0000:00:00 00:00:00"}, {"when": "not a time"}, {"when": "2026:13:45 99:00:00"}, {"when": "0001:01:01 00:00:00"},
        {"gps": {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}}, {"gps": {2: (99.0, 0.0, 0.0), 4: (200.0, 0.0, 0.0)}},
        {"gps": {2: (1.0,), 4: (2.0,)}},
    ],
)  # fmt: skip
def test_nonsense_in_a_picture_is_not_believed(shelf, kwargs):
    told = shelf.keep(EvidenceGiven(content=picture(**kwargs)))
    assert (told.taken_at, told.lonlat, told.media_type) == (None, None, "image/jpeg")


def test_a_decompression_bomb_and_a_broken_exif_block_are_only_kept(shelf):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = head + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
    broken = bytearray(picture(when="2026:11:26 10:00:00", gps=GPS))
    at = broken.index(b"Exif\x00\x00") + 6
    broken[at + 8 : at + 40] = b"\xff" * 32
    for content in (bomb, bytes(broken), picture()[:40]):
        told = shelf.keep(EvidenceGiven(content=content))
        assert (told.taken_at, told.lonlat) == (None, None)
        assert shelf.read(told.sha256, told.media_type) == content


def test_what_cannot_be_read_or_is_too_large_is_refused(shelf, tmp_path, monkeypatch):
    (tmp_path / "empty.jpg").write_bytes(b"")
    for given in (tmp_path / "absent.jpg", tmp_path, tmp_path / "empty.jpg", EvidenceGiven()):
        with pytest.raises(InputError):
            shelf.keep(given)
    monkeypatch.setattr("firelane.cases.evidence.limits", lambda topic: {"most_bytes": 10, "most_pixels": 1})
    with pytest.raises(InputError, match="larger"):
        shelf.keep(EvidenceGiven(content=JPEG))
    assert files_of(shelf) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "evidence").write_text("a file is in the way")
    with pytest.raises(OutputError):
        Shelf(tmp_path / "evidence").keep(EvidenceGiven(content=JPEG))


def test_missing_and_altered_files_are_found_and_mended_by_handing_them_in_again(shelf):
    told = shelf.keep(EvidenceGiven(content=JPEG))
    kept = Kept(told.sha256, told.size, told.media_type)
    assert list(shelf.faults([kept])) == []
    path = shelf.path(told.sha256, told.media_type)
    path.write_bytes(JPEG[:-1] + b"X")  # as long as before
    ((zh, en),) = shelf.faults([kept])
    assert "改动" in zh
    assert "altered" in en
    with pytest.raises(InputError, match="altered"):
        shelf.read(told.sha256, told.media_type)
    path.unlink()
    ((zh, en),) = shelf.faults([kept])
    assert "缺失" in zh
    shelf.keep(EvidenceGiven(content=JPEG))
    assert list(shelf.faults([kept])) == []
    assert len(list(shelf.faults([Kept("../x", 1, "image/jpeg")]))) == 1


def test_the_book_names_evidence_that_is_gone(books, tmp_path):  # noqa: F811
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding())).opened
    case = books.inspector.record(case_id, "evidence_fixed", evidence=[EvidenceGiven(content=picture(when="2026:11:26 10:00:00"))])
    path = books.inspector.evidence_path(case.evidence[0])
    assert isinstance(path, Path)
    assert path.is_file()
    assert books.viewer.verify().ok
    path.unlink()
    report = books.viewer.verify()
    assert not report.ok
    assert case.evidence[0].sha256 in report.faults[0][1]


def test_no_event_without_its_evidence(books, tmp_path, monkeypatch):  # noqa: F811
    """The file is on the disk before the entry is: where it cannot be stored, nothing is recorded."""
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding())).opened
    head = books.viewer.verify().head

    def full(*_):
        raise OutputError("no space")

    monkeypatch.setattr(Shelf, "_store", full)
    with pytest.raises(OutputError):
        books.inspector.record(case_id, "evidence_fixed", evidence=[EvidenceGiven(content=JPEG)])
    assert books.viewer.verify().head == head
    with pytest.raises(OutputError):
        books.inspector.open_audit(written(tmp_path, "b", finding(value=3.1)))
    assert books.viewer.verify().head == head
