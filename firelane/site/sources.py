"""Where a site's tables are: a folder, a multi-layer file, or a file with a ``layer`` column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from firelane.site.config import Feed
from firelane.site.formats import CLOUDS, FOREIGN, FORMATS, Table, list_tables, read_table
from firelane.site.intake import Intake
from firelane.site.journal import Journal, did_you_mean
from firelane.site.schema import LAYERS
from firelane.site.values import is_missing, plain

_HEAD_BYTES = 65_536
_OWN_RESULTS = frozenset({"results.gpkg", "findings.geojson", "markings.dxf"})


@dataclass
class Source:
    """The tables of one site, read when they are asked for.

    Attributes
    ----------
    root : Path
        The folder that paths are relative to.
    name : str
        Folder name or file stem: the site's id where ``site.toml`` gives none.
    config : Path or None
        The ``site.toml`` that belongs to it.
    tables : list of (name, path)
        In a stable order.
    foreign : list of Path
        CAD plans and OpenStreetMap extracts.
    clouds : list of Path
        Files of laser points.
    """

    root: Path
    name: str
    config: Path | None
    journal: Journal
    tables: list[tuple[str, Path]] = field(default_factory=list)
    foreign: list[Path] = field(default_factory=list)
    clouds: list[Path] = field(default_factory=list)
    loaded: dict[tuple[str, Path], Table | None] = field(default_factory=dict)

    def read(self, entry: tuple[str, Path]) -> Table | None:
        """Return one of the tables; None where it could not be read (a problem tells)."""
        if entry not in self.loaded:
            self.loaded[entry] = read_table(entry[1], entry[0], self.journal)
        return self.loaded[entry]

    def find(self, wanted: str) -> list[tuple[str, Path]]:
        """Return the tables called ``wanted``: by table, file, file stem or ``file:table``."""
        word = wanted.lower()
        exact = [
            entry
            for entry in self.tables
            if word in (entry[0].lower(), f"{entry[1].name}:{entry[0]}".lower())
        ]
        return exact or [e for e in self.tables if word in (e[1].name.lower(), e[1].stem.lower())]


def open_source(path: Path, journal: Journal, *, config: Path | None = None) -> Source:
    """Look at SITE and list its tables. Problems go to the journal.

    Parameters
    ----------
    path : Path
        A folder or a single file.
    config : Path, optional
        A ``site.toml`` given by the user; it goes before the one that stands with the site.
    """
    folder = path if path.is_dir() else path.parent
    name = (path.resolve().name if path.is_dir() else stem(path)) or "site"
    if config is not None and not config.is_file():
        journal.problem(
            "there is no such file", "没有此文件", "check the path", "请检查路径", layer=str(config)
        )
        config = None
    elif config is None:
        config = _own_config(path, journal)
    source = Source(root=folder, name=name, config=config, journal=journal)
    if not path.exists():
        journal.problem(
            "there is no such file or folder",
            "没有此文件或文件夹",
            "check the path",
            "请检查路径",
            layer=str(path),
        )
        return source
    for file in _files(path, journal):
        suffix = file.suffix.lower()
        if suffix in FOREIGN or suffix in CLOUDS:
            (source.foreign if suffix in FOREIGN else source.clouds).append(file)
            continue
        known = [(table, file) for table in list_tables(file, journal)]
        if len(known) == 1 and _layer_of(known[0][0]) is None and file.suffix.lower() != ".gpkg":
            known = _split(source, known[0])
        source.tables += known
    return source


def stem(path: Path) -> str:
    """Return a file's name without its ending, and without both of ``.osm.pbf``.

    >>> stem(Path("map.osm.pbf")), stem(Path("plan.v2.dxf"))
    ('map', 'plan.v2')
    """
    name = path.stem
    return name[:-4] if path.suffix.lower() == ".pbf" and name.lower().endswith(".osm") else name


def _own_config(path: Path, journal: Journal) -> Path | None:
    if path.is_dir():
        found = path / "site.toml"
        return found if found.is_file() else None
    found = path.with_name(f"{stem(path)}.site.toml")
    if found.is_file():
        return found
    if path.with_name("site.toml").is_file():
        journal.note(
            "config_not_read",
            f"site.toml beside {path.name} was not read: it belongs to the folder. Give the folder, "
            f"or call it {found.name}",
            f"未读取 {path.name} 旁的 site.toml：它属于整个文件夹。请指定文件夹，或改名为 {found.name}",
        )
    return None


def _files(path: Path, journal: Journal) -> list[Path]:
    """Return the files to read, sorted by name; say so where there is none that can be read."""
    if path.is_file():
        suffix = path.suffix.lower()
        if suffix in FORMATS or suffix in FOREIGN:
            return [path]
        known = sorted({*FORMATS, *FOREIGN})
        journal.problem(
            f"files ending in {suffix or '(nothing)'} are not known",
            f"不支持扩展名为 {suffix or '（无）'} 的文件",
            f"give a folder, or a file of one of these kinds: {', '.join(known)}",
            f"请给出文件夹，或以下类型的文件：{'、'.join(known)}",
            layer=path.name,
        )
        return []
    inside = sorted(
        (f for f in path.iterdir() if f.is_file() and not f.name.startswith(".")), key=lambda f: f.name
    )
    ours = _OWN_RESULTS if any(f.name == "audit.json" for f in inside) else frozenset()
    files = [f for f in inside if f.suffix.lower() in FORMATS and f.name not in ours and _may_be_layer(f)]
    files += [f for f in inside if f.suffix.lower() in FOREIGN and f.name not in ours]
    files = _without_own_drawings(files, journal)
    if not files:
        journal.problem(
            "the folder holds no layer",
            "文件夹中没有图层",
            "put one file per layer into it (roads.geojson, obstructions.geojson …), one GeoPackage, a CAD plan (.dxf) "
            "or an OpenStreetMap extract; `firelane new` makes a blank site",
            "请放入每层一个文件（roads.geojson、obstructions.geojson 等）、一个 GeoPackage、CAD 图（.dxf）"
            "或 OpenStreetMap 数据；`firelane new` 可新建空白项目",
            layer=path.name,
        )
    return files + [f for f in inside if f.suffix.lower() in CLOUDS]


def _without_own_drawings(files: list[Path], journal: Journal) -> list[Path]:
    """Leave out marking drawings of this program that lie beside layers: every row would be there twice."""
    drawings = {f for f in files if f.suffix.lower() == ".dxf" and _is_own_drawing(f)}
    if not drawings or len(drawings) == len(files):
        return files
    for drawing in sorted(drawings):
        journal.note(
            "own_drawing_beside",
            f"{drawing.name}: a marking drawing of firelane beside the site's own layers was left out",
            f"{drawing.name}：场地图层旁的 firelane 标线图，未读取",
        )
    return [f for f in files if f not in drawings]


def _is_own_drawing(path: Path) -> bool:
    """Tell a drawing of ours by its properties, which stand in its head."""
    try:
        with path.open("rb") as stream:
            return b"firelane_origin_x" in stream.read(_HEAD_BYTES)
    except OSError:
        return False


def _may_be_layer(path: Path) -> bool:
    """Tell whether a file of a folder is meant as a layer: many a ``.json`` is something else."""
    if path.suffix.lower() != ".json" or _layer_of(path.stem) is not None:
        return True
    try:
        with path.open("rb") as stream:
            return b'"FeatureCollection"' in stream.read(4096)
    except OSError:
        return False


def _layer_of(table: str) -> str | None:
    """Return the layer that a table such as ``obstructions_lines`` feeds by its name alone."""
    word = table.lower()
    for name, layer in LAYERS.items():
        if word in {f"{name}{suffix}" for suffix in layer.tables}:
            return name
    return None


def _split(source: Source, entry: tuple[str, Path]) -> list[tuple[str, Path]]:
    """Split a file's only table by its ``layer`` column, if it has one."""
    table = source.read(entry)
    if table is None:
        return []
    column = next((name for name in table.columns if name.lower() == "layer"), None)
    if column is None:
        return [entry]
    values = table.columns[column]
    words = np.array(["" if is_missing(v) else plain(v).strip() for v in values], dtype=object)
    rest = {name: kept for name, kept in table.columns.items() if name != column}
    whole = Table(table.name, table.path, table.geometry, table.broken, rest, table.crs, table.curved)
    names = list(dict.fromkeys(words))
    if "" in names:
        names.remove("")
        count = int((words == "").sum())
        source.journal.note(
            "no_layer",
            f"{entry[1].name}: {count} features without a value in `layer` were left out",
            f"{entry[1].name}：{count} 个要素没有 layer 属性，已略去",
        )
    for name in names:
        source.loaded[name, entry[1]] = whole.rows(words == name, name)
    return [(name, entry[1]) for name in names]


