"""Reports opened as cases, and which of them may tell of the same thing (proposed; somebody decides)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from firelane.cases.audits import roles_of
from firelane.cases.dates import with_rule
from firelane.cases.importing import UNKNOWN_SITE, Report
from firelane.cases.limits import limits
from firelane.cases.model import Case, SitePlace, Source
from firelane.cases.pen import CaseError, Pen
from firelane.cases.plain import case_in, place_json
from firelane.cases.routing import kinds
from firelane.cases.schema import cases as table
from firelane.errors import Problem

_CELL_DEG = 0.001  # over a hundred metres of latitude; neighbouring cells are looked at as well
_METRES_PER_DEG = 111_320.0


class Neighbours:
    """The open cases, by place and by address."""

    def __init__(self, pen: Pen) -> None:
        self._near: dict[tuple[int, int], list[Case]] = defaultdict(list)
        self._at: dict[str, list[Case]] = defaultdict(list)
        self.sites: dict[str, SitePlace] = {}
        for (document, group) in pen.connection.execute(select(table.c.document, table.c.status_group).order_by(table.c.case_id)):
            case = case_in(document)
            self.sites[case.site.site_id] = case.site
            if group == "open":
                self.add(case, document["address"].strip())

    def add(self, case: Case, address: str) -> None:
        """Add an open case."""
        if case.lonlat is not None:
            self._near[_cell(case.lonlat)].append(case)
        if address:
            self._at[address].append(case)

    def same(self, report: Report) -> Iterator[Case]:
        """Yield open cases that may be what a report tells of: near in place, of the same kind, near in time."""
        rule = limits("reports")
        found: dict[str, Case] = {}
        if report.lonlat is not None:
            x, y = _cell(report.lonlat)
            for cell in ((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
                for case in self._near.get(cell, ()):
                    assert case.lonlat is not None
                    if distance_m(report.lonlat, case.lonlat) <= float(rule["same_place_m"]):
                        found[case.case_id] = case
        # Words tell only where coordinates do not.
        for case in self._at.get(report.address.strip(), ()) if report.address.strip() else ():
            if report.lonlat is None or case.lonlat is None:
                found[case.case_id] = case
        apart = timedelta(hours=float(rule["same_time_h"]))
        for case in found.values():
            kinds_agree = not report.kind or not case.kind or report.kind == case.kind
            # What an audit found stays until it is mended; a car that was reported last week is another one.
            in_time = case.source is Source.AUDIT or abs(_time(case) - report.received_at) <= apart
            if kinds_agree and in_time:
                yield case


def take_report(pen: Pen, report: Report, near: Neighbours, problems: list[Problem]) -> tuple[Case, bool, tuple[str, ...]]:
    """Open a case for a report.

    Returns
    -------
    case : Case
    new : bool
        False where the report had been taken before.
    duplicates : tuple of str
        Open cases that may be the same.

    Raises
    ------
    CaseError
        If the kind or the source makes no sense.
    """
    if report.kind and report.kind not in kinds():
        known = ", ".join(kinds())
        raise CaseError(f"there is no kind {report.kind[:40]!r} (known: {known})", f"没有违规类别“{report.kind[:40]}”（可用：{known}）")
    if report.source is Source.AUDIT:
        raise CaseError("an audit is taken with open_audit", "检查数据请用 open_audit 立案")
    told = pen.taken("report", report.key())
    if told is not None:
        return pen.case(told), False, ()
    site = near.sites.get(report.site_id) if report.site_id else None
    place = replace(site, road_class=None) if site is not None else SitePlace(report.site_id or UNKNOWN_SITE)
    # Sorted: the oldest are told. Hundreds of calls of one place would else name each other in the square of their number.
    same = tuple(sorted(case.case_id for case in near.same(report)))[: int(limits("reports")["most_duplicates"])]
    name = kinds()[report.kind] if report.kind else None
    fields: dict[str, Any] = {
        "source": report.source.value, "site": place_json(place), "kind": report.kind, "channel_ref": report.channel_ref,
        "title_zh": f"{report.source.zh}{'：' + name.zh if name else ''}", "title_en": f"{report.source.en}{': ' + name.en if name else ''}",
        "message_zh": _message(report, "；地点："), "message_en": _message(report, "; place: "),
        "lonlat": None if report.lonlat is None else list(report.lonlat), "address": report.address, "reporter": report.reporter,
        "report_key": report.key(), "parties": roles_of(report.kind, place, problems) if report.kind and site is not None else [],
    }  # fmt: skip
    if same:
        fields["possible_duplicates"] = list(same)
    kind = "observed" if report.source is Source.PATROL else "reported"
    fields = with_rule(None, kind, fields, report.received_at, pen.calendar)
    case = pen.open(kind, fields, happened_at=report.received_at, lonlat=report.lonlat)
    near.add(case, report.address.strip())
    return case, True, same


def _message(report: Report, place: str) -> str:
    return f"{report.text}{place}{report.address}" if report.text and report.address else report.text or report.address


def _time(case: Case) -> datetime:
    assert case.opened_at is not None
    return case.opened_at


def _cell(lonlat: tuple[float, float]) -> tuple[int, int]:
    # Columns narrow towards the poles; where people live a cell stays wider than the distance that counts.
    return math.floor(lonlat[0] / _CELL_DEG), math.floor(lonlat[1] / _CELL_DEG)


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance between two places near each other [m].

    >>> round(distance_m((123.43, 41.8), (123.43, 41.801)))
    111
    """
    across = math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot((a[0] - b[0]) * across, a[1] - b[1]) * _METRES_PER_DEG
