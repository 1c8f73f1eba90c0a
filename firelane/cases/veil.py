"""What a reader gets to see: number plates masked, and who reported hidden, unless the role may see them.

The journal keeps everything as it was told (its hashes cover it); masking happens on the way out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from firelane.cases.model import Case, Event, Evidence, Party, PartyRole, SitePlace
from firelane.cases.plates import mask_plates
from firelane.errors import Problem
from firelane.store import Role, User

REPORTER = "reporter"
HIDDEN = "***"
"""Stands where something is hidden."""

_MOBILE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\d.])")
_NAMED = re.compile(r"[^\s,，;；/、:：()（）]+")
# What is made by the program and never out of data: hashes and keys must stay what they are.
_AS_THEY_ARE = frozenset({"case_id", "state", "sha256", "media_type", "audit_sha256", "new_audit_sha256", "crs", "record_digest", "duplicate_of"})

Mask = Callable[[str], str]


def mask_for(user: User, reporter: str = "") -> Mask | None:
    """Return how texts are shown to ``user``; None where they may see everything.

    Parameters
    ----------
    user : User
    reporter : str
        Who reported the case, as told: hidden from viewers wherever a text repeats it.
    """
    hides = user.role.rank < Role.INSPECTOR.rank
    if user.sees_plates and not hides:
        return None
    # A name of one character would blot out half a text.
    parts = sorted({p for p in (reporter.strip(), *_NAMED.findall(reporter)) if len(p) >= 2}, key=len, reverse=True)
    named = re.compile("|".join(map(re.escape, parts))) if hides and parts else None

    def mask(text: str) -> str:
        shown = text if user.sees_plates else mask_plates(text)
        if hides:
            shown = _MOBILE.sub(HIDDEN, shown)
            shown = named.sub(HIDDEN, shown) if named is not None else shown
        return shown

    return mask


def reporter_of(event: Event | None) -> str:
    """Return who reported, as the opening event of a case tells it."""
    value = event.fields.get(REPORTER) if event is not None else None
    return value if isinstance(value, str) else ""


def veiled_case(case: Case, mask: Mask | None) -> Case:
    """Return the case as it is shown."""
    if mask is None:
        return case
    changes: dict[str, Any] = {}
    for item in fields(Case):
        value = getattr(case, item.name)
        if item.name in _AS_THEY_ARE or item.name == "chain":
            continue
        if type(value) is str:
            changes[item.name] = mask(value)
        elif isinstance(value, Mapping):
            changes[item.name] = _deep(value, mask)
    changes["owners"] = tuple(mask(owner) for owner in case.owners)
    changes["site"] = _site(case.site, mask)
    changes["parties"] = tuple(_party(p, mask) for p in case.parties)
    changes["evidence"] = tuple(_evidence(e, mask) for e in case.evidence)
    return replace(case, **changes)


def veiled_event(event: Event, mask: Mask | None, user: User) -> Event:
    """Return the event as it is shown."""
    if mask is None:
        return event
    told = dict(event.fields)
    if user.role.rank < Role.INSPECTOR.rank and told.get(REPORTER):
        told[REPORTER] = HIDDEN
    return replace(
        event, note=mask(event.note), fields=_deep(told, mask), evidence=tuple(_evidence(e, mask) for e in event.evidence)
    )


def veiled_problems(problems: Iterable[Problem], user: User) -> tuple[Problem, ...]:
    """Return problems as they are shown: they name findings, and a finding may be named after a number plate."""
    mask = mask_for(user)
    if mask is None:
        return tuple(problems)
    return tuple(
        replace(p, message=mask(p.message), message_zh=mask(p.message_zh), row=None if p.row is None else mask(p.row),
                layer=None if p.layer is None else mask(p.layer))
        for p in problems
    )  # fmt: skip


def _site(site: SitePlace, mask: Mask) -> SitePlace:
    return replace(
        site, site_id=mask(site.site_id), name=mask(site.name), district=mask(site.district), manager=mask(site.manager)
    )


def _party(party: Party, mask: Mask) -> Party:
    if party.role is PartyRole.REPORTER:  # whoever it is
        return replace(party, zh="举报人", en="reporter")
    return replace(party, zh=mask(party.zh), en=mask(party.en))


def _evidence(evidence: Evidence, mask: Mask) -> Evidence:
    return replace(evidence, name=mask(evidence.name))


def _deep(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(k): (v if k in _AS_THEY_ARE else _deep(v, mask)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_deep(v, mask) for v in value]
    return value
