from __future__ import annotations

import io
import json
import math
import random
import subprocess
import sys
import zipfile

import ezdxf
import pytest
import shapely
from cad_ezdxf_scenes import line_text, nasty_plan, plain_text, read, saved

from firelane.site.cad.open import load_plan
from firelane.site.cad.open_text import Label, encoding_of, label, looks_chinese, plain_ascii
from firelane.site.journal import Journal

NAMES = ("消防车道", "道路边线", "车位")


def written(tmp_path, content: str | bytes, encoding: str = "utf-8"):
    path = tmp_path / "plan.dxf"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def lines_of(layers) -> str:
    return "".join(line_text(layer, n, 0, n, 1) for n, layer in enumerate(layers))


def refused(path):
    """The one problem of a file that cannot be read."""
    journal = Journal()
    assert load_plan(path, journal) is None
    assert len(journal.problems) == 1
    problem = journal.problems[0]
    assert problem.layer == path.name
    assert problem.remedy
    assert problem.remedy_zh
    assert problem.message_zh
    return problem


# --- versions and encodings ---------------------------------------------------------------------


@pytest.mark.parametrize("version", ["R12", "R2000", "R2004", "R2007", "R2010", "R2013", "R2018"])
@pytest.mark.parametrize("form", ["asc", "bin"])
def test_every_version_in_text_and_binary(tmp_path, version, form):
    doc = ezdxf.new(version)
    doc.encoding = "gbk"
    doc.layers.add("消防车道")
    doc.modelspace().add_line((0.125, 4600000.5), (3, 4), {"layer": "消防车道"})
    plan = read(saved(doc, tmp_path, fmt=form))
    assert plan.version == version
    assert plan.layer.tolist() == ["消防车道"]
    assert shapely.get_coordinates(plan.geometry[0]).tolist() == [[0.125, 4600000.5], [3, 4]]


@pytest.mark.parametrize(("acad", "release"), [("AC1009", "R12"), ("AC1012", "R13"), ("AC1014", "R14"), ("AC1015", "R2000")])
def test_old_files_of_small_programs(tmp_path, acad, release):
    path = written(tmp_path, plain_text(lines_of(NAMES), version=acad), "gbk")
    plan = read(path)
    assert (plan.version, plan.encoding, plan.layer.tolist()) == (release, "GBK", list(NAMES))


@pytest.mark.parametrize(
    ("version", "page", "actual", "name"),
    [
        ("AC1015", "ANSI_936", "gbk", "GBK"),
        ("AC1015", "ANSI_936", "utf-8", "UTF-8"),  # facts §10: UTF-8 under an ANSI_936 header
        ("AC1015", "ANSI_1252", "gbk", "GBK"),
        ("AC1018", "ANSI_1252", "utf-8", "UTF-8"),
        ("AC1024", "ANSI_936", "utf-8", "UTF-8"),
        ("AC1024", "ANSI_1252", "gbk", "GBK"),
        ("AC1009", None, "gbk", "GBK"),
        (None, None, "utf-8", "UTF-8"),
        ("AC1015", "ANSI_950", "big5", "cp950"),
    ],
)  # fmt: skip
def test_chinese_names_come_out_whatever_the_header_says(tmp_path, version, page, actual, name):
    names = list(NAMES) if actual != "big5" else ["道路", "建築"]
    plan = read(written(tmp_path, plain_text(lines_of(names), version=version, page=page), actual))
    assert plan.layer.tolist() == names
    assert plan.encoding == name


def test_accented_letters_are_not_taken_for_chinese(tmp_path):
    names = ["Straße", "Gebäude", "Fläche_Grün"]
    plan = read(written(tmp_path, plain_text(lines_of(names), page="ANSI_1252"), "cp1252"))
    assert plan.layer.tolist() == names


def test_gbk_that_could_be_utf8_by_chance_follows_the_header():
    """Both bytes of each of these characters are those of a two-byte UTF-8 character as well."""
    raw = "谩谩".encode("gbk")
    raw.decode("utf-8")
    assert encoding_of(raw, Label("AC1015", "ANSI_936")) == "gb18030"
    assert encoding_of(raw, Label("AC1024", "ANSI_936")) == "utf-8"


