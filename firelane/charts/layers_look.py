"""What the picture of a site's layers shows, in drawing order: groups of alike things and their look.

Colours are those of Okabe and Ito, which people who see few colours can tell apart; shape and hatching repeat
what the colour says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.model import Site
from firelane.site.schema import LAYERS
from firelane.vocabulary import Lang, ObstructionKind

Objects = NDArray[np.object_]

INK, GREY, PAPER = "#1f2328", "#6b7280", "#ffffff"
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#AA4499",
)  # fmt: skip
SOLID = "solid"


@dataclass(frozen=True)
class Look:
    """How things are drawn: areas with ``face`` and ``hatch``, lines with ``edge`` and ``dash``, points with ``marker``.

    ``width_pt`` and ``size_pt`` are those of lines and markers [pt].
    """

    edge: str
    face: str = "none"
    width_pt: float = 0.8
    hatch: str = ""
    dash: object = SOLID
    marker: str = "o"
    size_pt: float = 3.4


@dataclass(frozen=True)
class Group:
    """Things that are drawn and listed together."""

    label: str
    shapes: Objects
    look: Look


_PLAIN = {
    "buildings": Look("#a89878", "#e6dcc8", 0.5),
    "fire_lanes": Look("#b8860b", YELLOW, 0.9),
    "parking": Look(BLUE, SKY, 0.5),
    "markings": Look(ORANGE, "#f6c76b", 0.9),
    "kerbs": Look("#4a4a4a", width_pt=0.7),
    "entrances": Look(BLUE, width_pt=3.0, marker="D", size_pt=5.0),
    "signs": Look("#333333", "#ffffff", marker="^", size_pt=4.2),
}
ROAD = Look("#5b6570", "#c3c9d1", 0.6)
OTHER_ROAD = Look("#8a94a0", "#e9ebee", 0.6)
DERIVED = Look("#5b6570", "#e3e6ea", 0.6, hatch="////")
LINE = Look("#222222", width_pt=1.2, dash=(0, (4, 2)))
OTHER_LINE = Look("#8a94a0", width_pt=1.0, dash=(0, (4, 2)))
_KINDS = {
    ObstructionKind.TREE: Look("#006b4e", GREEN, 1.2),
    ObstructionKind.BOLLARD: Look("#8f3f00", VERMILLION, 1.2, marker="s"),
    ObstructionKind.POLE: Look(BLACK, "#777777", 1.2, marker="P", size_pt=4.2),
    ObstructionKind.GATE: Look(BLACK, "#ff8a3c", 2.4, marker="X", size_pt=5.0),
    ObstructionKind.ARCH: Look("#6d1f63", PURPLE, 2.0, marker="D", size_pt=4.2),
    ObstructionKind.OVERHEAD_LINE: Look(PURPLE, "#dba6d3", 1.2, dash=(0, (1, 1.2)), marker="v"),
    ObstructionKind.BILLBOARD: Look("#6d1f63", "#dba6d3", 1.2, marker="p"),
    ObstructionKind.DECORATION: Look("#6d1f63", "#f0d4ec", 1.2, marker="*", size_pt=4.5),
    ObstructionKind.WALL: Look("#7a2b00", "#b06a44", 1.6, marker="|"),
    ObstructionKind.FENCE: Look("#7a2b00", "#d9b59f", 1.2, dash=(0, (3, 1)), marker="_"),
    ObstructionKind.VEHICLE: Look("#8f3f00", "#f2b48a", 0.7, marker=">"),
    ObstructionKind.PARKING_BAY: Look("#8f3f00", "#f7d9c4", 0.7, dash=(0, (2, 1)), marker="<"),
    ObstructionKind.STRUCTURE: Look("#5a1d00", "#a8502a", 0.7, marker="h", size_pt=4.0),
    ObstructionKind.STALL: Look("#5a1d00", "#d98e66", 0.7, marker="8", size_pt=4.0),
    ObstructionKind.OTHER: Look("#8f3f00", "#ffffff", 1.0, marker="o", size_pt=4.0),
}
TILE = Look("#882255", width_pt=1.0, dash=(0, (6, 2, 1, 2)))

_WORDS = {
    "not_judged": ("道路（非消防车通道）", "roads, no fire lane"),
    "derived": ("路面由宽度推得", "roads derived from a width"),
    "bare": ("只有中心线的道路", "roads known as lines alone"),
    "bare_not_judged": ("只有中心线（非消防车通道）", "lines alone, no fire lane"),
}


def groups(site: Site, lang: Lang) -> Iterator[Group]:
    """Yield what the site holds, lowest first; layers without rows are passed over."""

    def label(key: str) -> str:
        return _WORDS[key][0 if lang == "zh" else 1]

    def named(layer: str) -> str:
        return LAYERS[layer].zh if lang == "zh" else LAYERS[layer].en

    yield from _group(named("buildings"), site, "buildings", None, _PLAIN["buildings"])
    roads = site.layer("roads")
    judged = roads["fire_lane"].to_numpy(dtype=bool)
    derived = roads["derived"].notna().to_numpy() if "derived" in roads else np.zeros(len(roads), dtype=bool)
    yield from _group(label("not_judged"), site, "roads", ~judged & ~derived, OTHER_ROAD)
    yield from _group(named("roads"), site, "roads", judged & ~derived, ROAD)
    yield from _group(label("derived"), site, "roads", derived, DERIVED)
    for layer in ("fire_lanes", "parking", "markings", "kerbs"):
        yield from _group(named(layer), site, layer, None, _PLAIN[layer])
    judged = site.layer("road_lines")["fire_lane"].to_numpy(dtype=bool)
    yield from _group(label("bare_not_judged"), site, "road_lines", ~judged, OTHER_LINE)
    yield from _group(label("bare"), site, "road_lines", judged, LINE)
    kinds = site.layer("obstructions")["kind"].to_numpy()
    for kind, look in reversed(_KINDS.items()):
        yield from _group(kind.label(lang), site, "obstructions", kinds == kind.value, look)
    for layer in ("entrances", "signs"):
        yield from _group(named(layer), site, layer, None, _PLAIN[layer])


def legend_rank(group: Group) -> int:
    """Return the place in the legend: roads first, the rest in drawing order behind them."""
    roads = (ROAD, DERIVED, LINE, OTHER_ROAD, OTHER_LINE)
    return roads.index(group.look) if group.look in roads else len(roads)


def _group(label: str, site: Site, layer: str, rows: NDArray[np.bool_] | None, look: Look) -> Iterator[Group]:
    shapes = np.asarray(site.layer(layer).geometry.to_numpy(), dtype=object)
    shapes = shapes if rows is None else shapes[rows]
    shapes = shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    if len(shapes):
        yield Group(label, shapes, look)
