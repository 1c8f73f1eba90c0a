"""``firelane draw`` attacked: names of layers that collide, inputs as outputs, disks that fill, an interrupt in the middle."""

from __future__ import annotations

import errno
import json
import os
import shutil

import ezdxf
import pytest
from command import run, snapshot
from site_scenes import street
from written_sites import narrowed

from firelane.auditing import audit
from firelane.drawing import plot_pdf, write_dxf
from firelane.drawing.options import read_layer_names
from firelane.errors import InputError
from firelane.files import atomic_path
from firelane.markings import plan_markings
from firelane.run import clear_widths


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return narrowed(tmp_path_factory.mktemp("site") / "site")


@pytest.fixture(scope="module")
def made():
    result = audit(street(6.0, length=60.0), remedies=False)
    return plan_markings(result.site, result.network, clear_widths=clear_widths(result)), result


def counts(path):
    """Return layer -> how many entities lie on it."""
    found = {}
    for entity in ezdxf.readfile(path).entitydb.values():
        if entity.dxf.hasattr("layer"):
            found[entity.dxf.layer] = found.get(entity.dxf.layer, 0) + 1
    return found


def frozen(path):
    return sorted(sorted(v.frozen_layers) for layout in ezdxf.readfile(path).layouts for v in layout.query("VIEWPORT"))


# --- names of layers


def test_layers_exchange_their_names(made, tmp_path):
    plan, result = made
    names = tmp_path / "names.toml"
    pairs = {"G-FIRE-LINE": "G-FIRE-BOX", "G-FIRE-BOX": "G-FIRE-KERB", "G-FIRE-KERB": "G-FIRE-LINE",
             "G-ANNO-TEXT": "g-anno-text", "G-ROAD-EDGE": "道路边线"}  # fmt: skip
    names.write_text("\n".join(f'"{a}" = "{b}"' for a, b in pairs.items()), encoding="utf-8")
    plain, renamed = tmp_path / "a.dxf", tmp_path / "b.dxf"
    write_dxf(plan, result, plain)
    write_dxf(plan, result, renamed, layer_names=read_layer_names(names))
    before = counts(plain)
    assert before["G-FIRE-LINE"] != before["G-FIRE-BOX"]
    assert counts(renamed) == {pairs.get(layer, layer): count for layer, count in before.items()}
    assert frozen(renamed) == sorted(sorted(pairs.get(n, n) for n in layers) for layers in frozen(plain))
    auditor = ezdxf.readfile(renamed).audit()
    assert (auditor.errors, auditor.fixes) == ([], [])


@pytest.mark.parametrize(
    "text",
    ['"G-BLDG" = "0"', '"G-BLDG" = "DefPoints"', '"G-BLDG" = "viewports"', '"G-BLDG" = "a|b"', '"G-BLDG" = "🚒"',
     '"G-BLDG" = "x"\n"G-OBST" = "X"', '"G-BLDG" = 3', "layers = 3", '[layers]\n"G-BLDG" = "x"\n[more]\na = 1',
     f'"G-BLDG" = {"9" * 5000}', f'"G-BLDG" = {"[" * 5000}', '"\\u001b[31m" = "x"', f'"G-BLDG" = "{"长" * 256}"'],
)  # fmt: skip
def test_names_that_no_drawing_can_have_are_refused_in_both_languages(tmp_path, text):
    file = tmp_path / "names.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_layer_names(file)
    zh, en = caught.value.text("zh"), caught.value.text("en")
    assert all(c.isprintable() or c == "\n" for c in zh + en)
    assert zh.splitlines()[1] != en.splitlines()[1]


def test_twenty_thousand_wrong_names_are_told_briefly(tmp_path):
    file = tmp_path / "names.toml"
    file.write_text("\n".join(f'"L{n}" = "x{n}"' for n in range(20000)), encoding="utf-8")
    with pytest.raises(InputError, match="and 19960 more") as caught:
        read_layer_names(file)
    assert len(caught.value.text("zh")) < 20_000


# --- inputs are never written over


def test_the_plan_that_is_read_is_not_written_over(made, tmp_path):
    plan, result = made
    drawing = tmp_path / "plan.dxf"
    write_dxf(plan, result, drawing)
    before = drawing.read_bytes()
    (tmp_path / "link.dxf").symlink_to(drawing)
    for name in ("plan.dxf", "./plan.dxf", "link.dxf"):
        told = run("draw", drawing, "-o", tmp_path / name, "--lang", "en")
        assert (told.code, told.out) == (2, "")
        assert "is read from this file; choose another name" in told.err
    assert "无法写入" in run("draw", drawing, "-o", drawing, "--lang", "zh").err
    assert drawing.read_bytes() == before
    assert run("draw", drawing, "-o", tmp_path / "other.dxf").code == 0


def test_a_drawing_among_the_layers_of_a_site_is_known_for_one(site, tmp_path):
    here = shutil.copytree(site, tmp_path / "here")
    for _ in range(2):  # the second time it is there when the site is read
        assert run("draw", here, "-o", here / "x.dxf", "--lang", "en").code == 0
    assert "left out" in run("check", here, "--lang", "en").out