def test_escaped_characters_are_read(tmp_path):
    names = [r"\U+6D88\U+9632", r"\M+5B5C0\M+5C2B7"]
    assert read(written(tmp_path, plain_text(lines_of(names)))).layer.tolist() == ["消防", "道路"]


def test_byte_order_mark_comments_and_line_ends(tmp_path):
    text = "999\nmade by hand\n" + plain_text(lines_of(NAMES))
    raw = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\x1a" + bytes(1000)
    assert read(written(tmp_path, raw)).layer.tolist() == list(NAMES)


def test_binary_file_with_chinese_under_a_western_code_page(tmp_path):
    doc = ezdxf.new("R2000")
    doc.encoding = "gbk"
    doc.layers.add("消防车道")
    doc.modelspace().add_line((0, 0), (1, 0), {"layer": "消防车道"})
    path = saved(doc, tmp_path, fmt="bin")
    raw = path.read_bytes()
    assert b"ANSI_936\x00" in raw
    path.write_bytes(raw.replace(b"ANSI_936\x00", b"ANSI_1252\x00", 1))
    assert read(path).layer.tolist() == ["消防车道"]


def test_units_are_told_as_they_stand(tmp_path):
    assert read(saved(ezdxf.new(units=4), tmp_path)).unit_code == 4
    assert read(written(tmp_path, plain_text(lines_of(NAMES)))).unit_code == 0


def test_pieces_of_the_reader_of_texts():
    assert label(b"  9\r\n$ACADVER\r\n  1\r\nAC1018\r\n  9\r\n$DWGCODEPAGE\r\n  3\r\nANSI_936\r\n") == Label("AC1018", "ANSI_936")
    assert label(b"") == Label("AC1009", "")
    assert plain_ascii("a道\U0001f600") == b"a\\U+9053\\U+FFFD"
    assert looks_chinese(["道路".encode("gbk")])
    assert not looks_chinese([b"\xe4"])
    assert not looks_chinese([])


# --- sheets -------------------------------------------------------------------------------------


def test_paper_space_is_left_out_and_said(tmp_path):
    doc = ezdxf.new("R2010")
    doc.modelspace().add_line((0, 0), (1, 0))
    sheet = doc.layout("Layout1")
    sheet.add_line((0, 0), (420, 0))
    sheet.add_text("图框")
    sheet.add_viewport((200, 150), (100, 100), (0, 0), 50)
    journal = Journal()
    plan = load_plan(saved(doc, tmp_path), journal)
    assert len(plan) == 1
    assert [note.code for note in journal.notes] == ["cad_paper_space"]
    assert " 2 objects" in journal.notes[0].en
    assert " 2 个对象" in journal.notes[0].zh


