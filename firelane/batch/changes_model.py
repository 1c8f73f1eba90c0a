"""Two batches compared: what became of each site, and of each of its findings."""

from __future__ import annotations

import shutil
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firelane.comparing import Said, Status
from firelane.comparing.changes import WEIGHTS
from firelane.comparing.status import REASONS
from firelane.vocabulary import Lang, SiteVerdict, Term, Verdict

if TYPE_CHECKING:
    from firelane.batch.changes_read import BatchSide

SITE_REASONS = {
    "site_added": ("场地未列入上次批量检查", "the site was not in the old batch"),
    "site_removed": ("场地未列入本次批量检查，不能断定已消除", "the site is not in the new batch: it may still be there"),
    "site_not_done_before": ("上次该场地未完成检查，不能断定为新出现", "the site was not audited then: it may have been there"),
    "site_not_done_now": ("本次该场地未完成检查，不能断定已消除", "the site was not audited now: it may still be there"),
}
"""What stands behind a status where the whole site was audited but once; key → (Chinese, English)."""


class SiteStatus(Term):
    """What became of a site; the order is that of lists."""

    WORSE = "worse", "恶化", "worse"
    MIXED = "mixed", "有恶化也有改善", "some worse, some better"
    NO_LONGER_DONE = "no_longer_done", "本次未完成检查", "no longer done"
    NO_LONGER_MEASURED = "no_longer_measured", "部分不再测量", "in part no longer measured"
    NEWLY_DONE = "newly_done", "首次完成检查", "newly done"
    ADDED = "added", "新列入", "added"
    REMOVED = "removed", "不再列入", "removed"
    BETTER = "better", "改善", "better"
    UNCHANGED = "unchanged", "无变化", "unchanged"
    NOT_DONE = "not_done", "两次均未完成", "done neither time"


BOTH = (SiteStatus.WORSE, SiteStatus.MIXED, SiteStatus.NO_LONGER_MEASURED, SiteStatus.BETTER, SiteStatus.UNCHANGED)
"""Sites that were audited both times: their figures can be compared."""

Counts = Mapping[tuple[Status, str], int]


@dataclass(frozen=True, slots=True)
class SiteChange:
    """One site, then and now.

    Attributes
    ----------
    old, new : Mapping or None
        Its row of ``sites.parquet``, the columns that the comparison needs; None where it is in one batch alone.
    status : SiteStatus
    counts : mapping of (Status, weight) to int
        Of its findings; only what is not 0.
    violations : tuple of (int, int)
        Failing findings then and now, those for information left out; 0 where it was not done.
    """

    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    status: SiteStatus
    counts: Counts
    violations: tuple[int, int] = (0, 0)

    @property
    def row(self) -> Mapping[str, Any]:
        """Its row now, then where it is no longer there."""
        row = self.new if self.new is not None else self.old
        assert row is not None
        return row

    @property
    def site_id(self) -> str:
        """Its id now, or then where it is no longer there."""
        return str(self.row["site_id"])

    @property
    def renamed(self) -> bool:
        """Whether it had another id then."""
        return self.old is not None and self.new is not None and self.old["site_id"] != self.new["site_id"]

    def told(self, key: str) -> str:
        """Return a text of the site (name, district, manager) as it is now, then where it is not told now."""
        texts = (str(row.get(key) or "") for row in (self.new, self.old) if row is not None)
        return next((text for text in texts if text), "")

    def count(self, status: Status, weight: str = "violation") -> int:
        """Return how many findings of this weight have this status."""
        return self.counts.get((status, weight), 0)

    def verdict(self, when: int, lang: Lang = "zh") -> str:
        """Return the verdict then (0) or now (1) in words; empty where the site was not there or not done."""
        row = (self.old, self.new)[when]
        value = None if row is None or row["status"] != "done" else row["verdict"]
        return "" if not value else SiteVerdict(value).label(lang)


def site_status(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, counts: Counts) -> SiteStatus:
    """Return what became of a site; of its findings, violations decide.

    Parameters
    ----------
    old, new : Mapping or None
        Rows of ``sites.parquet``.
    counts : mapping of (Status, weight) to int
    """
    if old is None:
        return SiteStatus.ADDED
    if new is None:
        return SiteStatus.REMOVED
    done = old["status"] == "done", new["status"] == "done"
    if done != (True, True):
        return {(True, False): SiteStatus.NO_LONGER_DONE, (False, True): SiteStatus.NEWLY_DONE}.get(done, SiteStatus.NOT_DONE)
    worse, better, lost = (
        any(counts.get((status, "violation"), 0) for status in statuses)
        for statuses in ((Status.NEW, Status.WORSE), (Status.BETTER, Status.GONE), (Status.NO_LONGER_MEASURED,))
    )
    if worse:
        return SiteStatus.MIXED if better else SiteStatus.WORSE
    if lost:
        return SiteStatus.NO_LONGER_MEASURED
    return SiteStatus.BETTER if better else SiteStatus.UNCHANGED


