"""Paint of today that has to go before the plan is painted.

What coincides with planned paint of its kind stays and is repainted, worn or not; what does not would mislead. A line
is compared along its length: only the stretches that lie elsewhere go. Kerb paint lies on its kerb and nowhere else: where
the plan has none (beside a designated lane, say) it contradicts nothing, stays, and a note says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.markings.existing import LINEAR, Existing, existing_paint
from firelane.markings.lettering import mitred, polygons_only
from firelane.markings.moving import moved_back
from firelane.markings.plan import Removal
from firelane.markings.quantities import overlaps
from firelane.measure.paint.features import clustered
from firelane.site.model import Note
from firelane.vocabulary import MarkKind, PaintKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.records import LaneNetwork
    from firelane.markings.parameters import Dimensions
    from firelane.site.model import Site

MISPLACED, WRONG_COLOUR, ALL = "misplaced", "wrong_colour", "remove_all"
REASONS = {
    MISPLACED: ("与设计位置不符", "not where the plan has paint of its kind"),
    WRONG_COLOUR: ("颜色不是黄色", "not yellow"),
    ALL: ("按参数全部清除", "all existing paint goes, by parameter"),
}
"""Code -> (zh, en)."""

_PLANNED = {
    PaintKind.EDGE_LINE: (MarkKind.EDGE_LINE,),
    PaintKind.KERB_PAINT: (MarkKind.KERB_TOP,),
    PaintKind.BOX: (MarkKind.BOX_FRAME,),
    PaintKind.GRID: (MarkKind.GRID_BORDER,),
    PaintKind.TEXT: (MarkKind.BOX_TEXT, MarkKind.GRID_TEXT),
}
_APART_M = {PaintKind.TEXT: 0.5}  # characters drawn one by one are one lettering
_KERB_ZONE_M = 0.6  # the kerb's top lies outside the pavement: as wide as the widest kerb
_SPECK_M2 = 1e-6


def removals(
    site: Site, network: LaneNetwork, planned: gpd.GeoDataFrame, dims: Dimensions
) -> tuple[tuple[Removal, ...], list[Note]]:
    """Return the existing paint that has to be removed before ``planned`` is painted, and what there is to say.

    Parameters
    ----------
    site : Site
        Its layer ``markings`` holds the paint of today; where it was not surveyed nothing is known, nothing returned.
    network : LaneNetwork
        Only paint on its judged pavement, and on the kerbs beside it, is touched.
    planned : GeoDataFrame
        The paint of the plan (``MarkingPlan.paint``).
    dims : Dimensions
        ``existing_paint`` is the policy: ``remove_conflicting``, ``remove_all`` or ``keep``.

    Returns
    -------
    tuple of Removal, list of Note
        By kind, then in the order of the layer, in the site's coordinates. What two rows share counts for the first.
    """
    policy = dims.word("existing_paint")
    origin: NDArray[np.float64] = np.floor(np.asarray(network.judged.bounds[:2] or (0.0, 0.0), dtype=float))
    origin = np.where(np.isfinite(origin), origin, 0.0)
    found = existing_paint(site, origin, dims)
    if not found:
        return (), []
    if policy == "keep":
        return (), [
            Note(
                "existing_paint_kept",
                f"现有标线 {len(found)} 处按参数 existing_paint 保留，未与设计核对",
                f"{len(found)} existing markings are kept by the parameter existing_paint; they were not compared with the plan",
                "markings",
            )
        ]  # fmt: skip
    judged = shapely.transform(network.judged, lambda xy: xy - origin)
    today, notes = _on_judged(found, judged)
    local = shapely.transform(np.asarray(planned.geometry, dtype=object), lambda xy: xy - origin)
    kinds = planned["kind"].to_numpy(dtype=object)
    gone: list[tuple[Existing, BaseGeometry, str]] = []
    left: list[tuple[Existing, BaseGeometry]] = []
    for kind in PaintKind:
        mine = [e for e in today if e.kind is kind]
        paint = local[np.isin(kinds, [str(k) for k in _PLANNED[kind]]) & ~shapely.is_empty(local)]
        if policy == "remove_all":
            gone += [(e, e.shape, ALL) for e in mine]
            continue
        gone += [(e, e.shape, WRONG_COLOUR) for e in mine if e.wrong_colour]
        right = [e for e in mine if not e.wrong_colour]
        stray = _stray_lines(right, paint, dims) if kind in LINEAR else _stray_marks(right, paint, dims)
        if kind is PaintKind.KERB_PAINT:
            left += stray
        else:
            gone += [(e, shape, MISPLACED) for e, shape in stray]
    rows, about = _records(gone, network, origin, dims)
    touched = {e.row_id for e, _, _ in gone} | {e.row_id for e, _ in left}
    stay = [e for e in today if e.row_id not in touched]
    return rows, [*notes, *_kerbs_left(left, dims), *_repainted(stay), *about]


def _repainted(stay: Sequence[Existing]) -> list[Note]:
    """Tell how much of today's paint is painted over where it lies."""
    if not stay:
        return []
    worn = sum(e.worn for e in stay)
    return [
        Note(
            "existing_paint_repainted",
            f"现有标线 {len(stay)} 处（其中记录为磨损 {worn} 处）与设计重合：不清除，清理后原位复涂",
            f"{len(stay)} existing markings ({worn} of them recorded as worn) coincide with the plan: they are not removed but "
            "cleaned and painted over",
            "markings",
        )
    ]  # fmt: skip


