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

SCRIPTS = (
    "elements.js",
    "decode.js",
    "sheet.js",
    "crowd_rows.js",
    "crowd_list.js",
    "crowd_card.js",
    "crowd_map.js",
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
    What does not fit into 31 bits of such steps is left out.
    """

    column: str
    label: str
    unit: str = ""
    decimals: int = 0
    up: bool = False


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
    """Areas below the points, coloured by a figure; an area without one is drawn grey.

    Attributes
    ----------
    table : GeoDataFrame
        Polygons in any CRS (none: WGS 84) with the columns ``name`` and ``value``.
    label : str
        What the figure is; heads the legend.
    classes : sequence of AreaClass
        In ascending order; below the first there is no colour.
    unit : str
    decimals : int
        Of the figure that is shown.
    """

    table: gpd.GeoDataFrame
    label: str
    classes: Sequence[AreaClass]
    unit: str = ""
    decimals: int = 0


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
    preset: Mapping[str, str] | None = None,
    clustered: bool = True,
) -> None:
    """Write a page with very many points: one HTML file that opens without a network.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        One row each. Columns: ``lon`` and ``lat`` [degrees, WGS 84] (or, in a GeoDataFrame without them, a geometry);
        a row without a place is listed, not drawn. ``status``: key of one of ``statuses``. Optional texts: ``title``,
        ``text``, ``ident`` (by which a link finds the row; of rows with the same one, the first), ``mark`` (a few
        characters in the marker instead of the status' sign) and ``link`` (relative or ``https``; others are dropped).
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
    preset : mapping of str to str, optional
        Values of facets (by column) that are chosen when the page opens.
    clustered : bool
        False: points stay single as long as they can be told apart.

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
            areas=areas, preset=preset, clustered=clustered,
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
    preset: Mapping[str, str] | None = None,
    clustered: bool = True,
) -> str:
    """Return the page's text (see :func:`findings_map`); the same input gives the same text to the byte."""
    from firelane.webmap.block import pack  # noqa: PLC0415  (slow to import)
    from firelane.webmap.crowd_block import area_content, row_content  # noqa: PLC0415
    from firelane.webmap.crowd_words import page_words  # noqa: PLC0415
    from firelane.webmap.frame import assemble  # noqa: PLC0415

    header, columns = row_content(table, statuses, facets, numbers)
    below, shapes = area_content(areas)
    chosen = dict(preset or {})
    known = [facet.column for facet in facets if facet.choose]
    if not set(chosen) <= set(known):
        raise ValueError(f"no filter for {sorted(set(chosen) - set(known))}")
    content = {
        "lang": lang, "title": title, "head": list(head), "note": [part for part in note.split("\n") if part.strip()],
        "words": page_words(lang), "preset": {str(n): chosen[f.column] for n, f in enumerate(facets) if f.column in chosen},
        "clustered": clustered, "areas": below, **header,
    }  # fmt: skip
    return assemble(pack(content, {**shapes, **columns}), UNPRINTABLE.sub(" ", title), lang, SCRIPTS, STYLES)
