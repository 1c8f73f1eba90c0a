"""Cases and events as plain rows: what lists, ledgers and exchange formats share."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from firelane.cases.model import PartyRole
from firelane.cases.projection import keepable
from firelane.cases.workflow import workflow
from firelane.store.times import BEIJING
from firelane.vocabulary import Lang, Quantity, rounded_down

if TYPE_CHECKING:
    from firelane.cases.model import Case, Event

_COUNTED_DOWN = frozenset({Quantity.BOX_SPACING.value})
_PARTIES = {
    PartyRole.RESPONSIBLE: ("责任主体", "responsible"), PartyRole.INSPECTOR: ("检查", "inspector"),
    PartyRole.DECIDER: ("处理机构", "decides"), PartyRole.ASSISTANT: ("配合", "assists"),
    PartyRole.SUPERVISOR: ("督促指导", "supervises"), PartyRole.REPORTER: ("举报", "reporter"),
}  # fmt: skip


def case_row(case: Case) -> dict[str, Any]:
    """Return a case as plain JSON values; times are ISO 8601 in Beijing time."""
    return {
        "case_id": case.case_id, "state": case.state, "group": workflow().states[case.state].group, "source": case.source.value,
        "channel_ref": case.channel_ref,
        "site_id": case.site.site_id, "site_name": case.site.name, "district": case.site.district, "manager": case.site.manager,
        "kind": case.kind, "rule_id": case.rule_id, "article": case.article,
        "title_zh": case.title_zh, "title_en": case.title_en, "message_zh": case.message_zh, "message_en": case.message_en,
        "quantity": case.quantity, "value": case.value, "threshold": case.threshold, "margin": case.margin, "unit": case.unit,
        "owners": list(case.owners), "lonlat": None if case.lonlat is None else list(case.lonlat),
        "location": None if case.location is None else list(case.location), "crs": case.crs,
        "parties": [
            {"role": p.role.value, "body": p.body, "zh": p.zh, "en": p.en, "article": p.article} for p in case.parties
        ],
        "opened_at": told(case.opened_at), "noticed_at": told(case.noticed_at), "rectified_at": told(case.rectified_at),
        "closed_at": told(case.closed_at), "deadline": None if case.deadline is None else case.deadline.isoformat(),
        "deadline_source": case.deadline_source, "notices": case.notices, "reinspections": case.reinspections,
        "failed_reinspections": case.failed_reinspections, "repeats": case.repeats, "reopened": case.reopened,
        "proposal": case.proposal, "duplicate_of": case.duplicate_of, "evidence": [e.sha256 for e in case.evidence],
        "last_seq": case.last_seq, "last_at": told(case.last_at),
    }  # fmt: skip


def event_row(event: Event) -> dict[str, Any]:
    """Return an event as plain JSON values."""
    return {
        "case_id": event.case_id, "seq": event.seq, "kind": event.kind, "happened_at": told(event.happened_at),
        "recorded_at": told(event.recorded_at), "actor": event.actor, "role": event.role, "note": event.note,
        "fields": dict(event.fields), "lonlat": None if event.lonlat is None else list(event.lonlat),
        "evidence": [
            {"sha256": e.sha256, "name": e.name, "media_type": e.media_type, "size": e.size, "taken_at": told(e.taken_at)}
            for e in event.evidence
        ],
    }  # fmt: skip


def keepable_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose texts UTF-8 can hold: half of a surrogate pair ends no export."""
    return {key: keepable(value) if isinstance(value, str) else value for key, value in row.items()}


def told(moment: datetime | None) -> str | None:
    """Return a time in Beijing time, ISO 8601 to the second."""
    return None if moment is None else moment.astimezone(BEIJING).isoformat(timespec="seconds")


def day_of(moment: datetime | None) -> date | None:
    """Return the day of a time in Beijing."""
    return None if moment is None else moment.astimezone(BEIJING).date()


def days_between(start: datetime | None, end: datetime | None) -> int | None:
    """Return whole days from one day to another; None where either is unknown."""
    first, last = day_of(start), day_of(end)
    return None if first is None or last is None else (last - first).days


def measured(case: Case) -> str:
    """Return what was measured with its unit, rounded as everywhere (down; lengths with an upper limit up)."""
    return "" if case.value is None else _shown(case.value, case, up=case.quantity in _COUNTED_DOWN)


def required(case: Case) -> str:
    """Return what is required, with its unit."""
    return "" if case.threshold is None else f"{case.threshold:g} {case.unit}".strip()


def _shown(value: float, case: Case, *, up: bool) -> str:
    if case.unit != "m":
        return f"{value:g} {case.unit}".strip()
    if up:
        return f"{math.ceil((value - 1e-6) * 1000 - 1e-9) / 1000:.3f} m"
    return f"{rounded_down(value)} m"


def bodies(case: Case, role: PartyRole, lang: Lang) -> str:
    """Return who has a role in a case."""
    return ("、" if lang == "zh" else ", ").join(p.text(lang) for p in case.parties if p.role is role)


def overdue_days(case: Case, at: datetime) -> int:
    """Return by how many days the deadline has passed; 0 where it has not, or where it no longer runs."""
    today = day_of(at)
    if case.deadline is None or today is None or not workflow().states[case.state].clock:
        return 0
    return max(0, (today - case.deadline).days)


def facts(case: Case, lang: Lang) -> list[tuple[str, str]]:
    """Return what there is to know of a case as label and value, empty ones left out."""
    zh = lang == "zh"
    pairs: list[tuple[str, str, str]] = [
        ("场地", "site", " ".join(dict.fromkeys(t for t in (case.site.name, case.site.site_id) if t))),
        ("区", "district", case.site.district),
        ("来源", "source", f"{case.source.label(lang)} {case.channel_ref}".strip()),
        ("条款", "article", case.article),
        ("情况", "what", case.message(lang)),
        ("实测", "measured", measured(case)),
        ("要求", "required", required(case)),
        ("位置", "place", "" if case.lonlat is None else f"{case.lonlat[0]:.6f}, {case.lonlat[1]:.6f}"),
        *((*_PARTIES[p.role], " ".join(t for t in (p.text(lang), p.article) if t)) for p in case.parties),
        ("期限", "deadline", "" if case.deadline is None else f"{case.deadline.isoformat()} {case.deadline_source}".strip()),
        ("通知次数", "notices", str(case.notices or "")),
        ("复查", "re-inspections", _reinspected(case, lang)),
        ("再次发现", "found again", str(case.repeats or "")),
        ("重新立案", "reopened", str(case.reopened or "")),
        ("重复于", "duplicate of", case.duplicate_of),
        ("建议", "proposal", ("结案（待人工确认）" if zh else "close (somebody has to decide)") if case.proposal else ""),
    ]  # fmt: skip
    return [(a if zh else b, value) for a, b, value in pairs if value]


def _reinspected(case: Case, lang: Lang) -> str:
    if not case.reinspections:
        return ""
    failed = case.failed_reinspections
    return f"{case.reinspections} 次，不合格 {failed} 次" if lang == "zh" else f"{case.reinspections}, failed {failed}"