def _kerbs_left(left: Sequence[tuple[Existing, BaseGeometry]], dims: Dimensions) -> list[Note]:
    """Tell of kerb paint that the plan does not repeat."""
    lengths = [shape.area / e.width_m for e, shape in left if shape.area >= dims.number("existing_least_m2")]
    if not lengths:
        return []
    return [
        Note(
            "existing_kerb_paint_left",
            f"现有路缘石标线有 {len(lengths)} 处（共 {sum(lengths):.1f} m）设计中未施划：保留，未计入清除，请确认",
            f"{len(lengths)} stretches of existing kerb paint ({sum(lengths):.1f} m) are not in the plan: they stay and are not "
            "counted for removal; please confirm",
            "markings",
        )
    ]  # fmt: skip


def _on_judged(found: Sequence[Existing], judged: BaseGeometry) -> tuple[list[Existing], list[Note]]:
    """Return what lies on the judged pavement, cut to it, and a note on the rest."""
    beside = shapely.buffer(judged, _KERB_ZONE_M, quad_segs=4)
    shapely.prepare([judged, beside])
    inside: list[Existing] = []
    outside = 0
    for e in found:
        area = beside if e.kind is PaintKind.KERB_PAINT else judged
        if shapely.covers(area, e.shape):
            inside.append(e)
            continue
        shape = polygons_only(shapely.intersection(e.shape, area))
        outside += shape.area < e.shape.area - _SPECK_M2
        if shape.area > _SPECK_M2:
            # judged by what lies inside, or a box on the edge of the site would never coincide
            outline = shape if e.kind in LINEAR else polygons_only(shapely.intersection(e.outline, area))
            inside.append(replace(e, shape=shape, outline=outline))
    if not outside:
        return inside, []
    return inside, [
        Note(
            "existing_paint_outside",
            f"现有标线 {outside} 处全部或部分位于受检消防车通道路面之外：该部分不清除、不计量",
            f"{outside} existing markings lie wholly or partly outside the judged pavement: that part is neither removed nor counted",
            "markings",
        )
    ]  # fmt: skip


def _stray_lines(
    rows: Sequence[Existing], paint: NDArray[np.object_], dims: Dimensions
) -> list[tuple[Existing, BaseGeometry]]:
    """Return the stretches of lines that do not coincide with planned ones.

    Where too much of the cross-section lies beside the planned line, the whole cross-section goes: no one grinds off
    two centimetres of a line.
    """
    share, tolerance_m = dims.number("existing_share"), dims.number("existing_tolerance_m")
    kerb = bool(rows) and rows[0].kind is PaintKind.KERB_PAINT
    # a plan cannot tell the face of a kerb from its top
    grown = shapely.buffer(paint, tolerance_m + (dims.number("kerb_top_width_m") if kerb else 0.0))
    tree = shapely.STRtree(grown)
    found = []
    for e in rows:
        near = grown[tree.query(e.shape, predicate="intersects")]
        rest = shapely.difference(e.shape, shapely.union_all(near)) if len(near) else e.shape
        thin_m = (1 - share) * e.width_m / 2 + 1e-6
        core = mitred(rest, -thin_m)
        if core.is_empty:
            continue
        reach_m = e.width_m + thin_m
        stray = shapely.intersection(e.shape, shapely.buffer(core, reach_m, cap_style="square", join_style="mitre"))
        found.append((e, polygons_only(stray)))
    return found


