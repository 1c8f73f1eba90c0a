"""What a generated district is: its layers on the map, what goes with them, and the known answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

CRS = "EPSG:4550"

LAYERS = (
    "roads", "fire_lanes", "obstructions", "buildings", "entrances", "kerbs", "parking", "markings", "signs",
)  # fmt: skip

EXACT_M = 0.0005
"""How far a measured length may be from the known one: coordinates are written to 0.01 mm (degrees to 10 decimals)."""

EVERY = "*"
"""In place of an owner: every subject that the rule knows in this district."""

WIDTH, HEIGHT = "sy2020-14-clear-width", "sy2020-14-clear-height"
OBSTRUCTION, PARKING = "sy2020-10-obstruction", "sy2020-14-parking"
CLEARING = "sy2020-15-2-clearing"
GATE, GRID, GRID_TEXT = "sy2020-10-gate", "sy2020-13-3-grid", "sy2020-13-3-grid-text"

QUANTITIES: Mapping[str, str] = {
    WIDTH: "clear_width", HEIGHT: "clear_height", OBSTRUCTION: "obstruction", PARKING: "parking",
    GATE: "gate_opening", GRID: "entrance_grid", GRID_TEXT: "grid_text",
    CLEARING: "clearing", "sy2020-9-signs": "sign", "sy2020-13-1-warning": "sign", "sy2020-13-2-box": "box_spacing",
    "sy2020-13-2-edge-line": "edge_line", "sy2020-13-2-box-text": "box_text",
    "sy2020-9-condition": "condition", "sy2020-15-1-condition": "condition",
}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """One known answer.

    Attributes
    ----------
    site_id, rule_id, quantity : str
    verdict : str
        ``fail``, ``indeterminate`` or ``not_measured``. What is not told of a rule is no violation of it.
    value : float or None
        Known by construction [m]; None where the rule has no figure.
    owner : str
        Id of the input row that is to blame; ``edge:<road id>`` where the pavement itself is; ``*``: every subject.
    where : str
        The lane or entrance, as the district's plan calls it.
    east, north : float or None
        About where, in the district's own system [m].
    exact_m : float
        How far the measured value may be off [m].
    """

    site_id: str
    rule_id: str
    verdict: str
    value: float | None
    owner: str
    where: str
    east: float | None = None
    north: float | None = None
    exact_m: float = EXACT_M

    @property
    def quantity(self) -> str:
        return QUANTITIES[self.rule_id]


@dataclass
class Layer:
    """Rows of one layer: a geometry each, and its values."""

    geometry: list[shapely.Geometry] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, geometry: shapely.Geometry, **values: Any) -> None:
        self.geometry.append(geometry)
        self.rows.append(values)

    def __len__(self) -> int:
        return len(self.geometry)


@dataclass(frozen=True)
class Dress:
    """How a district is written: what real data do to the same content.

    Attributes
    ----------
    form : str
        ``layered`` (one GeoJSON with a ``layer`` property), ``folder`` (a GeoJSON per layer), ``shapefile`` or
        ``geopackage``.
    degrees : bool
        Longitude and latitude instead of metres.
    names : mapping
        Our layer → what its table is called.
    columns : mapping
        Our layer → (our column → theirs).
    told : bool
        Whether there is a ``site.toml``.
    """

    form: str = "layered"
    degrees: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    told: bool = True


@dataclass(frozen=True)
class District:
    """One district of the city, as it is written.

    Attributes
    ----------
    index : int
        Its number in the city; the same district whatever the city's size.
    site_id, name, plan : str
        ``plan`` says how it is laid out.
    district, manager, manager_kind : str
        ``manager_kind`` is ``property_company``, ``street_office``, ``unit``, or empty where nothing is known.
    managed : bool
    households : int
    lon, lat : float
        Its middle.
    accuracy_m : float or None
        Declared accuracy of the survey [m].
    layers : mapping
        Those that were surveyed; geometries in EPSG:4550.
    truth : tuple of Truth
    dress : Dress
    """

    index: int
    site_id: str
    name: str
    plan: str
    district: str
    manager: str
    manager_kind: str
    managed: bool
    households: int
    lon: float
    lat: float
    accuracy_m: float | None
    layers: Mapping[str, Layer]
    truth: tuple[Truth, ...]
    dress: Dress = Dress()

    @property
    def vertices(self) -> int:
        """Number of vertices of all its layers."""
        return sum(int(shapely.get_num_coordinates(np.array(rows.geometry, object)).sum()) for rows in self.layers.values())

    @property
    def clean(self) -> bool:
        """Whether nothing in it fails and nothing is in doubt."""
        return not any(row.verdict in ("fail", "indeterminate") for row in self.truth)
