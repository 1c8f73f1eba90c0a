"""Lane charts: what is drawn is what was measured, in both languages, with any name, in any order."""

import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from pdf_text import pdf_text
from site_scenes import LineString, Polygon, audited, block, box, car, gates, only, over, post, site, street

from firelane.charts import lane_chart, lane_charts, lanes_shown
from firelane.charts.column import MOST_PINCHES, chosen
from firelane.charts.gather import Gathered
from firelane.charts.lettering import Lettering
from firelane.charts.look import tiers
from firelane.charts.pages import _Drawer
from firelane.charts.straight import Straight
from firelane.errors import InputError, OutputError, UsageError
from firelane.vocabulary import rounded_down

HOSTILE = "=1+1$x_2$<script>\x00\u202e" + "很长的名字" * 40


def only_lane(audit):
    (lane_id,) = audit.lanes["lane_id"]
    return lane_id


def figure_of(audit, lang="zh", lane_id=None):
    lane_id = lane_id or only_lane(audit)
    return _Drawer(Gathered(audit, lang), [lane_id]).page(lane_id, dpi=72)


def axes_of(figure, label):
    return next((axes for axes in figure.axes if axes.get_label() == label), None)


def artist(axes, gid):
    found = [a for a in axes.get_children() if a.get_gid() == gid]
    assert len(found) == 1, gid
    return found[0]


