"""Files that are cut short, scrambled, renamed, absurd or malicious: code 2 and a clear message, or an honest reading.

All cases of one family run in one process of their own, with a limit on its memory and on its time: a reader that
crashes, hangs or swells takes that process along, and the case that it was at is named. Every case runs the real
command, as a user would: no traceback, the language that was asked for, older results untouched.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from command import environment

MEMORY_MB = 4000
"""Address space of the process that reads them all; its peak of real memory is checked more narrowly."""
PEAK_MB = 1200
CASE_S = 60
"""Processor seconds that one case may take at most: far above what any needs, so that only a runaway meets it."""


# --- the child: runs cases one after the other


def child(listing: str) -> None:
    """Run every case of a list and print what came of it, a line of JSON each."""
    try:
        import resource

        limit = MEMORY_MB * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, ValueError, OSError):  # Windows, macOS
        pass
    from command import run

    def tell(line: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    for name, words in json.loads(Path(listing).read_text("utf-8")):
        tell({"begin": name})
        forget_peak()
        started = time.process_time()
        done = run(*words)
        peak = peak_mb()
        told = {"case": name, "code": done.code, "out": done.out[-4000:], "err": done.err[-4000:], "peak_mb": peak}
        tell(told | {"cpu_s": time.process_time() - started})


def forget_peak() -> None:
    """Let the peak begin anew, where the system can: a case is not charged with the one before."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> float | None:
    """Return the peak of this process since then; None where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024


def outcomes(tmp_path, cases):
    """Run (name, words) cases in one process of its own; return name -> what came of it."""
    listing = tmp_path / "cases.json"
    listing.write_text(json.dumps([(name, [str(w) for w in words]) for name, words in cases]), "utf-8")
    here = Path(__file__)
    code = (
        f"import sys; sys.path[:0] = [{str(here.parents[1] / 'support')!r}, {str(here.parent)!r}]; "
        f"import test_damaged_inputs as t; t.child({str(listing)!r})"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, stdin=subprocess.DEVNULL, check=False, cwd=tmp_path,
            timeout=60 + 20 * len(cases), env=environment(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"),
        )  # fmt: skip
        out, end = done.stdout, f"code {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-1500:]}"
    except subprocess.TimeoutExpired as late:
        out, end = late.stdout or b"", "out of time"
    lines = [json.loads(line) for line in out.decode("utf-8").splitlines() if line.startswith("{")]
    found = {line["case"]: line for line in lines if "case" in line}
    if len(found) < len(cases):
        last = next((line["begin"] for line in reversed(lines) if "begin" in line), "the start")
        pytest.fail(f"the process ended at {last!r}: {end}")
    return found


def faults(found, *, must_fail=()):
    """Return what is wrong with the outcomes, a line each."""
    out = []
    for name, told in found.items():
        text = told["out"] + told["err"]
        if told["code"] not in (0, 2):
            out.append(f"{name}: code {told['code']}: {told['err'][-600:]}")
        elif "Traceback" in text or re.search(r"(?m)^\w*(Error|Exception)\b", told["err"]):
            out.append(f"{name}: a traceback or a bare exception: {text[-600:]}")
        elif told["code"] == 2 and not told["err"].strip():
            out.append(f"{name}: refused without a word")
        elif told["code"] == 0 and (name in must_fail or must_fail == "all"):
            out.append(f"{name}: taken for good: {told['out'][-600:]}")
        chinese = any("\u4e00" <= c <= "\u9fff" for c in told["err"])
        if told["code"] == 2 and name.endswith("zh") != chinese:
            out.append(f"{name}: in the other language: {told['err'][:400]}")
        if told["cpu_s"] > CASE_S:
            out.append(f"{name}: {told['cpu_s']:.0f} CPU s")
        if told["peak_mb"] is not None and told["peak_mb"] > PEAK_MB:
            out.append(f"{name}: peak of {told['peak_mb']:.0f} MB")
    return out


def both(name, words):
    """Return the case in each language."""
    return [(f"{name} {lang}", [*words, "--lang", lang]) for lang in ("en", "zh")]


# --- good files to damage


def write_dxf(path):
    from dxf_by_hand import Drawing

    d = Drawing()
    for n in range(60):
        d.box("ROAD", 0, 20 * n, 60, 20 * n + 6)
        d.line("WALL", (0, 20 * n + 9), (60, 20 * n + 9))
    d.write(path)


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="by hand">
{nodes}
{ways}
</osm>
"""


