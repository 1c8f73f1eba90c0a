"""Whether a worker of a cluster is the same firelane as the driver, and sees what the driver sees.

Imported by workers too: nothing heavy here.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import firelane

RESULTS_DEPEND_ON = ("shapely", "numpy", "pyproj", "pyogrio", "pyarrow", "ezdxf", "numba")
"""Libraries whose versions may move the last digits of a figure or the bytes of a file."""


@dataclass(frozen=True)
class Session:
    """What every worker is told of one batch.

    Attributes
    ----------
    key : str
        Of this batch and no other.
    version, code : str
        Of the driver's firelane: its version, and a hash of its files.
    token : str or None
        Path of a file that the driver has put into the folder of the results; its content is ``key``. None where results
        go to an address.
    sources : tuple of str
        Paths that a worker must see.
    memory_mb : int or None
        Of one site's process [MB].
    timeout_s : float or None
        Of one site [s].
    packs : tuple of (str, str)
        Path and SHA-256 of files of rules that a worker must read the same.
    """

    key: str
    version: str
    code: str
    token: str | None = None
    sources: tuple[str, ...] = ()
    memory_mb: int | None = None
    timeout_s: float | None = None
    packs: tuple[tuple[str, str], ...] = ()


@cache
def code_sha256() -> str:
    """Return a hash of the files that this firelane consists of: two of one version may still differ."""
    root = Path(firelane.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*"), key=lambda p: p.relative_to(root).as_posix()):
        inside = path.relative_to(root)
        if path.suffix == ".pyc" or any(part == "__pycache__" or part.startswith(".") for part in inside.parts):
            continue
        if path.is_file():
            digest.update(inside.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that results depend on."""
    found = {}
    for name in RESULTS_DEPEND_ON:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "-"
    return found


def introduce(session: Session) -> dict[str, Any]:
    """Return what a worker tells of itself before the first site.

    Returns
    -------
    dict
        ``host``; ``refusal``: None, or why it cannot take part (Chinese, English); ``libraries``.
    """
    return {"host": socket.gethostname(), "refusal": refusal(session), "libraries": libraries()}


def refusal(session: Session) -> tuple[str, str] | None:
    """Return why this worker cannot take part in ``session`` (Chinese, English); None where it can."""
    if firelane.__version__ != session.version:
        return (
            f"firelane 版本为 {firelane.__version__}，本机为 {session.version}；请在各节点安装同一版本",
            f"it has firelane {firelane.__version__}, here it is {session.version}: install the same everywhere",
        )
    if code_sha256() != session.code:
        return (
            f"firelane {firelane.__version__} 的文件与本机不同；请在各节点安装同一份",
            f"its firelane {firelane.__version__} is not made of the same files: install the same build everywhere",
        )
    if session.token is not None:
        try:
            told = Path(session.token).read_text("utf-8")
        except OSError:
            told = ""
        if told != session.key:
            folder = Path(session.token).parent
            return (
                f"看不到结果文件夹 {folder}；请使用各节点共享的文件夹或对象存储地址",
                f"it does not see the results' folder {folder}: give one that all share, or an address of object storage",
            )
    for source in session.sources:
        if not Path(source).exists():
            return (
                f"看不到数据 {source}；请使用各节点共享的文件夹或对象存储地址",
                f"it does not see the source {source}: give one that all share, or an address of object storage",
            )
    for pack, sha256 in session.packs:
        why = _pack_refusal(Path(pack), sha256)
        if why is not None:
            return why
    return None


def _pack_refusal(pack: Path, sha256: str) -> tuple[str, str] | None:
    try:
        same = hashlib.sha256(pack.read_bytes()).hexdigest() == sha256
    except OSError:
        return (
            f"看不到规则文件 {pack}；请放到各节点共享的文件夹中",
            f"it does not see the file of rules {pack}: put it into a folder that all share",
        )
    if same:
        return None
    return (
        f"规则文件 {pack} 的内容与本机不同；请放到各节点共享的文件夹中",
        f"its file of rules {pack} is not the one here: put it into a folder that all share",
    )


def differing_libraries(theirs: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Return, one text each, the libraries of which not all have this process's version.

    Parameters
    ----------
    theirs : mapping of str to mapping
        Host → library → version.

    >>> differing_libraries({"node1": libraries()})
    ()
    """
    ours, said = libraries(), []
    for name in RESULTS_DEPEND_ON:
        others = sorted({f"{told.get(name, '-')} ({host})" for host, told in theirs.items() if told.get(name) != ours[name]})
        if others:
            said.append(f"{name} {ours[name]} ≠ {', '.join(others[:5])}")
    return tuple(said)
