"""Files as they come: binary, damaged, empty, in feet, far away, drawn on the sheet; and one written without any CAD library."""

from __future__ import annotations

import math

import ezdxf
import pytest
import shapely
from command import HOME, run
from dxf_by_hand import R2000, Drawing
from site_scenes import ORIGIN
from verify_scenes import WORDS, Marks, draw, failing, verdict

from firelane.errors import InputError

LAYER = "MARKING"


def text(drawing, words, x, y):
    """Two rows of four characters that read for who drives east, each row a TEXT."""
    for n, row in enumerate((words[:4], words[4:])):
        at = (x + (0.5 - n) * 0.5 + ORIGIN[0] - 0.2, y + 0.8 + ORIGIN[1])
        drawing.model.raw("TEXT", LAYER, [(10, at[0]), (20, at[1]), (30, 0.0), (40, 0.4), (1, row), (50, -90.0)])


def band(drawing, points, width, *, closed=False):
    """A wide polyline of the street's coordinates."""
    tags = [(90, len(points)), (70, int(closed)), (43, width)]
    for x, y in points:
        tags += [(10, x + ORIGIN[0]), (20, y + ORIGIN[1])]
    drawing.model.raw("LWPOLYLINE", LAYER, tags)


def by_hand(*, width=0.15, boxes=(20.0, 40.0, 60.0, 80.0), border=0.2, angle=45.0, words=WORDS, unit=6, metre=1.0):
    """The street's markings by group codes alone."""
    drawing = Drawing(R2000, insunits=unit)
    drawing.layer_flags[LAYER] = (0, 2)
    pen = _Hand(drawing, metre)
    for side in (-1, 1):
        y = side * (3.0 - 0.30 - width / 2)
        pen.band([(4.0, y), (96.0, y)], width)
    for x in boxes:
        pen.band([(x - 0.975, -1.325), (x + 0.975, -1.325), (x + 0.975, 1.325), (x - 0.975, 1.325)], 0.15, closed=True)
        pen.text(words, x, -90.0)
    for x, turn in ((0.0, -90.0), (96.0, 90.0)):
        b = border / 2
        pen.band([(x + b, b - 3), (x + 4 - b, b - 3), (x + 4 - b, 3 - b), (x + b, 3 - b)], border, closed=True)
        pen.text(WORDS, x + 2, turn)
        # Lines that rise and fall, a metre apart, from border to border but for the place of the lettering.
        slope = math.tan(math.radians(angle))
        plate = shapely.box(x + 1.15, -1.15, x + 2.85, 1.15)
        for c in range(-3, 4):
            for sign in (1, -1):
                low, high = max(c - 1.85 * slope, -2.85), min(c + 1.85 * slope, 2.85)
                if high - low < 0.4:
                    continue
                whole = shapely.LineString([(x + 2 + sign * (y - c) / slope, y) for y in (low, high)])
                for part in shapely.get_parts(shapely.difference(whole, plate)):
                    pen.band(list(part.coords), 0.10)
    return drawing


class _Hand:
    """Writes wide polylines and texts in the street's coordinates."""

    def __init__(self, entities, metre):
        self.entities, self.metre = entities, metre

    def _at(self, x, y):
        return (float((x + ORIGIN[0]) * self.metre), float((y + ORIGIN[1]) * self.metre))

    def band(self, points, width, *, closed=False):
        tags = [(90, len(points)), (70, int(closed)), (43, width * self.metre)]
        for x, y in points:
            a, b = self._at(x, y)
            tags += [(10, a), (20, b)]
        self.entities.raw("LWPOLYLINE", LAYER, tags)

    def text(self, words, x, turn):
        """Two rows of four characters, their heads pointing to the driver's way; each row is a TEXT."""
        way = -math.sin(math.radians(turn))
        for n, row in enumerate((words[:4], words[4:])):
            a, b = self._at(x + way * ((0.5 - n) * 0.5 - 0.2), way * 0.8)
            self.entities.raw("TEXT", LAYER, [(10, a), (20, b), (30, 0.0), (40, 0.4 * self.metre), (1, row), (50, turn)])


