"""Whether an audit could have found something: a finding that is absent says nothing where nobody measured.

Nor does a width that grew where nobody looked for what had made it narrow: an audit judges the width between the kerbs
also where obstructions were not surveyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from firelane.comparing.subjects import subject_of, vehicle_of
from firelane.vocabulary import ObstructionKind, Quantity, Verdict


class Coverage:
    """What an audit left unmeasured, rule by rule.

    Parameters
    ----------
    findings : iterable of mappings
        Rows as in ``findings`` of ``audit.json``.
    """

    def __init__(self, findings: Iterable[Mapping[str, Any]]) -> None:
        self._rules: set[str] = set()
        self._open: set[tuple[str, str, str]] = set()
        self._vehicles: set[tuple[str, str]] = set()
        for row in findings:
            rule = str(row["rule_id"])
            self._rules.add(rule)
            self._vehicles.add((rule, vehicle_of(row)))
            if row["verdict"] != Verdict.NOT_MEASURED:
                continue
            scope, ident = subject_of(row)
            if scope == "site":
                self._open.add((rule, "site", ""))
            elif scope == "thing":
                self._open.update((rule, "owner", str(owner)) for owner in row.get("owners") or ())
            else:
                self._open.add((rule, scope, ident))

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Tell whether the rule was in force and the subject of ``row`` measured, as far as the audit tells.

        False where the rule has no finding at all, where it says of the whole site that it was not measured (or that
        rows could not be read), or says so of the lane, entrance, building or owner that ``row`` names.
        """
        return not self.why_not(row)

    def why_not(self, row: Mapping[str, Any]) -> str:
        """Return ``"rule"`` or ``"not_measured"``, empty where the subject of ``row`` was measured."""
        rule = str(row["rule_id"])
        if rule not in self._rules:
            return "rule"
        if (vehicle := vehicle_of(row)) and (rule, vehicle) not in self._vehicles:
            return "not_measured"  # that vehicle was not tracked
        asked = [(rule, "site", ""), *((rule, "owner", str(o)) for o in row.get("owners") or ())]
        asked += [(rule, s, str(row[f"{s}_id"])) for s in ("lane", "entrance", "building") if row.get(f"{s}_id")]
        return "not_measured" if any(key in self._open for key in asked) else ""


class Causes:
    """Whether what one audit names as the cause of a finding was looked for in another.

    Parameters
    ----------
    findings : iterable of mappings
        Of the audit that names it.
    kinds : mapping of str to str, optional
        ``owner_kinds`` of its site; the tables of a batch do not tell them.
    other : iterable of mappings
        Findings of the other audit.
    """

    def __init__(
        self, findings: Iterable[Mapping[str, Any]], kinds: Mapping[str, str] | None, other: Iterable[Mapping[str, Any]]
    ) -> None:
        rows, others = list(findings), list(other)
        self._kinds = kinds
        self._lost = _not_surveyed(others)
        self._bays = "parking" not in _not_surveyed(rows)
        self._there = {str(o) for row in others for o in row.get("owners") or ()}
        self._things = {str(o) for row in rows if row.get("quantity") == Quantity.OBSTRUCTION for o in row.get("owners") or ()}

    def lost(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a thing that ``row`` names may still be there: its layer was not surveyed (in full)."""
        if not self._lost:
            return False
        owners = {str(o) for o in row.get("owners") or ()} - self._there
        return any(self._layers(owner) & self._lost for owner in owners)

    def _layers(self, owner: str) -> set[str]:
        """Return the layers that a thing may be of; none for the edge of a road, an entrance, a building."""
        layer, colon, _ = owner.partition(":")
        if colon and layer in _LAYERS.values():
            return {layer}
        bays = {"parking"} if self._bays else {"obstructions"}
        if self._kinds is not None:
            kind = self._kinds.get(owner)
            return set() if kind is None else bays if kind == ObstructionKind.PARKING_BAY else {"obstructions"}
        return bays | {"obstructions"} if owner in self._things else set()


_LAYERS = {Quantity.OBSTRUCTION: "obstructions", Quantity.PARKING: "parking"}


def _not_surveyed(findings: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the layers of which a rule says that it could not be judged for the whole site, naming nothing that stands there."""
    return {
        _LAYERS[Quantity(row["quantity"])]
        for row in findings
        if row.get("quantity") in tuple(_LAYERS) and row["verdict"] == Verdict.NOT_MEASURED and not row.get("owners")
        and subject_of(row)[0] == "site"
    }  # fmt: skip
