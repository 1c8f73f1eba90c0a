"""What the driver of a batch needs of its surroundings: a place for the results, room on the disk, one Ctrl-C at a time."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from firelane.batch.ledger import Ledger
from firelane.batch.model import Outcome, Task
from firelane.batch.place_names import is_address, name_of, scrubbed, shown
from firelane.batch.shard import shard_path
from firelane.batch.site_folder import SITES, discard, strangers
from firelane.errors import OutputError, UsageError
from firelane.files import output_error
from firelane.site.model import Note

_PROBE_BYTES = 4 << 20
_NAMED = 5


def publish_files(files: Iterable[Path], home: Path, place: str) -> None:
    """Copy the city's files to an address.

    Raises
    ------
    OutputError
        If one cannot be written there.
    """
    from firelane.batch.place_files import open_store, put  # noqa: PLC0415  (wants fsspec)

    try:
        store, path = open_store(place)
        for file in files:
            put(store, file, f"{path.rstrip('/')}/{file.relative_to(home).as_posix()}", place)
    except OSError as error:
        where, why = shown(place), scrubbed(error.strerror or str(error))
        raise OutputError(f"cannot write below {where}: {why}", f"无法写入 {where}：{why}") from error


def home_of(place: str) -> Path:
    """Return the folder of this machine that belongs to a place of results; no two addresses share one."""
    if not is_address(place):
        return Path(place).absolute()
    digest = hashlib.sha256(_plain(place).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return Path(f"{name_of(place)}-{digest}.batch").absolute()


def _plain(place: str) -> str:
    return shown(place).rstrip("/")


def belong(ledger: Ledger, home: Path, place: str) -> None:
    """Make sure that the folder of this machine belongs to this address, and that nobody takes it for another's.

    Raises
    ------
    UsageError
        If it belongs to another: it was renamed or copied.
    OutputError
    """
    known, here = ledger.recall("address"), _plain(place) if is_address(place) else ""
    if known is None:
        ledger.remember("address", here)
    elif known != here:
        en, zh = f"the results at {known}" if known else "results that lie in itself", known or "其自身所含的结果"
        raise UsageError(
            f"{home.name} holds the ledger of {en}, not of {here or home.name}: move it away, or give the place it belongs to",
            f"{home.name} 中的台账属于{zh}，而不是 {here or home.name}：请移走，或使用其所属的位置",
        )


def bring_shards(place: str, home: Path, tasks: Iterable[Task], outcomes: Mapping[str, Outcome]) -> None:
    """Bring the shards of sites that are done from an address."""
    from firelane.batch.places import collect  # noqa: PLC0415  (wants fsspec)

    wanted = {
        shard_path(Path(), task).as_posix(): outcomes[task.site_id].shard_sha256
        for task in tasks
        if task.site_id in outcomes and outcomes[task.site_id].done
    }
    with suppress(FileNotFoundError):
        collect(place, home, wanted)


def what_lies_there(place: str) -> dict[str, int]:
    """Return name → size of all that sites have at an address: what somebody deleted there is to be done again.

    Raises
    ------
    OutputError
        If it cannot be listed.
    """
    from firelane.batch.places import sizes  # noqa: PLC0415  (wants fsspec)

    try:
        return sizes(place, (SITES, "shards"))
    except OSError as error:
        where, why = shown(place), scrubbed(error.strerror or str(error))
        raise OutputError(f"cannot list what lies below {where}: {why}", f"无法列出 {where} 的内容：{why}") from error


def discard_site(place: str, home: Path, task: Task, there: Mapping[str, int] | None) -> None:
    """Remove what is there of one site, here and at an address.

    Parameters
    ----------
    place : str
    home : Path
    task : Task
    there : mapping, or None
        Of an address: what lay there at the start.

    Raises
    ------
    OSError
        If something stays, or is not ours.
    """
    discard(home, task)
    if not is_address(place):
        return
    from firelane.batch.places import withdraw_site  # noqa: PLC0415  (wants fsspec)

    shard, folder = shard_path(Path(), task).as_posix(), f"{SITES}/{task.folder}"
    # A site that could not even be begun has nothing there unless an earlier run left it.
    if task.failure is None or (there is not None and shard in there):
        withdraw_site(place, shard, folder)


def stale_note(home: Path, tasks: Iterable[Task], there: Mapping[str, int] | None) -> tuple[Note, ...]:
    """Return a note on results of sites that the source does not hold any more; they are not deleted."""
    known = frozenset(task.folder for task in tasks)
    if there is None:
        found = strangers(home, known)
    else:
        found = tuple(sorted({name.split("/")[1] for name in there if name.startswith(f"{SITES}/")} - known))
    if not found:
        return ()
    n, more = len(found), len(found) > _NAMED
    return (
        Note(
            "stale_folders",
            f"sites 中有 {n} 个文件夹不属于数据中的任何场地（{'、'.join(found[:_NAMED])}{' 等' if more else ''}）：不计入任何表格，可自行删除",
            f"{n} folders in sites belong to no site of the source ({', '.join(found[:_NAMED])}{', …' if more else ''}): they "
            "are in no table and may be deleted",
        ),
    )


@contextmanager
def own(place: str) -> Iterator[Callable[[], None]]:
    """Hold an address for this process; yield what raises where another batch has taken it over.

    Raises
    ------
    UsageError
        If another batch writes there.
    OutputError
        If nothing can be written there.
    """
    if not is_address(place):
        yield lambda: None
        return
    from firelane.batch.place_owner import owned  # noqa: PLC0415  (wants fsspec)

    with owned(place) as owner:
        yield owner.check


def probe(folder: Path) -> None:
    """Prove that files of a common size can be written into a folder.

    Raises
    ------
    OutputError
        If not: the place is at fault and not a site.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(bytes(_PROBE_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise output_error(folder, error) from error


def clear(folder: Path) -> None:
    """Remove a folder of ours, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def clear_halves(home: Path) -> None:
    """Remove what workers that were killed while they wrote a shard left beside it; no worker may be at work."""
    for left in home.glob("shards/*/.firelane-*"):
        clear(left)


@contextmanager
def one_interrupt() -> Iterator[None]:
    """Let Ctrl-C, or a scheduler's SIGTERM, count once: what has to be put in order after it is not to be interrupted again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hits = 0

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal hits
        hits += 1
        if hits == 1:
            raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # ignored where a shell that means it started us in the background
            signal.signal(number, hear)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
