"""What was read, in a form to print: the ``check`` command's answer."""

from __future__ import annotations

from typing import Any

from firelane import crs as crs_tools
from firelane.site.model import Site
from firelane.site.schema import LAYERS


def describe(site: Site) -> dict[str, Any]:
    """Return counts, CRS, extent, inputs and notes of a site as plain values.

    Returns
    -------
    dict
        ``id``, ``name``, ``crs`` (code), ``crs_name``, ``bounds`` [m], ``accuracy_m``, ``datum``;
        ``layers``: for each layer of the contract ``surveyed``, ``rows``, ``geometry`` (type ->
        count) and its labels ``zh``, ``en``; ``inputs`` and ``notes`` as dicts.
    """
    layers = {}
    for name, layer in LAYERS.items():
        table = site.layer(name)
        types = table.geom_type.value_counts()
        layers[name] = {
            "surveyed": site.surveyed(name),
            "rows": len(table),
            "geometry": {str(kind): int(types[kind]) for kind in sorted(types.index)},
            "zh": layer.zh,
            "en": layer.en,
        }
    return {
        "id": site.id,
        "name": site.name,
        "crs": crs_tools.code(site.crs),
        "crs_name": site.crs.name,
        "bounds": list(site.bounds),
        "accuracy_m": site.config.accuracy_m,
        "datum": site.config.datum,
        "layers": layers,
        "inputs": [
            {"path": item.path, "sha256": item.sha256, "layer": item.layer, "rows": item.rows}
            for item in site.inputs
        ],
        "notes": [
            {"code": note.code, "zh": note.zh, "en": note.en, "layer": note.layer, "row": note.row}
            for note in site.notes
        ],
    }
