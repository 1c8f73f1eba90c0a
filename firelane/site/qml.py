"""QGIS styles for a blank site: colours, names in plain words, drop-down lists."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from firelane.site.schema import LAYERS, Column

# What QGIS itself writes for "no value" in a value map.
_QGIS_NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"

_SYMBOLS = {"Point": "marker", "LineString": "line", "Polygon": "fill"}


def style(layer: str, geometry: str, lang: str) -> str:
    """Return the QML of one table of a blank site.

    Parameters
    ----------
    layer : str
        Layer of the contract.
    geometry : str
        ``Point``, ``LineString`` or ``Polygon``.
    lang : str
        Language of the field names and lists, ``zh`` or ``en``.

    Returns
    -------
    str
        An XML document as QGIS 3 stores it.
    """
    root = ET.Element(
        "qgis", version="3.28", styleCategories="Symbology|Labeling|Fields|Forms", labelsEnabled="0"
    )
    _renderer(root, LAYERS[layer].colour, geometry)
    columns = list(LAYERS[layer].columns.values())
    configuration = ET.SubElement(root, "fieldConfiguration")
    for column in columns:
        field = ET.SubElement(configuration, "field", name=column.name)
        _widget(field, column, lang)
    aliases = ET.SubElement(root, "aliases")
    for index, column in enumerate(columns, 1):  # 0 is the table's own key
        ET.SubElement(
            aliases,
            "alias",
            field=column.name,
            index=str(index),
            name=column.zh if lang == "zh" else column.en,
        )
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}\n"


def _map(parent: ET.Element, values: dict[str, str]) -> ET.Element:
    """Add a map of settings in QGIS' way of writing one."""
    option = ET.SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(option, "Option", name=name, type="QString", value=value)
    return option


def _renderer(root: ET.Element, colour: str, geometry: str) -> None:
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0")
    symbols = ET.SubElement(renderer, "symbols")
    symbol = ET.SubElement(
        symbols, "symbol", name="0", type=_SYMBOLS[geometry], alpha="1", clip_to_extent="1"
    )
    if geometry == "Polygon":
        _symbol_layer(
            symbol,
            "SimpleFill",
            {
                "color": f"{colour},110",
                "style": "solid",
                "outline_color": f"{colour},255",
                "outline_style": "solid",
                "outline_width": "0.4",
                "outline_width_unit": "MM",
            },
        )
    elif geometry == "LineString":
        _symbol_layer(
            symbol,
            "SimpleLine",
            {
                "line_color": f"{colour},255",
                "line_style": "solid",
                "line_width": "0.8",
                "line_width_unit": "MM",
            },
        )
    else:
        _symbol_layer(
            symbol,
            "SimpleMarker",
            {
                "color": f"{colour},255",
                "name": "circle",
                "outline_color": "35,35,35,255",
                "outline_style": "solid",
                "size": "2.4",
                "size_unit": "MM",
            },
        )


def _symbol_layer(symbol: ET.Element, kind: str, values: dict[str, str]) -> None:
    layer = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    _map(layer, values)


def _widget(field: ET.Element, column: Column, lang: str) -> None:
    """Choose how QGIS lets the column be edited: a list, a check box that may stay open, or a line."""
    if column.kind == "enum":
        widget = ET.SubElement(field, "editWidget", type="ValueMap")
        outer = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        entries = ET.SubElement(outer, "Option", name="map", type="List")
        unset = "（未填）" if lang == "zh" else "(not told)"
        _map(entries, {unset: _QGIS_NULL})
        for value, (zh, en) in column.allowed.items():
            _map(entries, {zh if lang == "zh" else en: value})
    elif column.kind == "bool":
        widget = ET.SubElement(field, "editWidget", type="CheckBox")
        option = _map(ET.SubElement(widget, "config"), {"CheckedState": "", "UncheckedState": ""})
        ET.SubElement(option, "Option", name="AllowNullState", type="bool", value="true")
        ET.SubElement(option, "Option", name="TextDisplayMethod", type="int", value="0")
    else:
        widget = ET.SubElement(field, "editWidget", type="TextEdit")
        _map(ET.SubElement(widget, "config"), {"IsMultiline": "0", "UseHtml": "0"})
