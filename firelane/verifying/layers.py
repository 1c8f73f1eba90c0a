"""Which layers of a drawing hold its paint, and what is yellow."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firelane.errors import InputError, Problem
from firelane.verifying.limits import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firelane.site.cad.paint import Drawn


def yellow(rgb: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which colours are yellow.

    >>> yellow(np.array([[255, 255, 0], [255, 191, 0], [255, 204, 0], [255, 255, 255], [255, 0, 0], [255, 127, 0]])).tolist()
    [True, True, True, False, False, False]
    """
    table = limits()["colour"]
    red, green, blue = (np.asarray(rgb, dtype=float).reshape(-1, 3) / 255.0).T
    most, least = np.maximum.reduce([red, green, blue]), np.minimum.reduce([red, green, blue])
    spread = most - least
    # Between red and green, where all yellows lie, the hue is 60° × (green - blue) / spread.
    safe = np.where(spread > 0, spread, 1.0)
    hue = np.where(most == red, 60.0 * (green - blue) / safe, 120.0 + 60.0 * (blue - red) / safe)
    low, high = (float(v) for v in table["hue_deg"])
    out = (spread > 0) & (blue == least) & (hue >= low) & (hue <= high)
    return np.asarray(out & (spread >= float(table["saturation"]) * most) & (most >= float(table["value"])))


@dataclass(frozen=True)
class PaintLayers:
    """Layers that hold paint: those named, by the user or by themselves, and those found by their colour alone."""

    named: tuple[str, ...]
    bright: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Both kinds."""
        return tuple(sorted({*self.named, *self.bright}))

    def painted(self, drawn: Drawn) -> Drawn:
        """Return the paint of a drawing: all that lies on the named layers, of the others what is yellow and has an area.

        Anything may lie on a layer that tells nothing by its name: yellow lines without a width are no paint there.
        """
        on = drawn.on(self.all)
        if not len(on) or not self.bright:
            return on
        sure = np.isin(on.layer.astype(str), self.named)
        return on.pick(sure | (yellow(on.rgb) & (on.filled | on.pattern)))


def paint_layers(drawn: Drawn, wanted: Sequence[str], words: str) -> PaintLayers:
    """Return the layers that hold paint.

    Those that the user names; else of a drawing of ours those of its paint, of another's those whose name tells; and
    besides, in both, those on which something is filled in yellow, a yellow line has a width, or characters of the
    lettering (``words``) are written in yellow.

    Raises
    ------
    InputError
        Where no layer has a name that the user gave.
    """
    if wanted:
        named = tuple(name for name in drawn.layers if _matches(name, wanted))
        if not named:
            raise InputError([Problem(
                f"no layer is called {', '.join(wanted)}", f"it has the layers {', '.join(drawn.layers)[:600]}", drawn.plan_file,
                message_zh=f"没有名为 {'、'.join(wanted)} 的图层", remedy_zh=f"图中图层：{'、'.join(drawn.layers)[:600]}",
            )])  # fmt: skip
        return PaintLayers(named)
    table = limits()["layers"]
    kinds = set(table["kinds"])
    own = {str(name) for name, told in zip(drawn.layer, drawn.told, strict=True) if told in kinds}
    own |= set(table["ours"]) & set(drawn.layers)
    ours = "firelane_origin_x" in drawn.properties and bool(own)
    telling = own if ours else {name for name in drawn.layers if _matches(name, table["paint"]) and not _matches(name, table["never"])}
    filled = drawn.filled & yellow(drawn.rgb) if len(drawn) else np.zeros(0, dtype=bool)
    bright = {str(name) for name in drawn.layer[filled]}
    bright |= {
        text.layer
        for text in drawn.texts
        if set("".join(text.words.split())) <= set(words) and bool(yellow(np.array([text.rgb]))[0])
    }  # fmt: skip
    more = {name for name in bright - telling if not _matches(name, table["never"])}
    return PaintLayers(tuple(sorted(telling)), tuple(sorted(more)))


def passed_over(drawn: Drawn, taken: Sequence[str]) -> tuple[str, ...]:
    """Return the layers with something yellow that were not taken for paint, annotations apart."""
    if not len(drawn):
        return ()
    bright = {str(name) for name in drawn.layer[yellow(drawn.rgb)]}
    return tuple(sorted(name for name in bright - set(taken) if not _matches(name, limits()["layers"]["never"])))


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.casefold(), glob.strip().casefold()) for glob in globs)
