"""What a page holds: layers, styled paths, labels and cards, gathered before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from firelane.vocabulary import ObstructionKind
from firelane.webmap.block import Shapes
from firelane.webmap.texts import named, shown
from firelane.webmap.widths import WidthClass, layer_zoom, palette, width_classes, width_limit_m
from firelane.webmap.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.auditing import Audit
    from firelane.vocabulary import Lang

LAYERS = (
    "pavement", "designated", "operating_ground", "turning_areas", "buildings", "parking", "paint_existing",
    "paint_planned", "line_lanes", "obstructions", "dead_ends", "lanes", "entrances", "signs", "other_bends", "bends",
    "other_pinches", "pinches", "cut_places", "findings",
)  # fmt: skip
"""Keys of the layers from the ground upwards."""

_ROOM = 1.25  # the whole may be so much larger for the sake of trees and roads outside

OWNER_LAYERS = (
    "obstructions",
    "parking",
    "entrances",
    "fire_lanes",
    "buildings",
    "roads",
    "road_lines",
    "markings",
    "signs",
)
"""Layers whose rows may be named as owners, in the order in which a bare id is looked up."""


@dataclass
class Card:
    """What the panel shows of one thing. Every text stands as the data has it: the page never parses it.

    Attributes
    ----------
    kind, title : str
        What it is, and its name.
    rows : list of (str, str)
        Label and value.
    verdict : str
        Key of the palette's ``verdict`` colours; empty for none. ``badge`` is its word.
    shapes : list of int
        What lights up.
    focus : list of int
        What is zoomed to; all of ``shapes`` where empty.
    quote : list of (str, str)
        Heading and body of quoted texts.
    see : list of int
        Numbers of related cards.
    number : int
        Number of the marker; 0 for none.
    stations : (int, int, int), optional
        Shape that holds a lane's stations, their first row in the station columns and their count.
    remedies : list of int
        Numbers of the remedies that are told and light up.
    case : Mapping, optional
        What is known of its case (:meth:`firelane.webmap.marks.CaseMark.as_json`).
    """

    kind: str
    title: str
    ident: str = ""
    message: str = ""
    verdict: str = ""
    badge: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)
    shapes: list[int] = field(default_factory=list)
    focus: list[int] = field(default_factory=list)
    quote: list[tuple[str, str]] = field(default_factory=list)
    see: list[int] = field(default_factory=list)
    number: int = 0
    stations: tuple[int, int, int] | None = None
    remedies: list[int] = field(default_factory=list)
    case: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the card with short keys, empty fields left out."""
        pairs = {
            "k": self.kind, "t": self.title, "i": self.ident, "m": self.message, "v": self.verdict,
            "b": self.badge, "r": self.rows, "g": self.shapes, "z": self.focus, "q": self.quote, "see": self.see,
            "n": self.number, "st": self.stations, "rm": self.remedies, "cs": self.case,
        }  # fmt: skip
        return {key: value for key, value in pairs.items() if value}


