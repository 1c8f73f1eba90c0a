"""The QR code of the picture and of the PDF: what it opens, how large it is, and that it reads back from the pixels."""

import math
import re
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import segno
import webmap_scene as scene
from matplotlib import image
from pdf_text import pdf_text

from firelane import crs as crs_tools
from firelane.errors import OutputError, UsageError
from firelane.webmap import map_pdf, map_png, qr
from firelane.webmap.side import wrapped

LINK = "https://maps.example.org/shenyang/map.html"


def modules_in(pixels, count):
    """Find a code by its quiet zone and finder in a picture (True = dark); return its modules read at their middles.

    Nothing of firelane is asked: the finder patterns tell where it lies and how large a module is.
    """
    for y, x in np.argwhere(pixels):
        size = 0
        while x + size < pixels.shape[1] and pixels[y, x + size]:
            size += 1
        if size % 7 or size < 14:
            continue
        step = size // 7
        span = count * step
        window = pixels[y : y + span, x : x + span]
        if window.shape != (span, span):
            continue
        read = window[step // 2 :: step, step // 2 :: step]
        finder = np.pad(np.pad(np.ones((3, 3), bool), 1), 1, constant_values=True)
        if all(np.array_equal(read[rows, columns], finder) for rows, columns in (
            (slice(7), slice(7)), (slice(7), slice(-7, None)), (slice(-7, None), slice(7)))):  # fmt: skip
            edge = 4 * step
            rim = pixels[y - edge : y + span + edge, x - edge : x + span + edge].copy()
            rim[edge:-edge, edge:-edge] = False
            # every pixel of a module has its colour: the code is as sharp as it can be
            sharp = np.array_equal(window, np.kron(read, np.ones((step, step), bool)))
            return read, step, sharp, not rim.any()
    raise AssertionError("there is no code in the picture")


def dark(path):
    return image.imread(path)[..., :3].mean(axis=2) < 0.5


@pytest.mark.parametrize(("link", "width_px"), [(LINK, 1600), (None, 1600), (LINK, 1120)])
def test_the_code_reads_back_from_the_pixels(tmp_path, link, width_px):
    audit = scene.audit()
    map_png(audit, tmp_path / "map.png", width_px=width_px, link=link)
    shown = qr.code_of(audit, link)
    wanted = np.array([list(row) for row in segno.make_qr(shown.content, error="m", boost_error=False).matrix], bool)
    pixels = dark(tmp_path / "map.png")
    read, step, sharp, quiet = modules_in(pixels, len(wanted))
    assert np.array_equal(read, wanted)
    assert sharp
    assert quiet
    # printed on A4 inside margins of 10 mm, upright or across: at least 22 mm
    high, wide = pixels.shape
    printed_mm = max(min(277, 190 * wide / high), min(190, 277 * wide / high))
    assert step * len(wanted) * printed_mm / wide >= 22.0


def test_with_a_link_it_opens_the_page_else_the_place_in_gcj02():
    audit = scene.audit()
    assert qr.code_of(audit, LINK).content == LINK
    place = qr.code_of(audit)
    assert place.opens == "amap"
    found = re.search(r"position=([\d.]+),([\d.]+)&coordinate=gaode", place.content)
    back = crs_tools.gcj02_to_wgs84([float(v) for v in found.groups()])
    west, south, east, north = audit.site.bounds
    assert crs_tools.from_lonlat(back, audit.site.crs) == pytest.approx([(west + east) / 2, (south + north) / 2], abs=0.2)
    # the offset is some hundreds of metres: it was applied, and once
    assert math.dist(place.lonlat, [float(v) for v in found.groups()]) > 0.002


def test_outside_china_the_place_is_a_geo_link():
    made = qr.place_code((4.8952, 52.3702))
    assert (made.opens, made.content) == ("geo", "geo:52.370200,4.895200")


def test_a_site_that_is_not_placed_has_no_code_unless_its_map_is_served(tmp_path):
    audit = scene.audit()
    lost = replace(audit, site=replace(audit.site, placed=False))
    assert qr.code_of(lost) is None
    map_png(lost, tmp_path / "a.png", width_px=800)
    assert (tmp_path / "a.png").stat().st_size > 2000
    assert qr.code_of(lost, LINK).opens == "map"


@pytest.mark.parametrize(
    "link",
    [
        "", "map.html", "http://example.org/map.html", "javascript:alert(1)", "https://", "https:///map.html",
        "https://example.org/a b", "https://example.org/\nmap", "https://me:pw@example.org/map.html",
        "https://example.org/map.html#x", "https://example.org/map.html#", "https://[::1", "https://example.org:port/",
        "https://example.org/" + "a" * 500, "https://exam\u202eple.org/", "data:text/html,<script>",
    ],
)  # fmt: skip
def test_what_is_no_link_of_a_served_page_is_refused(link, tmp_path):
    with pytest.raises(UsageError):
        map_png(scene.audit(), tmp_path / "map.png", link=link)
    with pytest.raises(UsageError):
        map_pdf(scene.audit(), tmp_path / "map.pdf", link=link)
    assert not list(tmp_path.iterdir())


def test_a_link_in_chinese_becomes_plain():
    assert qr.checked_link("https://例子.cn/消防/map.html?a=1&b=地") == (
        "https://xn--fsqu00a.cn/%E6%B6%88%E9%98%B2/map.html?a=1&b=%E5%9C%B0"
    )
    assert qr.checked_link(qr.checked_link("https://e.org/%E6%B6%88")) == "https://e.org/%E6%B6%88"


def test_a_finding_has_a_link_of_its_own_whatever_its_id():
    assert qr.finding_link(LINK, "sy2020-10-gate:E2") == f"{LINK}#sy2020-10-gate%3AE2"
    hostile = qr.finding_link(LINK, '"><script>#消\n')
    assert re.fullmatch(r"[!-~]+", hostile)
    assert hostile.count("#") == 1


@pytest.mark.parametrize("signs", [20, 60, 150, 400])
def test_long_links_make_larger_codes_never_finer_ones(signs):
    made = qr.code("https://e.org/" + "a" * (signs - 14), "map")
    symbol_mm = made.side_mm * len(made.dark) / made.modules
    assert symbol_mm >= 22.0 - 1e-9
    assert symbol_mm / len(made.dark) >= 0.5 - 1e-9
    assert made.side_mm < 55  # it fits the column


def test_the_pdf_is_small_searchable_and_the_same_twice(tmp_path):
    audit = scene.audit()
    for name in ("a.pdf", "b.pdf"):
        map_pdf(audit, tmp_path / name, plan=scene.plan(audit.site), link=LINK)
    data = (tmp_path / "a.pdf").read_bytes()
    assert data == (tmp_path / "b.pdf").read_bytes()
    assert len(data) < 3_000_000
    assert b"/Subtype /Image" not in data  # vectors alone
    text = pdf_text(tmp_path / "a.pdf")
    for part in ("沈河区三好街小区", "扫码打开本图的网页版", "maps.example.org", "通道净宽"):
        assert part in text.replace("\n", ""), part
    # every finding with a number stands behind the map, with its article
    told = text.split("检查结果", 1)[1]
    assert "第十四条" in told
    assert "□" not in text


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_the_code_in_the_pdf_is_at_least_22_mm_and_reads_back(tmp_path, paper):
    audit = scene.audit()
    map_pdf(audit, tmp_path / "map.pdf", link=LINK, paper=paper)
    dpi = 508  # 20 pixels to the millimetre: any module is ten or more
    subprocess.run(
        ["pdftoppm", "-r", str(dpi), "-f", "1", "-l", "1", "-gray", tmp_path / "map.pdf", tmp_path / "page"], check=True
    )  # fmt: skip
    (page,) = tmp_path.glob("page*.pgm")
    raw = page.read_bytes()
    wide, high = map(int, raw.split(maxsplit=3)[1:3])
    assert (round(wide / 20), round(high / 20)) == {"A4": (297, 210), "A3": (420, 297)}[paper]
    pixels = np.frombuffer(raw[-wide * high :], np.uint8).reshape(high, wide) < 128
    shown = qr.code_of(audit, LINK)
    # the code is the upper right corner: its outline, then its modules at their middles
    corner = pixels[: (45 * 20), wide - (50 * 20) :]
    rows, columns = np.flatnonzero(corner.any(axis=1)), np.flatnonzero(corner.any(axis=0))
    right, top = columns[-1] + 1, rows[0]
    size = next(s for s in range(22 * 20 - 3, 40 * 20) if not corner[top : top + s, right - s - 12 : right - s].any())
    assert size / 20 >= 22 - 0.1
    middles = ((np.arange(len(shown.dark)) + 0.5) * size / len(shown.dark)).astype(int)
    assert np.array_equal(corner[top + middles][:, right - size + middles], shown.dark)


def test_hostile_names_and_a_full_disk_do_no_harm(tmp_path, monkeypatch):
    hostile = r"$\frac{1}{0$ {{7*7}} <script>" + "\x00\x1b\u202e" + "长" * 300
    audit = scene.audit(text=hostile)
    map_pdf(audit, tmp_path / "map.pdf", lang="en")
    old = (tmp_path / "map.pdf").read_bytes()
    assert b"%%EOF" in old[-10:]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firelane.files.os.replace", full)
    with pytest.raises(OutputError):
        map_pdf(audit, tmp_path / "map.pdf")
    assert (tmp_path / "map.pdf").read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["map.pdf"]


def test_no_line_begins_with_a_closing_sign():
    assert wrapped("沈阳市示范小区（虚构）", 10) == ["沈阳市示范小区（虚构）"]
    assert wrapped("一二三，四五六", 3) == ["一二三，", "四五六"]
