"""Fonts: outlines by the em box, holes, missing characters, the cache and its fallbacks."""

from __future__ import annotations

import os
import stat

import numpy as np
import pytest
import shapely

from firelane import fonts
from firelane.errors import InputError
from firelane.vocabulary import LETTERING


@pytest.fixture
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for cached in (fonts.source.instance, fonts._glyph_outlines, fonts.source._temporary_folder):
        cached.cache_clear()
    yield tmp_path / "cache"
    for cached in (fonts.source.instance, fonts._glyph_outlines, fonts.source._temporary_folder):
        cached.cache_clear()


def test_the_eight_characters_have_outlines_within_their_em_box():
    glyphs = fonts.glyph_outlines(LETTERING)
    assert set(glyphs.outlines) == set(LETTERING)
    assert glyphs.missing == ()
    for outline in glyphs.outlines.values():
        assert outline.is_valid
        assert shapely.box(-0.02, -0.02, 1.02, 1.02).contains(outline)
        assert 0.15 < outline.area < 0.6


def test_enclosed_counters_are_holes_and_straight_strokes_are_solid():
    outlines = fonts.glyph_outlines(LETTERING).outlines
    holes = {c: sum(len(p.interiors) for p in shapely.get_parts(g)) for c, g in outlines.items()}
    assert holes["占"] == 1  # the mouth 口
    assert holes["止"] == 0
    assert holes["用"] >= 4


def test_bold_paints_more_than_regular():
    bold = fonts.glyph_outlines("消", weight=700).outlines["消"].area
    regular = fonts.glyph_outlines("消", weight=400).outlines["消"].area
    assert bold > 1.2 * regular


def test_flattening_stays_within_the_tolerance():
    coarse = fonts.glyph_outlines("道", tolerance_em=0.004).outlines["道"]
    fine = fonts.glyph_outlines("道", tolerance_em=0.0001).outlines["道"]
    assert shapely.get_num_coordinates(coarse) < shapely.get_num_coordinates(fine)
    assert shapely.hausdorff_distance(coarse.boundary, fine.boundary, densify=0.01) < 0.0045


def test_overlapping_contours_are_filled_by_the_winding_rule():
    square = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], dtype=float)
    hole = np.array([(1, 1), (1, 3), (3, 3), (3, 1)], dtype=float)  # clockwise
    bar = np.array([(2, -1), (5, -1), (5, 5), (2, 5)], dtype=float)  # covers half of the hole
    assert fonts.outlines.filled([square, hole]).area == pytest.approx(12)
    assert fonts.outlines.filled([square, hole, bar]).area == pytest.approx(18 + 8 - 2)
    assert fonts.outlines.filled([]).is_empty


def test_a_character_that_the_font_lacks_is_an_open_square_and_named():
    glyphs = fonts.glyph_outlines("消\U000f1234")
    assert glyphs.missing == ("\U000f1234",)
    assert glyphs.outlines["\U000f1234"].area == pytest.approx(0.8**2 - 0.6**2)


def test_a_second_font_may_be_named_and_is_used():
    debian = fonts.source._DEBIAN / "NotoSansCJK-Bold.ttc"
    if not debian.is_file():
        pytest.skip("fonts-noto-cjk is not installed")
    ours, theirs = (
        fonts.glyph_outlines("占").outlines["占"],
        fonts.glyph_outlines("占", font=debian).outlines["占"],
    )
    assert theirs.area == pytest.approx(ours.area, rel=0.1)  # the same design, cubic curves this time


def test_debian_serves_when_the_package_is_absent(monkeypatch):
    if not (fonts.source._DEBIAN / "NotoSansCJK-Bold.ttc").is_file():
        pytest.skip("fonts-noto-cjk is not installed")
    monkeypatch.setattr(fonts.source, "_PACKAGE", "no_such_package_at_all")
    path, face = fonts.font_file(weight=700)
    assert path.name == "NotoSansCJK-Bold.ttc"
    with fonts.source.open_font(path, face) as ttf:
        assert ttf["name"].getDebugName(4) == "Noto Sans CJK SC Bold"


