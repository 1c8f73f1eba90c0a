"""``firelane vehicles``: fire engines, their radii, and what a bend must offer them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common, console

if TYPE_CHECKING:
    from firelane.tracking.vehicle import Vehicle
    from firelane.vocabulary import Lang


@click.command("vehicles", epilog="Example: firelane vehicles --lang en")
@click.option(
    "--config", type=click.Path(path_type=Path), default=None, metavar="FILE",
    help="A site.toml whose [vehicle] is shown as well.",
)  # fmt: skip
@common.lang_option
@click.option("--quiet", is_flag=True, help="Only check that the vehicles can be read.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
def command(config: Path | None, lang: str | None, *, quiet: bool, debug: bool) -> int:
    """Print the fire engines that a lane is tried with: dimensions, radii by definition, needed widths, sources.

    列出消防车型：尺寸、各种定义的转弯半径、弯道所需宽度和出处。
    """
    del debug
    from firelane.tracking.catalogue import stated_vehicle, vehicles

    shown = list(vehicles().values())
    if config is not None:
        from firelane.site.config import read_settings
        from firelane.site.journal import Journal

        journal = Journal()
        settings = read_settings(config, journal)
        journal.stop()
        stated = stated_vehicle(settings.site.vehicle)
        # A preset that the site names unchanged is the preset, not another vehicle.
        shown += [] if stated is None or stated[0] in shown else [stated[0]]
    if not quiet:
        for line in listing(shown, common.console_lang(lang)):
            common.say(line)
    return 0


def listing(shown: list[Vehicle], lang: Lang) -> Iterator[str]:
    """Yield the tables: dimensions, radii at full lock, widths that suffice, where the figures are from."""
    zh = lang == "zh"
    head: tuple[str, ...] = ("车型", "名称", "车长", "车宽", "轴距", "前悬", "后悬", "轮距", "通行高度") if zh else (
        "vehicle", "name", "length", "width", "wheelbase", "front", "rear", "track", "height")  # fmt: skip
    rows: list[tuple[str, ...]] = [
        (console.harmless(v.id), console.harmless(v.name(lang)), *(f"{x:.2f}" for x in (
            v.length_m, v.width_m, v.wheelbase_m, v.front_overhang_m, v.rear_overhang_m, v.track_m, v.height_m)))
        for v in shown
    ]  # fmt: skip
    yield "尺寸（米）" if zh else "dimensions [m]"
    yield from console.table(head, rows, width=console.room(), right=tuple(range(2, 9)))
    yield ""
    yield ("最小转弯半径（米）：含义不同，不可混用" if zh else
           "least turning radius [m]: each definition is another circle")  # fmt: skip
    head = ("车型", "路缘石（外侧前轮）", "墙（车身外前角）", "前轴中点", "车身内侧", "最大转角°", "给定者") if zh else (
        "vehicle", "kerb to kerb", "wall to wall", "front axle", "inner side", "lock [deg]", "stated as")  # fmt: skip
    rows = [_radii(v, lang) for v in shown]
    yield from console.table(head, rows, width=console.room(), right=(1, 2, 3, 4, 5))
    yield ""
    yield ("弯道（同心圆弧，任意转角）所需车道宽（米），内缘半径 R；直角弯为两条等宽车道、外角不倒圆" if zh else
           "lane width that suffices [m] in a bend of concentric edges, inner radius R; 90°: two equal lanes, square outer corner")  # fmt: skip
    head = ("车型", "R=9", "R=12", "R=15", "宽4米需R", "直角弯", "直角弯下限") if zh else (
        "vehicle", "R=9", "R=12", "R=15", "R for 4 m", "90° corner", "90° least")  # fmt: skip
    yield from console.table(head, [_widths(v) for v in shown], width=console.room(), right=(1, 2, 3, 4, 5, 6))
    yield ""
    alike: dict[tuple[str, ...], list[str]] = {}
    for vehicle in shown:
        alike.setdefault(tuple(_sources(vehicle, lang)), []).append(console.harmless(vehicle.id))
    yield "数据来源" if zh else "where the figures are from"
    for lines, names in alike.items():
        yield "  " + ("、" if zh else ", ").join(names)
        yield from ("    " + part for line in lines for part in console.wrapped(line, console.room() - 4))


def _sources(vehicle: Vehicle, lang: Lang) -> Iterator[str]:
    from firelane.tracking.catalogue import catalogue

    zh = lang == "zh"
    fields = catalogue().fields
    said: dict[tuple[str, str], list[str]] = {}
    for key, source in vehicle.sources.items():
        name = (fields[key].zh if zh else fields[key].en) if key in fields else key
        said.setdefault((source.status.label(lang), source.zh if zh else source.en), []).append(name)
    for (status, text), names in said.items():
        yield f"[{status}] {text}{'：' if zh else ': '}{('、' if zh else ', ').join(names)}"


def _radii(v: Vehicle, lang: Lang) -> tuple[str, ...]:
    from firelane.tracking.closed import full_lock_deg

    found = (v.kerb_radius_m, v.outer_radius_m, v.front_radius_m, v.inner_radius_m)
    return (console.harmless(v.id), *(f"{r:.2f}" for r in found), f"{full_lock_deg(v):.1f}", v.radius_basis.label(lang))


def _widths(v: Vehicle) -> tuple[str, ...]:
    from firelane.tracking.closed import (
        concentric_width_m,
        inner_radius_for_m,
        lower_bound_m,
        sharp_corner_width_m,
    )

    # rounded up: a width that suffices must not be told too small
    found = [concentric_width_m(v, r) for r in (9.0, 12.0, 15.0)] + [inner_radius_for_m(v, 4.0), sharp_corner_width_m(v), lower_bound_m(v)]
    return (console.harmless(v.id), *("–" if x != x else f"{-(-x * 100 // 1) / 100:.2f}" for x in found))  # noqa: PLR0124  (NaN)