def _stray_marks(
    rows: Sequence[Existing], paint: NDArray[np.object_], dims: Dimensions
) -> list[tuple[Existing, BaseGeometry]]:
    """Return the boxes, grids or letterings that coincide with none that is planned: each covers the other."""
    if not rows:
        return []
    share, tolerance_m = dims.number("existing_share"), dims.number("existing_tolerance_m")
    wanted = shapely.convex_hull(paint) if rows[0].kind is PaintKind.TEXT else _outer(paint)
    tree = shapely.STRtree(wanted)
    outlines = np.asarray([e.outline for e in rows], dtype=object)
    if rows[0].kind is PaintKind.TEXT:
        outlines = shapely.convex_hull(outlines)  # the characters themselves, or their outline

    def coincides(whole: BaseGeometry) -> bool:
        near = wanted[tree.query(whole, predicate="intersects")]
        grown = shapely.buffer(whole, tolerance_m, join_style="mitre")
        covered = shapely.area(shapely.intersection(shapely.buffer(near, tolerance_m, join_style="mitre"), whole))
        covers = shapely.area(shapely.intersection(near, grown))
        return bool(((covered >= share * whole.area) & (covers >= share * shapely.area(near))).any())

    # one that coincides by itself stays, whatever else was painted across it
    others = np.asarray([n for n, outline in enumerate(outlines) if not coincides(outline)], dtype=np.int64)
    found: list[tuple[Existing, BaseGeometry]] = []
    for group in clustered(outlines[others], _APART_M.get(rows[0].kind, 0.0)):
        members = others[group]
        if len(members) == 1 or not coincides(shapely.convex_hull(shapely.union_all(outlines[members]))):
            found += [(rows[n], rows[n].shape) for n in members]
    return sorted(found, key=lambda row: rows.index(row[0]))


def _outer(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what lies within the outer rings."""
    filled = np.empty(len(shapes), dtype=object)
    filled[:] = [
        shapely.union_all([shapely.polygons(p.exterior) for p in shapely.get_parts(shape)]) for shape in shapes
    ]
    return filled


def _records(
    gone: Sequence[tuple[Existing, BaseGeometry, str]], network: LaneNetwork, origin: NDArray[np.float64], dims: Dimensions
) -> tuple[tuple[Removal, ...], list[Note]]:
    """Return the records, each area counted once, and notes on what was assumed."""
    shapes = np.empty(len(gone), dtype=object)
    shapes[:] = [shape for _, shape, _ in gone]
    for n, before in overlaps(shapes):
        shapes[n] = polygons_only(shapely.difference(shapes[n], shapely.union_all(shapes[before])))
    least_m2 = dims.number("existing_least_m2")
    lanes = _nearest_lanes(shapes, network, origin)
    back = moved_back(list(shapes), origin)
    rows = []
    assumed: Counter[str] = Counter()
    for n, (e, _, reason) in enumerate(gone):
        area_m2 = float(shapes[n].area)
        if area_m2 < max(least_m2, _SPECK_M2):
            continue
        assumed[e.assumed] += 1
        length_m = area_m2 / e.width_m if e.kind in LINEAR else 0.0
        rows.append(Removal(e.row_id, str(e.kind), back[n], area_m2, reason, length_m, lanes[n], bool(e.assumed)))
    notes = []
    if assumed["width"]:
        width_m, kerb_m = dims.number("existing_line_m"), dims.number("kerb_top_width_m")
        notes.append(Note(
            "existing_width_assumed",
            f"待清除的现有标线中有 {assumed['width']} 处未记录线宽，按 {width_m:g} m（路缘石 {kerb_m:g} m）估算",
            f"of the existing markings to be removed {assumed['width']} have no recorded width: taken as {width_m:g} m (kerbs {kerb_m:g} m)",
            "markings",
        ))  # fmt: skip
    if assumed["outline"]:
        notes.append(Note(
            "existing_by_outline",
            f"待清除的现有标线中有 {assumed['outline']} 处仅测有外轮廓：方框按框线计，网状线和字样按轮廓（打磨范围）计，偏大",
            f"of the existing markings to be removed {assumed['outline']} were surveyed by their outline: boxes count by their frame, "
            "grids and lettering by the area of the outline (an upper bound)",
            "markings",
        ))  # fmt: skip
    return tuple(rows), notes


def _nearest_lanes(shapes: NDArray[Any], network: LaneNetwork, origin: NDArray[np.float64]) -> list[str | None]:
    """Return the lane nearest to each shape; at a tie the one listed first."""
    if not len(network.lanes) or not len(shapes):
        return [None] * len(shapes)
    points = shapely.point_on_surface(shapes)
    lines = shapely.transform(np.asarray(network.lanes.geometry, dtype=object), lambda xy: xy - origin)
    ids = network.lanes["lane_id"].to_numpy(dtype=object)
    shape, lane = shapely.STRtree(lines).query_nearest(points, all_matches=True)
    order = np.lexsort((lane, shape))
    found: dict[int, str] = {}
    for n in order:
        found.setdefault(int(shape[n]), str(ids[lane[n]]))
    return [found.get(n) for n in range(len(shapes))]
