"""What hangs too low over a mouth: no obstacle in free space, but it has to be raised all the same."""

from __future__ import annotations

from firelane.lanes.obstacles import owner_labels
from firelane.measure import Measurements
from firelane.remedy.costs import Option, costs, raised_by

ENTRANCE = "entrance"


def low_mouths(measured: Measurements) -> dict[str, dict[str, Option]]:
    """Return lane → entrances over it that are lower than the passage, with what raising them takes.

    The structure over a mouth counts as an arch.
    """
    labels = {label for (layer, _), label in owner_labels(measured.site).items() if layer == "entrances"}
    height_m = measured.envelope["height_m"]
    cost = costs().kinds["arch"].lift
    assert cost is not None
    found: dict[str, dict[str, Option]] = {}
    for stretch in measured.heights.low:
        if len(stretch.owners) == 1 and stretch.owners[0] in labels:
            owner = stretch.owners[0]
            raise_m = raised_by(stretch.clear_height_m, height_m)
            found.setdefault(stretch.lane_id, {})[owner] = Option(owner, ENTRANCE, "lift", cost, raise_m)
    return found
