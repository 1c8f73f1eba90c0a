"""Files whose layers are not ours: the reader that each needs, and the area that one of them names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firelane.site.config import Settings
from firelane.site.formats import FOREIGN
from firelane.site.intake import Intake
from firelane.site.journal import Journal
from firelane.site.sources import Source
from firelane.site.within import Within


def take_in(source: Source, settings: Settings, window: Within | None, journal: Journal) -> tuple[Intake, ...]:
    """Read every CAD plan and OpenStreetMap extract of a site; problems go to the journal."""
    found = []
    for path in source.foreign:
        # ezdxf and osmium take their time to load: only who has such a file waits for them.
        if FOREIGN[path.suffix.lower()] == "OpenStreetMap":
            from firelane.site.osm import read_osm  # noqa: PLC0415

            intake = read_osm(path, settings, journal, window=window)
        else:
            from firelane.site.cad import read_plan  # noqa: PLC0415

            intake = read_plan(path, settings, journal)
        if intake is not None:
            found.append(intake)
    return tuple(found)


def located(window: Within | None, intakes: Sequence[Intake], journal: Journal) -> Within | None:
    """Return the window with its area, where it was told by a name that one of the files knows."""
    if window is None or window.area is not None:
        return window
    area = next((intake.area for intake in intakes if intake.area is not None), None)
    if area is None:
        if not journal.problems:
            journal.problem(
                f"no area is called {window.text[:80]!r}",
                f"没有名为 {window.text[:80]!r} 的区域",
                "give a name that stands on an area of an OpenStreetMap extract, a bounding box "
                "west,south,east,north in degrees, or a file with one polygon",
                "请给出 OpenStreetMap 数据中某区域的名称、以度为单位的范围 west,south,east,north，或含一个多边形的文件",
                layer="--within",
            )
        return None
    return replace(window, area=area)
