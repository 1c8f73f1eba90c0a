"""Sites: validated layers in one metric CRS, and their readers."""

from __future__ import annotations

from firelane.site.describe import describe
from firelane.site.model import Site
from firelane.site.read import read_site

__all__ = ["Site", "describe", "read_site"]
