"""Whom a picture, a page or a drawing made of a site has to name as the source of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.site.model import VOLUNTEERED

if TYPE_CHECKING:
    from firelane.site.model import Site
    from firelane.vocabulary import Lang

_OSM = {"zh": "© OpenStreetMap 贡献者（ODbL）", "en": "© OpenStreetMap contributors (ODbL)"}


def credit(site: Site, lang: Lang = "zh") -> str:
    """Return the line that the licence of a site's data asks for; empty where none does.

    OpenStreetMap's data stand under the Open Database Licence 1.0: whoever shows something made of them
    names the contributors and the licence (section 4.3; https://www.openstreetmap.org/copyright).
    """
    return _OSM[lang] if any(note.code == VOLUNTEERED for note in site.notes) else ""