@dataclass(frozen=True)
class Totals:
    """What became of a group of sites: a district, a manager, the whole city.

    ``once`` counts violations of sites that were audited but once: they are known now and were not then, or the
    other way round, and nobody can tell since when. They are in no other figure.
    """

    name: str
    sites: Mapping[SiteStatus, int]
    findings: Counts
    violations: tuple[int, int]
    once: tuple[int, int]

    @property
    def compared(self) -> int:
        """Number of sites that were audited both times."""
        return sum(self.sites.get(status, 0) for status in BOTH)

    @property
    def all_sites(self) -> int:
        """Number of sites."""
        return sum(self.sites.values())


def totals_of(name: str, sites: Iterable[SiteChange]) -> Totals:
    """Return the totals of some sites; findings and violations are those of sites audited both times."""
    statuses: Counter[SiteStatus] = Counter()
    findings: Counter[tuple[Status, str]] = Counter()
    then = now = once_then = once_now = 0
    for site in sites:
        statuses[site.status] += 1
        if site.status in BOTH:
            findings.update(site.counts)
            then, now = then + site.violations[0], now + site.violations[1]
        else:
            once_then, once_now = once_then + site.violations[0], once_now + site.violations[1]
    return Totals(name, statuses, findings, (then, now), (once_then, once_now))


@dataclass(frozen=True)
class BatchChanges:
    """The comparison of two batches.

    Attributes
    ----------
    old, new : BatchSide
    sites : tuple of SiteChange
        By site id.
    notes : tuple of Said
        What must be known before trusting it.
    accuracy_m : float or None
        In place of what the sites say [m].
    tolerance_m : float
    titles : mapping
        Rule → its title (Chinese, English).
    """

    old: BatchSide
    new: BatchSide
    sites: tuple[SiteChange, ...]
    notes: tuple[Said, ...]
    accuracy_m: float | None
    tolerance_m: float
    titles: Mapping[str, tuple[str, str]]
    listed: int
    """Number of findings that are listed one by one."""
    _spool: Path = field(repr=False)

    def __post_init__(self) -> None:
        """Let the list of findings, which lies on the disk, go with the comparison."""
        weakref.finalize(self, shutil.rmtree, self._spool.parent, ignore_errors=True)

    def changes(self) -> Iterator[dict[str, Any]]:
        """Yield the findings that changed, and all violations: by site id, within a site the gravest first.

        Subjects with nothing wrong then or now are counted in ``sites``, not listed, unless their figures changed.
        """
        from firelane.batch.changes_spool import read_spool  # noqa: PLC0415  (loads pyarrow)

        return read_spool(self._spool)

    def totals(self) -> Totals:
        """Return the totals of the city."""
        return totals_of("", self.sites)

    def by(self, key: str) -> tuple[Totals, ...]:
        """Return the totals by a text of the sites (district, manager), most new and worse violations first."""
        groups: dict[str, list[SiteChange]] = {}
        for site in self.sites:
            groups.setdefault(site.told(key), []).append(site)
        found = [totals_of(name, group) for name, group in groups.items()]
        return tuple(sorted(found, key=lambda t: (*(-n for n in grave(t.findings)), t.name)))

    def lengths_m(self) -> dict[Verdict, tuple[float, float]]:
        """Return the length of lanes by verdict, then and now, of sites audited both times [m]."""
        then, now = self._compared()

        def length_m(rows: list[Mapping[str, Any]], verdict: Verdict) -> float:
            return round(sum(float(row.get(f"length_{verdict.value}_m") or 0.0) for row in rows), 3)

        return {verdict: (length_m(then, verdict), length_m(now, verdict)) for verdict in Verdict}

    def _compared(self) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        both = [site for site in self.sites if site.status in BOTH]
        return [s.old for s in both if s.old is not None], [s.new for s in both if s.new is not None]

    def counts(self) -> dict[Status, dict[str, int]]:
        """Return how many findings there are by status and weight, of all sites: those audited once included."""
        found: Counter[tuple[Status, str]] = Counter()
        for site in self.sites:
            found.update(site.counts)
        return {s: {w: found[s, w] for w in WEIGHTS} for s in Status}


def grave(counts: Counts) -> tuple[int, int, int]:
    """Return violations that are new, worse, no longer measured."""
    new, worse, lost = (counts.get((s, "violation"), 0) for s in (Status.NEW, Status.WORSE, Status.NO_LONGER_MEASURED))
    return new, worse, lost


def gravest(sites: Sequence[SiteChange]) -> list[SiteChange]:
    """Return sites by status, then by violations that are new, worse, no longer measured."""
    order = {status: n for n, status in enumerate(SiteStatus)}
    return sorted(sites, key=lambda s: (order[s.status], *(-n for n in grave(s.counts)), -s.violations[1], s.site_id))


def reason_text(reason: str, lang: Lang) -> str:
    """Return what stands behind a status in words."""
    pair = SITE_REASONS.get(reason) or REASONS[reason]
    return pair[0 if lang == "zh" else 1]