def saved(doc, path):
    doc.saveas(path)
    return path


@pytest.mark.parametrize(
    ("what", "wrong"),
    [({}, set()), ({"width": 0.12}, {"edge_line_width"}), ({"boxes": (20.0, 60.0, 80.0)}, {"box_spacing"}),
     ({"border": 0.15}, {"grid_border"}), ({"words": "消防通道禁止停车"}, {"box_lettering"}), ({"angle": 40.0}, {"grid_angle"})],
)  # fmt: skip
def test_written_by_hand(tmp_path, what, wrong):
    assert failing(verdict(by_hand(**what).write(tmp_path / "a.dxf"))) == wrong


def test_feet_and_inches(tmp_path):
    for unit, metre in ((2, 1 / 0.3048), (1, 1 / 0.0254)):
        file = by_hand(unit=unit, metre=metre).write(tmp_path / f"{unit}.dxf")
        found = verdict(file)
        assert failing(found) == set()
        assert found.placed["unit"] in ("foot", "inch")


def test_binary(tmp_path):
    doc = ezdxf.readfile(draw(Marks(), tmp_path / "a.dxf"))
    doc.saveas(tmp_path / "b.dxf", fmt="bin")
    assert failing(verdict(tmp_path / "b.dxf")) == set()


def test_paint_on_the_sheet_alone_is_told(tmp_path):
    doc = ezdxf.readfile(draw(Marks(), tmp_path / "a.dxf"))
    paper = doc.paperspace()
    for entity in list(doc.modelspace()):
        doc.modelspace().unlink_entity(entity)
        paper.add_entity(entity)
    found = verdict(saved(doc, tmp_path / "b.dxf"))
    assert failing(found) == {"paint"}
    assert any("paper space" in en for _, en in found.notes)


@pytest.mark.parametrize("by", [1e7, 1e15, 1e300])
def test_coordinates_far_away_do_not_pass(tmp_path, by):
    file = draw(Marks(), tmp_path / "a.dxf", origin=(by, by))
    try:
        found = verdict(file)
    except InputError:
        return
    assert failing(found) == {"paint"}  # no piece of it could be read


@pytest.mark.parametrize("value", ["nan", "inf", "-1e308"])
def test_numbers_that_are_none_do_not_pass(tmp_path, value):
    file = draw(Marks(), tmp_path / "a.dxf", unit=1.0)
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    lines = text.split("\n")
    start = lines.index("LWPOLYLINE")
    at = next(n for n in range(start, len(lines)) if lines[n].strip() == "10") + 1
    lines[at] = value
    file.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    found = verdict(file)
    assert "edge_line_continuity" in failing(found) or any("not read" in en for _, en in found.notes)


def test_the_command_tells_and_does_not_break(tmp_path):
    site = HOME / "data" / "shenyang_compliant"
    (tmp_path / "empty.dxf").write_bytes(b"")
    draw(Marks(), tmp_path / "elsewhere.dxf")
    whole = (tmp_path / "elsewhere.dxf").read_bytes()
    (tmp_path / "cut.dxf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "noise.dxf").write_bytes(bytes(range(256)) * 20)
    for name in ("empty.dxf", "elsewhere.dxf", "cut.dxf", "noise.dxf"):
        told = run("verify", tmp_path / name, "--site", site, "--lang", "en")
        assert told.code == 2, name
        assert "Traceback" not in told.out + told.err, name


def test_within_is_asked_of_the_site(tmp_path):
    told = run("verify", draw(Marks(), tmp_path / "a.dxf"), "--site", HOME / "data" / "shenyang_compliant", "--within", "0,0,1,1", "--lang", "en")
    assert told.code == 2
    assert "no road lies inside" in told.out + told.err