def test_no_template_is_put_among_the_layers_of_a_site(site, tmp_path):
    """It would be read as a plan of the site the next time."""
    before = snapshot(site)
    told = run("draw", site, "-o", tmp_path / "x.dxf", "--stencils", site, "--lang", "en")
    assert told.code == 2
    assert "this is the site's own folder" in told.err
    assert snapshot(site) == before


# --- all files or none

ALL = ("--pdf", "--field")


def older(folder):
    folder.mkdir()
    names = ("a.dxf", "a.pdf", "a-01.png", "a_setting_out.csv", "a_setting_out.dat", "a_paint_paths.csv", "mine.txt")
    for name in names:
        (folder / name).write_text(f"old {name}")
    (folder / "st").mkdir()
    (folder / "st" / "U+6D88-550x750.dxf").write_text("old")
    (folder / "st" / "mine.dxf").write_text("mine")
    return folder, snapshot(folder)


@pytest.mark.parametrize("failing", ["firelane.drawing.plot_pdf", "firelane.drawing.write_stencils"])
@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), pytest.param(OSError(errno.EFBIG, "File too large"), marks=pytest.mark.slow)]
)
def test_what_fails_late_leaves_every_older_file(site, tmp_path, monkeypatch, failing, error):
    out, before = older(tmp_path / "out")

    def fails(_first, path, **_more):
        if failing.endswith("stencils"):
            (path / "U+6D88-550x750.dxf").write_text("half")
            raise error
        with atomic_path(path):
            raise error

    monkeypatch.setattr(failing, fails)
    told = run("draw", site, "-o", out / "a.dxf", "--pdf", "--field", "--stencils", out / "st", "--lang", "en")
    assert told.code == (130 if isinstance(error, KeyboardInterrupt) else 2)
    assert snapshot(out) == before
    assert sorted(p.name for p in out.glob(".*")) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of a process are of POSIX")
@pytest.mark.parametrize("most_kb", [1, 100])
def test_a_limit_on_the_size_of_files_leaves_every_older_file(site, tmp_path, most_kb):
    resource = pytest.importorskip("resource")
    out, before = older(tmp_path / "out")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_kb * 1000, limits[1]))
    try:
        told = run("draw", site, "-o", out / "a.dxf", "--pdf", "--lang", "en")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert told.code == 2
    assert ".firelane-" not in told.err
    assert snapshot(out) == before


def test_a_folder_in_the_way_of_the_last_file_keeps_all_from_moving(site, tmp_path):
    out, _ = older(tmp_path / "out")
    (out / "a_setting_out_pnezd.csv").mkdir()
    before = snapshot(out)
    told = run("draw", site, "-o", out / "a.dxf", "--field", "--stencils", out / "st", "--lang", "en")
    assert told.code == 2
    assert "a folder of that name is in the way" in told.err
    assert snapshot(out) == before


def test_the_users_own_files_stay_and_older_pages_are_named(site, tmp_path):
    out, before = older(tmp_path / "out")
    (out / "a-77.png").write_text("of a longer set")
    told = run("draw", site, "-o", out / "a.dxf", "--pdf", "--stencils", out / "st", "--lang", "en")
    assert (told.code, told.err) == (0, "")
    after = snapshot(out)
    assert after["mine.txt"] == before["mine.txt"]
    assert after["st/mine.dxf"] == b"mine"
    assert after["a.dxf"] != before["a.dxf"]
    assert after["a.pdf"].startswith(b"%PDF")
    (line,) = (line for line in told.out.splitlines() if "earlier drawing" in line)
    for name in ("a-01.png", "a-77.png", "a_setting_out.csv", "a_paint_paths.csv"):
        assert name in line
    assert "mine.txt" not in told.out


# --- the same bytes, and options that take effect


@pytest.mark.slow
def test_side_files_are_the_same_bytes_again(site, tmp_path):
    for n in ("1", "2"):
        told = run("draw", site, "-o", tmp_path / n / "a.dxf", *ALL, "--stencils", tmp_path / n / "st", "--quiet")
        assert (told.code, told.err) == (0, "")
    first, second = snapshot(tmp_path / "1"), snapshot(tmp_path / "2")
    assert set(first) == set(second)
    assert {n for n in first if not n.endswith(".dxf") and first[n] != second[n]} == set()
    json.loads(first["a_paint_paths.geojson"])


@pytest.mark.slow
def test_the_sheet_asked_for_is_the_paper_of_the_drawing(site, tmp_path):
    assert run("draw", site, "-o", tmp_path / "a.dxf", "--sheet", "A1", "--quiet").code == 0
    papers = {
        (round(p.dxf.paper_width), round(p.dxf.paper_height))
        for p in ezdxf.readfile(tmp_path / "a.dxf").layouts if p.name != "Model"
    }  # fmt: skip
    assert papers == {(841, 594)}
    assert plot_pdf(tmp_path / "a.dxf", tmp_path / "a.pdf") == len(ezdxf.readfile(tmp_path / "a.dxf").layouts) - 1
