"""Numbers that stand for one Star Space, or for one operator: the same credit code (同一主体的识别)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from firelane.registry.star_facts import Facts


def same_name(one: object, other: object) -> bool:
    """Return whether two names are one but for spaces, width and case.

    >>> same_name("沈阳 星创天地（A）", "沈阳星创天地(a)"), same_name("甲", "乙")
    (True, False)
    """
    return _plain(one) == _plain(other)


def _plain(name: object) -> str:
    return "".join(unicodedata.normalize("NFKC", str(name)).casefold().split())


def same_code(facts: Facts, space: str) -> tuple[str, ...]:
    """Return the numbers with the credit code that a space has, or ever had; its own first."""
    codes = dict.fromkeys(str(r["usci"]) for r in facts.state.history(space))
    found = [r for code in codes for r in facts.index.ids("space", "usci", code)]
    return tuple(dict.fromkeys([space, *(n for n in found if facts.one(n) is not None)]))


def kin(facts: Facts, space: str) -> tuple[str, ...]:
    """Return the numbers of what is one Star Space: the same code, and a name that both ever had; its own first."""
    mine = {_plain(r["name"]) for r in facts.state.history(space)}
    others = (n for n in same_code(facts, space)[1:] if mine & {_plain(r["name"]) for r in facts.state.history(n)})
    return (space, *others)


def twins(facts: Facts) -> Iterator[tuple[str, ...]]:
    """Yield the numbers of spaces that have a credit code in common."""
    seen: set[str] = set()
    for record in facts.of("space"):
        if record.record_id not in seen:
            group = same_code(facts, record.record_id)
            seen.update(group)
            if len(group) > 1:
                yield group
