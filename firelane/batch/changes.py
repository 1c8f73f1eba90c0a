"""Two batches compared, site by site: what is new, gone, worse, better, or was audited but once (``firelane diff``).

Memory holds the sites of both batches and the findings of a few thousand of them; the list of what changed lies on the
disk until it is written out.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from firelane.batch.changes_findings import (
    Ways,
    compare_once,
    compare_site,
    counts_of,
    is_listed,
    listed_row,
    unchanged_counts,
    violations,
)
from firelane.batch.changes_model import BatchChanges, SiteChange, site_status
from firelane.batch.changes_notes import notes_of
from firelane.batch.changes_read import FINDINGS, BatchSide, check_common, is_batch, read_batch, shown
from firelane.batch.changes_sites import Pairing, pair_sites
from firelane.batch.changes_spool import Part, Spool, part_count, split
from firelane.comparing import Change
from firelane.comparing.matching import TOLERANCE_M
from firelane.errors import InputError, OutputError, Problem
from firelane.vocabulary import Lang

__all__ = ["compare_batches", "is_batch", "write_batch_changes"]

_MOST_PROBLEMS = 20
_TOLD_EVERY = 200  # sites between two calls of ``progress``

Row = Mapping[str, Any]


def compare_batches(
    old: Path | str, new: Path | str, *, tolerance_m: float = TOLERANCE_M, accuracy_m: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BatchChanges:  # fmt: skip
    """Compare two batches.

    Sites are matched by id, then by place, then by name (``changes_sites``); findings of a site as in
    :func:`firelane.comparing.compare`. A site that was not done in the new batch has nothing *gone*: what it had is *no
    longer measured*.

    Parameters
    ----------
    old, new : path
        Folders that ``firelane batch`` wrote.
    tolerance_m : float
        A thing that moved farther than this is another one [m].
    accuracy_m : float, optional
        What each audit is accurate to [m], in place of what each site says. A figure that changed by no more than both
        together did not change.
    progress : callable, optional
        Called with the number of sites done and of all.

    Returns
    -------
    BatchChanges

    Raises
    ------
    InputError
        If a side cannot be read, or the two have no rule in common. Every problem of both is listed.
    OutputError
        If there is no room for what changed in the folder for temporary files.
    ValueError
        If the tolerance or the accuracy is no length.
    """
    if not 0 < tolerance_m < float("inf"):
        raise ValueError(f"the tolerance must be a positive number of metres, not {tolerance_m!r}")
    if accuracy_m is not None and not 0 <= accuracy_m < float("inf"):
        raise ValueError(f"the accuracy must be a length [m], not {accuracy_m!r}")
    problems: list[Problem] = []
    then, now = read_batch(Path(old), problems), read_batch(Path(new), problems)
    if problems or then is None or now is None:
        raise InputError(problems)
    check_common(then, now)
    pairing = pair_sites(then.sites, now.sites)
    desk = Path(tempfile.mkdtemp(prefix="firelane-changes-"))
    try:
        work = _Work(then, now, pairing, desk, tolerance_m, accuracy_m)
        sites = tuple(work.sites(progress or (lambda _done, _all: None)))
        work.close()
    except OSError as error:
        shutil.rmtree(desk, ignore_errors=True)
        if isinstance(error, OutputError):
            raise
        said = error.strerror or str(error)
        raise OutputError(
            f"no room for what changed in {desk.parent}: {said}; free some space", f"无法在 {desk.parent} 存放对比结果：{said}；请清理磁盘"
        ) from error
    except BaseException:
        shutil.rmtree(desk, ignore_errors=True)
        raise
    notes = notes_of(then, now, pairing, sites, work.ways)
    return BatchChanges(then, now, sites, notes, accuracy_m, tolerance_m, _titles(then, now), work.spool.count, work.spool.path)


class _Work:
    """Goes through the sites, part by part."""

    def __init__(
        self, old: BatchSide, new: BatchSide, pairing: Pairing, desk: Path, tolerance_m: float, accuracy_m: float | None
    ) -> None:
        self.old, self.new, self.pairs, self.desk = old, new, pairing.pairs, desk
        self.tolerance_m, self.accuracy_m = tolerance_m, accuracy_m
        self.ways = Ways()
        self.spool = Spool(desk / "listed.arrow")
        self.problems: list[Problem] = []

    def sites(self, progress: Callable[[int, int], None]) -> Iterator[SiteChange]:
        """Yield every site."""
        parts = part_count([self.old.findings, self.new.findings])
        size = max(-(-len(self.pairs) // parts), 1)
        starts = list(range(0, max(len(self.pairs), 1), size))
        then, now = (self._split(k, side, starts) for k, side in enumerate((self.old, self.new)))
        if self.problems:
            raise InputError(self.problems)
        for start, left, right in zip(starts, then, now, strict=True):
            olds, news = Part(left), Part(right)
            for n in range(start, min(start + size, len(self.pairs))):
                yield self._site(n, olds, news)
                if n % _TOLD_EVERY == 0:
                    progress(n, len(self.pairs))
        if self.problems:
            raise InputError(self.problems[:_MOST_PROBLEMS])
        progress(len(self.pairs), len(self.pairs))

    def _split(self, k: int, side: BatchSide, starts: Sequence[int]) -> list[Path]:
        numbers = {str(row["site_id"]): n for n, pair in enumerate(self.pairs) if (row := pair[k]) is not None}
        paths, strangers = split(side.findings, numbers, starts, self.desk / ("old", "new")[k])
        if strangers:
            first = shown(strangers[0])[:60]
            self.problems.append(Problem(
                f"{FINDINGS} names {len(strangers)} sites that sites.parquet does not have, the first {first}",
                "run `firelane batch` again", layer=side.label,
                message_zh=f"{FINDINGS} 中有 {len(strangers)} 个场地不在 sites.parquet 中，如 {first}", remedy_zh="请再次运行 firelane batch",
            ))  # fmt: skip
        return paths

    def _site(self, n: int, olds: Part, news: Part) -> SiteChange:
        old, new = self.pairs[n]
        done = _done(old), _done(new)
        if done == (True, True) and olds.same(n, news):
            rows = news.rows(n)
            self.ways.same += 1
            for row in rows:
                self._list([_unchanged(row)], old, new)
            failing = violations(rows)
            counts = unchanged_counts(rows)
            return SiteChange(old, new, site_status(old, new, counts), counts, (failing, failing))
        rows_then = olds.rows(n) if done[0] else []
        rows_now = news.rows(n) if done[1] else []
        changes: Sequence[Change] = ()
        if done == (True, True):
            changes = self._both(old, new, rows_then, rows_now)
        elif any(done):
            changes = compare_once(rows_now or rows_then, now=done[1], reason=_reason(old, new))
        self._list(changes, old, new)
        counts = counts_of(changes)
        return SiteChange(old, new, site_status(old, new, counts), counts, (violations(rows_then), violations(rows_now)))

    def _both(self, old: Row | None, new: Row | None, then: Sequence[Row], now: Sequence[Row]) -> Sequence[Change]:
        assert old is not None
        assert new is not None
        try:
            return compare_site(
                (self.old, self.new), (old, new), (then, now), tolerance_m=self.tolerance_m, accuracy_m=self.accuracy_m,
                ways=self.ways,
            )  # fmt: skip
        except InputError as error:
            name = shown(str(new["site_id"]))[:60]
            self.problems += [
                Problem(p.message, p.remedy, layer=FINDINGS, row=name, message_zh=p.message_zh, remedy_zh=p.remedy_zh)
                for p in error.problems[:_MOST_PROBLEMS]
            ]
            return ()

    def _list(self, changes: Sequence[Change], old: Row | None, new: Row | None) -> None:
        site_id = str((new or old or {})["site_id"])
        before = None if old is None or old["site_id"] == site_id else str(old["site_id"])
        for change in changes:
            if is_listed(change):
                self.spool.add(listed_row(change, site_id, before))

    def close(self) -> None:
        """Keep the list alone."""
        self.spool.close()
        for name in ("old", "new"):
            shutil.rmtree(self.desk / name, ignore_errors=True)


def _done(row: Row | None) -> bool:
    return row is not None and row["status"] == "done"


def _reason(old: Row | None, new: Row | None) -> str:
    if old is None or new is None:
        return "site_added" if old is None else "site_removed"
    return "site_not_done_before" if _done(new) else "site_not_done_now"


def _unchanged(row: Row) -> Change:
    from firelane.comparing.status import Ruling, Status, weight  # noqa: PLC0415

    return Change(Ruling(Status.UNCHANGED), weight(row, row), row, row, None)


def _titles(old: BatchSide, new: BatchSide) -> dict[str, tuple[str, str]]:
    """Return the titles of all rules that findings name: as the batches tell them, else out of the packaged catalogues."""
    from firelane.batch.city_book_rules import rules_at_hand  # noqa: PLC0415

    titles = {rule.rule_id: (rule.title_zh, rule.title_en) for rule in rules_at_hand(old.summary, new.summary).values()}
    for side in (old, new):
        told = side.summary.get("by_rule")
        for row in told if isinstance(told, list) else []:
            if isinstance(row, Mapping) and all(isinstance(row.get(k), str) for k in ("rule_id", "title_zh", "title_en")):
                titles[row["rule_id"]] = row["title_zh"], row["title_en"]
    return {name: titles[name] for name in {*old.rules, *new.rules} if name in titles}


def write_batch_changes(changes: BatchChanges, folder: Path | str, lang: Lang = "zh") -> tuple[Path, ...]:
    """Write ``changes.json``, ``changes.csv``, ``changes.xlsx`` and ``changes.html``, all or none.

    Parameters
    ----------
    changes : BatchChanges
    folder : path
        Created if need be.
    lang : {"zh", "en"}
        Language of CSV, workbook and page; the JSON holds both.

    Raises
    ------
    OutputError
        If a file cannot be written; what stood there before stays.
    """
    from firelane.batch.changes_files import write_files  # noqa: PLC0415

    return write_files(changes, Path(folder), lang)
