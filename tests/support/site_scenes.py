"""Sites drawn in local metres and moved to Shenyang (EPSG:4550), for the tests of measuring and judging.

Coordinates are local: (0, 0) lies at east 535 900, north 4 630 000. Layers left out are *not surveyed*.
"""

from __future__ import annotations

import functools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely import LineString, Point, Polygon, box  # noqa: F401  (drawn with by the tests)

from firelane.auditing import audit
from firelane.auditing.pipeline import _record, envelope_of
from firelane.findings import judge
from firelane.lanes.network import lane_network
from firelane.lanes.space import Spaces
from firelane.measure import measure
from firelane.rules import load_rules
from firelane.site.model import Site, SiteConfig
from firelane.site.schema import LAYERS, kind_defaults
from firelane.vocabulary import Quantity

CRS = pyproj.CRS.from_epsg(4550)
ORIGIN = np.array([535_900.0, 4_630_000.0])

WIDTH = "sy2020-14-clear-width"
HEIGHT = "sy2020-14-clear-height"
OBSTRUCTION = "sy2020-10-obstruction"
GATE = "sy2020-10-gate"
PARKING = "sy2020-14-parking"
CLEARING = "sy2020-15-2-clearing"
REACH = "sy2020-info-reach"
REACH_GB = "gb55037-3.4.1-reach"
PASSAGE = {
    Quantity.CLEAR_WIDTH, Quantity.CLEAR_HEIGHT, Quantity.OBSTRUCTION, Quantity.GATE_OPENING, Quantity.PARKING, Quantity.REACH,
}  # fmt: skip


def moved(geometry):
    """Move a local geometry to the site's coordinates."""
    return shapely.transform(geometry, lambda xy: xy + ORIGIN)


def local(xy):
    """Return [east, north] in local coordinates, rounded to the tenth of a millimetre."""
    return tuple(round(float(a - b), 4) + 0.0 for a, b in zip(xy, ORIGIN, strict=True))


def layer(name, rows, *, transform=moved):
    """Return a table as the reader would: every column of the schema, its dtype and its default.

    rows: geometries, or (geometry, {column: value}); an id not given is ``<layer>-<n>``.
    """
    columns = LAYERS[name].columns
    given = [row if isinstance(row, tuple) else (row, {}) for row in rows]
    for _, values in given:
        assert not set(values) - set(columns), f"{name} has no column {set(values) - set(columns)}"
    data = {}
    for column in columns.values():
        cells = []
        for n, (_, values) in enumerate(given, 1):
            cell = values.get(column.name)
            if cell is None and column.name == "id":
                cell = f"{name}-{n}"
            if cell is None and column.by_kind:
                cell = kind_defaults()[values.get("kind", "other")].removable
            if cell is None:
                cell = column.default
            if cell is None and column.kind == "number":
                cell = math.nan
            cells.append(cell)
        data[column.name] = pd.Series(cells, dtype=np.dtype(column.dtype))
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([transform(g) for g, _ in given], crs=CRS), crs=CRS)


def site(roads, *, config=None, transform=moved, **layers):
    """Return a Site; ``config`` are fields of SiteConfig."""
    tables = {"roads": layer("roads", roads, transform=transform)}
    tables |= {name: layer(name, rows, transform=transform) for name, rows in layers.items() if rows is not None}
    return Site("s", "s", CRS, tables, SiteConfig(id="s", name="s", **(config or {})))


def road(length=100.0, width=6.0):
    """A straight road along y = 0 from x = 0."""
    return box(0, -width / 2, length, width / 2)


def gates(length=100.0, width=6.0, *, both=True, **columns):
    """Entrances on the end edges of :func:`road`."""
    half = width / 2
    rows = [(LineString([(0, -half), (0, half)]), {"id": "W", **columns})]
    if both:
        rows.append((LineString([(length, -half), (length, half)]), {"id": "E", **columns}))
    return rows


def street(width=6.0, obstructions=(), *, length=100.0, both=True, **more):
    """A straight road with an entrance at each end (or in the west alone)."""
    more.setdefault("entrances", gates(length, width, both=both))
    return site([road(length, width)], obstructions=list(obstructions), **more)


def post(x, y, radius=0.0, **columns):
    """A bollard."""
    return Point(x, y), {"kind": "bollard", "radius_m": radius, **columns}


def car(x, y, *, length=4.8, width=1.9, turn_deg=0.0, **columns):
    """A parked car about (x, y)."""
    shape = shapely.affinity.rotate(box(x - length / 2, y - width / 2, x + length / 2, y + width / 2), turn_deg)
    return shape, {"kind": "vehicle", **columns}


def block(x0, y0, x1, y1, kind="structure", **columns):
    """A rectangular obstacle."""
    return box(x0, y0, x1, y1), {"kind": kind, **columns}


def over(x0, y0, x1, y1, height=None, kind="arch", **columns):
    """Something that spans above the road."""
    return box(x0, y0, x1, y1), {"kind": kind, "clear_height_m": height, **columns}


@functools.cache
def rules(*packs):
    """Return the rules of some packs, read once."""
    return load_rules(packs or ("shenyang-2020",))


@functools.cache
def _envelope():
    return envelope_of(rules())


def spaces_of(a_site, *, envelope_m=4.0):
    """Return the free spaces of a site."""
    return Spaces.of(a_site, lane_network(a_site), envelope_m)


def measured(a_site):
    """Measure a site with the passage of Article 14."""
    return measure(a_site, lane_network(a_site), envelope=_envelope())


def audited(a_site, *packs):
    """Audit a site by the rules of the passage alone: a third of the work of :func:`audited_in_full`."""
    in_force = [r for r in rules(*packs) if r.quantity in PASSAGE]
    found = measured(a_site)
    return _record(found, in_force, judge(found, in_force))


def audited_in_full(a_site, *packs):
    """Audit a site as a user does."""
    return audit(a_site, rules=packs or ("shenyang-2020",))


def of(result, rule_id, verdict=None, severity=None):
    """Return the findings of one rule."""
    return [
        f for f in result.findings
        if f.rule_id == rule_id and verdict in (None, f.verdict.value) and severity in (None, f.severity.value)
    ]  # fmt: skip


def only(result, rule_id, verdict=None):
    """Return the one finding of a rule."""
    found = of(result, rule_id, verdict)
    assert len(found) == 1, [(f.verdict.value, f.message_en) for f in found]
    return found[0]


def widths(result):
    """Return the clear width of each lane, narrowest first, to the micrometre."""
    return sorted(round(float(w), 6) for w in result.lanes["min_clear_width_m"])


def narrow(result):
    """Return the values of the failing width findings, narrowest first."""
    return sorted(round(f.value, 6) for f in of(result, WIDTH, "fail"))