# --- what is no plan ----------------------------------------------------------------------------


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("plan.dxf", plain_text(""))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "said", "said_zh"),
    [
        (b"", "empty", "为空"),
        (b"\n \n", "empty", "为空"),
        (zipped(), "ZIP", "ZIP"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF", "PDF"),
        (b"AC1032\x00\x00\x00\x00\x00\x03" + bytes(200), "DWG", "DWG"),
        (b"SQLite format 3\x00" + bytes(200), "GeoPackage", "GeoPackage"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Office", "Office"),
        (b"\x14#e\x00E-SafeNet\x00\x00\x00LOCK" + bytes(900), "encrypted", "加密"),
        (b"%TSD-Header-###%" + bytes(900), "encrypted", "加密"),
        (b"Salted__" + random.Random(3).randbytes(900), "encrypted", "加密"),
        (b"-----BEGIN PGP MESSAGE-----\n\nabc", "encrypted", "加密"),
        (random.Random(1).randbytes(5000), "no DXF", "不是 DXF"),
        (b"hello, this is a letter\n", "no DXF", "不是 DXF"),
        (b"<html><body>404</body></html>", "XML", "XML"),
        (plain_text(lines_of(NAMES)).encode("utf-16"), "UTF-16", "UTF-16"),
        (b"AutoCAD Binary DXF\r\n\x1a\x00" + bytes(50), "cut off", "截断"),
    ],
)  # fmt: skip
def test_other_files_under_this_name_are_refused(tmp_path, content, said, said_zh):
    problem = refused(written(tmp_path, content))
    assert said in problem.message
    assert said_zh in problem.message_zh


def test_a_missing_file_is_a_problem(tmp_path):
    refused(tmp_path / "nowhere.dxf")


@pytest.mark.parametrize("form", ["asc", "bin"])
def test_a_file_cut_off_anywhere_is_never_read(tmp_path, form):
    whole = saved(nasty_plan(), tmp_path, "whole.dxf", fmt=form).read_bytes()
    for share in (0.0001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999):
        assert refused(written(tmp_path, whole[: int(len(whole) * share)]))
    assert "cut off" in refused(written(tmp_path, whole[: len(whole) * 9 // 10])).message


def test_garbage_in_the_middle_is_a_problem_or_told_as_mended(tmp_path):
    whole = saved(nasty_plan(), tmp_path, "whole.dxf").read_bytes()
    rng = random.Random(7)
    outcomes = set()
    for _ in range(6):
        at = rng.randrange(len(whole) // 4, len(whole) - 400)
        journal = Journal()
        plan = load_plan(written(tmp_path, whole[:at] + rng.randbytes(200) + whole[at + 200 :]), journal)
        outcomes.add((plan is None, len(journal.problems)))
        assert (plan is None) == (len(journal.problems) == 1)
    assert outcomes <= {(True, 1), (False, 0)}


def test_a_damaged_structure_is_mended_and_told(tmp_path):
    """A section that does not end, and a group code that is no number, in a file of Chinese names."""
    text = plain_text(lines_of(NAMES)).replace("  0\nENDSEC\n  0\nEOF", "  0\nEOF")
    plan = read(written(tmp_path, text, "gbk"))
    assert plan.mended["structure"] == 1
    assert plan.layer.tolist() == list(NAMES)


def test_version_older_than_known_is_refused_or_read_whole(tmp_path):
    journal = Journal()
    plan = load_plan(written(tmp_path, plain_text(lines_of(NAMES), version="AC1002"), "gbk"), journal)
    assert (plan is None and len(journal.problems) == 1) or (plan is not None and len(plan) == 3)


def test_hostile_names_pass_through_as_data(tmp_path):
    names = ["<script>alert(1)</script>", "=1+1", "x" * 5000, "a\x01b"]
    assert read(written(tmp_path, plain_text(lines_of(names)))).layer.tolist() == names


# --- large files --------------------------------------------------------------------------------

MEASURE = """
import json, resource, sys, time
from pathlib import Path
from firelane.site.cad.open import load_plan
from firelane.site.journal import Journal
start = time.process_time()
plan = load_plan(Path(sys.argv[1]), Journal())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"rows": len(plan), "cpu_s": time.process_time() - start, "peak_mb": peak / 1024}))
"""


def rounded_outline(x: float, y: float) -> str:
    """A closed LWPOLYLINE of 20 vertices, each fourth of which starts an arc."""
    text = "  0\nLWPOLYLINE\n100\nAcDbEntity\n  8\n道路\n100\nAcDbPolyline\n 90\n20\n 70\n1\n"
    for k in range(20):
        a = k * math.pi / 10
        text += f" 10\n{x + 9 * math.cos(a)!r}\n 20\n{y + 9 * math.sin(a)!r}\n" + (" 42\n0.1\n" if k % 4 == 0 else "")
    return text


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["LINE", "LWPOLYLINE"])
def test_fifty_megabytes_within_a_minute_and_two_gigabytes(tmp_path, kind):
    rng = random.Random(4)
    head, tail = plain_text("  0\nMARK\n").split("  0\nMARK\n")
    path = tmp_path / "large.dxf"
    count = 0
    with path.open("w", encoding="gbk") as stream:
        stream.write(head)
        while stream.tell() < 50e6:
            for _ in range(500):
                x, y = rng.uniform(0, 5e5), rng.uniform(0, 5e5)
                stream.write(line_text("道路边线", x, y, x + 10, y + 3) if kind == "LINE" else rounded_outline(x, y))
            count += 500
        stream.write(tail)
    told = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
    measured = json.loads(told.stdout)
    assert measured["rows"] == count
    assert measured["cpu_s"] < 60
    assert measured["peak_mb"] < 2000
