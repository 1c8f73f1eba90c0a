"""The judge's desk: makes findings of one shape, with stable ids and places in both systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from firelane.crs import to_lonlat
from firelane.findings.model import Finding
from firelane.lanes.naming import unique_labels
from firelane.lanes.obstacles import owner_labels
from firelane.measure import Measurements
from firelane.rules.model import Rule
from firelane.site.model import LAYERS, PARTLY
from firelane.vocabulary import Severity, Verdict, rounded_down

PASS_SLACK_M = 1e-6
"""Contract §2: judged as ``value >= limit - 1e-6``."""

_LOOKED_FOR = {"obstructions": ("障碍物", "obstructions"), "entrances": ("出入口", "entrances")}

MEETS_M = 5.0
"""A line that ends this near to a pavement may go on there: mapped lines are no better."""

BESIDE_M = 8.0
"""The edge of a road lies no farther from its centreline than this, for all that is known of it."""


@dataclass
class Desk:
    """Collects findings of one site."""

    measured: Measurements
    findings: list[Finding] = field(default_factory=list)

    def add(
        self, rule: Rule, verdict: Verdict, subject: str, zh: str, en: str, *,
        value: float | None = None, threshold: float | None = None, margin: float | None = None,
        lane_id: str | None = None, place: tuple[float, float] | None = None, owners: Sequence[str] = (),
        severity: Severity | None = None, entrance_id: str | None = None, building_id: str | None = None,
        pinch_id: str | None = None, chainage_m: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        """Add one finding; ``subject`` names what was judged and makes the id."""
        limit = rule.threshold if threshold is None else threshold
        self.findings.append(Finding(
            finding_id=f"{rule.rule_id}:{subject}", rule_id=rule.rule_id, article=rule.article,
            verdict=verdict, severity=rule.severity if severity is None else severity,
            quantity=rule.quantity, value=value, threshold=limit, unit=rule.unit or (rule.quantity.unit if value is not None else ""), margin=margin,
            lane_id=lane_id, location=place, lonlat=None, owners=tuple(owners), message_zh=zh, message_en=en,
            entrance_id=entrance_id, building_id=building_id, pinch_id=pinch_id, chainage_m=chainage_m,
        ))  # fmt: skip

    def not_measured(self, rule: Rule, zh: str, en: str, subject: str = "site") -> None:
        """Say that ``rule`` could not be judged, and why."""
        self.add(rule, Verdict.NOT_MEASURED, subject, zh, en)

    def not_applicable(self, rule: Rule, zh: str, en: str, subject: str = "site") -> None:
        """Say that ``rule`` has no subject here."""
        self.add(rule, Verdict.NOT_APPLICABLE, subject, zh, en)

    def finished(self) -> tuple[Finding, ...]:
        """Return all findings with unique ids and WGS 84 places; a site that is not placed has none."""
        ids = unique_labels([f.finding_id for f in self.findings])
        placed = self.measured.site.placed
        located = [n for n, f in enumerate(self.findings) if placed and f.location is not None]
        lonlat: dict[int, tuple[float, float]] = {}
        if located:
            xy = np.array([self.findings[n].location for n in located], float)
            for n, (lon, lat) in zip(located, to_lonlat(xy, self.measured.site.crs), strict=True):
                lonlat[n] = (float(lon), float(lat))
        return tuple(
            replace(f, finding_id=i, lonlat=lonlat.get(n))
            for n, (i, f) in enumerate(zip(ids, self.findings, strict=True))
        )

    def lane_middle(self, lane_id: str) -> tuple[float, float]:
        """Return the middle of a lane."""
        return self.along(lane_id, self.lane_length_m(lane_id) / 2)

    def along(self, lane_id: str, chainage_m: float) -> tuple[float, float]:
        """Return the place at a chainage of a lane."""
        point = self._lane(lane_id).interpolate(chainage_m)
        return float(point.x), float(point.y)

    def lane_length_m(self, lane_id: str) -> float:
        """Return the length of a lane [m]."""
        return float(self._lane(lane_id).length)

    def lane_ends(self, lane_id: str) -> tuple[shapely.Point, shapely.Point]:
        """Return both ends of a lane's centreline."""
        line = self._lane(lane_id)
        return shapely.Point(line.coords[0]), shapely.Point(line.coords[-1])

    def _lane(self, lane_id: str) -> shapely.LineString:
        return self._lanes[lane_id]

    @cached_property
    def _lanes(self) -> dict[str, shapely.LineString]:
        lanes = self.measured.network.every_lane
        return dict(zip(lanes["lane_id"], lanes.geometry.to_numpy(), strict=True))

    @cached_property
    def _kinds(self) -> dict[str, str]:
        table = self.measured.spaces.table
        kinds = dict(zip(table["owner"], table["kind"], strict=True))
        return kinds | {label: "entrance" for (layer, _), label in self._labels.items() if layer == "entrances"}

    def accuracy_m(self, *layers: str, heights: bool = False) -> float:
        """Return the coarsest accuracy among ``layers`` [m]: of places, or of what is told as a height.

        Rounded coordinates limit the accuracy of places alone (``Site.coarse_m``).
        """
        site = self.measured.site
        of = site.height_accuracy_m if heights else site.place_accuracy_m
        return max((of(layer) for layer in layers), default=0.0)

    def accuracy_of(self, owners: Sequence[str], *, heights: bool = False) -> float:
        """Return the coarsest accuracy of what bounds a measured gap [m]; kerbs where nothing is named."""
        kerbs, layer_of, site = self._kerbs, self._layer_of, self.measured.site
        roads = [o.removeprefix("edge:") for o in owners if o in kerbs]
        layers = {layer_of.get(o.removeprefix("edge:"), "roads") for o in owners if o not in kerbs}
        if heights:
            return self.accuracy_m(*(layers | ({"roads"} if roads or not layers else set())), heights=True)
        own = max((site.road_accuracy_m(road) for road in roads), default=0.0)
        return max(own, self.accuracy_m(*(layers or (() if roads else ("roads",)))))

    def lane_accuracy_m(self, lane_id: str | None, *layers: str) -> float:
        """Return the coarsest accuracy of a lane's own outline and of ``layers`` [m]; of all roads without a lane."""
        roads = self._roads_of.get(lane_id, ()) if lane_id is not None else ()
        if not roads:
            return self.accuracy_m("roads", *layers)
        return max(self.accuracy_m(*layers), *(self.measured.site.road_accuracy_m(road) for road in roads))

    @cached_property
    def _roads_of(self) -> dict[str, tuple[str, ...]]:
        lanes = self.measured.network.lanes
        return dict(zip(lanes["lane_id"], lanes["road_ids"], strict=True))

    @cached_property
    def derived(self) -> dict[str, str]:
        """Road → what its outline was derived from, where nobody surveyed it."""
        roads = self.measured.site.layer("roads")
        if "derived" not in roads:
            return {}
        return {str(i): str(d) for i, d in zip(roads["id"], roads["derived"], strict=True) if isinstance(d, str) and d}

    @cached_property
    def rows(self) -> frozenset[str]:
        """Obstructions of which one stands for a row: whether a way is left beside them was not measured."""
        table = self.measured.site.layer("obstructions")
        if "stands_for_row" not in table:
            return frozenset()
        return frozenset(self.label("obstructions", i) for i in table["id"][table["stands_for_row"] == True])  # noqa: E712  (may be missing)

    @cached_property
    def _kerbs(self) -> frozenset[str]:
        return frozenset(f"edge:{i}" for i in self.measured.site.layer("roads")["id"])

    @cached_property
    def _layer_of(self) -> dict[str, str]:
        return {label: layer for (layer, _), label in self._labels.items()}

    def coarsest_m(self) -> float:
        """Return the coarsest accuracy among the layers that were surveyed and can bound a gap [m]."""
        return self._coarsest_m

    @cached_property
    def _coarsest_m(self) -> float:
        layers = ("roads", "fire_lanes", "obstructions", "parking", "entrances")
        return self.accuracy_m(*(n for n in layers if len(self.measured.site.layer(n))))

    def widths_along(self, lane_id: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the chainage and the clear width of a lane's stations [m]."""
        rows = self._stations.get(lane_id, np.zeros(0, np.int64))
        chainage, clear = (self.measured.profile[c].to_numpy(float)[rows] for c in ("chainage_m", "clear_width_m"))
        return chainage, clear

    @cached_property
    def _stations(self) -> dict[str, npt.NDArray[np.int64]]:
        """Lane → rows of the profile: looked up for every lane, sought once."""
        found: dict[str, npt.NDArray[np.int64]] = self.measured.profile.groupby("lane_id").indices
        return found

    @cached_property
    def pinch_owners(self) -> dict[str, tuple[str, ...]]:
        """Pinch → what it lies between, each once."""
        table = self.measured.pinches.table
        return {i: tuple(dict.fromkeys(o)) for i, o in zip(table["pinch_id"], table["owners"], strict=True)}

    def unread(self, *layers: str) -> list[str]:
        """Return those of ``layers`` of which rows were left out while reading: what they held is not known."""
        told = {n.layer for n in self.measured.site.notes if n.code == "left_out"}
        return [layer for layer in layers if layer in told]

    def complete(self, layer: str) -> bool:
        """Tell whether what ``layer`` does not hold is not there (``Site.complete``)."""
        return layer in self._complete

    @cached_property
    def _complete(self) -> frozenset[str]:
        site = self.measured.site
        return frozenset(layer for layer in site.layers if site.complete(layer))

    def not_looked(self, layer: str, lang: str) -> str:
        """Say why that nothing of ``layer`` was found tells nothing."""
        name_zh, name_en = _LOOKED_FOR[layer]
        partly = any(n.code == PARTLY and n.layer in (None, layer) for n in self.measured.site.notes)
        if partly:
            zh, en = f"图上不一定绘出全部{name_zh}", f"not all {name_en} may be drawn on the plan"
        elif self.measured.site.surveyed(layer):
            zh, en = f"地图由志愿者绘制，图上没有{name_zh}不等于现场没有", f"volunteers drew the map: {name_en} not on it may be there all the same"
        else:
            zh, en = f"未调查{name_zh}（没有 {layer} 图层）", f"{name_en} were not surveyed (no {layer} layer)"
        return zh if lang == "zh" else en

    @property
    def unknown_ways(self) -> bool:
        """Whether the site has roads of which only the centreline is known: more may be reached than the pavement tells."""
        return self.measured.network.by_line is not None

    @cached_property
    def lanes_meeting_lines(self) -> frozenset[str]:
        """Lanes on the pavement that a road known as a line meets, or may go on from."""
        network = self.measured.network
        if network.by_line is None or not len(network.lanes):
            return frozenset()
        shapely.prepare(network.pavement)
        ways = shapely.get_parts(network.by_line.ways)
        ends = shapely.get_point(np.concatenate((ways, ways)), np.repeat((0, -1), len(ways)))
        ends = ends[shapely.dwithin(network.pavement, ends, MEETS_M)]
        if not len(ends):
            return frozenset()
        lanes = shapely.STRtree(network.lanes.geometry.to_numpy())
        _, near = lanes.query_nearest(ends)
        return frozenset(network.lanes["lane_id"].to_numpy(object)[near])

    @cached_property
    def buildings_near_lines(self) -> frozenset[str]:
        """Buildings beside which a road known as a line may have its edge."""
        by_line, table = self.measured.network.by_line, self.measured.site.layer("buildings")
        if by_line is None or not len(table):
            return frozenset()
        reach = self.measured.site.config.access_distance_m + BESIDE_M
        ways = shapely.STRtree(shapely.get_parts(by_line.ways))
        near, _ = ways.query(table.geometry.to_numpy(), predicate="dwithin", distance=reach)
        return frozenset(str(i) for i in table["id"].to_numpy(object)[near])

    @cached_property
    def _labels(self) -> dict[tuple[str, str], str]:
        return owner_labels(self.measured.site)

    def label(self, layer: str, row_id: str) -> str:
        """Return a row's id as an owner: ``<layer>:<id>`` where two layers share it (contract §1)."""
        return self._labels[layer, row_id]

    def owner_names(self, owners: Sequence[str], lang: str) -> str:
        """Return owners as a reader knows them: kind and id."""
        kinds = self._kinds
        return ("、" if lang == "zh" else ", ").join(_owner_name(o, kinds.get(o), lang) for o in owners)


def _owner_name(owner: str, kind: str | None, lang: str) -> str:
    from firelane.vocabulary import ObstructionKind  # noqa: PLC0415  (only for the label)

    if owner.startswith("edge:"):
        name = owner.removeprefix("edge:")
        return f"路缘（{name}）" if lang == "zh" else f"the edge of {name}"
    if kind is None:
        return owner
    # The kind tells which layer it is: the prefix is for programs.
    layer, _, rest = owner.partition(":")
    owner = rest if rest and layer in LAYERS else owner
    if kind == "entrance":
        return f"出入口 {owner}" if lang == "zh" else f"entrance {owner}"
    label = ObstructionKind(kind).label("zh" if lang == "zh" else "en")
    return f"{label} {owner}"


def minimum_verdict(value_m: float, limit_m: float, accuracy_m: float) -> Verdict:
    """Judge a value that must not be below a limit (contract §2).

    >>> minimum_verdict(4.0, 4.0, 0.0).value, minimum_verdict(3.999, 4.0, 0.0).value
    ('pass', 'fail')
    >>> minimum_verdict(4.02, 4.0, 0.05).value
    'indeterminate'
    """
    if accuracy_m > 0 and abs(value_m - limit_m) <= accuracy_m:
        return Verdict.INDETERMINATE
    return Verdict.PASS if value_m >= limit_m - PASS_SLACK_M else Verdict.FAIL


def metres(value: float) -> str:
    """Return a length for a message: rounded down to the millimetre."""
    return rounded_down(value)


def spaced(names: str) -> str:
    """Return names before a Chinese word: a space after Latin letters and figures, none after a bracket.

    >>> spaced("构筑物 S02"), spaced("路缘（R04）")
    ('构筑物 S02 ', '路缘（R04）')
    """
    return f"{names} " if names[-1:].isascii() else names


def capped(value: float, cap_m: float, lang: str) -> str:
    """Return a width for a message; the cap reads "or more".

    >>> capped(8.0, 8.0, "en")
    '8.000 m or more'
    """
    if value >= cap_m:
        return f"{metres(cap_m)} 米以上" if lang == "zh" else f"{metres(cap_m)} m or more"
    return f"{metres(value)} 米" if lang == "zh" else f"{metres(value)} m"


def say_unread(desk: Desk, rule: Rule) -> bool:
    """Where rows that may stand on a lane could not be read, say that what they bar is not known."""
    layers = desk.unread("obstructions", "parking")
    for layer in layers:
        desk.not_measured(
            rule, f"{layer} 图层有无法读取而略去的行，其影响未测量", f"rows of {layer} could not be read and were left "
            "out: what they bar was not measured", subject=f"unread-{layer}",
        )  # fmt: skip
    return bool(layers)


def limit_of(rule: Rule) -> float:
    """Return the threshold of a rule that must have one."""
    assert rule.threshold is not None, rule.rule_id
    return rule.threshold
