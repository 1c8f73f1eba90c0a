"""A city on the disk: the districts in one of three arrangements, their manifest and the known answers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from city_files import write_many, write_site
from city_model import District, Truth
from city_poison import POISONS, poisoned
from city_sites import city

FORMS = ("folders", "manifest", "geopackage")

MANIFEST = ("path", "id", "name", "district", "manager", "manager_kind", "managed", "households", "lon", "lat")
TRUTH = ("site_id", "rule_id", "quantity", "verdict", "value", "owner", "where", "east", "north", "exact_m")


@dataclass(frozen=True)
class Written:
    """Where a city was written.

    Attributes
    ----------
    folder : Path
    source : Path
        What ``firelane batch`` is given: the folder of sites, the manifest, or the GeoPackage.
    manifest, truth : Path
        CSV (UTF-8 with a byte-order mark).
    site_ids : tuple of str
        As the batch calls them, the poisoned ones too.
    poisoned : tuple of (kind, site_id)
    """

    folder: Path
    source: Path
    manifest: Path
    truth: Path
    site_ids: tuple[str, ...]
    poisoned: tuple[tuple[str, str], ...]


def write_city(
    folder: str | Path, n: int = 200, *, seed: int = 7, size: str = "mixed", mess: float = 0.0, form: str = "folders",
    poison: Sequence[str] = (),
) -> Written:  # fmt: skip
    """Write a city of ``n`` districts, and one more site for each poison asked for.

    Parameters
    ----------
    folder : path-like
        Made where it is missing; files of the same names are replaced.
    n, seed, size, mess
        See :func:`city_sites.city`.
    form : {"folders", "manifest", "geopackage"}
        ``sites/<id>/`` for each; the same found by ``manifest.csv`` alone; one ``city.gpkg`` with a ``site_id`` column,
        which holds tidy layers whatever the mess (a table has one set of columns).
    poison : sequence of str
        Of ``city_poison.POISONS``. Not with ``geopackage``.

    Raises
    ------
    ValueError
        For an unknown form or poison, or a poison for a GeoPackage.
    """
    if form not in FORMS:
        raise ValueError(f"form: {', '.join(FORMS)}")
    unknown = [kind for kind in poison if kind not in POISONS]
    if unknown or (poison and form == "geopackage"):
        raise ValueError(f"poison: {', '.join(POISONS)}; as files only")
    top = Path(folder)
    top.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    truth: list[Truth] = []

    def told(districts: Iterable[District]) -> Iterable[District]:
        for made in districts:
            inside = "city.gpkg" if form == "geopackage" else f"sites/{made.site_id}"
            rows.append(manifest_row(made, inside))
            truth.extend(made.truth)
            yield made

    if form == "geopackage":
        write_many(told(city(n, seed, size, 0.0)), top / "city.gpkg")
    else:
        for made in told(city(n, seed, size, mess)):
            write_site(made, top / "sites" / made.site_id)
    bad = []
    for number, kind in enumerate(poison):
        row = poisoned(kind, top, seed, number)
        rows.append({key: row.get(key, "") for key in MANIFEST})
        bad.append((kind, str(row["id"])))
    manifest, answers = top / "manifest.csv", top / "truth.csv"
    _csv(manifest, MANIFEST, rows)
    _csv(answers, TRUTH, [{key: getattr(t, key) for key in TRUTH} for t in truth])
    source = {"folders": top / "sites", "manifest": manifest, "geopackage": top / "city.gpkg"}[form]
    return Written(top, source, manifest, answers, tuple(str(r["id"]) for r in rows), tuple(bad))


def manifest_row(made: District, path: str) -> dict[str, Any]:
    """Return what the manifest says of a district."""
    return {
        "path": path, "id": made.site_id, "name": made.name, "district": made.district, "manager": made.manager,
        "manager_kind": made.manager_kind, "managed": str(made.managed).lower(), "households": made.households,
        "lon": f"{made.lon:.7f}", "lat": f"{made.lat:.7f}",
    }  # fmt: skip


def read_truth(path: Path) -> list[Truth]:
    """Return the known answers of a ``truth.csv``."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [
            Truth(
                r["site_id"], r["rule_id"], r["verdict"], float(r["value"]) if r["value"] else None, r["owner"], r["where"],
                float(r["east"]) if r["east"] else None, float(r["north"]) if r["north"] else None, float(r["exact_m"]),
            )
            for r in csv.DictReader(stream)
        ]


def _csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