def osm_text():
    nodes = "\n".join(
        f'<node id="{n + 1}" version="1" lat="{41.8 + 0.0001 * (n // 2):.7f}" lon="{123.4 + 0.0005 * (n % 2):.7f}"/>' for n in range(120)
    )
    ways = "\n".join(
        f'<way id="{n + 1}" version="1"><nd ref="{2 * n + 1}"/><nd ref="{2 * n + 2}"/><tag k="highway" v="service"/>'
        f'<tag k="width" v="6"/><tag k="name" v="street {n}"/></way>'
        for n in range(60)
    )
    return OSM.format(nodes=nodes, ways=ways)


def write_osm(path):
    path.write_text(osm_text(), encoding="utf-8")


def write_pbf(path):
    import osmium

    source = path.with_suffix(".tmp.osm")
    write_osm(source)
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(source)):
            writer.add(thing)
    source.unlink()


def write_vector(path, **how):
    import geopandas as gpd
    from site_scenes import box, moved

    geometry = [moved(box(0, 20 * n, 60, 20 * n + 6)) for n in range(60)]
    table = gpd.GeoDataFrame({"id": [f"R{n}" for n in range(60)]}, geometry=geometry, crs="EPSG:4550")
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path, engine="pyogrio", **how)


def write_cloud(path):
    import laspy
    import numpy as np

    header = laspy.LasHeader(point_format=1, version="1.2")
    header.scales, header.offsets = [0.001] * 3, [535_900, 4_630_000, 0]
    cloud = laspy.LasData(header)
    xy = np.random.default_rng(1).uniform([0, 0], [60, 6], (20_000, 2))
    cloud.x, cloud.y, cloud.z = 535_900 + xy[:, 0], 4_630_000 + xy[:, 1], np.zeros(len(xy))
    cloud.write(path)


WRITERS = {
    ".dxf": write_dxf, ".osm": write_osm, ".osm.pbf": write_pbf, ".gpkg": lambda p: write_vector(p, layer="roads"),
    ".geojson": write_vector, ".fgb": write_vector, ".parquet": write_vector, ".las": write_cloud, ".laz": write_cloud,
}  # fmt: skip
CLOUDS = (".las", ".laz")


def some(endings, *quick):
    """Return parameters: the quick ones always and in one process, for its start is dear; each other among the slow."""
    return [pytest.param(quick, id="+".join(quick))] + [
        pytest.param((e,), id=e, marks=pytest.mark.slow) for e in endings if e not in quick
    ]


class Good(dict):
    """Ending -> the bytes of a good file, written when first asked for."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def __missing__(self, ending):
        path = self.folder / f"roads{ending}"
        WRITERS[ending](path)
        self[ending] = path.read_bytes()
        return self[ending]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return ending -> the bytes of a good file."""
    return Good(tmp_path_factory.mktemp("good"))


def laid(folder, ending, content):
    """Write a file as the input of a site; return what to give to the command (a cloud lies beside a good road)."""
    folder.mkdir(parents=True)
    path = folder / f"roads{ending}"
    path.write_bytes(content)
    if ending not in CLOUDS:
        return ["check", path]
    from site_scenes import box
    from written_sites import table, write_site

    write_site(folder, roads=table(box(0, 0, 60, 6), id=["R1"]), entrances=None)
    return ["audit", folder, "--no-remedies", "-o", folder.parent / f"out-{folder.name}"]


@pytest.mark.parametrize("endings", some(WRITERS, ".dxf", ".osm.pbf", ".laz"))
def test_the_good_files_are_good(tmp_path, good, endings):
    """Or the tests below would prove nothing."""
    cases = [(e, [*laid(tmp_path / e, e, good[e]), "--lang", "en"]) for e in endings]
    for ending, told in outcomes(tmp_path, cases).items():
        assert told["code"] == 0, f"{ending}: {told['err']}"


# --- cut short, scrambled


