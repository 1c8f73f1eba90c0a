"""Gates: whether those of entrances and on lanes can be opened at once."""

from __future__ import annotations

from dataclasses import dataclass

from firelane.lanes.obstacles import owner_labels
from firelane.lanes.space import Spaces
from firelane.vocabulary import ObstructionKind


@dataclass(frozen=True)
class Gate:
    """One gate. ``openable`` is None where the survey does not tell."""

    owner: str
    entrance_id: str | None
    name: str | None
    openable: bool | None
    lane_id: str | None
    place: tuple[float, float]


def measure_gates(spaces: Spaces) -> list[Gate]:
    """Return the gates of entrances, then those among the obstructions, in input order.

    An entrance that is known to have no gate is left out; one of which neither a gate nor its opening is
    told is given with ``openable`` None: it may have a gate.
    """
    result = []
    labels = owner_labels(spaces.site)
    mouths = {row.entrance_id: row for row in spaces.network.mouths.itertuples()}
    for row in spaces.site.layer("entrances").itertuples():
        if row.gate is not None and not row.gate:
            continue
        mouth = mouths.get(row.id)
        middle = (mouth.geometry if mouth is not None else row.geometry).interpolate(0.5, normalized=True) if (
            row.geometry.geom_type != "Point" or mouth is not None
        ) else row.geometry  # fmt: skip
        result.append(Gate(
            labels["entrances", row.id], row.id, row.name, _state(row.openable), mouth.lane_id if mouth is not None else None,
            (middle.x, middle.y),
        ))  # fmt: skip
    obstructions = spaces.site.layer("obstructions")
    chosen = obstructions[(obstructions["kind"] == ObstructionKind.GATE.value).to_numpy(bool)]
    for row in chosen.itertuples():
        centre = row.geometry.representative_point()
        lanes = spaces.network.lanes
        lane_id = str(lanes["lane_id"].iloc[int(lanes.geometry.distance(centre).argmin())]) if len(lanes) else None
        owner = labels["obstructions", row.id]
        result.append(Gate(owner, None, row.name, _state(row.openable), lane_id, (centre.x, centre.y)))
    return result


def _state(value: object) -> bool | None:
    return None if value is None else bool(value)
