"""The pipeline, readable as the method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np

from firelane.auditing.record import Audit
from firelane.findings import Finding, judge, rule_tables, summarise, worst
from firelane.lanes.bends_kerbs import Trust
from firelane.lanes.network import lane_network
from firelane.measure import Measurements, measure, track
from firelane.measure.bend_widths import BendRule
from firelane.measure.lines import low_over
from firelane.remedy import RemedyPlan, plan_remedies
from firelane.rules import Rule, load_rules
from firelane.site.model import Site
from firelane.tracking.asked import asked_vehicles
from firelane.vocabulary import Quantity, Severity, Verdict

DEFAULT_RULES = ("shenyang-2020",)


def audit(
    site: Site, *, rules: Sequence[str] = DEFAULT_RULES, progress: Callable[[str], None] | None = None,
    remedies: bool = True, station_m: float | None = None, vehicles: Sequence[str] | None = None,
) -> Audit:  # fmt: skip
    """Audit one site.

    Parameters
    ----------
    site : Site
    rules : sequence of str
        Names of rule packs, or paths of TOML files.
    progress : callable, optional
        Called with the name of each step as it begins.
    remedies : bool
        Whether to work out what has to go where something fails, and which planned bays can stay.
    station_m : float, optional
        Greatest distance between the stations of the profile, 0.1 to 10 [m]; left out, what ``site.toml`` says (0.5).
    vehicles : sequence of str, optional
        Vehicles to track: ids of presets, ``site`` for the one that ``[vehicle]`` of ``site.toml`` states. Left out,
        that one where there is one; empty, none.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        If a rule pack is unknown or faulty, a vehicle unknown, or ``[vehicle]`` of ``site.toml`` faulty.
    UsageError
        If ``station_m`` is out of its range.
    """
    say = progress or (lambda _: None)
    say("rules")
    in_force = load_rules(rules)
    asked = asked_vehicles(site.config.vehicle, vehicles)
    say("network")
    network = lane_network(site, station_m=station_m)
    say("measure")
    measured = measure(site, network, envelope=envelope_of(in_force))
    if asked:
        say("tracking")
        measured = track(measured, asked, bend_rule_of(in_force))
    say("judge")
    findings = judge(measured, in_force)
    plan = None
    if remedies:
        say("remedies")
        plan = plan_remedies(measured, findings)
    return _record(measured, in_force, findings, plan)


def bend_rule_of(rules: Sequence[Rule]) -> BendRule:
    """Return how bends are measured and which nominal radius they are held against: as the rule on it says.

    Packs that have no such rule go by that of GB 50016.
    """
    found = next((r for r in rules if r.quantity is Quantity.TURNING_RADIUS and r.measured), None)
    if found is None:
        found = next(r for r in load_rules(("gb50016",)) if r.quantity is Quantity.TURNING_RADIUS)
    assert found.threshold is not None
    p = found.params
    return BendRule(
        found.threshold, found.words["radius_basis"][0], p["least_turn_deg"],
        Trust(p["least_arc_deg"], p["largest_residual_m"], p["uncertainty_share"]),
    )  # fmt: skip


def envelope_of(rules: Sequence[Rule]) -> Mapping[str, float]:
    """Return the passage that the rules ask for: ``width_m`` and ``height_m`` [m].

    Packs that give no figure of their own are measured with the passage of Article 14.
    """
    own = load_rules(DEFAULT_RULES)

    def limit(quantity: Quantity) -> float:
        values = [r.threshold for r in (*rules, *own) if r.quantity is quantity and r.threshold is not None]
        return values[0]

    return {"width_m": limit(Quantity.CLEAR_WIDTH), "height_m": limit(Quantity.CLEAR_HEIGHT)}


def _record(
    measured: Measurements, rules: Sequence[Rule], findings: tuple[Finding, ...], plan: RemedyPlan | None = None
) -> Audit:
    lanes = _lanes(measured, findings)
    length = float(lanes["length_m"].sum())
    judged = float(lanes["length_m"][~np.isnan(lanes["min_clear_width_m"].to_numpy(float))].sum())
    pinches = measured.pinches.table.copy()
    buildings = _buildings(measured, findings)
    governs = {i for i in buildings["governing_pinch_id"] if isinstance(i, str)}
    pinches["governing"] = pinches["governing"].to_numpy(bool) | pinches["pinch_id"].isin(governs).to_numpy()
    notes = (*measured.site.notes, *measured.network.notes)
    site = replace(measured.site, notes=notes)
    return Audit(
        site=site, network=measured.network, rules=tuple(rules), lanes=lanes, profile=measured.profile,
        pinches=pinches, buildings=buildings, findings=findings, remedies=() if plan is None else plan.rows,
        summary=summarise(findings, rules, lane_length_m=length, judged_length_m=judged),
        parking=None if plan is None else plan.parking, tables=rule_tables(measured, rules), tracking=measured.tracking,
    )  # fmt: skip


def _lanes(measured: Measurements, findings: Sequence[Finding]) -> gpd.GeoDataFrame:
    lanes = measured.network.every_lane[["lane_id", "road_ids", "designated", "length_m", "geometry"]].copy()
    under = measured.heights.clear_height_m | low_over(measured.on_lines)
    section = measured.profile.groupby("lane_id")["section_width_m"].min()
    verdicts: dict[str, list[Verdict]] = {}
    for finding in findings:
        passage = finding.quantity in (Quantity.CLEAR_WIDTH, Quantity.CLEAR_HEIGHT, Quantity.OBSTRUCTION)
        if passage and finding.lane_id is not None and finding.severity is Severity.MANDATORY:
            verdicts.setdefault(finding.lane_id, []).append(finding.verdict)
    ids = lanes["lane_id"]
    lanes["min_clear_width_m"] = [measured.widths.clear_width_m.get(i, np.nan) for i in ids]
    lanes["min_section_width_m"] = [float(section.get(i, np.nan)) for i in ids]
    lanes["min_clear_height_m"] = [under.get(i, np.nan) for i in ids]
    lanes["governing_pinch_id"] = [_governing(measured, i) for i in ids]
    lanes["verdict"] = [worst(verdicts.get(i, [Verdict.NOT_MEASURED])).value for i in ids]
    return lanes


def _governing(measured: Measurements, lane_id: str) -> str | None:
    """Return the pinch that decides a lane's clear width; None for a dead end, a touch, or 8 m and more."""
    narrowest = measured.widths.narrowings.get(lane_id, [])[:1]
    return next((measured.pinches.id_of(n.space, n.pinch) for n in narrowest), None)


