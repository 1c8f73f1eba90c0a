"""Layers, linetypes and the dimensions of a sheet: data, read once from the files beside this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class LayerSpec:
    """One layer: name, ACI colour, optional true colour, line width on paper [mm], linetype, plotted or not."""

    name: str
    aci: int
    rgb: Rgb | None
    lineweight_mm: float
    linetype: str
    plot: bool
    zh: str
    en: str


@dataclass(frozen=True)
class LinetypeSpec:
    """One linetype: ``pattern_mm`` is the total length, then dashes (> 0), gaps (< 0) and dots (0) [mm]."""

    name: str
    pattern_mm: tuple[float, ...]
    zh: str


@dataclass(frozen=True)
class SweptLayers:
    """The layers of the swept paths: a set per vehicle, all under the name of their parent.

    Attributes
    ----------
    parent : str
    parts : tuple of LayerSpec
        ``name`` is that of the part; one without ``rgb`` has its vehicle's colour.
    colours : tuple of (int, Rgb)
        ACI and true colour of the first vehicle, the second …, then again.
    tints : Mapping
        Part -> share of white in its vehicle's colour.
    """

    parent: str
    parts: tuple[LayerSpec, ...]
    colours: tuple[tuple[int, Rgb], ...]
    tints: Mapping[str, float]

    def name(self, vehicle: int, part: str) -> str:
        """Return the layer of a part of the vehicle with this number, from 1."""
        return f"{self.parent}-V{vehicle}-{part}"

    def of(self, vehicle: int) -> tuple[LayerSpec, ...]:
        """Return the layers of the vehicle with this number, from 1."""
        aci, own = self.colours[(vehicle - 1) % len(self.colours)]
        found = []
        for part in self.parts:
            tint = self.tints.get(part.name, 0.0)
            red, green, blue = (round(value + tint * (255 - value)) for value in own)
            name = self.name(vehicle, part.name)
            found.append(replace(part, name=name, aci=part.aci if part.rgb else aci, rgb=part.rgb or (red, green, blue)))
        return tuple(found)


@dataclass(frozen=True)
class LayerCatalogue:
    """The layers of contract §5, what kind of paint goes where, and the colour of the paint.

    ``swept`` are layers that a drawing has only where vehicles were tracked.
    """

    layers: tuple[LayerSpec, ...]
    linetypes: tuple[LinetypeSpec, ...]
    paint: Mapping[str, str]
    aci: int
    rgb: Rgb
    outline_rgb: Rgb
    swept: SweptLayers


@dataclass(frozen=True)
class FormatSpec:
    """One sheet format, landscape [mm]; ``title_mm`` is the height of the title block along its foot."""

    name: str
    width_mm: float
    height_mm: float
    margin_mm: float
    frame_mm: float
    title_mm: float


@dataclass(frozen=True)
class SheetCatalogue:
    """Formats, scales and measures of the sheet; see ``sheet.toml`` for what each is and its source."""

    formats: tuple[FormatSpec, ...]
    plan_scales: tuple[int, ...]
    binding_mm: float
    column_mm: float
    column_pad_mm: float
    label_room_mm: float
    caption_mm: float
    side_mm: float
    context_m: float
    beyond_m: float
    obstruction_labels_to: int
    lane_labels_to: int
    most_findings: int
    most_notes: int
    small_mm: float
    label_mm: float
    heading_mm: float
    title_text_mm: float
    grid_step_mm: float
    grid_arm_mm: float
    grid_steps_m: tuple[float, ...]
    station_step_mm: float
    station_steps_m: tuple[float, ...]
    detail_scales: tuple[int, ...]


def _rgb(value: list[int] | None) -> Rgb | None:
    return None if value is None else (value[0], value[1], value[2])


def _layer(row: Mapping[str, Any]) -> LayerSpec:
    return LayerSpec(
        name=row["name"], aci=row.get("aci", 7), rgb=_rgb(row.get("rgb")), lineweight_mm=row["lineweight_mm"],
        linetype=row["linetype"], plot=row.get("plot", True), zh=row["zh"], en=row["en"],
    )  # fmt: skip


@cache
def layer_catalogue() -> LayerCatalogue:
    """Return the layers."""
    data = tomllib.loads(files(__package__).joinpath("layers.toml").read_text(encoding="utf-8"))
    colour, swept = data["colour"], data["swept"]
    return LayerCatalogue(
        layers=tuple(_layer(row) for row in data["layer"]),
        linetypes=tuple(
            LinetypeSpec(row["name"], tuple(row["pattern_mm"]), row["zh"]) for row in data["linetype"]
        ),
        paint=data["paint"],
        aci=colour["aci"],
        rgb=(colour["rgb"][0], colour["rgb"][1], colour["rgb"][2]),
        outline_rgb=(colour["outline_rgb"][0], colour["outline_rgb"][1], colour["outline_rgb"][2]),
        swept=SweptLayers(
            swept["parent"],
            tuple(_layer(row) for row in swept["layer"]),
            tuple((aci, (r, g, b)) for aci, (r, g, b) in zip(swept["vehicle_aci"], swept["vehicle_rgb"], strict=True)),
            {row["name"]: row["tint"] for row in swept["layer"] if "tint" in row},
        ),
    )


@cache
def sheet_catalogue() -> SheetCatalogue:
    """Return the measures of the sheet."""
    data = tomllib.loads(files(__package__).joinpath("sheet.toml").read_text(encoding="utf-8"))
    layout, text, details = data["layout"], data["text_mm"], data["details"]
    return SheetCatalogue(
        formats=tuple(FormatSpec(**row) for row in data["format"]),
        plan_scales=tuple(data["scale"]["plan"]),
        **layout,
        small_mm=text["small"],
        label_mm=text["label"],
        heading_mm=text["heading"],
        title_text_mm=text["title"],
        grid_step_mm=data["grid"]["step_mm"],
        grid_arm_mm=data["grid"]["arm_mm"],
        grid_steps_m=tuple(data["grid"]["steps_m"]),
        station_step_mm=data["stations"]["step_mm"],
        station_steps_m=tuple(data["stations"]["steps_m"]),
        detail_scales=tuple(details["scales"]),
    )