def feeds_of(
    source: Source, declared: Mapping[str, tuple[Feed, ...]], intakes: Sequence[Intake] = ()
) -> dict[str, list[tuple[Feed, Table]]]:
    """Return, for each layer, the tables that feed it; tables that feed none are named in a note.

    Parameters
    ----------
    source : Source
    declared : Mapping
        Layer → feeds that ``site.toml`` declares.
    intakes : sequence of Intake
        What was made of CAD plans and OpenStreetMap extracts, the declared feeds among them.
    """
    found: dict[str, list[tuple[Feed, Table]]] = {}
    used: set[tuple[str, Path]] = set()
    names = {name for intake in intakes for name in intake.names}
    for layer in LAYERS:
        foreign = [entry for intake in intakes for entry in intake.feeds.get(layer, ())]
        wanted = declared.get(layer)
        if wanted is None:
            wanted = tuple(
                Feed(f"{layer}{suffix}") for suffix in LAYERS[layer].tables if source.find(f"{layer}{suffix}")
            )
        else:
            wanted = tuple(feed for feed in wanted if not any(feed == other for other, _ in foreign))
        for feed in wanted:
            entry = _one_table(source, feed, layer, must=layer in declared, others=names)
            if entry is None:
                continue
            used.add(entry)
            table = source.read(entry)
            if table is not None:
                found.setdefault(layer, []).append((feed, table))
        if foreign:
            found.setdefault(layer, []).extend(foreign)
    _tell_unused([entry for entry in source.tables if entry not in used], source.journal)
    return found


