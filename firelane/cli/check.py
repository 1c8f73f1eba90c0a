"""``firelane check``: read and validate only; say what was made of every part of the input."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from firelane.cli import common, console
from firelane.errors import InputError
from firelane.vocabulary import Lang

_SHORT_CODE = 40  # a longer one is a definition, not a code


def _ending(suffix: str) -> Any:
    """Return a check of an option's file name: a picture must not be written over a site.toml by mistake."""

    def checked(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
        if value is not None and value.suffix.lower() != suffix:
            raise click.BadParameter(f"'{value}' must end in {suffix}")
        return value

    return checked


@click.command("check", epilog="Example: firelane check plan.dxf --png layers.png")
@common.site_options
@click.option(
    "--png", type=click.Path(path_type=Path), default=None, metavar="FILE", callback=_ending(".png"),
    help="Draw a picture of the layers: is everything where it belongs?",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), default=None, metavar="FILE", callback=_ending(".json"),
    help="Write the same account as JSON.",
)  # fmt: skip
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool,
    png: Path | None, json_file: Path | None,
) -> int:  # fmt: skip
    """Read SITE and tell what was made of each part of it, what was mended and what was not understood.

    只读取并校验场地 SITE：逐项说明读到什么、修补了什么、哪些未能识别。
    """
    del debug
    from firelane.run import check_tables
    from firelane.site import describe, read_site

    tongue = common.console_lang(lang)
    zh = tongue == "zh"
    try:
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        check_tables(read)
    except InputError as error:
        # Whoever is refused needs most to know what was understood.
        if not quiet:
            for line in _understood(error, tongue):
                common.say(line)
        if json_file is not None:
            _write_json(json_file, _refusal(error))
        raise
    told = describe(read)
    if not quiet:
        for line in _account(told, tongue):
            common.say(line)
        common.print_notes(read.notes, tongue)
        if png is None:
            common.say("加 --png 图层.png 可绘出各图层，核对图层对应是否正确" if zh else
                       "see whether the layers are right: add --png layers.png")  # fmt: skip
    if json_file is not None:
        _write_json(json_file, told)
    if png is not None:
        from firelane.charts import layers_picture

        layers_picture(read, png, lang=common.file_lang(lang))
    if not quiet:
        for path in (json_file, png):
            if path is not None:
                common.say(console.harmless(path))
    return 0


def _write_json(path: Path, told: Mapping[str, Any]) -> None:
    from firelane.files import write_text

    write_text(path, json.dumps(told, ensure_ascii=True, indent=2, allow_nan=False) + "\n")


def _refusal(error: InputError) -> dict[str, Any]:
    from firelane.site.describe import note_row, reading_row

    return {
        "problems": [
            {"layer": p.layer, "row": p.row, "column": p.column, "zh": p.text("zh"), "en": p.text("en")}
            for p in error.problems
        ],
        "readings": [reading_row(reading) for reading in error.readings],
        "notes": [note_row(note) for note in error.notes],
    }


# --- words ---------------------------------------------------------------------------------------

_WORDS = {
    "crs": ("坐标系", "coordinates"),
    "placed": ("已定位", "placed on the earth"),
    "unplaced": ("未定位：局部坐标，经纬度无效", "not placed: local metres, no longitude and latitude"),
    "extent": ("范围", "extent"),
    "extent_m": ("东西 {0:.1f} 米 × 南北 {1:.1f} 米", "{0:.1f} m east-west × {1:.1f} m north-south"),
    "width": ("路宽约", "roads about"),
    "width_m": (
        "最窄 {least_m:.2f}、中位 {middle_m:.2f}、最宽 {greatest_m:.2f} 米（面积×2÷周长）",
        "{least_m:.2f} m least, {middle_m:.2f} m median, {greatest_m:.2f} m greatest wide (2 × area ÷ perimeter)",
    ),
    "derived": ("{0} 条路面由中心线和宽度推得，并非实测", "{0} road outlines are derived from a width that was told"),
    "bare": ("{0} 条道路只有中心线，净宽未测量", "{0} roads are centrelines alone: their width is not measured"),
    "files": ("输入文件", "input files"),
    "parts": ("各部分的读取情况", "what was made of each part"),
    "partly": ("读到并识别的内容如下；问题列在其后：", "What was understood follows; the problems stand below."),
    "tiles": ("激光点云", "laser points"),
}
_HEADS = {
    "files": (("文件", "我方图层", "行数"), ("file", "our layer", "rows")),
    "parts": (
        ("来源", "内容", "→ 我方图层", "行数", "修补", "未用"),
        ("source", "found", "→ our layer", "rows", "mended", "unused"),
    ),
    "tiles": (("文件", "点数", "坐标系"), ("file", "points", "coordinates")),
}


