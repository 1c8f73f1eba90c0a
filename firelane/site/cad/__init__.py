"""CAD plans: DXF of any version, DWG through the user's own converter; the only importer of ezdxf for reading."""

from __future__ import annotations

from firelane.site.cad.layers import LayerRow, Listing, list_plan, list_plan_layers, mapping_toml
from firelane.site.cad.read import read_plan

__all__ = ["LayerRow", "Listing", "list_plan", "list_plan_layers", "mapping_toml", "read_plan"]
