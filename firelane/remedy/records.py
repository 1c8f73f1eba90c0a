"""What the search for remedies hands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Remedy:
    """One row of the contract's ``remedies``.

    Attributes
    ----------
    target : str
        Id of a lane or a building; ``all`` for all targets together.
    target_kind : str
        ``lane``, ``building`` or ``all``.
    action : str
        ``remove``, ``lift``, ``shift``, ``move_kerb``, or ``none`` where nothing helps.
    level : str
        ``ground``, or ``envelope`` where only what hangs too low is in the way.
    owners : tuple of str
        What goes or moves; for ``none`` and ``move_kerb`` the two sides of the narrowest fixed gap.
    cost : int or None
        Cost in the units of ``costs.toml``; None where no cost is known (kerbs).
    proven : bool
        ``remove``, ``lift``: no remedy costs less. ``shift``: none along that line is shorter. ``none``:
        no removal suffices.
    lower_bound : int or None
        No remedy costs less than this.
    resulting_width_m : float or None
        Clear width of the target with the remedy, measured; 8 m stands for that or more [m].
    text_zh, text_en : str
    more : Mapping
        Further keys of the row (docs/reference/remedies.md).
    """

    target: str
    target_kind: str
    action: str
    level: str
    owners: tuple[str, ...]
    cost: int | None
    proven: bool
    lower_bound: int | None
    resulting_width_m: float | None
    text_zh: str
    text_en: str
    more: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Return the row, the contract's keys first."""
        return {
            "target": self.target, "action": self.action, "owners": list(self.owners), "cost": self.cost,
            "proven": self.proven, "lower_bound": self.lower_bound, "resulting_width_m": self.resulting_width_m,
            "target_kind": self.target_kind, "level": self.level, **self.more,
            "text_zh": self.text_zh, "text_en": self.text_en,
        }  # fmt: skip


@dataclass(frozen=True)
class RemedyPlan:
    """All remedies of a site.

    Attributes
    ----------
    rows : tuple of dict
        As ``Audit.remedies``: lanes in the order of the lanes, buildings, then all together.
    parking : Mapping or None
        As ``Audit.parking``.
    """

    rows: tuple[Mapping[str, Any], ...] = ()
    parking: Mapping[str, Any] | None = None
