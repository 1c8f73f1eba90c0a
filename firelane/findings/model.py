"""Findings: the only place where a measured value meets a threshold."""

from __future__ import annotations

from dataclasses import dataclass

from firelane.vocabulary import Lang, Quantity, Severity, Verdict


@dataclass(frozen=True)
class Finding:
    """One rule judged for one subject (contract §2, granularity).

    ``value`` and ``margin`` are None where nothing was measured. ``location`` is [east, north] in
    the site's CRS, ``lonlat`` the same in WGS 84. ``lane_id``, ``owners`` and ``pinch_id`` are
    empty where they do not apply. ``chainage_m`` is the (start, end) of the stretch along the lane.
    """

    finding_id: str
    rule_id: str
    article: str
    verdict: Verdict
    severity: Severity
    quantity: Quantity
    value: float | None
    threshold: float | None
    unit: str
    margin: float | None
    lane_id: str | None
    location: tuple[float, float] | None
    lonlat: tuple[float, float] | None
    owners: tuple[str, ...]
    message_zh: str
    message_en: str
    entrance_id: str | None = None
    building_id: str | None = None
    pinch_id: str | None = None
    chainage_m: tuple[float, float] | None = None

    def message(self, lang: Lang = "zh") -> str:
        """Return the message in ``lang``."""
        return self.message_zh if lang == "zh" else self.message_en