def _tell_unused(entries: Sequence[tuple[str, Path]], journal: Journal) -> None:
    """Name the tables that feed no layer, one note per file."""
    for path in dict.fromkeys(path for _, path in entries):
        names = [name for name, where in entries if where == path]
        hints = {name: did_you_mean(name, LAYERS) for name in names}
        listed_en = ", ".join(
            n + (f" ({hints[n][0]})" if hints[n][0].startswith("did") else "") for n in names
        )
        listed_zh = "、".join(
            n + (f"（{hints[n][1]}）" if hints[n][0].startswith("did") else "") for n in names
        )
        journal.note(
            "unknown_layer",
            f"{path.name}: tables that are no layers of ours were ignored: {listed_en}",
            f"{path.name}：以下图层不在规定之列，已忽略：{listed_zh}",
        )


def _one_table(
    source: Source, feed: Feed, layer: str, *, must: bool, others: Collection[str]
) -> tuple[str, Path] | None:
    entries = source.find(feed.source)
    if not must:
        # By name alone only the table's own name counts, not a file that happens to be called so.
        entries = [entry for entry in entries if entry[0].lower() == feed.source.lower()]
    if len(entries) == 1:
        return entries[0]
    if entries:
        places = ", ".join(f"{path.name}:{name}" for name, path in entries)
        source.journal.problem(
            f"several tables are called {feed.source!r}: {places}",
            f"有多个名为 {feed.source!r} 的表：{places}",
            f'remove one, or name one in site.toml: [layers.{layer}] from = "{entries[0][1].name}:{entries[0][0]}"',
            f'请移走一个，或在 site.toml 中指定：[layers.{layer}] from = "{entries[0][1].name}:{entries[0][0]}"',
            layer=layer,
        )
    elif must and (source.tables or others):
        remedy = did_you_mean(feed.source, {name for name, _ in source.tables} | set(others))
        source.journal.problem(
            f"site.toml takes it from {feed.source!r}, but there is no such table",
            f"site.toml 指定取自 {feed.source!r}，但没有这个表",
            *remedy,
            layer=layer,
        )
    return None
