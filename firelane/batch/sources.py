"""What a batch is asked to do: the sites of a folder tree, a manifest, a GeoPackage of many, an OpenStreetMap extract."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from firelane.batch import cut
from firelane.batch.fingerprint import inputs_of, settings_file, stat_of
from firelane.batch.model import Failure, FailureKind, Task
from firelane.batch.place_names import is_address
from firelane.batch.sources_geopackage import geopackage_tasks, holds_many
from firelane.batch.sources_manifest import ENDINGS, has_paths, manifest_tasks
from firelane.batch.sources_tree import tree_tasks
from firelane.batch.sources_words import config_of
from firelane.errors import InputError, OutputError, Problem, UsageError
from firelane.files import output_error, refusal_of_kind
from firelane.site.blank import CONFIG, GEOPACKAGE, in_the_way
from firelane.site.causes import of_system
from firelane.site.formats import FOREIGN, FORMATS
from firelane.site.journal import Journal
from firelane.site.model import Note
from firelane.site.toml_text import toml_key, toml_value
from firelane.vocabulary import Lang

Kind = Literal["folder", "manifest", "geopackage", "osm"]
RESIDENTIAL = ("landuse", "residential")


@dataclass(frozen=True)
class Source:
    """The sites of a batch.

    Attributes
    ----------
    kind : {"folder", "manifest", "geopackage", "osm"}
    tasks : tuple of Task
        One for each site, those that have failed before they began among them; sorted by ``site_id``, which is unique.
    notes : tuple of Note
        What belongs to no site, and what was assumed.
    """

    kind: Kind
    tasks: tuple[Task, ...]
    notes: tuple[Note, ...] = ()


def tasks_of(
    source: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    by: tuple[str, str] = RESIDENTIAL,
    margin_m: float = 0.0,
    lang: Lang = "zh",
    tell: Callable[[int, int], object] | None = None,
) -> Source:
    """Find the sites of ``source``.

    Parameters
    ----------
    source : path
        A folder with sites at any depth (or one that is a site); a manifest (CSV, XLSX, Parquet, GeoParquet with a
        column ``path``); a GeoPackage whose layers have a column ``site_id``; an OpenStreetMap extract, which is split
        by area; or a single site of any other kind.
    out : path
        The results folder. Only an extract is written to it, into ``inputs``.
    by : (str, str)
        Tag of the areas of an extract that become sites.
    margin_m : float
        How far such a site reaches beyond its area [m].
    lang : {"zh", "en"}
        Language of the sites' files made from an extract.
    tell : callable, optional
        Called with the number of areas split off and of all.

    Raises
    ------
    InputError
        If the source as a whole cannot be used; a single site that cannot is a task that has failed.
    OutputError
        If what an extract is split into cannot be written.
    UsageError
        If the source is an address.
    """
    text = os.fspath(source)
    if is_address(text):
        raise UsageError(
            "the source of a batch lies on a disk; what its manifest names may be addresses",
            "批量任务的输入须在本机磁盘上；清单中的路径可以是网络地址",
        )
    path = Path(os.path.abspath(text))  # noqa: PTH100  (a worker may stand elsewhere; links in it keep their names)
    _require(path)
    journal = Journal()
    kind, tasks = _found(path, Path(out), journal, by=by, margin_m=margin_m, lang=lang, tell=tell)
    if not any(task.failure is None for task in tasks) and kind == "folder":
        _refuse(path, tasks)
    checked = (_checked(task) for task in tasks)
    found = sorted(_distinct(checked), key=lambda task: task.site_id)
    return Source(kind, tuple(_apart(found)), tuple(journal.notes))


def _found(
    path: Path, out: Path, journal: Journal, *, by: tuple[str, str], margin_m: float, lang: Lang,
    tell: Callable[[int, int], object] | None,
) -> tuple[Kind, list[Task]]:  # fmt: skip
    if path.is_dir():
        tasks = tree_tasks(path, journal, out=out)
        packages = [file for file in path.glob("*.gpkg") if not file.name.startswith(".")]
        if not (len(tasks) == len(packages) == 1 and holds_many(packages[0])):
            return "folder", tasks
        path = packages[0]  # a folder with nothing in it but the GeoPackage of all sites
    ending = path.suffix.lower()
    if ending in ENDINGS and (ending not in FORMATS or has_paths(path)):
        return "manifest", manifest_tasks(path, journal)
    if ending == ".gpkg" and holds_many(path):
        return "geopackage", geopackage_tasks(path, journal)
    if FOREIGN.get(ending) == "OpenStreetMap":
        from firelane.batch.sources_osm import osm_tasks  # noqa: PLC0415  (osmium takes its time to load)

        return "osm", osm_tasks(path, out, journal, by=by, margin_m=margin_m, lang=lang, tell=tell)
    if ending in FORMATS or ending in FOREIGN:
        name = cut.harmless_id(path.name)
        return "folder", [Task(name, str(path), name)]
    known = sorted({*ENDINGS, *FORMATS, *FOREIGN})
    raise InputError([Problem(
        f"files ending in {ending or '(nothing)'} are not known",
        f"give a folder, or a file of one of these kinds: {', '.join(known)}", path.name,
        message_zh=f"不支持扩展名为 {ending or '（无）'} 的文件", remedy_zh=f"请给出文件夹，或以下类型的文件：{'、'.join(known)}",
    )])  # fmt: skip


def _require(path: Path) -> None:
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise InputError([Problem(
            "there is no such file or folder", "check the path", str(path), message_zh="没有此文件或文件夹", remedy_zh="请检查路径"
        )])  # fmt: skip
    kind = None if path.is_dir() else refusal_of_kind(path)
    if kind is not None:
        raise InputError([Problem(f"it {kind[1]}", layer=str(path), message_zh=f"它{kind[0]}")])


def _refuse(path: Path, tasks: Iterable[Task]) -> None:
    """Refuse a folder without a single site; what looked like one is listed.

    Raises
    ------
    InputError
    """
    problems = [
        Problem(task.failure.en, layer=task.shown, message_zh=task.failure.zh) for task in tasks if task.failure is not None
    ][:50]
    raise InputError([Problem(
        "no site was found in it or below",
        "a site is a folder with one file per layer (roads.geojson …), a GeoPackage, a GeoJSON, a CAD plan (.dxf) or an "
        "OpenStreetMap extract; a manifest lists where they lie", str(path.name or path),
        message_zh="其中没有任何场地",
        remedy_zh="场地可以是：每层一个文件（roads.geojson 等）的文件夹、GeoPackage、GeoJSON、CAD 图（.dxf）或 OpenStreetMap 数据；"
        "也可用清单列出各场地的位置",
    ), *problems])  # fmt: skip


def _checked(task: Task) -> Task:
    """Return the task with its signature; one whose file or folder is not there has failed."""
    if task.failure is not None:
        return task
    lacking = [place for place in (task.source, task.config) if place and not is_address(place) and not _is_there(place)]
    if not lacking:
        return replace(task, stat=stat_of(task))
    if lacking[0] == task.source:
        failure = Failure(FailureKind.MISSING, "没有此文件或文件夹", "there is no such file or folder")
    else:
        failure = Failure(FailureKind.MISSING, "没有所指定的配置文件", "the settings file that is named is not there")
    return replace(task, failure=failure)


def _is_there(place: str) -> bool:
    # A pipe would be waited for, a device never ends.
    try:
        return os.path.isdir(place) or os.path.isfile(place)  # noqa: PTH112, PTH113  (twenty thousand of them)
    except ValueError:  # a name that no path may have
        return False


def _apart(tasks: Sequence[Task]) -> list[Task]:
    """Set folders apart that only differ in upper and lower case: Windows and macOS take them for one."""
    counts = Counter(task.folder.casefold() for task in tasks)
    return [replace(task, apart=True) if counts[task.folder.casefold()] > 1 else task for task in tasks]


def _distinct(tasks: Iterable[Task]) -> Iterable[Task]:
    """Give ids that fell together, as two names that look the same do, a number each."""
    told = list(tasks)
    counts = Counter(task.site_id for task in told)
    taken = set(counts)
    numbers: Counter[str] = Counter()
    for task in sorted(told, key=lambda task: (task.site_id, os.fsencode(task.source))):
        if counts[task.site_id] > 1:
            numbers[task.site_id] += 1
            if numbers[task.site_id] > 1:
                own = f"{task.site_id} ({numbers[task.site_id]})"
                while own in taken:
                    own += "'"
                taken.add(own)
                yield replace(task, site_id=own)
                continue
        yield task


# ------------------------------------------------------------------------------------------- what is read


def open_task(task: Task, scratch: str | os.PathLike[str]) -> Path:
    """Return the path that ``run_site`` reads.

    Parameters
    ----------
    task : Task
    scratch : path
        An existing folder for what has to be made first: rows cut out of a GeoPackage of many sites, as a site of its
        own with a ``site.toml``. The caller removes it.

    Raises
    ------
    InputError
        If the rows cannot be read, or a GeoPackage of many sites was taken for one.
    OutputError
        If the cut cannot be written.
    """
    if task.rows is None:
        _refuse_several(task)
        return Path(task.source)
    # A neutral name: not everything that a site may be called can be a path for GDAL.
    folder = Path(scratch) / "site"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        cut.cut_rows(Path(task.source), task.rows, folder / GEOPACKAGE)
        (folder / CONFIG).write_bytes(_settings(task))
    except OSError as error:
        raise output_error(folder, error) from error
    return folder


def _refuse_several(task: Task) -> None:
    """Refuse a GeoPackage of many sites that stands in the place of one: they would be judged as one.

    Raises
    ------
    InputError
    """
    for file in inputs_of(task):
        if file.label.startswith("data:") and file.path.suffix.lower() == ".gpkg" and cut.holds_several(file.path):
            raise InputError([Problem(
                "it holds several sites (column site_id)", "give this file as the source of a batch of its own", file.path.name,
                message_zh="其中有多个场地（site_id 列）", remedy_zh="请将该文件单独作为批量任务的输入",
            )])  # fmt: skip


def export_task(task: Task, folder: str | os.PathLike[str]) -> Path:
    """Write one site of a batch into a folder of its own, for ``firelane run`` and for QGIS.

    Rows of a GeoPackage become ``site.gpkg`` and ``site.toml``; all else is copied, its settings as ``site.toml``. Laser
    points and maps that lie elsewhere are not copied.

    Parameters
    ----------
    task : Task
    folder : path
        New or empty.

    Returns
    -------
    Path
        What ``firelane run`` reads.

    Raises
    ------
    InputError
        If there is no such site.
    OutputError
        If the folder holds something already, or cannot be written to.
    """
    target = Path(folder)
    obstacle = in_the_way(target)
    if obstacle is not None:
        raise OutputError(obstacle.text("en"), obstacle.text("zh"))
    if task.failure is not None:
        raise InputError([Problem(task.failure.en, layer=task.shown, message_zh=task.failure.zh)])
    try:
        target.mkdir(parents=True, exist_ok=True)
        if task.rows is not None:
            cut.cut_rows(Path(task.source), task.rows, target / GEOPACKAGE)
            (target / CONFIG).write_bytes(_settings(task))
            return target
        for file in inputs_of(task):
            if file.label.startswith("data:"):
                shutil.copyfile(file.path, target / file.path.name)
        config = settings_file(task)
        single = Path(task.source).is_file()
        if config is not None:
            shutil.copyfile(config, target / CONFIG)
    except OSError as error:
        raise output_error(target, error) from error
    return target / Path(task.source).name if single and config is None else target


def _settings(task: Task) -> bytes:
    """Return the ``site.toml`` of a cut: that of the whole GeoPackage, with what is known of this site."""
    base: dict[str, Any] = {}
    config = settings_file(task)
    if config is not None:
        try:
            raw = config.read_bytes()
        except OSError as error:
            said, zh = of_system(error)
            raise InputError([Problem(f"it cannot be read: {said}", layer=config.name, message_zh=f"无法读取：{zh}")]) from error
        try:
            base = tomllib.loads(raw.decode("utf-8-sig"))
        except ValueError:
            return raw  # its reader tells what is wrong with it
    own = {"id": task.site_id, **config_of(task.attributes)}
    given = base.get("site")
    inside = {**(given if isinstance(given, dict) else {}), **own}
    told = {key: value for key, value in base.items() if key not in {*own, "site", "points", "basemap"}}
    for key in ("points", "basemap"):
        if key in base:
            told[key] = _elsewhere(key, base[key], Path(task.source).absolute().parent)
    lines = [f"{toml_key(key)} = {toml_value(value)}" for key, value in told.items()]
    lines += ["[site]", *(f"{toml_key(key)} = {toml_value(value)}" for key, value in inside.items()), ""]
    return "\n".join(lines).encode("utf-8")


def _elsewhere(key: str, told: Any, folder: Path) -> Any:
    """Return a table of settings whose files are named as they are from anywhere."""
    if not isinstance(told, dict):
        return told
    name = "files" if key == "points" else "file"
    files = told.get(name)
    if isinstance(files, str):
        return {**told, name: str(folder / files)}
    if isinstance(files, list):
        return {**told, name: [str(folder / file) if isinstance(file, str) else file for file in files]}
    return told
