"""Cases, events and evidence as plain JSON and back, without loss: what the journal and the table of cases hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from firelane.cases.model import Case, Event, Evidence, Party, PartyRole, SitePlace, Source
from firelane.store.errors import altered
from firelane.store.journal import Entry
from firelane.store.times import iso, parse, utc

STREAM = "case:"
_TIMES = frozenset({"opened_at", "noticed_at", "rectified_at", "closed_at", "last_at"})
_PAIRS = frozenset({"lonlat", "location"})


def place_json(site: SitePlace) -> dict[str, Any]:
    """Return what of a site a case keeps."""
    return {item.name: getattr(site, item.name) for item in fields(SitePlace)}


def party_json(party: Party) -> dict[str, Any]:
    """Return a party."""
    return {"role": party.role.value, "body": party.body, "zh": party.zh, "en": party.en, "article": party.article}


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Return a piece of evidence."""
    return {
        "sha256": evidence.sha256, "name": evidence.name, "media_type": evidence.media_type, "size": evidence.size,
        "taken_at": None if evidence.taken_at is None else iso(evidence.taken_at),
        "lonlat": None if evidence.lonlat is None else list(evidence.lonlat), "taken_by": evidence.taken_by,
    }  # fmt: skip


def evidence_of(value: Mapping[str, Any]) -> Evidence:
    """Return the evidence that :func:`evidence_json` wrote."""
    taken = value["taken_at"]
    return Evidence(
        value["sha256"], value["name"], value["media_type"], int(value["size"]),
        None if taken is None else utc(parse(taken)), _pair(value["lonlat"]), value["taken_by"],
    )  # fmt: skip


def event_body(event: Event) -> dict[str, Any]:
    """Return what of an event is the body of its entry in the journal."""
    return {
        "note": event.note,
        "fields": dict(event.fields),
        "evidence": [evidence_json(e) for e in event.evidence],
        "lonlat": None if event.lonlat is None else list(event.lonlat),
    }


def event_of(entry: Entry) -> Event:
    """Return the event that an entry of a case's stream is."""
    try:
        return _event(entry, entry.body)
    except _UNREADABLE as error:
        raise altered(error) from error


def _event(entry: Entry, body: Mapping[str, Any]) -> Event:
    return Event(
        case_id=entry.stream.removeprefix(STREAM), seq=entry.stream_seq, kind=entry.kind, happened_at=entry.happened_at,
        recorded_at=entry.recorded_at, actor=entry.actor, role=entry.role, note=body["note"], fields=body["fields"],
        evidence=tuple(evidence_of(e) for e in body["evidence"]), lonlat=_pair(body["lonlat"]),
    )  # fmt: skip


def case_json(case: Case) -> dict[str, Any]:
    """Return a case."""
    found: dict[str, Any] = {}
    for item in fields(Case):
        value = getattr(case, item.name)
        if item.name == "site":
            value = place_json(value)
        elif item.name == "parties":
            value = [party_json(p) for p in value]
        elif item.name == "evidence":
            value = [evidence_json(e) for e in value]
        elif isinstance(value, datetime):
            value = iso(value)
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, Source):
            value = value.value
        found[item.name] = value
    return found


def case_of(value: Mapping[str, Any]) -> Case:
    """Return the case that :func:`case_json` wrote."""
    told = dict(value)
    told["source"] = Source(told["source"])
    told["site"] = SitePlace(**told["site"])
    told["parties"] = tuple(Party(**{**p, "role": PartyRole(p["role"])}) for p in told["parties"])
    told["evidence"] = tuple(evidence_of(e) for e in told["evidence"])
    for name in _TIMES:
        told[name] = None if told[name] is None else utc(parse(told[name]))
    for name in _PAIRS:
        told[name] = _pair(told[name])
    for name in ("owners", "chain"):
        told[name] = tuple(told[name])
    told["deadline"] = None if told["deadline"] is None else date.fromisoformat(told["deadline"])
    return Case(**told)


def case_in(document: Any) -> Case:
    """Return the case that a row of the table of cases keeps.

    Raises
    ------
    StoreError
        If the row was altered so that it is none.
    """
    try:
        if not all(isinstance(document[key], str) for key in ("reporter", "address")):
            raise TypeError("reporter, address")
        return case_of(document["case"])
    except _UNREADABLE as error:
        raise altered(error) from error


_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def _pair(value: Any) -> tuple[float, float] | None:
    return None if value is None else (float(value[0]), float(value[1]))
