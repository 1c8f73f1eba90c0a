"""Whether an audit could have found something: a finding that is absent says nothing where nobody measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from firelane.comparing.subjects import subject_of
from firelane.vocabulary import Verdict


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
        for row in findings:
            rule = str(row["rule_id"])
            self._rules.add(rule)
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
        asked = [(rule, "site", ""), *((rule, "owner", str(o)) for o in row.get("owners") or ())]
        asked += [(rule, s, str(row[f"{s}_id"])) for s in ("lane", "entrance", "building") if row.get(f"{s}_id")]
        return "not_measured" if any(key in self._open for key in asked) else ""
