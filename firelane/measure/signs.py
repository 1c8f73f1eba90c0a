"""Surveyed signs along the lanes and at the entrances (Articles 9 and 13, item 1).

Measurement only. No instrument fixes number, size or spacing of the signs, so what is returned is
where they stand and what they say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

    from firelane.lanes.records import LaneNetwork
    from firelane.site.model import Site


@dataclass(frozen=True)
class Sign:
    """One surveyed sign as seen from a lane or a mouth.

    Attributes
    ----------
    sign_id : str
    kind, text, condition : str or None
        As recorded, trimmed; None where nothing was recorded. Untrusted text.
    warning : bool or None
        Whether kind or text holds one of the words of a warning; None where neither was recorded.
    distance_m : float
        From the lane's edge (0 on the pavement), or from the mouth line.
    chainage_m : float or None
        Along the centreline; None for a mouth.
    side : str
        ``left`` or ``right`` of the direction of the lane, or of the way in.
    location : tuple of float
        East, north.
    """

    sign_id: str
    kind: str | None
    text: str | None
    condition: str | None
    warning: bool | None
    distance_m: float
    chainage_m: float | None
    side: str
    location: tuple[float, float]


@dataclass(frozen=True)
class SignsOnLane:
    """Signs within the search distance of a lane's edge, by chainage.

    ``surveyed`` is False where the site has no ``signs`` layer; everything else is then unknown.
    ``longest_bare_m`` is the longest stretch of centreline between the lane's ends and the signs
    beside it: the whole lane where there is none; None if not surveyed.
    """

    lane_id: str
    surveyed: bool
    length_m: float
    signs: tuple[Sign, ...]
    longest_bare_m: float | None


@dataclass(frozen=True)
class SignsAtMouth:
    """Signs within the search distance of a mouth, nearest first.

    ``nearest_m`` is the distance of the nearest sign of the whole site, however far; None where
    there is no sign or no survey.
    """

    entrance_id: str
    surveyed: bool
    signs: tuple[Sign, ...]
    nearest_id: str | None
    nearest_m: float | None
    location: tuple[float, float]


@dataclass(frozen=True)
class SignCondition:
    """Signs in one recorded condition (trimmed, lower case; None = none was recorded)."""

    condition: str | None
    ids: tuple[str, ...]
    locations: tuple[tuple[float, float], ...]


def signs_on_lanes(
    site: Site, network: LaneNetwork, *, search_distance_m: float, warning: Collection[str]
) -> tuple[SignsOnLane, ...]:
    """Find the signs along every lane; at a junction one sign may serve several lanes.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    search_distance_m : float
        How far beyond the lane's edge a sign still belongs to it [m].
    warning : collection of str
        Words by which a warning sign is known, compared without regard to case and white space.

    Returns
    -------
    tuple of SignsOnLane
        One per lane, in the order of ``network.lanes``.
    """
    board = _Board(site, warning)
    results: list[SignsOnLane] = []
    beside = _Halves(network.stations)
    for lane in network.lanes.itertuples(index=False):
        line = lane.geometry
        length = float(line.length)
        at = shapely.line_locate_point(line, board.points)
        stations = beside.of(lane.lane_id)
        half = np.maximum(_half_width_m(stations, "left_m", at), _half_width_m(stations, "right_m", at))
        # only signs that the wider side could reach are worth a closer look
        rows = np.flatnonzero(shapely.distance(board.points, line) <= half + search_distance_m)
        signs = []
        for row in sorted(int(row) for row in rows):
            foot, heading = _along(line, float(at[row]))
            sign = board.sign(row, shapely.distance(board.points[row], line), float(at[row]), foot, heading)
            width = _half_width_m(stations, f"{sign.side}_m", at[[row]])[0]
            beyond = max(sign.distance_m - float(width), 0.0)
            if beyond <= search_distance_m:
                signs.append(replace(sign, distance_m=beyond))
        signs.sort(key=lambda sign: (sign.chainage_m, sign.sign_id))
        stops = np.r_[0.0, [sign.chainage_m for sign in signs], length]
        results.append(
            SignsOnLane(
                lane_id=str(lane.lane_id),
                surveyed=board.surveyed,
                length_m=length,
                signs=tuple(signs),
                longest_bare_m=float(np.diff(stops).max()) if board.surveyed else None,
            )
        )
    return tuple(results)


def signs_at_mouths(
    site: Site, network: LaneNetwork, *, search_distance_m: float, warning: Collection[str]
) -> tuple[SignsAtMouth, ...]:
    """Find the signs at every mouth.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    search_distance_m : float
        How far from the mouth line a sign still belongs to the entrance [m].
    warning : collection of str
        Words by which a warning sign is known.

    Returns
    -------
    tuple of SignsAtMouth
        One per mouth, in the order of ``network.mouths``.
    """
    board = _Board(site, warning)
    results: list[SignsAtMouth] = []
    for mouth in network.mouths.itertuples(index=False):
        distance = shapely.distance(board.points, mouth.geometry)
        order = np.lexsort((np.arange(len(distance)), distance))
        middle = shapely.line_interpolate_point(mouth.geometry, 0.5, normalized=True)
        inward = np.array([mouth.inward_x, mouth.inward_y])
        origin = np.array([middle.x, middle.y])
        near = order[distance[order] <= search_distance_m]
        results.append(
            SignsAtMouth(
                entrance_id=str(mouth.entrance_id),
                surveyed=board.surveyed,
                signs=tuple(board.sign(int(row), distance[row], None, origin, inward) for row in near),
                nearest_id=board.ids[order[0]] if len(order) else None,
                nearest_m=float(distance[order[0]]) if len(order) else None,
                location=(float(middle.x), float(middle.y)),
            )
        )
    return tuple(results)


def sign_conditions(site: Site) -> tuple[SignCondition, ...]:
    """Group the surveyed signs by recorded condition, *none recorded* first.

    Returns
    -------
    tuple of SignCondition
        Empty where the layer was not surveyed or holds nothing.
    """
    board = _Board(site, ())
    groups: dict[str, list[int]] = {}
    for row, condition in enumerate(board.condition):
        groups.setdefault((condition or "").casefold(), []).append(row)
    return tuple(
        SignCondition(
            condition=condition or None,
            ids=tuple(board.ids[row] for row in rows),
            locations=tuple(board.location(row) for row in rows),
        )
        for condition, rows in sorted(groups.items())
    )


class _Board:
    """The ``signs`` layer, read once."""

    def __init__(self, site: Site, warning: Collection[str]) -> None:
        table = site.layer("signs")
        table = table[~table.geometry.isna() & ~table.geometry.is_empty]
        self.surveyed = site.surveyed("signs")
        self.points: npt.NDArray[np.object_] = table.geometry.to_numpy()
        self.ids = [str(value) for value in table["id"]]
        self.kind = [_told(value) for value in table["kind"]]
        self.text = [_told(value) for value in table["text"]]
        self.condition = [_told(value) for value in table["condition"]]
        self._words = [_bare(word) for word in warning]

    def location(self, row: int) -> tuple[float, float]:
        point = shapely.centroid(self.points[row])
        return float(point.x), float(point.y)

    def sign(
        self,
        row: int,
        distance_m: float,
        chainage_m: float | None,
        origin: npt.NDArray[np.float64],
        direction: npt.NDArray[np.float64],
    ) -> Sign:
        east, north = self.location(row)
        cross = direction[0] * (north - origin[1]) - direction[1] * (east - origin[0])
        return Sign(
            sign_id=self.ids[row],
            kind=self.kind[row],
            text=self.text[row],
            condition=self.condition[row],
            warning=self._warns(row),
            distance_m=float(distance_m),
            chainage_m=None if chainage_m is None else float(chainage_m),
            side="left" if cross > 0 else "right",
            location=(east, north),
        )

    def _warns(self, row: int) -> bool | None:
        told = [_bare(value) for value in (self.kind[row], self.text[row]) if value is not None]
        if not told:
            return None
        return any(word in value for value in told for word in self._words)


class _Halves:
    """Distances from centreline to edge by lane, as plain arrays: read once, not filtered per lane."""

    def __init__(self, stations: gpd.GeoDataFrame) -> None:
        self._lane = stations["lane_id"].to_numpy(dtype=object)
        self._order = np.lexsort((stations["chainage_m"].to_numpy(float), self._lane.astype(str)))
        self._lane = self._lane[self._order].astype(str)
        self._columns = {
            c: stations[c].to_numpy(float)[self._order] for c in ("chainage_m", "left_m", "right_m")
        }

    def of(self, lane_id: str) -> dict[str, npt.NDArray[np.float64]]:
        """Return the columns of one lane, by chainage."""
        begin, end = np.searchsorted(self._lane, lane_id, "left"), np.searchsorted(self._lane, lane_id, "right")
        return {name: values[begin:end] for name, values in self._columns.items()}


def _half_width_m(
    stations: dict[str, npt.NDArray[np.float64]], side: str, at_m: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the distance from centreline to edge at chainages; 0 where it was not measured."""
    known = ~np.isnan(stations[side])
    if not known.any():
        return np.zeros(len(at_m))
    width: npt.NDArray[np.float64] = np.interp(at_m, stations["chainage_m"][known], stations[side][known])
    return width


def _told(value: object) -> str | None:
    """Return recorded text without surrounding blanks; None where nothing is told."""
    return (value.strip() or None) if isinstance(value, str) else None


def _bare(value: str) -> str:
    """Return text for comparing: no white space, no underscores, no case."""
    return "".join(value.split()).replace("_", "").casefold()


def _along(
    line: shapely.LineString, at_m: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a point of the centreline and its direction there."""
    foot, behind, ahead = (
        np.array(shapely.line_interpolate_point(line, min(max(at, 0.0), line.length)).coords[0])
        for at in (at_m, at_m - 0.1, at_m + 0.1)
    )
    return foot, ahead - behind
