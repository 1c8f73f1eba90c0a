"""``volunteered`` in ``[osm]`` of ``site.toml``: a site made of OpenStreetMap stays one that nobody vouches for."""

from __future__ import annotations

from collections.abc import Iterable

from firelane.site.config import Settings
from firelane.site.journal import Journal, did_you_mean
from firelane.site.model import PARTLY, VOLUNTEERED, Note
from firelane.site.schema import LAYERS

KEY = "volunteered"


def told_of(notes: Iterable[Note]) -> bool | list[str]:
    """Return what ``volunteered`` has to say of a site with these notes: all layers, some, or (False) none."""
    layers = [note.layer for note in notes if note.code == VOLUNTEERED]
    if None in layers:
        return True
    return list(dict.fromkeys(layer for layer in layers if layer is not None)) or False


def tell_volunteered(settings: Settings, journal: Journal) -> None:
    """Note that what a volunteered layer does not hold is not known, where ``site.toml`` says it is one."""
    told = settings.tables.get("osm", {}).get(KEY, False)
    if isinstance(told, bool):
        if told and not any(note.code == VOLUNTEERED for note in journal.notes):
            _note(None, journal)
        return
    if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
        journal.problem(
            "true, or a list of layer names, is expected", "应为 true 或图层名列表", "mend the value", "请改正该值",
            layer=settings.file, column=f"osm.{KEY}",
        )  # fmt: skip
        return
    for name in dict.fromkeys(told):
        if name in LAYERS:
            _note(name, journal)
        else:
            journal.problem(
                f"{name[:80]!r} is no such layer", f"没有图层 {name[:80]!r}", *did_you_mean(name, LAYERS),
                layer=settings.file, column=f"osm.{KEY}",
            )  # fmt: skip


def tell_partly(layers: Iterable[str], journal: Journal) -> None:
    """Note that layers do not hold everything: what is not in them is not known."""
    told = {note.layer for note in journal.notes if note.code == PARTLY}
    for layer in layers:
        if layer not in told:
            journal.note(
                PARTLY,
                f"{layer}: not everything may be drawn: what is not in it is not known. If it was surveyed in full, say so: "
                f"[[layers.{layer}]] from = … in site.toml",
                f"{layer}：不一定绘制齐全，未绘制的内容视为未知。若已全面调查，请在 site.toml 中写明 [[layers.{layer}]] from = …",
                layer=layer,
            )


def _note(layer: str | None, journal: Journal) -> None:
    en, zh = ("", "") if layer is None else (f"{layer}: ", f"{layer}：")
    journal.note(
        VOLUNTEERED,
        f"{en}mapped by volunteers (© OpenStreetMap contributors, ODbL): what is not in it is not known",
        f"{zh}由志愿者绘制（© OpenStreetMap 贡献者，ODbL），未绘制的内容视为未知",
        layer=layer,
    )