def texts(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


def view_of(audit, lang="zh"):
    return Gathered(audit, lang).view(only_lane(audit))


@pytest.fixture(scope="module")
def narrowed():
    """6 m wide, a post with 2.8 m on one side and 2.7 m on the other, an arch at 3.6 m, a dead end."""
    return audited(street(6.0, [post(40, 0.05, radius=0.25, id="P1"), over(60, -4, 61, 4, 3.6, id="A1")], both=False))


@pytest.fixture(scope="module")
def wide():
    return audited(street(12.0, []))


# ------------------------------------------------------------------ values


def test_curves_are_those_of_the_audit(narrowed):
    widths = axes_of(figure_of(narrowed), "widths")
    profile = narrowed.profile
    for gid, column in (("clear_width", "clear_width_m"), ("section_width", "section_width_m")):
        x, y = artist(widths, gid).get_data()
        assert x == pytest.approx(profile["chainage_m"].to_numpy())
        assert y == pytest.approx(np.minimum(profile[column].to_numpy(float), 8.0), nan_ok=True)
    heights = axes_of(figure_of(narrowed), "heights")
    assert artist(heights, "clear_height").get_data()[1] == pytest.approx(profile["clear_height_m"], nan_ok=True)


def test_limits_are_those_of_the_rules_with_their_article(narrowed):
    figure = figure_of(narrowed)
    assert artist(axes_of(figure, "widths"), "width_limit").get_ydata()[0] == 4.0
    assert artist(axes_of(figure, "heights"), "height_limit").get_ydata()[0] == 4.0
    assert [t.get_text() for t in axes_of(figure, "widths").texts].count("限值 4.000 m（第十四条）") == 1


def test_stretches_are_the_findings(narrowed):
    finding = only(narrowed, "sy2020-14-clear-width", "fail")
    figure = figure_of(narrowed)
    bar = artist(axes_of(figure, "widths"), "stretch-0").get_xdata()
    assert bar == pytest.approx(finding.chainage_m)
    start, end = finding.chainage_m
    assert f"{start:.1f}–{end:.1f} m，最小 2.800 m" in texts(figure)


def test_the_governing_pinch_and_the_bypassed_one_are_told_with_both_sides(narrowed):
    view = view_of(narrowed)
    by_role = {p.role: p for p in view.pinches if "P1" in p.owners}
    # 6 m less the post: 3 + 0.05 - 0.25 below it, 3 - 0.05 - 0.25 above it.
    assert by_role["governing"].width_m == pytest.approx(2.8, abs=1e-6)
    assert by_role["bypassed"].width_m == pytest.approx(2.7, abs=1e-6)
    assert by_role["governing"].chainage_m == pytest.approx(40.0, abs=1e-3)
    # The governing gap lies to the right of the post: from y = -3 to -0.2.
    assert sorted(by_role["governing"].ends[:, 1]) == pytest.approx([-3.0, -0.2], abs=1e-3)
    shown = texts(figure_of(narrowed))
    assert any(re.fullmatch(r"2\.800 m +40\.0 m +控制窄点", t) for t in shown)
    assert any(re.fullmatch(r"2\.700 m +40\.0 m +可绕行的窄点", t) for t in shown)
    assert [t for t in shown if "固定隔离桩 P1" in t and "路缘（roads-1）" in t and "—" in t]
    assert [p.role for p in view.pinches].count("governing") == 1


def test_every_lane_of_a_network_has_one_governing_place():
    cross = site(
        [box(0, -3, 100, 3), box(45, 3, 51, 60)], entrances=gates(),
        obstructions=[car(20, 1.5, id="C"), post(48, 30, radius=0.2, id="P")],
    )  # fmt: skip
    audit = audited(cross)
    gathered = Gathered(audit, "en")
    for row in audit.lanes.itertuples():
        told = [p for p in gathered.view(row.lane_id).pinches if p.role == "governing"]
        assert [p.width_m for p in told] == [pytest.approx(row.min_clear_width_m, abs=0.0101)]


def tapering():
    """A road that narrows steadily from 6 m to a tip of 3 m: no pinch lies between."""
    return Polygon([(0, -3), (100, -1.5), (100, 1.5), (0, 3)])


def test_a_dead_end_that_governs_is_named_as_one():
    audit = audited(site([tapering()], entrances=gates(width=6.0, both=False)))
    governing = next(p for p in view_of(audit).pinches if p.role == "governing")
    assert governing.width_m == pytest.approx(float(audit.lanes["min_clear_width_m"].iloc[0]), abs=1e-6)
    assert governing.chainage_m > 80.0


def test_obstructions_stand_at_their_chainage_and_on_their_side():
    audit = audited(street(8.0, [car(30, 2.5, id="L"), car(70, -2.5, id="R"), post(10, 9.5, id="FAR")]))
    things = {t.owner: t for t in view_of(audit).things}
    assert set(things) == {"L", "R"}
    assert (things["L"].start_m, things["L"].end_m) == pytest.approx((27.6, 32.4), abs=1e-6)
    assert things["L"].offset_m == pytest.approx(2.5, abs=1e-6)
    assert things["R"].offset_m == pytest.approx(-2.5, abs=1e-6)


def test_a_bent_lane_is_drawn_straight():
    bend = LineString([(0, 0), (50, 0), (50, 50)])
    stations = np.linspace(0, 100, 201)
    straight = Straight(bend, stations, np.full(201, 3.0), np.full(201, 3.0))
    found = straight.along(np.array([[10.0, 2.0], [10.0, -1.0], [48.0, 30.0], [53.0, 30.0], [-2.0, 0.0], [50.0, 53.0]]))
    expected = [(10, 2), (10, -1), (80, 2), (80, -3), (-2, 0), (103, 0)]
    assert found == pytest.approx(np.array(expected, float), abs=1e-6)


# ------------------------------------------------------------------ wide, blocked, uncertain


def test_a_lane_that_is_wide_everywhere_reads_eight_or_more(wide):
    figure = figure_of(wide)
    y = artist(axes_of(figure, "widths"), "clear_width").get_ydata()
    assert set(y.tolist()) == {8.0}
    assert any("8 m 及以上" in t for t in texts(figure))
    assert not [a for a in axes_of(figure, "widths").get_children() if str(a.get_gid()).startswith("stretch")]
    assert axes_of(figure, "heights") is None


def test_nothing_says_eight_or_more_below_eight():
    audit = audited(street(7.9996, []))
    shown = texts(figure_of(audit, "en"))
    assert any("7.999 m" in t for t in shown)
    assert not any("8 m or more" in t for t in shown)


def test_accuracy_is_a_band_and_an_open_stretch():
    audit = audited(street(4.03, [], config={"accuracy_m": 0.05}))
    figure = figure_of(audit, "en")
    band = artist(axes_of(figure, "widths"), "accuracy_band")
    assert band.get_y() == pytest.approx(3.95)
    assert band.get_height() == pytest.approx(0.1)
    assert "indeterminate" in texts(figure)
    assert any("least 4.030 m" in t for t in texts(figure))
    assert [a for a in axes_of(figure_of(audited(street(4.03, []))), "widths").get_children() if a.get_gid() == "accuracy_band"] == []


def test_a_blocked_lane_reaches_zero():
    audit = audited(street(6.0, [block(40, -4, 42, 4, "wall", id="W")]))
    figure = figure_of(audit)
    assert artist(axes_of(figure, "widths"), "clear_width").get_ydata().min() == 0.0
    assert any("最小 0.000 m" in t for t in texts(figure))


def test_an_unknown_height_is_told():
    audit = audited(street(6.0, [over(50, -4, 51, 4, id="A")]))
    assert any("净高未测量" in t for t in texts(figure_of(audit)))


def test_rules_without_a_width_draw_no_limit(narrowed):
    figure = figure_of(replace(narrowed, rules=()))
    assert [a for a in axes_of(figure, "widths").get_children() if a.get_gid() == "width_limit"] == []
    assert "所选规则没有净宽限值" in texts(figure)


def test_lengths_are_rounded_down():
    audit = audited(street(3.9996, []))
    shown = texts(figure_of(audit, "en"))
    assert any("3.999 m" in t for t in shown)
    assert not any(re.search(r"(?<!at )least 4\.000", t) for t in shown)


# ------------------------------------------------------------------ names


def test_hostile_names_are_clipped_and_harmless(tmp_path):
    posts = [post(10 + 2 * n, 2.0, radius=0.3, id=f"{n}{HOSTILE}", name=HOSTILE) for n in range(30)]
    audit = audited(street(6.0, posts))
    figure = figure_of(audit)
    strip = axes_of(figure, "strip")
    named = [t for t in strip.texts if "固定隔离桩" in t.get_text()]
    assert named
    assert all(not t.get_parse_math() for axes in figure.axes for t in axes.texts if t.get_text())
    assert all("\x00" not in t and "\u202e" not in t for t in texts(figure))
    assert any(re.fullmatch(r"另有 \d+ 个障碍物未注名", t) for t in texts(figure))
    # No two names lie on one another, and none runs out of the page.
    boxes = [t.get_window_extent() for t in named]
    page = figure.bbox
    for n, a in enumerate(boxes):
        assert a.x0 >= page.x0
        assert a.x1 <= page.x1
        assert not any(a.x0 < b.x1 - 1 and b.x0 < a.x1 - 1 and a.y0 < b.y1 - 2 and b.y0 < a.y1 - 2 for b in boxes[n + 1 :])
    lane_charts(audit, tmp_path / "a.pdf")
    assert "固定隔离桩" in pdf_text(tmp_path / "a.pdf")


def test_the_column_keeps_its_width():
    audit = audited(street(6.0, [post(50, 0, radius=0.3, id=HOSTILE)]))
    figure = figure_of(audit)
    side = axes_of(figure, "side")
    right = figure.bbox.x1
    assert len(side.texts) > 5
    assert all(t.get_window_extent().x1 < right for t in side.texts)
    bottom = min(t.get_window_extent().y0 for t in side.texts)
    assert bottom > 0


def test_more_pinches_than_the_list_holds():
    posts = [post(4 + 3 * n, 0.01 * n, radius=0.2, id=f"P{n:02}") for n in range(30)]
    view = view_of(audited(street(6.0, posts)))
    numbers = chosen(view, 4.0)
    assert len(numbers) == MOST_PINCHES
    assert list(numbers.values()) == list(range(1, MOST_PINCHES + 1))
    assert [view.pinches[n].role for n in numbers].count("governing") == 1
    assert "bypassed" in [view.pinches[n].role for n in numbers]
    along = [view.pinches[n].chainage_m for n in numbers]
    assert along == sorted(along)


def test_letters_fit_and_wrap():
    lettering = Lettering(["净宽 abc 3.420", "x" * 50])
    assert lettering.fitted("净宽", 7.0, 100.0) == "净宽"
    cut = lettering.fitted("净宽净宽净宽", 10.0, 36.0)
    assert cut.endswith("…")
    assert lettering.width_pt(cut, 10.0) <= 36.0
    lines = lettering.wrapped("净宽 abc 3.420 净宽净宽净宽净宽", 10.0, 60.0, 3)
    assert len(lines) <= 3
    assert all(lettering.width_pt(line, 10.0) <= 60.0 for line in lines)
    assert any("3.420" in line for line in lines)
    assert "".join(lettering.wrapped("x" * 50, 10.0, 60.0, 99)) == "x" * 50


def test_tiers_never_overlap():
    places = [(float(n), 3.0) for n in range(20)]
    found = tiers(places, 2)
    for tier in (0, 1):
        here = [p for p, t in zip(places, found, strict=True) if t == tier]
        assert all(b[0] - a[0] >= 3.0 for a, b in zip(here, here[1:], strict=False))
    assert -1 in found


# ------------------------------------------------------------------ files


@pytest.mark.parametrize(("lang", "words"), [
    ("zh", ["消防车道净宽沿程图", "净宽", "控制窄点", "限值 4.000 m（第十四条）", "尽端", "不符合", "固定隔离桩 P1"]),
    ("en", ["Clear width along the fire lane", "governing pinch", "dead end", "fail", "fixed bollard P1"]),
])  # fmt: skip
def test_the_pdf_holds_text(narrowed, tmp_path, lang, words):
    assert lane_charts(narrowed, tmp_path / "profiles.pdf", lang=lang) == 1
    text = pdf_text(tmp_path / "profiles.pdf")
    for word in [*words, "2.800 m", "2.700 m", "3.600 m", only_lane(narrowed)]:
        assert word in text, word


def test_the_same_audit_gives_the_same_files(narrowed, tmp_path):
    for name in ("a", "b"):
        lane_charts(narrowed, tmp_path / f"{name}.pdf")
        lane_chart(narrowed, only_lane(narrowed), tmp_path / f"{name}.png")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_page_of_one_lane(narrowed, tmp_path):
    lane_chart(narrowed, only_lane(narrowed), tmp_path / "one.pdf", lang="en")
    assert "governing pinch" in pdf_text(tmp_path / "one.pdf")


@pytest.fixture(scope="module")
def ladder():
    """Five rungs between two rails, one rung with a post: more lanes than go without an index."""
    rungs = [box(20 * n, 6, 20 * n + 5, 40) for n in range(5)]
    rails = [box(0, 0, 85, 6), box(0, 40, 85, 46)]
    return audited(site([*rails, *rungs], entrances=[], obstructions=[post(42.5, 25, radius=0.2, id="P")]))


def test_worst_lanes_come_first_behind_an_index(ladder, tmp_path):
    assert len(ladder.lanes) > 8
    ids = lanes_shown(ladder)
    lane_charts(ladder, tmp_path / "all.pdf")
    index = pdf_text(tmp_path / "all.pdf", page=1)
    assert "车道一览" in index
    listed = re.findall(r"^ *(L\d{4}-\d{4}(?:\.\d+)?)", index, re.MULTILINE)
    assert listed == ids
    widths = dict(zip(ladder.lanes["lane_id"], ladder.lanes["min_clear_width_m"], strict=True))
    assert ids[0] == min(widths, key=widths.get)
    assert ids[0] in pdf_text(tmp_path / "all.pdf", page=2)
    assert f"{rounded_down(widths[ids[0]])} m" in index
    for n, lane_id in enumerate(ids):
        assert lane_id in pdf_text(tmp_path / "all.pdf", page=2 + n)


def test_only_failing_lanes(ladder, tmp_path):
    failing = list(ladder.lanes["lane_id"][ladder.lanes["verdict"] == "fail"])
    assert lane_charts(ladder, tmp_path / "bad.pdf", only_failing=True) == len(failing) == 1
    assert failing[0] in pdf_text(tmp_path / "bad.pdf")


def test_no_failing_lane_is_said(wide, tmp_path):
    assert lane_charts(wide, tmp_path / "none.pdf", only_failing=True) == 0
    assert "没有不符合的车道" in pdf_text(tmp_path / "none.pdf")


def test_an_unknown_lane_is_refused(narrowed, tmp_path):
    with pytest.raises(InputError, match="there is no lane 'nix'") as caught:
        lane_chart(narrowed, "nix", tmp_path / "x.png")
    assert "没有车道" in caught.value.text("zh")
    with pytest.raises(InputError):
        lane_charts(narrowed, tmp_path / "x.pdf", lane_ids=("nix",))
    assert list(tmp_path.iterdir()) == []


def test_other_endings_are_refused(narrowed, tmp_path):
    with pytest.raises(UsageError, match="svg"):
        lane_chart(narrowed, only_lane(narrowed), tmp_path / "x.svg")


def test_an_old_file_stays_when_writing_fails(narrowed, tmp_path, monkeypatch):
    old = tmp_path / "profiles.pdf"
    old.write_bytes(b"old")

    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.backends.backend_pdf.PdfPages.savefig", broken)
    with pytest.raises(OutputError):
        lane_charts(narrowed, old)
    assert old.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["profiles.pdf"]


def test_global_settings_stay_as_they_were(narrowed, tmp_path):
    before = dict(mpl.rcParams)
    lane_charts(narrowed, tmp_path / "a.pdf")
    assert dict(mpl.rcParams) == before
