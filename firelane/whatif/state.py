"""``WhatIf``: a site under edits, each state with its own verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.findings.summary import worst
from firelane.lanes.edits_graph import Region
from firelane.lanes.network import lane_network
from firelane.lanes.records import LaneNetwork
from firelane.rules import Rule, load_rules
from firelane.site.model import Site
from firelane.vocabulary import Quantity, Verdict
from firelane.whatif.buildings import building_values
from firelane.whatif.lanes import LaneValue, Passage, value_of
from firelane.whatif.names import Names, Start
from firelane.whatif.overhead import Unknown
from firelane.whatif.plan import Plan, prepared_spaces
from firelane.whatif.problems import (
    FREE,
    OCCUPIED,
    Complaints,
    checked,
    finite,
    not_bays,
    row_of,
    unknown_ids,
)
from firelane.whatif.spaces import EditedSpace
from firelane.whatif.things import EDITED, Key, Thing, site_with, things_of

DEFAULT_RULES = ("shenyang-2020",)
LANE_COLUMNS = tuple(f.name for f in fields(LaneValue))


@dataclass(frozen=True)
class WhatIf:
    """A site under edits; every edit returns a new state, the old one stays as it is.

    Make one with :meth:`WhatIf.of`; it prepares the site once, which may take as long as an audit. After that
    an edit solves only what it touches, and the result is that of a full :func:`firelane.audit` of
    :attr:`site`.

    Examples
    --------
    >>> import firelane
    >>> whatif = firelane.WhatIf.of(firelane.read_site("site"))  # doctest: +SKIP
    >>> after = whatif.remove("bollard-3").move("car-1", north_m=0.4)  # doctest: +SKIP
    >>> after.changed  # doctest: +SKIP
    """

    _plan: Plan
    _edits: Mapping[Key, Thing | None]
    _spaces: Mapping[bool, tuple[EditedSpace, ...]]
    _values: Mapping[str, LaneValue]
    _unknown: Mapping[Key, str | None]
    _added: int = 0
    _origin: WhatIf | None = None

    @classmethod
    def of(
        cls, site: Site, network: LaneNetwork | None = None, *, rules: Sequence[str] = DEFAULT_RULES
    ) -> WhatIf:
        """Prepare a site.

        Parameters
        ----------
        site : Site
        network : LaneNetwork, optional
            As ``lane_network`` gives it for this site, where it is known already.
        rules : sequence of str
            Names of rule packs, or paths of TOML files.

        Raises
        ------
        InputError
            If a rule pack is unknown or faulty.
        """
        in_force = tuple(load_rules(rules))
        own = load_rules(DEFAULT_RULES)

        def limit(quantity: Quantity, packs: Sequence[Rule]) -> float | None:
            return next((r.threshold for r in packs if r.quantity is quantity and r.threshold is not None), None)

        width = limit(Quantity.CLEAR_WIDTH, (*in_force, *own))
        height = limit(Quantity.CLEAR_HEIGHT, (*in_force, *own))
        assert width is not None
        assert height is not None
        passage = Passage(width, limit(Quantity.CLEAR_WIDTH, in_force), limit(Quantity.CLEAR_HEIGHT, in_force))
        network = lane_network(site) if network is None else network
        heights = (None, height, np.inf)
        things = things_of(site)
        plan = Plan(
            site, network, in_force, passage, height, heights, things, Start(site), Unknown.of(network),
        )  # fmt: skip
        state = cls(plan, {}, prepared_spaces(plan), {}, plan.unknown.lanes_of(things.values()))
        return replace(state, _values={str(row.lane_id): state._value(row) for row in plan.lane_rows})

    def remove(self, ids: str | Sequence[str]) -> WhatIf:
        """Take obstructions away, or free parking bays.

        Parameters
        ----------
        ids : str or sequence of str
            As owners in the audit: an id, or ``<layer>:<id>`` where two layers share it.

        Raises
        ------
        InputError
            If an id names nothing.
        """
        keys = self._keys(ids)
        bays = {key for key in keys if key[0] == "parking"}
        return self._with({key: self._bay(key, FREE) if key in bays else None for key in keys})

    def add(
        self, geometry: BaseGeometry, kind: str = "vehicle", *, clear_height_m: float | None = None,
        radius_m: float = 0.0, width_m: float = 0.0, id: str | None = None, name: str | None = None,  # noqa: A002
        removable: bool | None = None, openable: bool | None = None, top_m: float | None = None,
    ) -> WhatIf:  # fmt: skip
        """Put an obstruction there; the arguments are the columns of the ``obstructions`` layer.

        Parameters
        ----------
        geometry : Point, LineString or Polygon
            In the site's coordinates [m].
        kind : str
        clear_height_m : float, optional
            Underside above the road; None: it stands on the ground, or is unknown for what hangs [m].
        radius_m, width_m : float
            Of a point, of a line [m].
        id : str, optional
            ``whatif-<n>`` where it is not given.

        Raises
        ------
        InputError
            Naming every problem of the row.
        """
        count = self._added + 1
        fallback = f"whatif-{count}"
        while self._thing(("obstructions", fallback)) is not None:
            count += 1
            fallback = f"whatif-{count}"
        values = {
            "id": id, "kind": kind, "clear_height_m": clear_height_m, "radius_m": radius_m, "width_m": width_m,
            "name": name, "removable": removable, "openable": openable, "top_m": top_m,
        }  # fmt: skip
        taken = isinstance(id, str) and self._thing(("obstructions", id)) is not None
        row = row_of(self._plan.site, geometry, values, fallback, taken=taken)
        others = (t.order[1] for t in self._edits.values() if t is not None and t.key[0] == "obstructions")
        thing = Thing.of("obstructions", max(self._plan.obstructions - 1, *others, -1) + 1, row)
        return self._with({thing.key: thing}, count=count)

    def move(
        self, ids: str | Sequence[str], *, east_m: float = 0.0, north_m: float = 0.0, turn_deg: float = 0.0
    ) -> WhatIf:
        """Move obstructions or bays, and turn each about its middle (counter-clockwise).

        Parameters
        ----------
        ids : str or sequence of str
        east_m, north_m : float
            How far [m].
        turn_deg : float
            By how much [degrees].

        Raises
        ------
        InputError
            If an id names nothing, or a number is none.
        """
        finite(east_m=east_m, north_m=north_m, turn_deg=turn_deg)
        moved: dict[Key, Thing | None] = {}
        says = Complaints()
        for key in self._keys(ids):
            thing = self._there(key)
            geometry = thing.row["geometry"]
            if turn_deg:
                geometry = shapely.affinity.rotate(geometry, turn_deg, origin="center")
            geometry = shapely.transform(geometry, lambda xy: xy + np.array([east_m, north_m]))
            if checked(says, self._plan.site, geometry, key[1][:80]) is not None:
                moved[key] = thing.moved(geometry)
        says.raise_any()
        return self._with(moved)

    def occupy(self, ids: str | Sequence[str]) -> WhatIf:
        """Take planned parking bays as occupied.

        Raises
        ------
        InputError
            If an id names no bay.
        """
        return self._bays(ids, OCCUPIED)

    def free(self, ids: str | Sequence[str]) -> WhatIf:
        """Take parking bays as free (the same as planned only).

        Raises
        ------
        InputError
            If an id names no bay.
        """
        return self._bays(ids, FREE)

    @cached_property
    def lanes(self) -> pd.DataFrame:
        """One row per lane.

        ``lane_id``; ``clear_width_m`` on the ground (8.0 means 8 m or more); ``owners`` of what makes it: the
        governing gap's two, then the rest of its chain; ``width_verdict``; ``clear_height_m``, the lowest underside
        that a passage must go under (NaN: none is known); ``low_owners``, what bars the envelope;
        ``height_verdict``; ``height_caused``: the ground is wide enough and only something low bars the lane.
        """
        return pd.DataFrame([self._values[str(row.lane_id)] for row in self._plan.lane_rows], columns=list(LANE_COLUMNS))

    @cached_property
    def buildings(self) -> pd.DataFrame:
        """One row per building: ``building_id``, ``widest_vehicle_m``, ``entrance_id``, ``verdict``.

        Worked out when it is first asked for, by measuring the reach of the whole edited site.
        """
        return building_values(self.site, self._plan.network, self._plan.rules, self._plan.envelope_m)

    @cached_property
    def site(self) -> Site:
        """The edited site: an audit of it is the full run to compare with."""
        return site_with(self._plan.site, self._edits) if self._edits else self._plan.site

    @property
    def verdict(self) -> str:
        """The worst verdict of clear width and clear height over all lanes.

        Lanes known as lines are *not measured*, whatever is edited: no removal gives them a width.
        """
        verdicts = {v for value in self._values.values() for v in (value.width_verdict, value.height_verdict)}
        if len(self._plan.network.line_lanes):
            verdicts.add(Verdict.NOT_MEASURED.value)
        known = [Verdict(v) for v in verdicts if v != Verdict.NOT_APPLICABLE.value]
        return worst(known).value if known else Verdict.NOT_APPLICABLE.value

    def compared(self, before: WhatIf) -> pd.DataFrame:
        """Return the lanes that differ from another state of the same site.

        Columns ``lane_id``, then the columns of :attr:`lanes` as ``<name>_before`` and ``<name>_after``.
        """
        rows = []
        for row in self._plan.lane_rows:
            old, new = before._values[str(row.lane_id)], self._values[str(row.lane_id)]
            if old is not new and not _alike(old, new):
                values = [getattr(state, c) for c in LANE_COLUMNS[1:] for state in (old, new)]
                rows.append((new.lane_id, *values))
        names = [f"{c}_{when}" for c in LANE_COLUMNS[1:] for when in ("before", "after")]
        return pd.DataFrame(rows, columns=["lane_id", *names])

    @cached_property
    def changed(self) -> pd.DataFrame:
        """The lanes that differ from the site as it was read (see :meth:`compared`)."""
        return self.compared(self._first)

    @cached_property
    def changed_buildings(self) -> pd.DataFrame:
        """The buildings that differ from the site as it was read."""
        both = self._first.buildings.merge(self.buildings, on="building_id", suffixes=("_before", "_after"))
        a, b = both["widest_vehicle_m_before"], both["widest_vehicle_m_after"]
        differs = ~((a - b).abs() <= 1e-9) & ~(a.isna() & b.isna())
        return both[differs | (both["verdict_before"] != both["verdict_after"])].reset_index(drop=True)

    @property
    def _first(self) -> WhatIf:
        return self._origin if self._origin is not None else self

    @cached_property
    def _present(self) -> dict[Key, Thing]:
        things = {key: thing for key, thing in self._plan.things.items() if key not in self._edits}
        return things | {key: thing for key, thing in self._edits.items() if thing is not None}

    @cached_property
    def _names(self) -> Names:
        things = self._plan.things
        come = [key for key, thing in self._edits.items() if thing is not None and key not in things]
        gone = [key for key, thing in self._edits.items() if thing is None and key in things]
        return Names(self._plan.start, tuple(come), tuple(gone))

    def _thing(self, key: Key) -> Thing | None:
        return self._edits[key] if key in self._edits else self._plan.things.get(key)

    def _there(self, key: Key) -> Thing:
        thing = self._thing(key)
        assert thing is not None, key
        return thing

    def _keys(self, ids: str | Iterable[object]) -> list[Key]:
        result: list[Key] = []
        bad: list[object] = []
        for name in [ids] if isinstance(ids, str) else list(ids):
            if not isinstance(name, str):
                bad.append(name)
                continue
            found = [key for key in ((layer, name) for layer in EDITED) if self._thing(key) is not None]
            layer, _, rest = name.partition(":")
            if not found and self._thing((layer, rest)) is not None:
                found = [(layer, rest)]
            if len(found) == 1:
                result += found
            else:
                bad.append(name)
        if bad:
            unknown_ids(bad, {self._names.label(key) for key in self._present})
        return list(dict.fromkeys(result))

    def _bays(self, ids: str | Sequence[str], status: str) -> WhatIf:
        keys = self._keys(ids)
        not_bays([key[1] for key in keys if key[0] != "parking"])
        return self._with({key: self._bay(key, status) for key in keys})

    def _bay(self, key: Key, status: str) -> Thing:
        thing = self._there(key)
        return Thing.of(key[0], thing.order[1], {**thing.row, "status": status})

    def _with(self, things: Mapping[Key, Thing | None], *, count: int | None = None) -> WhatIf:
        """Return the state with some things exchanged."""
        plan = self._plan
        edits = {**self._edits, **things}
        touched: set[str] = set()
        solved: dict[object, Region] = {}
        spaces: dict[bool, tuple[EditedSpace, ...]] = {}
        old = {key: self._edits[key] if key in self._edits else plan.things.get(key) for key in things}
        for flag, levels in self._spaces.items():
            ids = plan.lane_trees[flag][1]
            done: list[EditedSpace] = []
            for n, space in enumerate(levels):
                # Where two levels hold the same things, they are one space.
                if n and space is levels[n - 1] and self._alike(n, things, old):
                    done.append(done[-1])
                    continue
                after, lanes = replace(space, height_m=plan.heights[n]).edited(things, solved)
                touched |= {ids[lane] for lane in lanes}
                done.append(after)
            spaces[flag] = tuple(done)
        shapes = [t.shape for t in (*things.values(), *old.values()) if t is not None]
        for tree, ids in plan.lane_trees.values():
            if shapes:
                near = tree.query(shapes, predicate="dwithin", distance=plan.widest_tip_m / 2 + 1.0)[1]
                touched |= {ids[n] for n in near.tolist()}
        unknown = {key: lane for key, lane in self._unknown.items() if key not in things}
        unknown |= plan.unknown.lanes_of([t for t in things.values() if t is not None])
        touched |= {lane for key in things for lane in (self._unknown.get(key), unknown.get(key)) if lane is not None}
        state = WhatIf(plan, edits, spaces, self._values, unknown, self._added if count is None else count, self._first)
        values = dict(self._values)
        numbers = range(len(plan.lane_rows)) if state._renamed(self) else sorted(plan.row_number[i] for i in touched)
        for row in (plan.lane_rows[n] for n in numbers):
            values[str(row.lane_id)] = state._value(row)
        return replace(state, _values=values)

    def _renamed(self, before: WhatIf) -> bool:
        """Tell whether ids are shared by two layers now, or no longer: then every owner may read otherwise."""
        now, then, taken = self._names, before._names, self._plan.start.taken
        turned = (set(now.come) ^ set(then.come)) | (set(now.gone) ^ set(then.gone))
        others = [*now.come, *then.come]
        return any(
            taken[i] > (key in self._plan.things) or any(other[1] == i and other != key for other in others)
            for key in turned for i in (key[1],)
        )  # fmt: skip

    def _alike(self, level: int, things: Mapping[Key, Thing | None], old: Mapping[Key, Thing | None]) -> bool:
        heights = self._plan.heights
        return all(
            thing is None or thing.blocks(heights[level]) == thing.blocks(heights[level - 1])
            for thing in (*things.values(), *old.values())
        )

    def _value(self, row: Any) -> LaneValue:
        plan = self._plan
        lane_id = str(row.lane_id)
        flag, number = plan.place_of[lane_id]
        return value_of(
            row, number, self._spaces[flag], plan.passage, self._names,
            mouths=plan.mouths.get(lane_id, ()), unknown=lane_id in self._unknown.values(), surveyed=self._surveyed,
        )  # fmt: skip

    @property
    def _surveyed(self) -> bool:
        added = any(key[0] == "obstructions" and thing is not None for key, thing in self._edits.items())
        site = self._plan.site
        return site.complete("obstructions") if site.surveyed("obstructions") else added


def _alike(a: LaneValue, b: LaneValue) -> bool:
    for name in LANE_COLUMNS:
        x, y = getattr(a, name), getattr(b, name)
        if isinstance(x, float):
            if not (abs(x - y) <= 1e-9 or (np.isnan(x) and np.isnan(y))):
                return False
        elif x != y:
            return False
    return True