@pytest.mark.parametrize("endings", some(WRITERS, ".dxf", ".osm.pbf", ".laz", ".gpkg"))
def test_cut_short(tmp_path, good, endings):
    """Refused, or else what was lost is told: 60 roads went in."""
    cases = []
    for ending in endings:
        content = good[ending]
        for share in (0.1, 0.5, 0.9, 0.99):
            name = f"{ending} {share:.0%}"
            cases += both(name, laid(tmp_path / name, ending, content[: int(len(content) * share)]))
    found = outcomes(tmp_path, cases)
    assert faults(found) == []
    for name, told in found.items():
        words = ("truncat", "cut short", "incomplete", "damaged", "ends", "截断", "不完整", "损坏", "残缺", "中断")
        assert told["code"] == 2 or any(w in told["out"] for w in words), f"{name} is taken for whole:\n{told['out'][-1500:]}"


def scrambled(folder, ending, content):
    """First bytes flipped, a stretch in the middle flipped, one byte in a hundred changed."""
    rng = random.Random(ending)
    first = bytes(b ^ 0xFF for b in content[:16]) + content[16:]
    half = len(content) // 2
    middle = content[:half] + bytes(b ^ 0xA5 for b in content[half : half + 64]) + content[half + 64 :]
    cases = both(f"{ending} first bytes", laid(folder / "a", ending, first))
    cases += both(f"{ending} middle", laid(folder / "b", ending, middle))
    for n in range(3):
        noisy = bytearray(content)
        for _ in range(max(1, len(noisy) // 100)):
            noisy[rng.randrange(len(noisy))] = rng.randrange(256)
        cases += both(f"{ending} noise {n}", laid(folder / f"n{n}", ending, bytes(noisy)))
    return cases


@pytest.mark.parametrize("endings", some(WRITERS, ".dxf", ".osm.pbf", ".laz"))
def test_scrambled(tmp_path, good, endings):
    """Never a crash."""
    cases = [case for e in endings for case in scrambled(tmp_path / e, e, good[e])]
    refused = [f"{e} first bytes {lang}" for lang in ("en", "zh") for e in endings if e != ".dxf"]
    assert faults(outcomes(tmp_path, cases), must_fail=refused) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("ending", WRITERS)
def test_scrambled_in_many_ways(tmp_path, good, ending, seed):
    rng = random.Random(f"{ending}{seed}")
    cases = []
    for n in range(20):
        noisy = bytearray(good[ending])
        for _ in range(rng.choice((1, 2, 5, 20))):
            place, size = rng.randrange(len(noisy)), rng.choice((1, 4, 30))
            match rng.randrange(4):
                case 0:
                    noisy[place : place + size] = rng.randbytes(size)
                case 1:
                    del noisy[place : place + size]
                case 2:
                    noisy[place:place] = noisy[max(0, place - size) : place]
                case _:
                    noisy[place : place + size] = b"\xff" * size
        cases.append((f"{n} en", [*laid(tmp_path / f"n{n}", ending, bytes(noisy)), "--lang", "en"]))
    assert faults(outcomes(tmp_path, cases)) == []


# --- something else under that name


def zipped():
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("doc.txt", "x" * 5000)
    return out.getvalue()


STRANGERS = {
    "empty": b"",
    "one byte": b"\0",
    "zip": zipped(),
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n",
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(range(256)) * 20,
    "text": ("这是一份说明，并非图纸。\n" * 50).encode(),
    "gbk text": ("这是一份说明，并非图纸。\r\n" * 50).encode("gbk"),
    "html": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "encrypted": random.Random(7).randbytes(60_000),
    "zeros": bytes(60_000),
    "dwg": b"AC1032" + bytes(16) + random.Random(8).randbytes(50_000),
    "xml": b'<?xml version="1.0"?><kml><Document/></kml>',
    "json": b'{"type": "Feature"}',
}


@pytest.mark.parametrize("endings", some([*WRITERS, ".dwg", ".shp", ".json"], ".dxf", ".osm.pbf", ".laz", ".gpkg", ".dwg"))
def test_something_else_under_that_name(tmp_path, endings):
    """Refused every time, each in both languages."""
    cases = []
    for ending in endings:
        for n, (name, content) in enumerate(STRANGERS.items()):
            cases += both(f"{ending} {name}", laid(tmp_path / f"{ending}{n}", ending, content))
    assert faults(outcomes(tmp_path, cases), must_fail="all") == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".dxf", ".osm", ".osm.pbf", ".gpkg", ".geojson"])
