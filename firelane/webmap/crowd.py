"""A page for very many points: findings of a city, cases, figures. Clusters, filters with counts, a list of any length.

Like :mod:`firelane.webmap.page` it is one file that opens without a network, its policy lets nothing run but its own
scripts, and every text of the data enters the page through ``textContent``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firelane import files

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from firelane.vocabulary import Lang
    from firelane.webmap.crowd_places import Places

SCRIPTS = (
    "elements.js",
    "decode.js",
    "sheet.js",
    "crowd_rows.js",
    "crowd_list.js",
    "crowd_card.js",
    "crowd_labels.js",
    "crowd_map.js",
    "crowd_areas.js",
    "crowd_kinds.js",
    "crowd_sift.js",
    "crowd.js",
)
STYLES = ("map.css", "crowd.css")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


def _colour(text: str) -> None:
    if not _COLOUR.fullmatch(text):
        raise ValueError(f"a colour is written #rrggbb, not {text!r}")


@dataclass(frozen=True)
class Status:
    """What a row may be.

    Attributes
    ----------
    key, label : str
    colour : str
        ``#rrggbb``.
    rank : int
        The least is the worst: it colours a cluster and stands first in the list.
    sign : str
        One character in the marker: colour is never the only difference.
    shown : bool
        Whether rows of this status are shown when the page opens.
    """

    key: str
    label: str
    colour: str
    rank: int
    sign: str = ""
    shown: bool = True

    def __post_init__(self) -> None:
        """Check the colour."""
        _colour(self.colour)


@dataclass(frozen=True)
class Facet:
    """A text column: shown in the card, searched, and with ``choose`` a filter with counts."""

    column: str
    label: str
    choose: bool = True


@dataclass(frozen=True)
class Number:
    """A column of numbers: shown in the card, and the list can be sorted by it, the greatest first.

    Values are rounded down to ``decimals`` (``up``: up), as everywhere: 3.9996 m never reads 4.000 m.
    What does not fit into 31 bits of such steps is left out. ``least_first``: a place in a ranking, or a width; the list
    sorted by it begins with the least. ``told``: whether card and list show it; otherwise it is an order alone.
    """

    column: str
    label: str
    unit: str = ""
    decimals: int = 0
    up: bool = False
    least_first: bool = False
    told: bool = True


@dataclass(frozen=True)
class AreaClass:
    """A class of values, from ``least`` upwards to the next class."""

    least: float
    label: str
    colour: str

    def __post_init__(self) -> None:
        """Check the colour."""
        _colour(self.colour)


@dataclass(frozen=True)
class Areas:
    """Areas below the points, coloured by a figure; an area without one is hatched grey.

    Attributes
    ----------
    table : GeoDataFrame
        Polygons in any CRS (none: WGS 84) with the columns ``name`` and ``value``. Optional: ``told`` (the figure as it is
        shown), ``sub`` (a line of the list of areas), ``facts`` (pairs of label and text, for the card).
    label : str
        What the figure is; heads the legend.
    classes : sequence of AreaClass
        In ascending order; below the first there is no colour.
    unit : str
    decimals : int
        Of the figure that is shown.
    named : bool
        Whether names and figures stand on the map.
    listed : str
        Head of a list of all areas, the greatest figure first; none without it.
    none : str
        What an area without a figure is called in legend and card.
    """

    table: gpd.GeoDataFrame
    label: str
    classes: Sequence[AreaClass]
    unit: str = ""
    decimals: int = 0
    named: bool = True
    listed: str = ""
    none: str = ""


def findings_map(
    table: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    title: str,
    statuses: Sequence[Status],
    facets: Sequence[Facet] = (),
    numbers: Sequence[Number] = (),
    lang: Lang = "zh",
    note: str = "",
    head: Sequence[str] = (),
    areas: Areas | None = None,
    places: Places | None = None,
    preset: Mapping[str, str] | None = None,
    clustered: bool = True,
    switch: str = "",
    related: str = "",
    order: Sequence[str] = (),
    link_label: str = "",
) -> None:
    """Write a page with very many points: one HTML file that opens without a network.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        One row each. Columns: ``lon`` and ``lat`` [degrees, WGS 84] (or, in a GeoDataFrame without them, a geometry);
        a row without a place is listed, not drawn. ``status``: key of one of ``statuses``. Optional texts: ``title``,
        ``text``, ``ident`` (by which a link finds the row; of rows with the same one, the first), ``mark`` (a few
        characters in the marker instead of the status' sign) and ``link`` (relative or ``https``; others are dropped).
        Optional ``area``: position of the row's area in the table of ``areas``, negative for none.
    path : path-like
        The file to write; it is replaced only when the new one is complete.
    title : str
    statuses : sequence of Status
    facets, numbers : sequences of Facet and Number
        Further columns. One that the table lacks is an error.
    lang : {"zh", "en"}
        Language of the page's own words.
    note : str
        Paragraphs of the page's "about".
    head : sequence of str
        Lines below the title.
    areas : Areas, optional
    places : Places, optional
        Outlines and names for orientation.
    preset : mapping of str to str, optional
        Values of facets (by column) that are chosen when the page opens.
    clustered : bool
        False: points stay single as long as they can be told apart.
    switch : str
        Column of a facet whose values are never shown together (sites, violations): one of them is always chosen, at the
        top, and filters, legend and orders are those that the chosen one has. ``preset`` may say which is the first.
    related : str
        With ``switch``: column of a facet that ties rows of different kinds together (the site of a violation); the card
        of one leads to the others.
    order : sequence of str
        Columns of numbers: the list begins in the order of the first one that the chosen kind of rows has.
    link_label : str
        What the link is called.

    Raises
    ------
    OutputError
        If the file cannot be written.
    ValueError
        If a column is missing, or a status is none of ``statuses``.
    """
    files.write_text(
        path,
        findings_page(
            table, title=title, statuses=statuses, facets=facets, numbers=numbers, lang=lang, note=note, head=head,
            areas=areas, places=places, preset=preset, clustered=clustered, switch=switch, related=related, order=order, link_label=link_label,
        ),
    )  # fmt: skip


def findings_page(
    table: pd.DataFrame,
    *,
    title: str,
    statuses: Sequence[Status],
    facets: Sequence[Facet] = (),
    numbers: Sequence[Number] = (),
    lang: Lang = "zh",
    note: str = "",
    head: Sequence[str] = (),
    areas: Areas | None = None,
    places: Places | None = None,
    preset: Mapping[str, str] | None = None,
    clustered: bool = True,
    switch: str = "",
    related: str = "",
    order: Sequence[str] = (),
    link_label: str = "",
) -> str:
    """Return the page's text (see :func:`findings_map`); the same input gives the same text to the byte."""
    import pyproj  # noqa: PLC0415  (slow to import)

    from firelane.webmap.block import Shapes, pack  # noqa: PLC0415
    from firelane.webmap.crowd_block import area_content, row_content  # noqa: PLC0415
    from firelane.webmap.crowd_places import place_content, shape_columns  # noqa: PLC0415
    from firelane.webmap.crowd_words import page_words  # noqa: PLC0415
    from firelane.webmap.frame import assemble  # noqa: PLC0415

    shapes = Shapes(pyproj.CRS("EPSG:4326"))
    below, of_areas = area_content(areas, shapes)
    about = place_content(places, shapes)
    header, columns = row_content(table, statuses, facets, numbers, of_areas)
    chosen = dict(preset or {})
    known = [facet.column for facet in facets if facet.choose]
    if not set(chosen) <= set(known):
        raise ValueError(f"no filter for {sorted(set(chosen) - set(known))}")
    orders = [number.column for number in numbers]
    if not {switch, related} - {""} <= set(known) or not set(order) <= set(orders):
        raise ValueError(f"no filter or number called one of {(switch, related, *order)}")
    content = {
        "lang": lang, "title": title, "head": list(head), "note": [part for part in note.split("\n") if part.strip()],
        "words": page_words(lang), "preset": {str(n): chosen[f.column] for n, f in enumerate(facets) if f.column in chosen},
        "clustered": clustered, "areas": below, "places": about, "switch": [f.column for f in facets].index(switch) if switch else -1,
        "related": [f.column for f in facets].index(related) if related else -1, "order": [orders.index(c) for c in order],
        "link": link_label, **header,
    }  # fmt: skip
    return assemble(pack(content, {**shape_columns(shapes), **columns}), UNPRINTABLE.sub(" ", title), lang, SCRIPTS, STYLES)
