"""Sites that are poison by their data: each has to cost a batch itself and no other site."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely
from city_files import write_site
from city_model import District, Layer
from city_sites import district

HOSTILE = (
    "<script>alert(1)</script>", "=1+1", "@SUM(A1:A9)", "../../etc", "CON", "🚒消防🔥", "a\u0007b\u001b[31m\u202e名",
    "超" * 300, "' OR 1=1 --", "-2+3|cmd",
)  # fmt: skip
"""Names that harm pages, spreadsheets, paths and terminals that trust them."""


def _base(seed: int, number: int) -> District:
    return replace(district(900_000 + number, seed, "tiny", 0.0), truth=())


def _unreadable(top: Path, seed: int, number: int) -> dict[str, Any]:
    """Half a GeoJSON."""
    row, folder = _written(top, seed, number, "unreadable")
    file = folder / "site.geojson"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    return row


def _garbage(top: Path, seed: int, number: int) -> dict[str, Any]:
    """A GeoPackage that is none."""
    row, folder = _written(top, seed, number, "garbage")
    (folder / "site.geojson").unlink()
    (folder / "site.gpkg").write_bytes(b"SQLite format 3\x00" + bytes(range(256)) * 16)
    return row


def _empty(top: Path, seed: int, number: int) -> dict[str, Any]:
    """Layers, but no road."""
    made = _base(seed, number)
    layers = {name: rows for name, rows in made.layers.items() if name != "roads"}
    return _write(top, replace(made, layers=layers), "empty", number)


def _missing(top: Path, seed: int, number: int) -> dict[str, Any]:
    """A manifest's row whose files are not there (in a folder of sites: an empty folder)."""
    row = _row(_base(seed, number), "missing", number)
    row["path"] = f"sites/{row['id']}/site.geojson"
    (top / "sites" / row["id"]).mkdir(parents=True, exist_ok=True)
    return row


def _hostile(top: Path, seed: int, number: int) -> dict[str, Any]:
    """Texts that attack whoever shows them; the site itself is sound and is audited."""
    made = _base(seed, number)
    layers = {}
    for name, rows in made.layers.items():
        values = [
            {k: HOSTILE[(n + len(name)) % len(HOSTILE)] if k == "name" else v for k, v in row.items()}
            for n, row in enumerate(rows.rows)
        ]
        layers[name] = Layer(rows.geometry, values)
    name = HOSTILE[number % len(HOSTILE)]
    made = replace(made, layers=layers, name=name, manager='=HYPERLINK("http://x","y")<b>', district="和平区<img src=x onerror=alert(1)>")
    return _write(top, made, "hostile", number) | {"name": name, "manager": made.manager, "district": made.district}


def _far(top: Path, seed: int, number: int) -> dict[str, Any]:
    """Coordinates beyond all bounds."""
    made = _base(seed, number)
    layers = {
        name: Layer([shapely.transform(g, lambda xy: xy * 1e13) for g in rows.geometry], rows.rows)
        for name, rows in made.layers.items()
    }
    return _write(top, replace(made, layers=layers), "far", number)


def _pipe(top: Path, seed: int, number: int) -> dict[str, Any]:
    """A named pipe in place of a file: whoever opens it waits for ever."""
    if not hasattr(os, "mkfifo"):
        raise ValueError("pipe: this system has no named pipes")
    row, folder = _written(top, seed, number, "pipe")
    file = folder / "site.geojson"
    file.unlink()
    os.mkfifo(file)
    return row


def _config(top: Path, seed: int, number: int) -> dict[str, Any]:
    """A ``site.toml`` that is no TOML."""
    row, folder = _written(top, seed, number, "config")
    (folder / "site.toml").write_text('[site]\nname = "没有引号结束\n', encoding="utf-8")
    return row


def _nested(top: Path, seed: int, number: int) -> dict[str, Any]:
    """Brackets within brackets, deeper than a parser's stack."""
    row, folder = _written(top, seed, number, "nested")
    (folder / "site.geojson").write_text('{"type":"FeatureCollection","features":' + "[" * 100_000, encoding="utf-8")
    return row


POISONS: dict[str, Callable[[Path, int, int], dict[str, Any]]] = {
    "unreadable": _unreadable, "garbage": _garbage, "empty": _empty, "missing": _missing, "hostile": _hostile, "far": _far,
    "pipe": _pipe, "config": _config, "nested": _nested,
}  # fmt: skip

SOUND = frozenset({"hostile"})
"""Poisons that a batch has to audit like any other site; all others have to fail."""


def poisoned(kind: str, top: Path, seed: int, number: int) -> dict[str, Any]:
    """Write one poisoned site below ``top``/sites and return its row of the manifest."""
    return POISONS[kind](top, seed, number)


def _row(made: District, kind: str, number: int) -> dict[str, Any]:
    name = f"poison-{number:02d}-{kind}"
    return {
        "path": f"sites/{name}", "id": name, "name": made.name, "district": made.district, "manager": made.manager,
        "manager_kind": made.manager_kind, "managed": json.dumps(made.managed), "households": made.households,
        "lon": f"{made.lon:.7f}", "lat": f"{made.lat:.7f}",
    }  # fmt: skip


def _write(top: Path, made: District, kind: str, number: int) -> dict[str, Any]:
    row = _row(made, kind, number)
    made = replace(made, site_id=row["id"])
    write_site(made, top / "sites" / row["id"])
    return row


def _written(top: Path, seed: int, number: int, kind: str) -> tuple[dict[str, Any], Path]:
    row = _write(top, _base(seed, number), kind, number)
    return row, top / "sites" / row["id"]
