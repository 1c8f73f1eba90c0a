"""What a case is made of: events that stay, and the case that they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from firelane.vocabulary import Lang, Term


class Source(Term):
    """Where a case comes from."""

    AUDIT = "audit", "检查数据", "audit"
    HOTLINE = "hotline_96119", "96119 举报投诉", "hotline 96119"
    PATROL = "patrol", "现场巡查", "patrol"
    OTHER = "other", "其他", "other"


class PartyRole(StrEnum):
    """The part somebody has in a case (facts: routing after Articles 10 to 22)."""

    RESPONSIBLE = "responsible"
    INSPECTOR = "inspector"
    DECIDER = "decider"
    ASSISTANT = "assistant"
    SUPERVISOR = "supervisor"
    REPORTER = "reporter"


@dataclass(frozen=True)
class Party:
    """A body or a person with a role in a case.

    Attributes
    ----------
    role : PartyRole
    body : str
        Key of the body in ``routing.toml``.
    zh, en : str
        What it is called; the name of the manager where the site gives it.
    article : str
        Article that gives the role, or "" where it is proposed.
    """

    role: PartyRole
    body: str
    zh: str
    en: str
    article: str = ""

    def text(self, lang: Lang = "zh") -> str:
        """Return the name in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class SitePlace:
    """What of a site decides who is responsible (Article 12), and by what lists are sorted.

    ``road_class`` is the ``class`` of the road concerned (contract §1) or None where not known.
    ``managed`` None means that the data do not tell.
    """

    site_id: str
    name: str = ""
    district: str = ""
    manager: str = ""
    manager_kind: str | None = None
    managed: bool | None = None
    road_class: str | None = None


@dataclass(frozen=True)
class Evidence:
    """One file that proves something, kept by its hash.

    Attributes
    ----------
    sha256 : str
    name : str
        The name it came with; for display only, never part of a path.
    media_type : str
    size : int
        Bytes.
    taken_at : datetime or None
        When the picture was taken, aware; None where nobody told.
    lonlat : (float, float) or None
        Where, WGS 84.
    taken_by : {"exif", "told", ""}
        Who says so: the file itself, or whoever handed it in.
    """

    sha256: str
    name: str
    media_type: str
    size: int
    taken_at: datetime | None = None
    lonlat: tuple[float, float] | None = None
    taken_by: str = ""


@dataclass(frozen=True)
class Event:
    """One step of a case; never changed once it is recorded.

    Attributes
    ----------
    case_id : str
    seq : int
        1, 2, 3 … within the case.
    kind : str
        Key of an event in ``workflow.toml``.
    happened_at, recorded_at : datetime
        When it took place, and when it was written down; aware.
    actor, role : str
        Who wrote it down, and as what.
    note : str
    fields : Mapping
        What the transition requires and more: ``deadline``, ``document_no``, ``receiver`` …; plain JSON values.
    evidence : tuple of Evidence
    lonlat : (float, float) or None
    """

    case_id: str
    seq: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    actor: str
    role: str
    note: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    lonlat: tuple[float, float] | None = None


@dataclass(frozen=True)
class Case:
    """What the events of one case add up to; never assigned, always folded.

    Attributes
    ----------
    case_id : str
        ``C-<year>-<six digits>``.
    state : str
        Key of a state in ``workflow.toml``.
    source : Source
    channel_ref : str
        The report's number at the hotline, the id of a record; "" otherwise.
    site : SitePlace
    kind : str
        Kind of violation, key of ``routing.toml``.
    rule_id, article, article_text : str
        The rule that is broken, verbatim; "" for a report that nobody has confirmed.
    title_zh, title_en, message_zh, message_en : str
        What is wrong, as the audit said it or the reporter told it.
    quantity : str
    value, threshold, margin : float or None
        As measured, in ``unit``; None where nothing was measured.
    unit : str
    finding : Mapping
        The finding's row in ``audit.json`` when the case was opened, or {}.
    audit_sha256 : str
        Of the audit that the case was opened from.
    owners : tuple of str
    lonlat : (float, float) or None
    location : (float, float) or None
        [east, north] in ``crs``.
    crs : str
    parties : tuple of Party
    opened_at, noticed_at, rectified_at, closed_at : datetime or None
        ``noticed_at`` is the first notice.
    deadline : date or None
        The one in force.
    deadline_source : str
        Why that day; "" where there is none.
    notices, reinspections, failed_reinspections, repeats, reopened : int
        How often.
    proposal : str
        "" or "close": a later audit passes at the same place (a human decides).
    duplicate_of : str
    close_reason : str
        Why it was closed: ``rectified``, ``duplicate`` or ``void``; "" while it is not.
    chain : tuple of str
        Steps of Article 15 (四) taken since the last refusal: ``dissuaded``, ``refused``, ``evidence``,
        ``fire_rescue``, ``police``.
    evidence : tuple of Evidence
    last_seq : int
    last_at : datetime or None
    """

    case_id: str
    state: str
    source: Source
    site: SitePlace
    kind: str
    channel_ref: str = ""
    rule_id: str = ""
    article: str = ""
    article_text: str = ""
    title_zh: str = ""
    title_en: str = ""
    message_zh: str = ""
    message_en: str = ""
    quantity: str = ""
    value: float | None = None
    threshold: float | None = None
    margin: float | None = None
    unit: str = ""
    finding: Mapping[str, Any] = field(default_factory=dict)
    audit_sha256: str = ""
    owners: tuple[str, ...] = ()
    lonlat: tuple[float, float] | None = None
    location: tuple[float, float] | None = None
    crs: str = ""
    parties: tuple[Party, ...] = ()
    opened_at: datetime | None = None
    noticed_at: datetime | None = None
    rectified_at: datetime | None = None
    closed_at: datetime | None = None
    deadline: date | None = None
    deadline_source: str = ""
    notices: int = 0
    reinspections: int = 0
    failed_reinspections: int = 0
    repeats: int = 0
    reopened: int = 0
    proposal: str = ""
    duplicate_of: str = ""
    close_reason: str = ""
    chain: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    last_seq: int = 0
    last_at: datetime | None = None

    def title(self, lang: Lang = "zh") -> str:
        """Return the title in ``lang``."""
        return self.title_zh if lang == "zh" else self.title_en

    def message(self, lang: Lang = "zh") -> str:
        """Return what is wrong in ``lang``."""
        return self.message_zh if lang == "zh" else self.message_en
