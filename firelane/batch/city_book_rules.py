"""The rules that a batch's tables name, with their titles and texts, as far as their catalogues are at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firelane.errors import InputError
from firelane.rules import Rule, available_packs, load_rules


def rules_at_hand(*summaries: Mapping[str, Any], known: Sequence[Rule] = ()) -> dict[str, Rule]:
    """Return rule id → rule: those given, else out of the packaged catalogues, those that the batches name first.

    A catalogue of a user's own is known by its name alone when its batch is read again: its rules are then shown by
    what the summary says of them.
    """
    named: list[str] = []
    for summary in summaries:
        settings = summary.get("settings")
        told = settings.get("rules") if isinstance(settings, Mapping) else None
        named += [name for name in told if isinstance(name, str)] if isinstance(told, list) else []
    found: dict[str, Rule] = {rule.rule_id: rule for rule in known}
    packaged = available_packs()
    for name in dict.fromkeys([*(n for n in named if n in packaged), *packaged]):
        try:
            rules = load_rules([name])
        except InputError:
            continue
        for rule in rules:
            found.setdefault(rule.rule_id, rule)
    return found