class Content:
    """Gathers the page's content; see :func:`firelane.webmap.page.violation_map` for the order."""

    def __init__(self, audit: Audit, lang: Lang) -> None:
        self.audit = audit
        self.lang: Lang = lang
        self.words = words(lang)
        self.limit_m = width_limit_m(audit.rules)
        self.classes: tuple[WidthClass, ...] = width_classes(self.limit_m)
        self.shapes = Shapes(audit.site.crs)
        self.cards: list[Card] = []
        self.styles: list[Mapping[str, Any]] = []
        self.paths: list[tuple[int, int, int, int]] = []
        self.labels: list[tuple[int, int, str, float, float, int, str]] = []
        self.remedies: list[dict[str, Any]] = []
        self.used: set[str] = set()
        self._style_numbers: dict[str, int] = {}
        self._cards_by_id: dict[tuple[str, str], int] = {}
        self._owners = self._owner_index()
        things = audit.site.layer("obstructions")
        told = things["kind"] if "kind" in things else [None] * len(things)
        self._obstruction_kinds = {
            shown(i): shown(kind) or ObstructionKind.OTHER.value for i, kind in zip(things["id"], told, strict=True)
        }
        roads = audit.site.layer("roads")
        sources = roads["derived"] if "derived" in roads else [None] * len(roads)
        self.derived = {shown(i): shown(d) for i, d in zip(roads["id"], sources, strict=True) if shown(d)}
        self.line_lanes = frozenset(shown(i) for i in audit.network.line_lanes["lane_id"])

    # ------------------------------------------------------------------ adding

    def style(self, name: str, look: Mapping[str, Any] | None = None) -> int:
        """Return the number of the palette's style ``name`` (or of ``look``, known by that name)."""
        self.used.add(name)
        if name not in self._style_numbers:
            self._style_numbers[name] = len(self.styles)
            self.styles.append(dict(look if look is not None else palette()["style"][name]))
        return self._style_numbers[name]

    def draw(self, layer: str, geometry: BaseGeometry, style: int, card: int = -1) -> int:
        """Draw a geometry in a layer, let it open a card, and return the number of its shape."""
        if geometry is None or geometry.is_empty:
            return -1
        shape = self.shapes.add(geometry)
        self.paths.append((LAYERS.index(layer), shape, style, card))
        if card >= 0:
            self.cards[card].shapes.append(shape)
        return shape

    def label(
        self,
        layer: str,
        shape: int,
        text: str,
        *,
        zoom: float,
        priority: float,
        card: int = -1,
        look: str = "",
    ) -> None:
        """Write a label beside a shape from ``zoom`` on; where labels meet, the lower ``priority`` stays."""
        if text:
            self.labels.append((LAYERS.index(layer), shape, text, zoom, round(priority, 3), card, look))

    def card(self, key: tuple[str, str], card: Card) -> int:
        """Take in a card under (layer, id) and return its number."""
        self.cards.append(card)
        self._cards_by_id.setdefault(key, len(self.cards) - 1)
        return len(self.cards) - 1

    # ------------------------------------------------------------------ looking up

    def find(self, layer: str, ident: str | None) -> int:
        """Return the number of the card of ``ident`` in ``layer``, -1 if there is none."""
        return self._cards_by_id.get((layer, shown(ident)), -1)

    def owner(self, label: str) -> tuple[str, int]:
        """Return the words for an owner and the number of its card (-1 if it has none)."""
        if label.startswith("edge:"):
            road = label.removeprefix("edge:")
            return named(self.words["kind_edge"], self.road_name(road), road, self.lang), -1
        layer, ident = self._owners.get(label, ("", label))
        number = self.find(layer, ident)
        if number >= 0:
            card = self.cards[number]
            return named(card.kind, card.title, ident, self.lang), number
        kind = self.words.get({"roads": "kind_road", "fire_lanes": "kind_designated"}.get(layer, ""), "")
        return named(kind, self.road_name(ident) if layer == "roads" else "", ident, self.lang), -1

    def obstruction_kinds(self, owners: Sequence[str]) -> list[str]:
        """Return the kinds of the things named as owners, each once; a parking bay is one of them."""
        kinds: dict[str, None] = {}
        for label in owners:
            layer, ident = self._owners.get(label, ("", ""))
            if layer == "obstructions":
                kinds[self._obstruction_kinds.get(ident, ObstructionKind.OTHER.value)] = None
            elif layer == "parking":
                kinds[ObstructionKind.PARKING_BAY.value] = None
        return list(kinds)

    def road_name(self, road_id: str) -> str:
        """Return the name of a road, empty if it has none."""
        return self._road_names.get(road_id, "")

    def _owner_index(self) -> dict[str, tuple[str, str]]:
        """Map every label an owner may have (``id`` and ``layer:id``) to its layer and id."""
        layers = self.audit.site.layers
        index: dict[str, tuple[str, str]] = {}
        for layer in OWNER_LAYERS:
            for ident in layers[layer]["id"] if layer in layers else ():
                index.setdefault(shown(ident), (layer, shown(ident)))
        for layer in OWNER_LAYERS:  # after the bare ids: an id may itself look like "roads:1"
            for ident in layers[layer]["id"] if layer in layers else ():
                index.setdefault(f"{layer}:{shown(ident)}", (layer, shown(ident)))
        self._road_names: dict[str, str] = {}
        for layer in ("road_lines", "roads"):
            table = self.audit.site.layer(layer)
            names: Sequence[Any] = table["name"] if "name" in table else [None] * len(table)
            self._road_names |= {shown(i): shown(n) for i, n in zip(table["id"], names, strict=True)}
        return index

    def whole(self) -> list[int]:
        """Return the shapes, four at most, whose bounds are the site seen as a whole.

        What appears only when zoomed in does not decide that, nor does a tree or a road without a lane far outside;
        where there is nothing else, everything does.
        """
        road = self._style_numbers.get("road_line", -1)
        early = [path for path in self.paths if not layer_zoom(LAYERS[path[0]])] or self.paths
        near = [p for p in early if LAYERS[p[0]] != "obstructions" and p[2] != road] or early
        if not near:
            return []
        bounds = self.shapes.bounds()
        chosen, every = (np.array([path[1] for path in paths]) for paths in (near, early))
        if _spread(bounds[every]) <= _ROOM * _spread(bounds[chosen]):
            chosen = every
        extremes = [*bounds[chosen, :2].argmin(axis=0), *bounds[chosen, 2:].argmax(axis=0)]
        return sorted({int(chosen[n]) for n in extremes})

    def as_json(self) -> dict[str, Any]:
        """Return cards, paths, styles and labels for the page."""
        return {
            "cards": [card.as_json() for card in self.cards],
            "styles": self.styles,
            "paths": self.paths,
            "labels": self.labels,
            "whole": self.whole(),
        }


def _spread(bounds: NDArray[np.float64]) -> float:
    """Return the longer side of what boxes cover together [m]."""
    return float((bounds[:, 2:].max(axis=0) - bounds[:, :2].min(axis=0)).max())


def records(table: gpd.GeoDataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as dictionaries, the active geometry under ``geometry``, missing values as they are."""
    columns = [name for name in table.columns if name != table.geometry.name]
    plain = [table[name].tolist() for name in columns]
    for *values, geometry in zip(*plain, table.geometry, strict=True):
        yield {**dict(zip(columns, values, strict=True)), "geometry": geometry}