def _buildings(measured: Measurements, findings: Sequence[Finding]) -> gpd.GeoDataFrame:
    table = measured.site.layer("buildings")[["id", "name", "geometry"]].rename(columns={"id": "building_id"})
    reach = {item.building_id: item for item in measured.reach}
    verdict = {f.building_id: f.verdict.value for f in findings if f.quantity is Quantity.REACH}
    pinch = {f.building_id: f.pinch_id for f in findings if f.quantity is Quantity.REACH}
    ids = list(table["building_id"])
    widest = [reach[i].widest_m if i in reach else None for i in ids]
    if measured.network.by_line is not None or not measured.site.complete("entrances"):
        # By a road known as a line, or an entrance that nobody mapped, a wider vehicle may come: only what suffices is known.
        widest = [w if verdict.get(i) == Verdict.PASS.value else None for w, i in zip(widest, ids, strict=True)]
    table["widest_vehicle_m"] = np.array([np.nan if w is None else w for w in widest], float)
    table["entrance_id"] = [reach[i].entrance_id if i in reach else None for i in ids]
    space = measured.spaces.envelope[0]
    table["governing_pinch_id"] = [
        pinch.get(i) or (measured.pinches.id_of(space, reach[i].pinch) if i in reach else None) for i in ids
    ]
    table["verdict"] = [verdict.get(i, Verdict.NOT_MEASURED.value) for i in ids]
    return table[
        ["building_id", "name", "widest_vehicle_m", "entrance_id", "governing_pinch_id", "verdict", "geometry"]
    ]
