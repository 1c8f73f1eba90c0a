"""The drawing of one narrow or low place: what stands there, its dimension, and what is required beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.lanes.obstacles import obstacles
from firelane.report import letters
from firelane.report.scene import Label, Scene, label_width
from firelane.report.words import words
from firelane.vocabulary import Quantity, Verdict, rounded_down

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.findings import Finding
    from firelane.webmap.content import Content

    Place = NDArray[np.float64]

SIZE = (232.0, 166.0)
_PT_PER_M = 72 / 0.0254
_SCALES = (50, 75, 100, 125, 150, 200, 250, 300, 400, 500, 750, 1000)
_ROOM_M = 7.0  # shown beyond a pinch, both sides together
_LEAST_M = 11.0
_MOST_NAMED = 6
_RED, _BLUE, _DARK, _LEAN = "#b3122b", "#1d4e89", "#4a5560", "#8c6d1f"
_PAVEMENT, _BUILDING, _BODY, _BAY, _PASSED = "#eef0f2", "#d9d2c7", "#7d8894", "#c9d6e2", "#cfe0f3"
_DRAWN = (Quantity.CLEAR_WIDTH, Quantity.CLEAR_HEIGHT, Quantity.OBSTRUCTION, Quantity.PARKING)
_OPEN = (Verdict.FAIL, Verdict.INDETERMINATE)


def drawn(finding: Finding) -> bool:
    """Tell whether a finding has a drawing: width, height or a thing in the way that fails or is in doubt, at a place."""
    return finding.verdict in _OPEN and finding.quantity in _DRAWN and finding.location is not None


@dataclass
class Figures:
    """Draws the places of one site."""

    content: Content

    @cached_property
    def _obstacles(self) -> gpd.GeoDataFrame:
        return obstacles(self.content.audit.site)

    @cached_property
    def layers(self) -> list[tuple[str, Any, shapely.STRtree]]:
        """Name, geometries and index of each layer that is drawn, from the ground upwards."""
        audit = self.content.audit
        roads = shapely.get_parts(audit.network.pavement)
        site = audit.site
        table = self._obstacles
        ground = table["ground"].to_numpy(bool)
        bays = (table["layer"] == "parking").to_numpy(bool)
        planned = site.layer("parking")
        planned = planned[planned["status"] == "planned"] if "status" in planned else planned[:0]
        layers = [
            ("pavement", roads), ("buildings", site.layer("buildings").geometry.to_numpy()),
            ("designated", site.layer("fire_lanes").geometry.to_numpy()), ("planned", planned.geometry.to_numpy()),
            ("bays", table.geometry.to_numpy()[bays]), ("bodies", table.geometry.to_numpy()[ground & ~bays]),
            ("overhead", table.geometry.to_numpy()[table["overhead"].to_numpy(bool)]),
            ("lanes", audit.network.lanes.geometry.to_numpy()),
        ]  # fmt: skip
        return [(name, parts, shapely.STRtree(parts)) for name, parts in layers]

    @cached_property
    def _pinches(self) -> dict[str, tuple[Place, tuple[str, ...], float]]:
        table = self.content.audit.pinches
        return {
            str(i): (shapely.get_coordinates(line), tuple(owners), float(width))
            for i, owners, width, line in zip(
                table["pinch_id"], table["owners"], table["width_m"], table.geometry, strict=True
            )
        }

    def _pinch_of(self, finding: Finding) -> tuple[Place, tuple[str, ...], float] | None:
        """Return ends, owners and width of the pinch that a finding is about.

        A finding about one thing has no pinch of its own: the narrowest of that thing that has the very value is it.
        """
        if finding.pinch_id in self._pinches:
            return self._pinches[str(finding.pinch_id)]
        if finding.quantity is not Quantity.OBSTRUCTION or finding.value is None:
            return None
        return next(
            (p for p in self._pinches.values() if set(finding.owners) & set(p[1]) and abs(p[2] - finding.value) < 1e-5),
            None,
        )

    def scene(self, finding: Finding) -> Scene:
        """Return the drawing of a finding's place, to scale."""
        pinch = self._pinch_of(finding)
        place = np.asarray(finding.location, float)
        owners = finding.owners
        span = 0.0
        if pinch is not None:
            span = float(np.hypot(*(pinch[0][1] - pinch[0][0])))
            owners = tuple(dict.fromkeys((*pinch[1], *finding.owners)))
            # the drawing of a thing shows the thing as well as the gap beside it
            place = pinch[0].mean(axis=0)
        sheet = Plan(self, place, max(span + _ROOM_M, _LEAST_M))
        sheet.ground(owners)
        if pinch is not None:
            sheet.dimension(pinch[0], pinch[2], finding)
        if finding.quantity is Quantity.CLEAR_HEIGHT:
            sheet.elevation(finding)
        sheet.owners(owners, None if pinch is None else pinch[0])
        sheet.furniture()
        return sheet.scene

    def bodies(self, label: str) -> BaseGeometry | None:
        """Return the outline of what an owner names; None for a pavement's edge."""
        table = self._obstacles
        found = table.geometry.to_numpy()[(table["owner"] == label).to_numpy(bool)]
        if len(found):
            return found[0]
        layer, _, ident = label.rpartition(":")
        for name in (layer,) if layer else ("parking", "buildings"):
            if name in self.content.audit.site.layers:
                rows = self.content.audit.site.layer(name)
                found = rows.geometry.to_numpy()[(rows["id"] == ident).to_numpy(bool)]
                if len(found):
                    return found[0]
        return None


