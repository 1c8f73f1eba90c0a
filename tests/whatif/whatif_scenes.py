"""Random sites and edits, and the full run that every state must equal."""

from __future__ import annotations

import numpy as np
import shapely
from site_scenes import PASSAGE, LineString, Point, _record, box, car, gates, judge, moved, rules, site

from firelane.findings.summary import worst
from firelane.measure import measure
from firelane.vocabulary import Quantity
from firelane.whatif import WhatIf

CROSS = shapely.union(box(0, -4, 60, 4), box(26, -30, 34, 30))
ROADS = (
    [box(0, -4, 60, 4)],
    [CROSS],
    [box(0, -4, 60, 4), box(26, -30, 34, 30)],
    [shapely.difference(CROSS, box(29, -1, 32, 1))],
)
BAYS = [(box(10, 2, 15, 4), {"id": "b1", "status": "existing"}), (box(40, -4, 45, -1), {"id": "b2", "status": "planned"})]
SAME_M = 2e-9
"""Where a kerb cuts an obstacle the corner is stored to 1e-9 m, the last digit of a survey coordinate."""


def thing(rng, *, grid=False):
    """Return (local geometry, columns) of a random obstacle: on mouths, tips, junctions, across kerbs, overhead."""
    x, y = rng.uniform(-2, 62), rng.uniform(-5, 5)
    if rng.random() < 0.15:
        x = float(rng.choice([0, 60]))
    if rng.random() < 0.15:
        x, y = 30.0, 0.0
    if rng.random() < 0.2:
        x, y = rng.uniform(26, 34), rng.uniform(-32, 32)
    if grid:
        x, y = round(x), round(y)
    kind = rng.integers(7)
    if kind == 0:
        return Point(x, y), {"kind": "bollard"}
    if kind == 1:
        return Point(x, y), {"kind": "bollard", "radius_m": float(rng.choice([0.1, 0.5, 1.0]))}
    if kind == 2:
        return car(x, y, turn_deg=0 if grid else rng.uniform(0, 180))[0], {"kind": "vehicle"}
    if kind == 3:
        step = rng.integers(-4, 5, 2) if grid else rng.uniform(-4, 4, 2)
        step = step if abs(step).sum() > 0.1 else np.array([1.0, 0.0])
        return LineString([(x, y), (x + step[0], y + step[1])]), {"kind": "wall"}
    w, h = rng.integers(1, 5, 2) if grid else rng.uniform(0.2, 5, 2)
    if kind == 4:
        return box(x, y, x + w, y + h), {"kind": "structure"}
    if kind == 5:
        return box(x, y, x + w, y + 2 * h), {"kind": "arch", "clear_height_m": float(rng.choice([3.0, 4.0, 4.5]))}
    return box(x, y, x + w, y + h), {"kind": "overhead_line"}


def random_site(rng, *, grid=False, config=None):
    """Return a random site: a street, a crossing, two roads or a street round an island."""
    which = int(rng.integers(4))
    more = {"fire_lanes": [box(0, -2.2, 60, 2.2)]} if which == 0 and rng.random() < 0.4 else {}
    things = [(g, {**c, "id": f"o{k}"}) for k in range(int(rng.integers(0, 9))) for g, c in [thing(rng, grid=grid)]]
    entrances = gates(60, 8, both=bool(rng.random() < 0.5))
    return site(ROADS[which], entrances=entrances, obstructions=things, parking=BAYS, config=config, **more)


def random_edit(state: WhatIf, rng, *, grid=False) -> WhatIf:
    """Return the state after one random edit."""
    ids = list(state.site.layer("obstructions")["id"])
    which = rng.integers(4)
    if which == 0 and ids:
        return state.remove(str(rng.choice(ids)))
    if which == 1 and ids:
        step = rng.integers(-3, 4, 2) if grid else rng.uniform(-3, 3, 2)
        turn = 0.0 if grid else float(rng.uniform(0, 90))
        return state.move(str(rng.choice(ids)), east_m=float(step[0]), north_m=float(step[1]), turn_deg=turn)
    if which == 2:
        bay = str(rng.choice(["b1", "b2"]))
        return state.occupy(bay) if rng.random() < 0.5 else state.free(bay)
    geometry, columns = thing(rng, grid=grid)
    return state.add(moved(geometry), **columns)


def differences(state: WhatIf) -> list[tuple[object, ...]]:
    """Return where a state differs from the full run of its site."""
    in_force = [r for r in rules() if r.quantity in PASSAGE]
    found = measure(state.site, state._plan.network, envelope={"width_m": 4.0, "height_m": 4.0})
    whole = _record(found, in_force, judge(found, in_force))
    lanes = state.lanes.set_index("lane_id")
    bad = []

    def verdict(quantity, lane_id):
        verdicts = [
            f.verdict for f in whole.findings
            if f.quantity is quantity and f.lane_id == lane_id and f.severity.value != "info"
        ]  # fmt: skip
        return worst(verdicts).value

    for row in whole.lanes.itertuples():
        mine = lanes.loc[row.lane_id]
        width = min(8.0, row.min_clear_width_m)
        checks = {
            "width": (abs(mine.clear_width_m - width) <= SAME_M, mine.clear_width_m, width),
            "width verdict": (mine.width_verdict == verdict(Quantity.CLEAR_WIDTH, row.lane_id), mine.width_verdict),
            "height verdict": (mine.height_verdict == verdict(Quantity.CLEAR_HEIGHT, row.lane_id), mine.height_verdict),
            "height": (
                np.array_equal([mine.clear_height_m], [row.min_clear_height_m], equal_nan=True), mine.clear_height_m,
                row.min_clear_height_m,
            ),
        }  # fmt: skip
        if width < 8.0:
            # Of several places equally narrow any may be named.
            tied = [n for n in found.widths.narrowings[row.lane_id] if n.width_m <= width + 1e-6]
            # Where two roads meet, or a designated lane runs along a kerb, either's edge may be named.
            several = len(state.site.layer("roads")) + len(state.site.layer("fire_lanes")) > 1
            told = alike if several else set
            named = [told(owners_of(found, n)) for n in tied]
            checks["owners"] = (told(mine.owners) in named, mine.owners, named)
        bad += [(row.lane_id, what, *values) for what, (ok, *values) in checks.items() if not ok]
    return bad


def alike(owners):
    """Return owners, kerbs without their road."""
    return {"edge" if owner.startswith("edge:") else owner for owner in owners}


def owners_of(found, narrow):
    """Return the owners that the audit names for a narrow place."""
    own = {narrow.space.table["owner"].iloc[r] for r in narrow.rows}
    pinch = found.pinches.id_of(narrow.space, narrow.pinch)
    if pinch is not None:
        own |= set(found.pinches.table.set_index("pinch_id").loc[pinch]["owners"])
    return own
