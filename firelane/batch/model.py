"""What a batch is made of: settings, tasks, and what became of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from firelane import __version__
from firelane.errors import UsageError
from firelane.files import safe_name
from firelane.run import PARTS
from firelane.vocabulary import Lang, Term

DEFAULT_PARTS = ("audit", "map")
"""What is written for each site unless told otherwise."""


class FailureKind(Term):
    """Why a site could not be done."""

    MISSING = "missing", "找不到文件", "not there"
    UNREADABLE = "unreadable", "无法读取", "cannot be read"
    EMPTY = "empty", "没有道路", "holds no road"
    MANIFEST = "manifest", "清单有误", "wrong in the manifest"
    CRASH = "crash", "进程崩溃", "process crashed"
    MEMORY = "memory", "超出内存上限", "out of memory"
    TIMEOUT = "timeout", "超时", "out of time"
    INTERNAL = "internal", "程序错误", "internal error"
    OUTPUT = "output", "无法写出结果", "results cannot be written"


@dataclass(frozen=True)
class Failure:
    """Why one site could not be done.

    The texts are the same in every run of the same input: no process numbers, addresses, times or places on this
    machine's disk. The tables of a batch that was killed and resumed equal those of an undisturbed one.
    """

    kind: FailureKind
    zh: str
    en: str

    def text(self, lang: Lang) -> str:
        """Return the reason in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Settings:
    """What is asked for each site, and what each site may use.

    Attributes
    ----------
    parts : tuple of str
        Of ``firelane.run.PARTS``, in their order.
    rules : tuple of str
        Names of packaged rule packs, or paths of TOML files.
    lang : {"zh", "en"}
    pdf : bool
        Plots of drawing and map as PDF as well.
    remedies, skip_bad : bool
    timeout_s : float or None
        Of one site [s].
    memory_mb : int or None
        Of one worker [MB].
    vehicles : tuple of str or None
        As ``firelane.audit`` takes them; None: what each site says itself.
    """

    parts: tuple[str, ...] = DEFAULT_PARTS
    rules: tuple[str, ...] = ("shenyang-2020",)
    lang: Lang = "zh"
    pdf: bool = False
    remedies: bool = True
    skip_bad: bool = False
    timeout_s: float | None = None
    memory_mb: int | None = None
    vehicles: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Check the parts and put them into their order.

        Raises
        ------
        UsageError
        """
        unknown = [p for p in self.parts if p not in PARTS]
        if unknown or not self.parts:
            raise UsageError(
                f"unknown part {', '.join(unknown) or '(none)'}: use {', '.join(PARTS)}",
                f"未知的内容 {'、'.join(unknown) or '（空）'}：可用 {'、'.join(PARTS)}",
            )
        object.__setattr__(self, "parts", tuple(p for p in PARTS if p in self.parts))

    def digest(self, rules_sha256: str) -> str:
        """Return a hash of all that shapes the results: a site done under another one is done anew.

        Limits of time and memory are not in it: they decide whether a site is done, not how. Nor is where a rule pack
        lies.

        Parameters
        ----------
        rules_sha256 : str
            Of the rule packs' content.
        """
        told = asdict(self) | {"version": __version__, "rules_sha256": rules_sha256}
        # A rule pack is its content: the same one by another path, or under another file name, changes nothing.
        del told["timeout_s"], told["memory_mb"], told["rules"]
        if self.vehicles is None:  # as before there were any: what is done stays done
            del told["vehicles"]
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Task:
    """One site to be done.

    Attributes
    ----------
    site_id : str
        Unique in the batch: its id in the manifest or the GeoPackage, else its path below the source (``/`` on every
        system). The sites inside need not have different ids.
    source : str
        Path or address of the site, as a worker opens it; what ``firelane run`` takes.
    shown : str
        The same as tables show it: relative to the source of the batch.
    config : str or None
        A ``site.toml`` that takes the place of the site's own.
    within : str or None
        What to cut out, as for ``firelane run --within``.
    rows : mapping of str to tuple of (int, int), or None
        Of a GeoPackage of many sites: layer → ranges of feature ids, both ends included.
    attributes : mapping
        Further columns of the manifest; plain JSON values.
    stat : str
        What tells cheaply that the input may have changed (names, sizes, times); empty where nothing does.
    failure : Failure or None
        Known before the site is begun: there is no such file, the id stands twice.
    apart : bool
        Another site's folder would have the same name on a disk that does not tell ``A`` from ``a``.
    """

    site_id: str
    source: str
    shown: str
    config: str | None = None
    within: str | None = None
    rows: Mapping[str, Sequence[tuple[int, int]]] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    stat: str = ""
    failure: Failure | None = None
    apart: bool = False

    @property
    def folder(self) -> str:
        """Name of its folder below ``sites/`` of the results: harmless, and no other site's."""
        name = safe_name(self.site_id)
        digest = hashlib.sha256(self.site_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return name if name == self.site_id and not self.apart else f"{name[:80]}-{digest}"


@dataclass(frozen=True)
class Outcome:
    """What became of one task.

    Attributes
    ----------
    site_id : str
    failure : Failure or None
        None where it was done.
    input_hash : str
        SHA-256 of what was read; empty where it never came to that.
    shard_sha256 : str
        Of the shard that holds its share of the city's tables; empty where it failed.
    seconds, cpu_seconds : float
        Wall clock and processor [s].
    peak_mb : float
        Greatest memory of the worker during the site [MB]; NaN where the system does not tell.
    worker : str
        Which worker did it (host and process).
    files : str
        Names and sizes of what was written (:func:`firelane.batch.site_folder.contents`); empty where nobody told.
    """

    site_id: str
    failure: Failure | None = None
    input_hash: str = ""
    shard_sha256: str = ""
    seconds: float = float("nan")
    cpu_seconds: float = float("nan")
    peak_mb: float = float("nan")
    worker: str = ""
    files: str = ""

    @property
    def done(self) -> bool:
        """Whether its results stand on the disk."""
        return self.failure is None
