"""What has to go so that every failing lane and building passes: found, tried, and put into words.

Method: docs/reference/remedies.md. Everything is solved in the envelope, the 4 m × 4 m passage: what stands
on the ground is in it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from firelane.findings import Finding
from firelane.lanes.obstacles import owner_labels
from firelane.lanes.reach import CAP_M
from firelane.measure import Measurements
from firelane.remedy import words
from firelane.remedy.costs import Option, costs, options
from firelane.remedy.kerb import KerbMove, kerb_moves, suffices, widened
from firelane.remedy.lift import low_mouths
from firelane.remedy.parking import plan_parking
from firelane.remedy.plan_check import SLACK_M, Remeasured
from firelane.remedy.plan_solve import Found, Solver, Wanted
from firelane.remedy.records import Remedy, RemedyPlan
from firelane.remedy.shift import least_shift
from firelane.vocabulary import Level, ObstructionKind, Quantity, Verdict, rounded_down

MOST_REACHED = 60
"""Failing subjects of which lanes are asked to be reached from an entrance; of more each lane is looked at alone."""
MOST_SHIFTS = 12
"""Lanes for which a shift is looked for at most: a count, so that the same site gives the same answer."""
MOST_KERBS = 60
"""Lanes for which the kerb that could move instead is looked for at most: each measures the site once more."""


@dataclass(frozen=True)
class Subject:
    """A lane or building that fails.

    ``level`` is the ground where the lane is too narrow there, else the envelope. ``place`` is that of the
    first finding.
    """

    kind: str
    id: str
    level: Level
    place: tuple[float, float] | None


def plan_remedies(measured: Measurements, findings: Sequence[Finding]) -> RemedyPlan:
    """Return what has to go, move, be lifted or widened, and which planned bays can stay.

    Parameters
    ----------
    measured : Measurements
    findings : sequence of Finding
        Of the same measurements: they tell which lanes and buildings fail.
    """
    measured = _in_order(measured)
    # Of a lane known as a line nothing is known that a removal could mend.
    lanes = set(measured.network.lanes["lane_id"])
    subjects = [s for s in failing(findings) if s.kind == "building" or s.id in lanes]
    desk = _Desk(measured, subjects)
    rows = desk.rows() + desk.designated_rows(findings)
    return RemedyPlan(tuple(r.row() for r in rows), plan_parking(measured, desk.name))


def _in_order(measured: Measurements) -> Measurements:
    """Return the same measurements, the obstacles in the order of their names.

    Of sets that cost the same the search takes the first it meets: the order of a file's rows must not decide.
    """
    spaces = measured.spaces
    order = np.argsort(spaces.table["owner"].to_numpy(str), kind="stable")
    if (np.diff(order) == 1).all():
        return measured
    table = spaces.table.iloc[order].reset_index(drop=True)
    return replace(measured, spaces=replace(spaces, table=table))


def failing(findings: Sequence[Finding]) -> list[Subject]:
    """Return the lanes too narrow or too low and the buildings not reached, lanes first, in the order of the findings, buildings by id."""
    found: dict[tuple[str, str], Subject] = {}
    for f in findings:
        if f.verdict is not Verdict.FAIL:
            continue
        if f.quantity in (Quantity.CLEAR_WIDTH, Quantity.CLEAR_HEIGHT) and f.lane_id is not None:
            level = Level.GROUND if f.quantity is Quantity.CLEAR_WIDTH else Level.ENVELOPE
            known = found.get(("lane", f.lane_id))
            if known is None or level is Level.GROUND is not known.level:
                found["lane", f.lane_id] = Subject("lane", f.lane_id, level, f.location)
        elif f.quantity is Quantity.REACH and f.building_id is not None:
            found.setdefault(("building", f.building_id), Subject("building", f.building_id, Level.GROUND, f.location))
    return sorted(found.values(), key=lambda s: (s.kind == "building", s.id if s.kind == "building" else ""))


@dataclass(frozen=True)
class _Desk:
    """Works on the failing subjects of one site."""

    measured: Measurements
    subjects: list[Subject]
    _tried: dict[frozenset[str], Remeasured] = field(default_factory=dict)
    _reached: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def options(self) -> dict[str, Option]:
        """What can be done about each obstacle of the site."""
        return options(self.measured.spaces.table, self.measured.envelope["height_m"])

    @cached_property
    def name(self) -> words.Namer:
        table = self.measured.spaces.table
        kinds = dict(zip(table["owner"], table["kind"], strict=True))
        for (layer, _), label in owner_labels(self.measured.site).items():
            if layer == "entrances":
                kinds[label] = "entrance"
            elif layer == "parking":
                kinds.setdefault(label, ObstructionKind.PARKING_BAY.value)
        return words.namer(kinds)

    @cached_property
    def mouths(self) -> dict[str, dict[str, Option]]:
        """Lane → entrances over it that are too low."""
        return low_mouths(self.measured)

    @cached_property
    def _designated(self) -> frozenset[str]:
        """What stands inside a designated lane."""
        return frozenset(item.owner for item in self.measured.standing if item.designated and item.lane_id is not None)

    @cached_property
    def buildings(self) -> list[str]:
        return [s.id for s in self.subjects if s.kind == "building"]

    @cached_property
    def bare(self) -> Remeasured:
        """The site without anything that can be removed or lifted."""
        lifted = {owner for mouths in self.mouths.values() for owner in mouths}
        return Remeasured.without(self.measured, {*self.options, *lifted}, self.buildings)

    @cached_property
    def solver(self) -> Solver:
        wanted = [self._wanted(s) for s in self.subjects if self._possible(s)]
        return Solver(self.measured, self.options, self.mouths, self.bare, wanted)

    @property
    def limit_m(self) -> float:
        return float(self.measured.envelope["width_m"])

    @property
    def enters(self) -> bool:
        """Whether entrances are known, so that lanes must be reached from them."""
        return bool(len(self.measured.network.mouths))

    @property
    def _why_alone(self) -> str:
        if not self.enters:
            return "no entrances"
        return "many" if len(self.subjects) > MOST_REACHED else "not reached"

    def tried(self, owners: frozenset[str]) -> Remeasured:
        """Return the site measured without some obstacles; equal sets are measured once."""
        if owners not in self._tried:
            self._tried[owners] = Remeasured.without(self.measured, owners, self.buildings)
        return self._tried[owners]

    def rows(self) -> list[Remedy]:
        """Return all remedies: by subject, then for all together."""
        rows: list[Remedy] = []
        solved: list[Subject] = []
        shifts = kerbs = 0
        for subject in self.subjects:
            if not self._possible(subject):
                rows.append(self._nothing_helps(subject))
                continue
            solved.append(subject)
            found = self.solver.solve([self._wanted(subject)])
            before = self._on_the_way(subject, found)
            rows.append(self._removal([subject], found, before))
            if subject.kind == "lane" and subject.level is Level.GROUND:
                if shifts < MOST_SHIFTS:
                    shifts += 1
                    rows += self._shifts(subject, before)
                if kerbs < MOST_KERBS:
                    kerbs += 1
                    rows += self._kerb_instead(subject, found.owners - before)
        if len(solved) > 1:
            rows.append(self._removal(solved, self.solver.solve([self._wanted(s) for s in solved])))
        return rows

    # -- what nothing removable can mend ------------------------------------------------------------

    def _possible(self, subject: Subject) -> bool:
        width = self._width(self.bare, subject)
        return width is not None and width >= self.limit_m - SLACK_M

    def _width(self, site: Remeasured, subject: Subject) -> float | None:
        """Return the width of a subject by itself: how one gets to a lane is told by :meth:`_reached`."""
        if subject.kind == "lane":
            return site.lane_width_m(subject.id)
        return site.reach[subject.id].widest_m

    def _must_be_reached(self, subject: Subject) -> bool:
        """Tell whether a lane must be reached from an entrance: not where none is known, or none leads there."""
        if len(self.subjects) > MOST_REACHED or subject.kind != "lane" or not self.enters:
            return False
        if subject.id not in self._reached:
            self._reached[subject.id] = self.bare.access_m(subject.id) >= self.limit_m - SLACK_M
        return self._reached[subject.id]

    def _nothing_helps(self, subject: Subject) -> Remedy:
        site = self.bare
        fixed: list[tuple[str, str, float]] = []
        moves: list[KerbMove] = []
        opened: bool | None = None
        width = self._width(site, subject)
        if subject.kind == "lane":
            narrow = site.narrowings(subject.id)
            owners = {(id(n.space), n.pinch): pair for n in narrow
                      if (pair := site.owners_of(n.space, n.pinch)) is not None}  # fmt: skip
            for n in narrow:
                pair = owners.get((id(n.space), n.pinch))
                if pair is not None and (pair[0], pair[1]) not in {(a, b) for a, b, _ in fixed}:
                    fixed.append((*pair, n.width_m))
            # The tip of a dead end has no two sides: its kerbs are told by the gaps before it.
            moves, added = kerb_moves(self.measured, [n for n in narrow if n.pinch >= 0], owners, self.limit_m)
            if moves:
                wide = widened(self.measured, self.measured.spaces, added)
                opened = suffices(wide, subject.id, max(m.kerb_m for m in moves))
        else:
            reached = site.reach[subject.id]
            pair = site.owners_of(site.space, reached.pinch)
            if pair is not None and reached.widest_m is not None:
                fixed.append((*pair, reached.widest_m))
        if fixed:
            zh, en = words.impossible(
                fixed, self.name, self.limit_m, moves, opened=opened, barred=self._way_barred(subject)
            )
        else:
            zh, en = words.barred(self._why(subject, width))
        more = self._more(subject, Level.GROUND if subject.kind == "building" else subject.level)
        if moves:
            more |= _kerb_keys(moves) | {"suffices": opened}
        return Remedy(
            subject.id, subject.kind, "move_kerb" if moves else "none", more.pop("level"),
            tuple(fixed[0][:2]) if fixed else (), None, proven=not moves, lower_bound=None,
            resulting_width_m=self.limit_m if opened else width, text_zh=zh, text_en=en, more=more,
        )  # fmt: skip

    def _way_barred(self, subject: Subject) -> bool:
        """Tell whether the way from the entrances to a lane is barred today, whatever is done on the lane."""
        if subject.kind != "lane" or not self.enters:
            return False
        return self.tried(frozenset()).access_m(subject.id) < self.limit_m - SLACK_M

    def _why(self, subject: Subject, width: float | None) -> words.Text:
        missing = "" if width is None else words.up(self.limit_m - width)
        if subject.kind == "building":
            if not width:
                return "从可通行的出入口没有通路到达。", "no way leads there from an entrance that admits a fire engine."
            return (f"可停靠处或出入口只容 {rounded_down(width)} 米，还差 {missing} 米。",
                    f"the place itself or a mouth admits {rounded_down(width)} m; {missing} m more is needed.")  # fmt: skip
        if not width:
            return "固定物完全阻断车道。", "fixed things bar the lane altogether."
        return (f"尽端只容 {rounded_down(width)} 米，还差 {missing} 米。",
                f"the dead end admits {rounded_down(width)} m; {missing} m more is needed.")  # fmt: skip

    # -- removals -----------------------------------------------------------------------------------

    def _wanted(self, subject: Subject) -> Wanted:
        return Wanted(subject.kind, subject.id, subject.kind == "building" or self._must_be_reached(subject))

    def _on_the_way(self, subject: Subject, found: Found) -> frozenset[str]:
        """Return what bars the way from the entrances to a lane, not the lane itself."""
        if subject.kind != "lane" or not self._must_be_reached(subject):
            return frozenset()
        own = self.solver.solve([Wanted("lane", subject.id, reached=False)]).owners
        return found.owners - own if own < found.owners else frozenset()

    def _removal(
        self, subjects: Sequence[Subject], found: Found, before: frozenset[str] = frozenset()
    ) -> Remedy:
        joint = len(subjects) > 1
        order = {owner: n for n, owner in enumerate(self.solver.owners)}
        known = {**self.options, **self.solver.mouths}
        chosen = [known[o] for o in sorted(found.owners, key=order.__getitem__)]
        site = self.tried(found.owners)
        widths = []
        for subject in subjects:
            widths.append(self._width(site, subject) or 0.0)
            if self._must_be_reached(subject):
                widths.append(site.access_m(subject.id))
        width = min(*widths, CAP_M)
        verified = width >= self.limit_m - SLACK_M
        proven = found.proven and verified
        accuracy = self._accuracy_m()
        marginal = None if accuracy <= 0 or not verified else width < self.limit_m + accuracy
        alone = any(s.kind == "lane" and not self._must_be_reached(s) for s in subjects)
        zh, en = words.removal(
            chosen, self.name, cost=found.cost, lower_bound=found.lower_bound, proven=proven, verified=verified, width_m=width, joint=joint,
            alone=None if not alone else self._why_alone, marginal=marginal, helpless=len(self.subjects) - len(subjects) if joint else 0,
            inside=joint and bool(self._designated),
            before=[o.owner for o in chosen if o.owner in before], way=any(self._must_be_reached(s) for s in subjects),
        )  # fmt: skip
        level = subjects[0].level if not joint else Level.GROUND
        table = self.measured.spaces.table
        hangs = set(table["owner"][table["overhead"].to_numpy(bool)])
        if chosen and all(o.owner in hangs or o.owner in self.solver.mouths for o in chosen):
            level = Level.ENVELOPE
        more = self._more(subjects[0] if not joint else None, level)
        if any(o.action == "lift" for o in chosen):
            more["raise_m"] = [o.raise_m for o in chosen]
        if marginal is not None:
            more["robust"] = not marginal
        if before:
            more["on_the_way"] = [o.owner for o in chosen if o.owner in before]
        more["verified"] = verified
        action = "lift" if chosen and all(o.action == "lift" for o in chosen) else "remove"
        target, kind = ("all", "all") if joint else (subjects[0].id, subjects[0].kind)
        if joint:
            more["targets"] = [s.id for s in subjects]
        return Remedy(
            target, kind, action, more.pop("level"), tuple(o.owner for o in chosen), found.cost, proven, found.lower_bound,
            width, zh, en, more,
        )  # fmt: skip

    def _accuracy_m(self) -> float:
        site = self.measured.site
        layers = ("roads", "fire_lanes", "obstructions", "parking", "entrances")
        return max((site.place_accuracy_m(n) for n in layers if len(site.layer(n))), default=0.0)

    def _more(self, subject: Subject | None, level: Level) -> dict[str, Any]:
        place = None if subject is None else subject.place
        return {"level": level.value, "place": None if place is None else [float(place[0]), float(place[1])]}

    # -- one thing moved aside ----------------------------------------------------------------------

    def _shifts(self, subject: Subject, before: frozenset[str]) -> list[Remedy]:
        """Return the least shift of each single thing whose removal would do, the way to the lane being clear."""
        here = self.tried(before)
        sets = [{n.space.table["owner"].iloc[r] for r in n.rows} for n in here.narrowings(subject.id)]
        kinds = costs().kinds
        if not sets:
            return []
        table = self.measured.spaces.table.set_index("owner")
        rows = []
        for owner in sorted(set.intersection(*sets)):
            item = table.loc[owner]
            cost = kinds[item["kind"]].shift
            if cost is None or not item["removable"] or not item["ground"] or owner in self._designated:
                continue  # what stands in a designated lane has to leave it: designated_rows tells how far
            if not self._passes(self.tried(before | {owner}), subject):
                continue
            row = self._shift(subject, str(owner), cost, here, before=before)
            if row is not None:
                rows.append(row)
        return rows

    def _passes(self, site: Remeasured, subject: Subject) -> bool:
        width = site.lane_width_m(subject.id)
        if self._must_be_reached(subject):
            width = min(width, site.access_m(subject.id))
        return width >= self.limit_m - SLACK_M

    def _shift(
        self, subject: Subject, owner: str, cost: int, here: Remeasured, *, leave: bool = False,
        before: frozenset[str] = frozenset(),
    ) -> Remedy | None:
        table = here.spaces.table
        at = table["owner"].to_numpy(object) == owner
        body, kind = table.geometry.to_numpy()[at][0], table["kind"].to_numpy(object)[at][0]
        stays = ~at & table["ground"].to_numpy(bool)
        if kind == ObstructionKind.VEHICLE.value:
            # A vehicle may stand in a bay: that is what bays are for.
            stays &= table["kind"].to_numpy(object) != ObstructionKind.PARKING_BAY.value
        network = self.measured.network
        area = network.pavement
        if not network.designated.is_empty and (leave or not shapely.intersects(body, network.designated)):
            area = shapely.difference(area, network.designated)

        near = here.near(subject.id)

        def width_m(moved: Any) -> float:
            # Most trials fail, and the lane's surroundings tell: only what passes there is tried on the whole site.
            width = near.moved(owner, moved).lane_width_m(subject.id)
            if width < self.limit_m - SLACK_M:
                return width
            site = here.moved(owner, moved)
            width = site.lane_width_m(subject.id)
            reached = self._must_be_reached(subject) and not leave
            return min(width, site.access_m(subject.id)) if reached else width

        found = least_shift(
            body, others=list(table.geometry.to_numpy()[stays]), area=area, edge=network.pavement, width_m=self.limit_m,
            range_m=costs().shift_range_m, lane_width_m=width_m, strictly=leave,
        )  # fmt: skip
        if found is None:
            return None
        first = sorted(before)
        zh, en = words.shift(owner, self.name, found.by, found.length_m, found.width_m, leave=leave, before=first)
        # The least shift along one line: no bound on what other remedies cost.
        known = {**self.options, **self.solver.mouths}
        cost += sum(known[o].cost for o in first)
        more = self._more(subject, subject.level) | ({"reason": "designated"} if leave else {}) | ({"on_the_way": first} if first else {}) | {"shift": list(found.by), "shift_m": found.length_m}
        return Remedy(
            subject.id, "lane", "shift", more.pop("level"), (owner,), cost, proven=True, lower_bound=None,
            resulting_width_m=found.width_m, text_zh=zh, text_en=en, more=more,
        )  # fmt: skip

    # -- kerbs instead ------------------------------------------------------------------------------

    def _kerb_instead(self, subject: Subject, gone: frozenset[str]) -> list[Remedy]:
        """Return the kerb that would have to move instead, where something that stays put would have to go."""
        kinds = costs().kinds
        if all(kinds[self.options[o].kind].shift is not None for o in gone if o in self.options):
            return []
        here = self.tried(frozenset())
        narrow = here.narrowings(subject.id)
        owners = {(id(n.space), n.pinch): pair for n in narrow
                  if (pair := here.owners_of(n.space, n.pinch)) is not None}  # fmt: skip
        moves, added = kerb_moves(self.measured, narrow, owners, self.limit_m)
        wide = widened(self.measured, self.measured.spaces, added)
        if not moves or not suffices(wide, subject.id, max(m.kerb_m for m in moves)):
            return []
        zh, en = words.kerb_alternative(moves, self.name, barred=self._way_barred(subject))
        more = self._more(subject, subject.level) | _kerb_keys(moves) | {"suffices": True}
        return [Remedy(
            subject.id, "lane", "move_kerb", more.pop("level"), (moves[0].edge, moves[0].beside), None, proven=False, lower_bound=None,
            resulting_width_m=self.limit_m, text_zh=zh, text_en=en, more=more,
        )]  # fmt: skip

    # -- what stands inside a designated lane -------------------------------------------------------

    def designated_rows(self, findings: Sequence[Finding]) -> list[Remedy]:
        """Return what must leave designated lanes whatever width is left (Article 10)."""
        inside: dict[str, list[str]] = {}
        place: dict[str, tuple[float, float] | None] = {}
        for item in self.measured.standing:
            if item.designated and item.lane_id is not None:
                inside.setdefault(item.lane_id, []).append(item.owner)
                place.setdefault(item.lane_id, item.place)
        told = any(f.quantity is Quantity.OBSTRUCTION and f.verdict is Verdict.FAIL for f in findings)
        rows: list[Remedy] = []
        for lane_id in self.measured.network.lanes["lane_id"] if told else ():
            owners = inside.get(lane_id, [])
            if not owners:
                continue
            subject = Subject("lane", lane_id, Level.GROUND, place[lane_id])
            chosen = [self.options[o] for o in owners if o in self.options]
            fixed = [o for o in owners if o not in self.options]
            cost = sum(o.cost for o in chosen)
            zh, en = words.designated(chosen, fixed, self.name, cost)
            site = self.tried(frozenset(o.owner for o in chosen))
            more = self._more(subject, Level.GROUND) | {"reason": "designated"}
            rows.append(Remedy(
                lane_id, "lane", "remove" if chosen else "none", more.pop("level"), tuple(o.owner for o in chosen) or tuple(fixed),
                cost if chosen else None, not fixed, cost if chosen else None, site.lane_width_m(lane_id), zh, en, more,
            ))  # fmt: skip
            for option in chosen:
                shift = costs().kinds[option.kind].shift
                if shift is not None and len(chosen) == 1 and not fixed:
                    row = self._shift(subject, option.owner, shift, self.tried(frozenset()), leave=True)
                    if row is not None:
                        rows.append(row)
        return rows


def _kerb_keys(moves: Sequence[Any]) -> dict[str, Any]:
    widest = max(moves, key=lambda m: m.kerb_m)
    return {
        "kerb_m": max(m.kerb_m for m in moves), "edge": widest.edge, "side": widest.side[1],
        "kerbs": [
            {"edge": m.edge, "beside": m.beside, "gap_m": m.gap_m, "kerb_m": m.kerb_m, "side": m.side[1],
             "place": [float(m.place[0]), float(m.place[1])]} for m in moves
        ],
    }  # fmt: skip