class Plan:
    """One drawing in the making: the window of the site that it shows, at a scale.

    Parameters
    ----------
    figures : Figures
    middle : (x, y)
        Of the window, in the site's CRS [m].
    room_m : float
        Shown from south to north at least [m].
    """

    def __init__(self, figures: Figures, middle: Place, room_m: float) -> None:
        self.figures, self.content = figures, figures.content
        self.words = words(self.content.lang)
        wide, high = SIZE
        fits = [n for n in _SCALES if high / _PT_PER_M * n >= room_m]
        self.denominator = fits[0] if fits else _SCALES[-1]
        self.k = _PT_PER_M / self.denominator
        half = np.array([wide, high]) / 2 / self.k
        self.corner = middle - half
        self.window = (*(middle - half), *(middle + half))
        self.scene = Scene(wide, high)
        # scale and north arrow stand in their corners
        self.taken = [(0.0, 0.0, 120.0, 17.0), *([(0.0, high - 42, 28.0, high)] if self.content.audit.site.placed else [])]

    def at(self, place: Any) -> Place:
        """Return a place of the site on the sheet [pt]."""
        return np.asarray((np.asarray(place, float) - self.corner) * self.k)

    def clipped(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return what of a geometry lies in the window, on the sheet [pt]."""
        part = shapely.clip_by_rect(geometry, *self.window)
        return shapely.transform(part, lambda xy: (xy - self.corner) * self.k)

    def ground(self, owners: Sequence[str], passed: BaseGeometry | None = None) -> None:
        """Draw pavement, buildings and obstacles; those named darker. ``passed`` is ground that is shaded, below things."""
        looks: dict[str, dict[str, Any]] = {
            "pavement": {"fill": _PAVEMENT, "stroke": "#6b7680", "weight": 0.7},
            "buildings": {"fill": _BUILDING, "stroke": "#8b8172"},
            "designated": {"stroke": "#c9a400", "weight": 0.7, "dash": (4.0, 2.0)},
            "planned": {"stroke": _BLUE, "dash": (2.0, 1.5)},
            "bays": {"fill": _BAY, "stroke": "#5d7288"},
            "bodies": {"fill": _BODY, "stroke": "#3a444d"},
            "overhead": {"stroke": _LEAN, "weight": 0.8, "dash": (3.0, 1.5)},
        }
        for name, parts, tree in self.figures.layers:
            for n in sorted(tree.query(shapely.box(*self.window)).tolist()):
                shape = self.clipped(parts[n])
                if name == "lanes":
                    self.scene.line(shape, colour="#9aa5b1", weight=0.4, dash=(6.0, 2.0))
                elif shape.area > 0:
                    self.scene.area(shape, **looks[name])
                elif parts[n].geom_type == "Point":
                    self._post(parts[n])
                else:
                    look = looks[name]
                    self.scene.line(shape, colour=look["stroke"], weight=1.2, dash=look.get("dash", ()))
            if name == "pavement" and passed is not None:
                self._shaded(passed, parts, tree)
        for label in owners:
            body = self.figures.bodies(label)
            if body is None:
                continue
            shape = self.clipped(body)
            if shape.area > 0:
                self.scene.area(shape, fill="#e9b9bf", stroke=_RED, weight=0.9)
            elif body.geom_type == "Point":
                self._post(body, _RED)
            else:
                self.scene.line(shape, colour=_RED, weight=1.4)

    def _shaded(self, passed: BaseGeometry, pavement: Any, tree: shapely.STRtree) -> None:
        """Shade ground; the pavement's edge stays in sight on it."""
        self.scene.area(self.clipped(passed), fill=_PASSED)
        window = shapely.box(*self.window)
        for n in sorted(tree.query(window).tolist()):
            # the window's own sides are no edges
            edge = shapely.intersection(shapely.boundary(pavement[n]), window)
            self.scene.line(shapely.transform(edge, lambda xy: (xy - self.corner) * self.k), colour="#6b7680", weight=0.7)

    def _post(self, point: Any, colour: str = "#3a444d") -> None:
        self.scene.area(shapely.Point(*self.at((point.x, point.y))).buffer(1.6), fill=colour)

    def dimension(self, ends: Place, width_m: float, finding: Finding) -> None:
        """Draw the pinch as a dimension with its value, and the width required beside it."""
        p, q = self.at(ends[0]), self.at(ends[1])
        length = float(np.hypot(*(q - p)))
        along = (q - p) / length if length > 0 else np.array([1.0, 0.0])
        across = np.array([-along[1], along[0]])
        if across[1] > 0 or (across[1] == 0 and across[0] > 0):
            across = -across  # the value above, what is required below
        scene = self.scene
        if length >= 16:
            scene.stroke(p, q, colour=_RED, weight=1.1)
            scene.head(p, -along, _RED)
            scene.head(q, along, _RED)
        else:  # too short for heads within it
            scene.stroke(p - 13 * along, q + 13 * along, colour=_RED, weight=0.8)
            scene.head(p, along, _RED)
            scene.head(q, -along, _RED)
        for end in (p, q):
            scene.stroke(end - 3.5 * across, end + 3.5 * across, colour=_RED, weight=0.8)
        text = f"{rounded_down(width_m)} m"
        self._beside((p + q) / 2, -across, text, _RED, size=8.5, bold=True)
        limit = finding.threshold
        if limit is None:
            return
        half = limit * self.k / 2 * along
        foot = (p + q) / 2 + 19 * across
        a, b = foot - half, foot + half
        scene.stroke(a, b, colour=_BLUE, weight=0.9)
        scene.head(a, -along, _BLUE)
        scene.head(b, along, _BLUE)
        for end in (a, b):
            scene.stroke(end - 3.5 * across, end + 3.5 * across, colour=_BLUE, weight=0.7)
        self._beside(foot, across, self.words["required_dim"].format(value=f"{limit:g}"), _BLUE, size=7)

    def _beside(self, place: Place, side: Place, text: str, colour: str, *, size: float, bold: bool = False) -> None:
        """Write a text beside a line, clear of it whatever its direction."""
        label = Label(0, 0, text, size=size, bold=bold)
        wide = label_width(label)
        # so far off that the box about the text does not touch the line
        off = 3.5 + abs(side[0]) * wide / 2 + abs(side[1]) * size / 2
        x, y = place + off * side
        x = min(max(x, wide / 2 + 4), SIZE[0] - wide / 2 - 4)
        y = min(max(y, size), SIZE[1] - size)
        self._label(float(x), float(y - 0.36 * size), text, size=size, colour=colour, bold=bold)

    def _label(self, x: float, y: float, text: str, **look: Any) -> None:
        label = Label(x, y, text, ground="#ffffff", **look)
        wide = label_width(label)
        self.taken.append((x - wide / 2 - 2, y - 2, x + wide / 2 + 2, y + label.size + 1))
        self.scene.things.append(label)

    def owners(self, labels: Sequence[str], ends: Place | None) -> None:
        """Name what bounds the gap, beside it and clear of what is written already."""
        middle = None if ends is None else self.at(ends).mean(axis=0)
        for n, name in enumerate(labels[:_MOST_NAMED]):
            body = self.figures.bodies(name)
            spot = self._spot(body, ends, n)
            if spot is None:
                continue
            away = spot - middle if middle is not None else np.array([0.0, 1.0])
            self.note(spot, away, letters.fitted(self.content.owner(name)[0], 6.5, 110))

    def note(self, spot: Place, away: Place, text: str, **look: Any) -> None:
        """Write a text with a leader to a spot [pt], in a direction and clear of what is written already."""
        wide = label_width(Label(0, 0, text, **look))
        away = away / max(float(np.hypot(*away)), 1e-9)
        for step in range(60):
            # outwards first, then to the sides of that direction
            turn = (0.0, 0.6, -0.6, 1.2, -1.2)[step % 5]
            reach = 8 + 6 * (step // 5)
            c, s = math.cos(turn), math.sin(turn)
            way = np.array([c * away[0] - s * away[1], s * away[0] + c * away[1]])
            x, y = spot + way * (reach + abs(way[0]) * wide / 2)
            x = float(min(max(x, wide / 2 + 4), SIZE[0] - wide / 2 - 4))
            y = float(min(max(y, 22.0), SIZE[1] - 12))
            box = (x - wide / 2 - 2, y - 2, x + wide / 2 + 2, y + 8)
            if not any(b[0] < box[2] and b[2] > box[0] and b[1] < box[3] and b[3] > box[1] for b in self.taken):
                self.scene.stroke(spot, (x, y + 2.5), colour=look.get("colour", _DARK), weight=0.4)
                self._label(x, y, text, **look)
                break

    def _spot(self, body: BaseGeometry | None, ends: Place | None, number: int) -> Place | None:
        """Return where an owner's leader ends: within it, or at the pinch's end on the pavement's edge; None: out of sight."""
        if body is not None:
            seen = shapely.clip_by_rect(body, *self.window)
            if not seen.is_empty:
                inner = shapely.get_coordinates(shapely.point_on_surface(seen))[0]
                return self.at(inner)
            return None
        if ends is None:
            return None
        return self.at(ends[min(number, 1)])

    def elevation(self, finding: Finding) -> None:
        """Draw the clear height beside the plan: road, underside, value, what is required."""
        scene, value, limit = self.scene, finding.value, finding.threshold
        if value is None or limit is None:
            return
        wide, high = 84.0, 92.0
        x0, y0 = SIZE[0] - wide - 5, SIZE[1] - high - 5
        scene.area(shapely.box(x0, y0, x0 + wide, y0 + high), fill="#ffffff", stroke="#9aa5b1")
        self.taken.append((x0 - 2, y0 - 2, x0 + wide + 2, y0 + high + 2))
        road, k = y0 + 10, (high - 34) / max(value, limit, 1.0)
        scene.label(x0 + wide / 2, y0 + high - 9, self.words["elevation"], size=6.5, colour=_DARK)
        scene.stroke((x0 + 5, road), (x0 + wide - 5, road), colour=INK_LINE, weight=1.2)
        under = road + value * k
        scene.area(shapely.box(x0 + 5, under, x0 + wide - 5, under + 6), fill="#e9b9bf", stroke=_RED)
        x = x0 + 26
        scene.stroke((x, road), (x, under), colour=_RED, weight=1.0)
        scene.head((x, road), np.array([0.0, -1.0]), _RED)
        scene.head((x, under), np.array([0.0, 1.0]), _RED)
        scene.label(x, road + value * k / 2 - 3, f"{rounded_down(value)} m", size=7.5, colour=_RED, bold=True, ground="#ffffff")
        level = road + limit * k
        scene.stroke((x0 + 5, level), (x0 + wide - 5, level), colour=_BLUE, weight=0.7, dash=(3.0, 2.0))
        x = x0 + wide - 24
        scene.stroke((x, road), (x, level), colour=_BLUE, weight=0.8)
        scene.head((x, road), np.array([0.0, -1.0]), _BLUE)
        scene.head((x, level), np.array([0.0, 1.0]), _BLUE)
        text = self.words["required_dim"].format(value=f"{limit:g}")
        scene.label(x, road + 10, text, size=6, colour=_BLUE, ground="#ffffff")

    def furniture(self) -> None:
        """Draw frame, scale bar, scale and north arrow."""
        scene, (wide, high) = self.scene, SIZE
        length = 5.0 if 5 * self.k <= 70 else 2.0
        bar = length * self.k
        scene.area(shapely.box(0, 0, bar + 44, 15), fill="#ffffff")
        scene.stroke((6, 8), (6, 5), (6 + bar, 5), (6 + bar, 8), weight=0.9)
        scene.label(6 + bar / 2, 7, f"{length:g} m", size=6)
        scene.label(12 + bar, 5, f"1:{self.denominator}", size=6.5, align="left")
        if self.content.audit.site.placed:  # else nobody knows where north is
            x, y = 13.0, high - 32
            scene.area(shapely.Point(x, y + 10).buffer(13), fill="#ffffff")
            scene.area(shapely.Polygon([(x, y + 18), (x - 4, y + 3), (x, y + 7), (x + 4, y + 3)]), fill=INK_LINE)
            scene.label(x, y - 4, self.words["north"], size=6.5)
        scene.area(shapely.box(0.25, 0.25, wide - 0.25, high - 0.25), stroke="#9aa5b1", weight=0.5)


INK_LINE = "#1f2933"