def test_one_good_format_under_the_ending_of_another(tmp_path, good, ending):
    """Refused, or read as what it is; the message names what it is or that it is not what its name says."""
    cases = []
    for n, other in enumerate(WRITERS):
        if other != ending:
            cases += both(f"{other} as {ending}", laid(tmp_path / f"s{n}", ending, good[other]))
    assert faults(outcomes(tmp_path, cases)) == []


@pytest.mark.slow
def test_a_dwg_without_a_converter_names_the_way_out(tmp_path):
    cases = both("dwg", laid(tmp_path / "s", ".dwg", STRANGERS["dwg"]))
    found = outcomes(tmp_path, cases)
    assert faults(found, must_fail="all") == []
    for told in found.values():
        assert "ODA" in told["err"]
        assert "DXF" in told["err"].upper()


# --- names that are no files


def no_files(folder, ending):
    """Return cases of names behind which there is no file."""
    folder.mkdir()
    (folder / f"folder{ending}").mkdir()
    cases = both(f"{ending} a folder", ["check", folder / f"folder{ending}"])
    cases += both(f"{ending} nothing", ["check", folder / f"none{ending}"])
    if hasattr(os, "symlink"):
        (folder / f"nowhere{ending}").symlink_to(folder / "gone")
        (folder / f"loop{ending}").symlink_to(folder / f"loop{ending}")
        cases += both(f"{ending} a link to nowhere", ["check", folder / f"nowhere{ending}"])
        cases += both(f"{ending} a link to itself", ["check", folder / f"loop{ending}"])
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / f"pipe{ending}")
        cases += both(f"{ending} a pipe", ["check", folder / f"pipe{ending}"])
    return cases


@pytest.mark.parametrize("endings", some([".dxf", ".dwg", ".osm", ".osm.pbf", ".gpkg", ".geojson"], ".dxf", ".osm.pbf"))
def test_names_that_are_no_files(tmp_path, endings):
    cases = [case for e in endings for case in no_files(tmp_path / e, e)]
    assert faults(outcomes(tmp_path, cases), must_fail="all") == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".dxf", ".osm", ".gpkg"])
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path, good, ending):
    words = laid(tmp_path / "s", ending, good[ending])
    words[1].chmod(0)
    assert faults(outcomes(tmp_path, both("locked", words)), must_fail="all") == []


@pytest.mark.slow
def test_broken_links_in_a_folder_beside_good_layers(tmp_path, good):
    laid(tmp_path / "s", ".gpkg", good[".gpkg"])
    for name in ("plan.dxf", "map.osm", "tile.laz"):
        (tmp_path / "s" / name).symlink_to(tmp_path / "gone")
    assert faults(outcomes(tmp_path, both("links", ["check", tmp_path / "s"]))) == []


# --- XML that attacks

LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE osm [\n<!ENTITY a0 "ha">\n'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">\n' for n in range(1, 11))
    + ']>\n<osm version="0.6"><node id="1" lat="41.8" lon="123.4"><tag k="name" v="&a10;"/></node></osm>'
)
OUTSIDE = (
    '<?xml version="1.0"?>\n<!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'
    '<osm version="0.6"><node id="1" lat="41.8" lon="123.4"><tag k="name" v="&x;"/></node></osm>'
)


def test_xml_that_attacks(tmp_path):
    deep = '<?xml version="1.0"?><osm version="0.6">' + "<a>" * 200_000 + "</a>" * 200_000 + "</osm>"
    cases = both("laughs", laid(tmp_path / "a", ".osm", LAUGHS.encode())) + both("outside", laid(tmp_path / "b", ".osm", OUTSIDE.encode()))
    cases += both("deep", laid(tmp_path / "c", ".osm", deep.encode()))
    assert faults(outcomes(tmp_path, cases), must_fail="all") == []