def _word(key: str, lang: Lang) -> str:
    return _WORDS[key][0 if lang == "zh" else 1]


def _head(key: str, lang: Lang) -> Sequence[str]:
    return _HEADS[key][0 if lang == "zh" else 1]


# --- the account ---------------------------------------------------------------------------------


def _account(told: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    """Yield everything that is known of a site that was read, but for its notes."""
    width = console.room()
    code = console.harmless(told["crs"])
    name = console.harmless(told["crs_name"])
    short = len(code) < _SHORT_CODE
    yield f"{console.harmless(told['name'] or told['id'])}  ({code if short else name})"
    labels = [_word(key, lang) for key in ("crs", "extent", "width")]
    wide = max(map(console.cells, labels)) + 2
    state = _word("placed" if told["placed"] else "unplaced", lang)
    lines = [f"{name}; {state}" if lang == "en" else f"{name}；{state}", _word("extent_m", lang).format(*told["extent_m"])]
    widths = told["road_widths"]
    if widths["least_m"] is not None:
        lines.append(_word("width_m", lang).format(**widths))
    for label, text in zip(labels, lines, strict=False):
        yield from _hung(label, text, wide, width)
    for key, count in (("derived", widths["derived"]), ("bare", widths["without_width"])):
        if count:
            yield from _hung("", _word(key, lang).format(count), wide, width)
    yield from _layers(told["layers"], lang)
    yield from _files(told["inputs"], lang, width)
    yield from _parts(told["readings"], lang, width)
    if told["points"]:
        yield _word("tiles", lang)
        rows = [
            (console.harmless(t["path"]), f"{t['points']:,}", console.harmless(t["crs"])[:_SHORT_CODE]) for t in told["points"]
        ]
        yield from console.table(_head("tiles", lang), rows, width=width, right=(1,))


def _hung(label: str, text: str, wide: int, width: int) -> Iterator[str]:
    """Yield a text beside its label, further lines below the text."""
    for n, line in enumerate(console.wrapped(text, width - 2 - wide)):
        yield f"  {console.padded(label if n == 0 else '', wide)}{line}"


def _layers(layers: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    for name, layer in layers.items():
        label = layer["zh"] if zh else layer["en"]
        if not layer["surveyed"]:
            state = "未调查" if zh else "not surveyed"
        else:
            kinds = ", ".join(f"{n} {kind}" for kind, n in layer["geometry"].items())
            state = (f"{layer['rows']} 行" if zh else f"{layer['rows']} rows") + (f"  ({kinds})" if kinds else "")
        yield f"  {name:<18}{state}  {label}"


def _files(inputs: Sequence[Mapping[str, Any]], lang: Lang, width: int) -> Iterator[str]:
    rows: list[tuple[str, str, str]] = []
    before = ""
    for item in inputs:
        path = console.harmless(item["path"])
        layer = item["layer"] if item["layer"] != "site.toml" else "—"
        rows.append((path if path != before else "", layer, f"{item['rows']:,}" if item["rows"] or layer != "—" else ""))
        before = path
    if rows:
        yield _word("files", lang)
        yield from console.table(_head("files", lang), rows, width=width, right=(2,))


def _parts(readings: Sequence[Mapping[str, Any]], lang: Lang, width: int) -> Iterator[str]:
    """Yield one table for each file of which the parts are known: CAD plans, OpenStreetMap extracts."""
    for path in dict.fromkeys(reading["path"] for reading in readings):
        yield f"{_word('parts', lang)}{'：' if lang == 'zh' else ': '}{console.harmless(path)}"
        own = [reading for reading in readings if reading["path"] == path]
        rows = [
            (
                console.cut(console.harmless(r["source"]), 120),
                ", ".join(f"{count} {console.harmless(kind)}" for kind, count in r["found"].items()),
                r["layer"] or "—",
                *(f"{r[key]:,}" if r[key] else "" for key in ("rows", "mended", "ignored")),
            )
            for r in own
        ]
        remarks = [console.harmless(r[lang]) for r in own]
        yield from console.table(_head("parts", lang), rows, width=width, right=(3, 4, 5), remarks=remarks)


def _understood(error: InputError, lang: Lang) -> Iterator[str]:
    """Yield what was made of an input that was refused; nothing where nothing was."""
    from firelane.site.describe import reading_row

    if not error.readings:
        return
    yield _word("partly", lang)
    yield from _parts([reading_row(reading) for reading in error.readings], lang, console.room())
    for note in error.notes:
        yield f"  · {console.harmless(note.text(lang))}"