def test_no_font_at_all_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts.source, "_PACKAGE", "no_such_package_at_all")
    monkeypatch.setattr(fonts.source, "_DEBIAN", tmp_path)
    with pytest.raises(InputError, match="justmytype-intl-cjk"):
        fonts.font_file()


@pytest.mark.parametrize("name", ["broken.ttf", "broken.ttc"])
def test_a_file_that_is_no_font_is_refused(tmp_path, name, fresh_cache):
    path = tmp_path / name
    path.write_bytes(b"this is not a font" * 20)
    with pytest.raises(InputError, match="font"):
        fonts.glyph_outlines("消", font=path)
    with pytest.raises(InputError, match="no such font"):
        fonts.glyph_outlines("消", font=tmp_path / "absent.ttf")


def test_the_cache_is_filled_once_and_a_damaged_file_is_made_again(fresh_cache):
    first = fonts.source.instance(("消",), None, 700)
    assert first.is_relative_to(fresh_cache)
    content, written = first.read_bytes(), first.stat().st_mtime_ns
    fonts.source.instance.cache_clear()
    assert fonts.source.instance(("消",), None, 700) == first
    assert first.stat().st_mtime_ns == written
    first.write_bytes(b"")
    fonts.source.instance.cache_clear()
    assert fonts.source.instance(("消",), None, 700).read_bytes() == content
    assert [p.name for p in first.parent.iterdir()] == [first.name]  # no temporary file left


def test_a_cache_that_cannot_be_written_falls_back_to_a_temporary_folder(fresh_cache, monkeypatch):
    fresh_cache.write_text("a file where the folder should be", encoding="utf-8")
    path = fonts.source.instance(("消",), None, 700)
    assert path.is_file()
    assert not path.is_relative_to(fresh_cache)


def test_a_derived_font_has_its_own_name_and_keeps_the_licence(fresh_cache):
    with fonts.source.open_font(fonts.source.instance(("消",), None, 700), 0) as ttf:
        name = ttf["name"]
        names = [name.getDebugName(n) for n in (1, 3, 4, 6)]
        assert names[0] == "Firelane Sans SC"
        assert not any("Source" in str(n) for n in names)
        assert "Adobe" in name.getDebugName(0)
        assert "Open Font License" in name.getDebugName(13)
        assert "fvar" not in ttf


def test_cache_folder_by_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fonts.cache_folder() == tmp_path / "firelane"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be passed over, says the XDG convention
    monkeypatch.setattr(fonts.source.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert fonts.cache_folder() == tmp_path / "local" / "firelane"
    monkeypatch.setattr(fonts.source.sys, "platform", "darwin")
    assert fonts.cache_folder().parts[-3:] == ("Library", "Caches", "firelane")
    monkeypatch.setattr(fonts.source.sys, "platform", "linux")
    assert fonts.cache_folder().parts[-2:] == (".cache", "firelane")


def test_labels_show_chinese_in_matplotlib_without_a_warning():
    from matplotlib import font_manager

    family = fonts.use_chinese_labels()
    assert family == "Firelane Sans SC"
    found = font_manager.findfont(font_manager.FontProperties(family=family), fallback_to_default=False)
    assert found == str(fonts.label_font_path())
    with fonts.source.open_font(fonts.label_font_path(), 0) as ttf:
        assert {ord(c) for c in "消防车通道净宽沈阳市㎡□²（）《》Aa9"} <= set(ttf.getBestCmap())


def test_showable_replaces_what_cannot_be_shown():
    text, missing = fonts.showable("一号楼\x00\U000f1234\n二")
    assert text == "一号楼 □\n二"
    assert missing == ("\U000f1234",)


def test_extra_characters_are_taken_into_the_label_font(fresh_cache, monkeypatch):
    monkeypatch.setattr(fonts, "label_characters", lambda: frozenset("一□ "))
    assert fonts.showable("一瓴")[0] == "一□"
    assert fonts.showable("一瓴", extra="瓴")[0] == "一瓴"
    assert fonts.use_chinese_labels(extra="瓴") != fonts.FAMILY


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_read_only_cache_folder(fresh_cache):
    folder = fresh_cache / "firelane" / "fonts"
    folder.mkdir(parents=True)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert fonts.source.instance(("消",), None, 700).is_file()
    finally:
        folder.chmod(stat.S_IRWXU)
