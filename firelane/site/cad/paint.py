"""Paint in a marking drawing of anybody's: shapes, lines and lettering with their colours, blocks taken apart.

The reader of plans (``entities.py``) keeps what a plan needs. Paint needs more: true colours, whether a hatch is solid,
how wide a polyline is at each end, which way a text looks. Before the document is read each entity is stamped with a
number under which that stands, and a text is given a small path of its box, so that whatever happens to a block happens
to its texts as well: it is turned and mirrored with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.dwg import as_dxf
from firelane.site.cad.open import load_plan
from firelane.site.cad.paint_looks import Looks, Palette, Written, palette_of, stamped
from firelane.site.cad.plan import Plan
from firelane.site.journal import Journal

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FILLED = ("HATCH", "MPOLYGON", "SOLID", "TRACE", "3DFACE")
_LINES = ("LINE", "LWPOLYLINE", "POLYLINE", "MLINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE")


@dataclass(frozen=True)
class Text:
    """One line of a text.

    Attributes
    ----------
    words : str
    corners : ndarray (3, 2)
        Lower left, lower right and upper left corner of the line as a reader sees it [drawing units].
    layer : str
    rgb : tuple of int
    """

    words: str
    corners: Floats
    layer: str
    rgb: tuple[int, int, int]


@dataclass(frozen=True)
class Drawn:
    """What a drawing shows, in drawing units: one row per piece.

    Attributes
    ----------
    plan_file : str
        Name of the file.
    unit_code : int
        ``$INSUNITS``; 0 where it is absent.
    properties : Mapping
        Custom properties: our own drawings say there where they are.
    layers : tuple of str
        All layers that are used.
    geometry : ndarray
        Polygons of what is filled (``filled``), else outlines and lines.
    filled : ndarray of bool
    pattern : ndarray of bool
        Hatches that are no solid fill: a pattern is no shape that could be measured.
    layer : ndarray of str
    rgb : ndarray (n, 3) of int
    dashed : ndarray of bool
        Drawn in a line type with gaps.
    kind : ndarray of str
        DXF type.
    told : ndarray of str
        What our own drawings say of a piece of paint (``edge_line``, ``box_frame`` …); empty elsewhere.
    texts : tuple of Text
    skipped : Mapping
        DXF type → count of what could not be read.
    hidden : int
        Pieces on layers that are off or frozen: they were left out.
    on_sheets : bool
        Something stands in paper space as well: that was not read.
    """

    plan_file: str
    unit_code: int
    properties: Mapping[str, str]
    layers: tuple[str, ...]
    geometry: Objects
    filled: Mask
    pattern: Mask
    layer: Objects
    rgb: NDArray[np.int64]
    dashed: Mask
    kind: Objects
    told: Objects
    texts: tuple[Text, ...]
    skipped: Mapping[str, int]
    hidden: int
    on_sheets: bool = False

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.geometry)

    def on(self, layers: Iterable[str]) -> Drawn:
        """Return what lies on some layers."""
        names = set(layers)
        kept = self.pick(np.array([name in names for name in self.layer], dtype=bool))
        return replace(kept, texts=tuple(text for text in self.texts if text.layer in names))

    def pick(self, keep: Mask) -> Drawn:
        """Return some of the pieces, and all texts."""
        return replace(
            self, geometry=self.geometry[keep], filled=self.filled[keep], pattern=self.pattern[keep], layer=self.layer[keep],
            rgb=self.rgb[keep], dashed=self.dashed[keep], kind=self.kind[keep], told=self.told[keep],
        )  # fmt: skip


def read_paint(path: Path, journal: Journal) -> Drawn | None:
    """Read a drawing of any version (R12 … R2018, text or binary; DWG through the user's converter).

    Parameters
    ----------
    path : Path
    journal : Journal
        A file that cannot be read adds one problem.

    Returns
    -------
    Drawn or None
        None, and a problem, where the file cannot be read to its end.
    """
    if path.suffix.lower() == ".dwg":
        with as_dxf(path, journal) as copy:
            found = None if copy is None else _read(copy, journal)
        return None if found is None else replace(found, plan_file=path.name)
    return _read(path, journal)


def _read(path: Path, journal: Journal) -> Drawn | None:
    kept: list[tuple[Looks, Palette]] = []
    own = Journal()  # notes about plans are no notes about paint
    plan = load_plan(path, own, lambda doc: kept.append((stamped(doc), palette_of(doc))))
    journal.problems.extend(own.problems)
    if plan is None:
        return None
    with np.errstate(all="ignore"):
        return replace(_assembled(plan, *kept[0]), on_sheets=any(note.code == "cad_paper_space" for note in own.notes))


def _assembled(plan: Plan, looks: Looks, palette: Palette) -> Drawn:
    seen = ~plan.hidden
    kind = plan.kind.astype(str)
    stamp = np.array([values[0] if values and isinstance(values[0], int) else -1 for values in plan.xdata], dtype=np.int64)
    types = shapely.get_type_id(plan.geometry)
    written = np.array([n >= 0 and n in looks.texts for n in stamp], dtype=bool)
    written &= np.isin(kind, ("LWPOLYLINE", "POLYLINE"))
    shape = np.isin(kind, _FILLED) & (types == 3)
    line = np.isin(kind, _LINES) & ~written
    rows = np.flatnonzero(seen & (shape | line))
    rgb = _colours(plan, stamp, looks, palette)
    linetype = [
        palette.dashed.get(str(plan.linetype[n]).lower(), palette.layer_dashed.get(str(plan.layer[n]).lower(), False))
        if str(plan.linetype[n]).upper() in ("BYLAYER", "BYBLOCK")
        else palette.dashed.get(str(plan.linetype[n]).lower(), False)
        for n in rows
    ]
    geometry = plan.geometry[rows].copy()
    width = plan.width[rows]
    wide = line[rows] & (width > 0.0)
    for n in np.flatnonzero(wide):
        geometry[n] = _band(geometry[n], float(width[n]))
    pattern = np.array([n >= 0 and n in looks.patterns for n in stamp[rows]], dtype=bool)
    texts = tuple(
        text for n in np.flatnonzero(seen & written)
        for text in _texts(looks.texts[int(stamp[n])], shapely.get_coordinates(plan.geometry[n]), str(plan.layer[n]), rgb[n])
    )  # fmt: skip
    told = np.array([looks.told.get(int(n), "") if n >= 0 else "" for n in stamp[rows]], dtype=object)
    return Drawn(
        plan_file=plan.path.name, unit_code=plan.unit_code, properties=plan.properties,
        layers=tuple(sorted({str(name) for name in plan.layer})), geometry=geometry, filled=(shape[rows] | wide) & ~pattern,
        pattern=pattern, layer=plan.layer[rows], rgb=rgb[rows], dashed=np.array(linetype, dtype=bool) & ~shape[rows], kind=plan.kind[rows],
        told=told, texts=texts,
        skipped={**plan.skipped, **{f"{name} (add-on)": count for name, count in plan.proxies.items()}},
        hidden=int(np.count_nonzero(~seen & (shape | line | written))),
    )  # fmt: skip


def _band(geometry: shapely.Geometry, width: float) -> shapely.Geometry:
    """Return the area of a wide polyline: square ends, mitred corners, as CAD draws it."""
    line = shapely.boundary(geometry) if shapely.get_type_id(geometry) == 3 else geometry
    return shapely.buffer(line, width / 2, cap_style="flat", join_style="mitre", mitre_limit=5.0)


def _colours(plan: Plan, stamp: NDArray[np.int64], looks: Looks, palette: Palette) -> NDArray[np.int64]:
    """Return red, green and blue of each row: its own, that of its INSERT, or that of its layer."""
    out = np.zeros((len(plan), 3), dtype=np.int64)
    for n in range(len(plan)):
        own = looks.colour.get(int(stamp[n]))
        if own == "block":
            outer = int(plan.insert[n])
            own = looks.colour.get(int(stamp[outer])) if outer >= 0 else None
            layer = plan.layer[outer] if outer >= 0 else plan.layer[n]
        else:
            layer = plan.layer[n]
        if isinstance(own, tuple):
            out[n] = own
        else:
            code = int(plan.colour[n])
            of_layer = code >= 256 or code <= 0 or own == "layer"
            out[n] = palette.layers.get(str(layer).lower(), (255, 255, 255)) if of_layer else palette.rgb(code)
    return out


def _texts(written: Written, corners: Floats, layer: str, rgb: NDArray[np.int64]) -> list[Text]:
    """Return the lines of a text, the upper one first."""
    if len(corners) != 3:
        return []
    start, end, top = corners
    count = len(written.lines)
    up = (top - start) / max(count, 1)
    red, green, blue = (int(v) for v in rgb)
    out = []
    for n, words in enumerate(written.lines):
        base = (count - 1 - n) * up
        share = written.shares[n]
        along = end - start
        left = start + base + along * (1 - share) * written.slack
        corner = np.array([left, left + along * share, left + up])
        if words.strip():
            out.append(Text(words, corner, layer, (red, green, blue)))
    return out