@pytest.mark.slow
def test_other_encodings_of_xml(tmp_path):
    """UTF-16 is lawful XML: read or refused. A lone surrogate and a NUL are not."""
    text = osm_text()
    cases = both("utf-16", laid(tmp_path / "a", ".osm", text.replace("UTF-8", "UTF-16").encode("utf-16")))
    cases += both("utf-16 that says utf-8", laid(tmp_path / "b", ".osm", text.encode("utf-16")))
    cases += both("gbk that says utf-8", laid(tmp_path / "c", ".osm", text.replace("street", "街道").encode("gbk")))
    cases += both("nul", laid(tmp_path / "d", ".osm", text.replace("street 7", "street \0").encode()))
    found = outcomes(tmp_path, cases)
    assert faults(found, must_fail=[f"{n} {lang}" for n in ("gbk that says utf-8", "nul") for lang in ("en", "zh")]) == []


@pytest.mark.slow
def test_osm_that_contradicts_itself(tmp_path):
    """Nodes that are missing, ids of 2**63, latitudes of 91°, a million-fold relation of itself, long values."""
    head = '<?xml version="1.0"?><osm version="0.6">'
    way = '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="service"/><tag k="width" v="{}"/></way>'
    two = '<node id="1" lat="41.8" lon="123.4"/><node id="2" lat="41.8" lon="123.401"/>'
    made = {
        "nodes that are missing": way.format(6),
        "huge id": f'<node id="{2**63}" lat="41.8" lon="123.4"/>' + way.format(6),
        "latitude of 91": '<node id="1" lat="91" lon="123.4"/><node id="2" lat="41.8" lon="400"/>' + way.format(6),
        "nan": '<node id="1" lat="nan" lon="inf"/>' + two.replace('id="1"', 'id="3"') + way.format(6),
        "long value": two + way.format("6" * 2_000_000),
        "widths": two + "".join(way.format(w).replace('id="1"', f'id="{n + 1}"', 1) for n, w in enumerate(("-6", "1e300", "nan", "0", "6;7", "wide"))),
        "relation of itself": two + way.format(6) + '<relation id="1"><member type="relation" ref="1" role="outer"/><member type="way" ref="1" role="outer"/><tag k="type" v="multipolygon"/><tag k="area:highway" v="service"/></relation>',
        "nothing": "",
    }  # fmt: skip
    cases = []
    for n, (name, body) in enumerate(made.items()):
        cases += both(name, laid(tmp_path / f"s{n}", ".osm", f"{head}{body}</osm>".encode()))
    refused = ("nodes that are missing", "nothing")
    assert faults(outcomes(tmp_path, cases), must_fail=[f"{n} {lang}" for n in refused for lang in ("en", "zh")]) == []


# --- plans that attack


def plan(tmp_path, name, draw, **how):
    from dxf_by_hand import Drawing

    d = Drawing(**how)
    d.box("ROAD", 0, 0, 60, 6)
    draw(d)
    return laid(tmp_path / name, ".dxf", d.content())


def nested(d):
    """Ten levels of ten insertions each: 10**10 lines."""
    d.block("L0").line("WALL", (0, 0), (1, 1))
    for n in range(1, 11):
        level = d.block(f"L{n}")
        for m in range(10):
            level.insert("0", f"L{n - 1}", (m, 0))
    d.insert("0", "L10", (0, 20))


def deep(d):
    """A chain of 20 000 blocks, each within the next."""
    d.block("L0").line("WALL", (0, 0), (1, 1))
    for n in range(1, 20_000):
        d.block(f"L{n}").insert("0", f"L{n - 1}", (0, 0))
    d.insert("0", "L19999", (0, 20))


def cyclic(d):
    d.block("A").insert("0", "B", (0, 0))
    d.block("B").insert("0", "A", (0, 0))
    d.insert("WALL", "A", (0, 20))
    d.insert("WALL", "missing", (0, 20))


def array(d):
    d.block("A").line("WALL", (0, 0), (1, 1))
    d.insert("WALL", "A", (0, 20), columns=32_000, rows=32_000, spacing=(0.1, 0.1))


