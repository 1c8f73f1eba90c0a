"""An OpenStreetMap extract as many sites: split once, and kept in the results folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from firelane import __version__
from firelane.batch.model import Task
from firelane.batch.sources_manifest import manifest_tasks
from firelane.errors import OutputError
from firelane.files import ensure_writable_dir, output_error
from firelane.site.formats import sha256
from firelane.site.journal import Journal
from firelane.site.osm.split import MANIFEST, split_extract

_OURS = re.compile(r"[0-9a-f]{16}|\.firelane-.*")
INPUTS = "inputs"
"""Folder below the results that holds what an extract was split into."""


def osm_tasks(
    path: Path,
    out: Path,
    journal: Journal,
    *,
    by: tuple[str, str],
    margin_m: float,
    lang: str,
    tell: Callable[[int, int], object] | None = None,
) -> list[Task]:
    """Return a task for each area of the extract that bears a tag; areas of which no site can be made have failed.

    The sites stand in ``out/inputs/<key>``, where the key is a hash of the extract, of this program's version and of
    the options: they are made again only when one of them changes, and appear whole or not at all.

    Raises
    ------
    InputError
        If the extract cannot be read, or no area bears the tag.
    OutputError
        If the sites cannot be written.
    """
    options = json.dumps([__version__, by, margin_m, lang], ensure_ascii=True)
    home = out / INPUTS
    kept = home / hashlib.sha256(f"{_hash(path)}{options}".encode()).hexdigest()[:16]
    if not (kept / MANIFEST).is_file():
        ensure_writable_dir(home)
        _split(path, kept, by=by, margin_m=margin_m, lang=lang, tell=tell)
    _remove_others(home, kept)
    return [
        replace(
            task, shown=f"{path.name}#{task.site_id}",
            attributes=_attributes(task),
        )
        for task in manifest_tasks(kept / MANIFEST, journal)
    ]  # fmt: skip


def _attributes(task: Task) -> dict[str, Any]:
    found = {name: task.attributes[name] for name in ("name", "area_m2") if name in task.attributes}
    if "area_m2" in found:
        found["area_m2"] = float(found["area_m2"])
    return found


def _hash(path: Path) -> str:
    try:
        return sha256(path)
    except OSError:
        return ""  # reading it says why


def _split(
    path: Path, kept: Path, *, by: tuple[str, str], margin_m: float, lang: str, tell: Callable[[int, int], object] | None
) -> None:
    desk = Path(tempfile.mkdtemp(prefix=".firelane-", dir=kept.parent))
    try:
        split_extract(path, desk / "sites", by=by, margin_m=margin_m, lang=lang, tell=tell)
        os.replace(desk / "sites", kept)  # noqa: PTH105  (Path.replace hides which call failed)
    except OutputError:
        raise
    except OSError as error:
        raise output_error(kept, error) from error
    finally:
        shutil.rmtree(desk, ignore_errors=True)


def _remove_others(home: Path, kept: Path) -> None:
    """Remove what older extracts or other options were split into, and what a killed run left."""
    with suppress(OSError):
        for entry in home.iterdir():
            if entry != kept and _OURS.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
