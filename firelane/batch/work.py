"""One site of a batch, in a worker: read, run, recorded; whatever goes wrong becomes a reason that a clerk understands."""

from __future__ import annotations

import errno
import gc
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from firelane.batch import worker
from firelane.batch.engine import memory_failure
from firelane.batch.model import Failure, FailureKind, Outcome, Settings, Task
from firelane.batch.place_names import is_address, scrubbed
from firelane.errors import FirelaneError, InputError, OutputError, Problem, UsageError

NAMED_PROBLEMS = 5
"""Problems of one site that its reason spells out; the rest are counted, ``firelane check`` lists them all."""
SCRATCH = ".scratch"
"""Folder below OUT for what a site needs while it is worked on; a new batch clears it."""

_LONGEST = 300
_LONGEST_REASON = 1_200
_EMPTY = (("roads", "it has no rows"), ("roads", "this layer is missing; found were:"), ("--within", "no road lies inside "))
_MISSING = "there is no such file"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b")
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[/\\][^/\\\s'\"<>|:;,]+)+[/\\]?")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_TEMPORARY = re.compile(r"(?:\.?firelane-|tmp)[A-Za-z0-9_]{6,}")


def do_site(task: Task, settings: Settings, out: str) -> Outcome:
    """Do one site: everything that was asked for, and its share of the city's tables.

    May be ended at any moment and done again: the old results are taken away first, and the shard, which stands for
    all of them, is written last.

    Parameters
    ----------
    task : Task
    settings : Settings
    out : str
        Folder or address of the batch's results.

    Returns
    -------
    Outcome
        It does not raise: what cannot be done has its reason.
    """
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    worker.forget_peak()
    done = Outcome(task.site_id)
    heard: list[str] = []
    try:
        done = _done(task, settings, out, heard)
    except Exception as error:  # noqa: BLE001  (one site fails, not the batch)
        hashed = heard[-1] if heard else ""
        done = replace(done, input_hash=hashed, failure=failure_of(error, task, limit_mb=settings.memory_mb, known=(out,)))
    finally:
        peak = worker.peak_mb()
        _tidy()
    return replace(
        done,
        seconds=round(time.perf_counter() - began_s, 4),
        cpu_seconds=round(time.process_time() - began_cpu_s, 4),
        peak_mb=round(peak, 1),
        worker=worker.name(),
    )


def hash_site(task: Task) -> Outcome:
    """Return only the hash of what a task reads: whether it has to be done again.

    A site that cannot be hashed has none; it is done again, and then its reason is told.
    """
    from firelane.batch.fingerprint import input_hash  # noqa: PLC0415  (brings the readers)

    try:
        with _at_hand(task, None) as (local, _):
            return Outcome(task.site_id, input_hash=input_hash(local), worker=worker.name())
    except Exception:  # noqa: BLE001  (see above)
        return Outcome(task.site_id, worker=worker.name())


def _done(task: Task, settings: Settings, out: str, heard: list[str]) -> Outcome:
    """Do the site; the hash of its input is added to ``heard`` as soon as it is known, also where the site fails.

    Raises
    ------
    Exception
        Anything.
    """
    # The pipeline is imported where it is used: the driver reads this module's names without it.
    from firelane.batch.fingerprint import input_hash  # noqa: PLC0415
    from firelane.batch.places import workplace  # noqa: PLC0415
    from firelane.batch.shard import write_site  # noqa: PLC0415
    from firelane.batch.site_folder import begin, contents, discard  # noqa: PLC0415
    from firelane.batch.sources import open_task  # noqa: PLC0415
    from firelane.run import run_site  # noqa: PLC0415

    with workplace(out) as folder, _at_hand(task, None if is_address(out) else folder) as (local, scratch):
        results = begin(folder, task)
        try:
            heard.append(input_hash(local))
            result = run_site(
                open_task(local, scratch), results, config=None if task.config is None else Path(task.config),
                rules=settings.rules, lang=settings.lang, skip_bad=settings.skip_bad, within=task.within,
                parts=settings.parts, pdf=settings.pdf, remedies=settings.remedies,
                vehicles=settings.vehicles,
            )  # fmt: skip
            sha256, files = write_site(folder, task, result), contents(results)
        except BaseException:
            with suppress(OutputError):
                discard(folder, task)  # nothing that could be taken for a result
            raise
    return Outcome(task.site_id, input_hash=heard[-1], shard_sha256=sha256, files=files)


@contextmanager
def _at_hand(task: Task, out: Path | None) -> Iterator[tuple[Task, Path]]:
    """Yield the task with its input on a disk of this machine, and an empty folder for what it needs meanwhile."""
    if task.rows is None and not is_address(task.source):
        yield task, (out or Path()) / SCRATCH / task.folder  # never made: nothing is put into it
        return
    if out is None:
        with tempfile.TemporaryDirectory(prefix="firelane-", ignore_cleanup_errors=True) as folder:
            yield _fetched(task, Path(folder)), Path(folder)
        return
    # By the site's own name, so that a worker killed here leaves it to the next one to clear away.
    scratch = out / SCRATCH / task.folder
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield _fetched(task, scratch), scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fetched(task: Task, scratch: Path) -> Task:
    if not is_address(task.source):
        return task
    from firelane.batch.places import fetch  # noqa: PLC0415  (wants fsspec)

    inside = scratch / "input"
    inside.mkdir()
    return replace(task, source=str(fetch(task.source, inside)))


def _tidy() -> None:
    """Leave nothing of this site to the next one: figures that stand in pyplot's list, cycles of objects."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
    gc.collect()


# --------------------------------------------------------------------------------------------- reasons


def failure_of(
    error: BaseException, task: Task, *, limit_mb: int | None = None, known: Sequence[str] = ()
) -> Failure:
    """Return why a site could not be done, the same in every run and on every machine.

    Parameters
    ----------
    error : BaseException
        What was raised.
    task : Task
        Its places are told as the tables show them.
    limit_mb : int, optional
        Most memory of one worker [MB].
    known : sequence of str
        Further places of this machine that may stand in messages; they are left out.
    """
    if _is_memory(error):
        return memory_failure(limit_mb)
    told = _Teller(task, known)
    if isinstance(error, OutputError):
        return Failure(FailureKind.OUTPUT, told.plain(error.text("zh")), told.plain(str(error)))
    if isinstance(error, InputError):
        return Failure(_kind(error.problems, task), told.problems(error, "zh"), told.problems(error, "en"))
    if isinstance(error, FileNotFoundError) and is_address(task.source):
        return Failure(FailureKind.MISSING, f"{task.shown}：没有此文件或文件夹", f"{task.shown}: there is no such file or folder")
    if isinstance(error, UsageError):
        return Failure(FailureKind.UNREADABLE, told.plain(error.text("zh")), told.plain(str(error)))
    if isinstance(error, OSError) and error.errno in _FULL:
        why = error.strerror or type(error).__name__
        return Failure(FailureKind.OUTPUT, f"无法写入：{why}", f"cannot be written: {why}")
    if isinstance(error, SystemExit):
        return Failure(FailureKind.INTERNAL, "处理过程自行退出", "the work on it ended itself")
    message = told.plain(str(error).strip().split("\n", 1)[0])
    name = type(error).__name__
    said = f"{name}: {message}" if message and not isinstance(error, FirelaneError) else message or name
    return Failure(FailureKind.INTERNAL, f"程序内部错误：{said}", f"internal error: {said}")


def _is_memory(error: BaseException | None) -> bool:
    """Whether memory ran out, told by any library, at any depth."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        if "bad_alloc" in str(error) or "Cannot allocate memory" in str(error):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def _kind(problems: Sequence[Problem], task: Task) -> FailureKind:
    if any(p.message.startswith(_MISSING) for p in problems):
        wanted = [task.source] if task.config is None else [task.source, task.config]
        if not all(is_address(place) or Path(place).exists() for place in wanted):
            return FailureKind.MISSING
    empty = [any(p.layer == layer and p.message.startswith(start) for layer, start in _EMPTY) for p in problems]
    return FailureKind.EMPTY if empty and all(empty) else FailureKind.UNREADABLE


def without_places(text: str, known: Mapping[str, str]) -> str:
    """Return one line of text in which this machine's places are called what ``known`` calls them, all others by their names."""
    return _Teller(Task("", "", ""), (), known).plain(text, _LONGEST_REASON)


class _Teller:
    """Words about one site without this machine's places."""

    def __init__(self, task: Task, known: Sequence[str], called: Mapping[str, str] | None = None) -> None:
        places = {task.source: task.shown, task.config or "": "site.toml", task.within or "": Path(task.within or "").name}
        places |= dict.fromkeys(known, "") | dict(called or {})
        if task.source and not is_address(task.source):
            with suppress(OSError, ValueError):
                places[str(Path(task.source).resolve())] = task.shown
        self._places = sorted(((p, s) for p, s in places.items() if len(p) > 1), key=lambda pair: -len(pair[0]))

    def plain(self, text: str, longest: int = _LONGEST) -> str:
        """Return one line without places, addresses of memory, temporary names and control characters."""
        # What is endless is cut first: the patterns below need time by the square of it.
        text = scrubbed(_UNSEEN.sub(" ", text[: 4 * longest]))
        kept: list[str] = []
        for place, shown in self._places:
            if place in text:
                # Kept out of the way of what follows: a name that is shown may look like a path.
                text = text.replace(place, f"\x00{len(kept)}\x00")
                kept.append(shown)
        text = _PATH.sub(lambda m: re.split(r"[/\\]", m.group().rstrip("/\\"))[-1] if _is_place(m.group()) else m.group(), text)
        text = _TEMPORARY.sub("…", _ADDRESS.sub("…", text))
        for number, shown in enumerate(kept):
            text = text.replace(f"\x00{number}\x00", shown)
        text = " ".join(_UNSEEN.sub(" ", text).split())
        return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"

    def problems(self, error: InputError, lang: str) -> str:
        """Return the first problems, and how many more there are."""
        named = [self.plain(p.text(lang)) for p in error.problems[:NAMED_PROBLEMS]]
        zh = lang == "zh"
        text = ("；" if zh else "; ").join(named)
        if len(text) > _LONGEST_REASON:
            text = text[: _LONGEST_REASON - 1] + "…"
        rest = len(error.problems) - len(named)
        if not rest:
            return text
        return f"{text}；另有 {rest} 个问题" if zh else f"{text}; and {rest} more problem{'s' if rest > 1 else ''}"


def _is_place(text: str) -> bool:
    """Whether what looks like a path is one of a disk: ``/tmp/x`` is, ``km/h`` and ``/`` are not."""
    return bool(re.match(r"[A-Za-z]:[/\\]", text)) or (text.startswith("/") and text.count("/") > 1)