def absurd(d):
    nan, inf = float("nan"), float("inf")
    for n, (x, y) in enumerate(((1e300, 0), (nan, nan), (inf, -inf), (-1e308, 1e308), (1e19, 1e19))):
        d.polyline("ROAD", [(100, 0), (x, y), (100 + n, 6)], closed=True)
        d.line("WALL", (0, 0), (x, y))
        d.arc("ROAD", (x, y), 5, 0, 90)
    d.circle("ROAD", (0, 50), -5)
    d.circle("ROAD", (0, 50), 0)
    d.circle("ROAD", (0, 50), 1e300)
    d.arc("ROAD", (0, 50), 5, nan, 1e30)
    d.polyline("ROAD", [(0, 60), (10, 60)], closed=True, bulges=[1e300, -1e300])
    d.polyline("ROAD", [(0, 60), (10, 60)], closed=True, bulges=[nan, inf])
    d.ellipse("ROAD", (0, 80), (0, 0), 0)
    d.ellipse("ROAD", (0, 80), (10, 0), -1e9)
    d.ellipse("ROAD", (0, 80), (10, 0), 1e-12, 0, 1e12)
    d.spline("ROAD", [(0, 0), (1, 1)], 11, [0, 1])
    d.spline("ROAD", [(0, 0), (1, 1), (2, 0)], 2, [5, 4, 3, 2, 1, 0])
    d.block("S").line("WALL", (0, 0), (1, 1))
    for scale in ((0, 0), (1e300, 1), (nan, 1)):
        d.insert("WALL", "S", (0, 30), scale=scale)


def senseless(d):
    """Counts that lie, values of the wrong type, entities without what they need."""
    d.raw("LWPOLYLINE", "ROAD", [(90, -5), (70, 1), (10, 0.0)])
    d.raw("LWPOLYLINE", "ROAD", [(90, 2_000_000_000), (70, 1), (10, 0.0), (20, 0.0)])
    d.raw("HATCH", "ROAD", [(91, 2_000_000_000), (92, 2), (72, 0), (73, 1), (93, 2_000_000_000)])
    d.raw("HATCH", "ROAD", [(2, "SOLID"), (70, 1), (91, 1), (92, 1), (93, 1), (72, 9), (97, 0)])
    d.raw("LINE", "ROAD")
    d.raw("ARC", "ROAD", [(100, "AcDbCircle"), (50, 0), (51, 90)])
    d.raw("TEXT", "ROAD")
    d.raw("INSERT", "ROAD")
    d.raw("POLYLINE", "ROAD", [(66, 1)])  # its vertices never come, nor its end
    d.raw("VERTEX", "ROAD", [(10, 0.0), (20, 0.0)])
    d.raw("NOSUCH", "ROAD", [(1, "x")])
    d.raw("MTEXT", "ROAD", [(1, "{" * 100_000)])


def long_words(d):
    d.text("ROAD", (20, 3), "x" * 10_000_000)
    d.line("L" * 1_000_000, (0, 0), (1, 1))


def crowd(d):
    """A hundred thousand lines on one spot and lines that all cross: not every pair may be looked at."""
    for _ in range(20_000):
        d.line("ROAD", (100, 0), (110, 5))
    for n in range(700):
        d.line("ROAD", (200, n), (900, n))
        d.line("ROAD", (200 + n, 0), (200 + n, 700))


PLANS_THAT_ATTACK = {
    "nested": nested, "deep": deep, "cyclic": cyclic, "array": array, "absurd": absurd, "senseless": senseless,
    "long words": long_words,
}  # fmt: skip


@pytest.mark.parametrize("names", some(PLANS_THAT_ATTACK, "cyclic", "senseless", "absurd", "nested"))
def test_plans_that_attack(tmp_path, names):
    cases = [case for name in names for case in both(name, plan(tmp_path, name, PLANS_THAT_ATTACK[name]))]
    assert faults(outcomes(tmp_path, cases)) == []


@pytest.mark.slow
def test_a_crowd_of_lines(tmp_path):
    assert faults(outcomes(tmp_path, both("crowd", plan(tmp_path, "s", crowd)))) == []


@pytest.mark.slow
def test_group_codes_that_are_none(tmp_path):
    from dxf_by_hand import Drawing

    d = Drawing()
    d.box("ROAD", 0, 0, 60, 6)
    content = d.content()
    made = {
        "a word for a code": content.replace(b" 70\n1\n", b"seventy\n1\n", 1),
        "a word for a number": content.replace(b" 10\n60.0\n", b" 10\nsixty\n", 1),
        "a line missing": content.replace(b" 20\n6.0\n", b"6.0\n", 1),
        "code 99999": content.replace(b" 70\n1\n", b"99999\n1\n", 1),
        "comma for a point": content.replace(b"60.0", b"60,0"),
        "version from the future": content.replace(b"AC1018", b"AC9999"),
        "version of the past": content.replace(b"AC1018", b"AC1.50"),
        "no version": content.replace(b"AC1018", b""),
        "old Mac line ends": content.replace(b"\n", b"\r"),
        "10 MB on one line": content.replace(b"ENTITIES\n", b"ENTITIES\n999\n" + b"x" * 10_000_000 + b"\n", 1),
        "utf-16": content.decode("gbk").encode("utf-16"),
        "binary sentinel": b"AutoCAD Binary DXF\r\n\x1a\x00" + content,
    }
    cases = []
    for n, (name, bad) in enumerate(made.items()):
        cases += both(name, laid(tmp_path / f"s{n}", ".dxf", bad))
    assert faults(outcomes(tmp_path, cases)) == []


# --- clouds that lie


def changed(content, place, packed):
    return content[:place] + packed + content[place + len(packed) :]


def test_clouds_whose_headers_lie(tmp_path, good):
    """Offsets of LAS 1.2: points begin (96), records before (100), format (104), length (105), count (107), scales (131)."""
    las = good[".las"]
    made = {
        "count of -1": changed(las, 107, struct.pack("<i", -1)),
        "more points than there are": changed(las, 107, struct.pack("<I", 4_000_000_000)),
        "begins beyond the end": changed(las, 96, struct.pack("<I", 2**31)),
        "begins within the header": changed(las, 96, struct.pack("<I", 10)),
        "format 99": changed(las, 104, struct.pack("<B", 99)),
        "length 0": changed(las, 105, struct.pack("<H", 0)),
        "length 65535": changed(las, 105, struct.pack("<H", 65_535)),
        "many records": changed(las, 100, struct.pack("<I", 2**32 - 1)),
        "scale 0": changed(las, 131, struct.pack("<3d", 0, 0, 0)),
        "scale nan": changed(las, 131, struct.pack("<3d", float("nan"), 1, 1)),
        "scale 1e300": changed(las, 131, struct.pack("<3d", 1e300, 1e300, 1e300)),
        "version 9.9": changed(las, 24, b"\x09\x09"),
        "bounds nan": changed(las, 179, struct.pack("<6d", *[float("nan")] * 6)),
        "bounds inverted": changed(las, 179, struct.pack("<6d", 0, 1e9, 0, 1e9, 0, 1e9)),
    }  # fmt: skip
    cases = []
    for n, (name, bad) in enumerate(made.items()):
        cases += both(name, laid(tmp_path / f"s{n}", ".las", bad))
    found = outcomes(tmp_path, cases)
    assert faults(found, must_fail="all") == []
    for name, told in found.items():
        assert told["cpu_s"] < 5, name
        # In words, and one problem: no class of an error, no bare number.
        assert len(re.findall(r"(?m)^  \d+\. ", told["err"])) == 1, told["err"]
        assert not re.search(r"Error|Exception|cannot be read: \d|读取：\d", told["err"]), told["err"]


# --- older results


@pytest.mark.parametrize("ending", [pytest.param(e, marks=pytest.mark.slow if e != ".laz" else ()) for e in WRITERS])
def test_older_results_stay_as_they_were(tmp_path, good, ending):
    words = laid(tmp_path / "s", ending, good[ending][: len(good[ending]) // 2])
    out = tmp_path / "results"
    out.mkdir()
    for name in ("audit.json", "map.html", "markings.dxf", "findings.csv"):
        (out / name).write_bytes(b"older " + name.encode())
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    found = outcomes(tmp_path, both("run", ["run", words[1], "-o", out, "--no-remedies"]))
    assert faults(found) == []
    if all(told["code"] == 2 for told in found.values()):
        assert {p.name: p.read_bytes() for p in out.iterdir()} == before
