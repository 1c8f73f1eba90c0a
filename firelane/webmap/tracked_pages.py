"""Vehicle tracking for those who cannot play a drive: tables of targets and conflicts on paper and without scripts."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firelane.tracking.record import TrackClass, TripKind
from firelane.tracking.telling import driven
from firelane.webmap import side
from firelane.webmap.column import badge
from firelane.webmap.texts import coordinates, shown
from firelane.webmap.track_words import track_words
from firelane.webmap.tracked import (
    COLOURS,
    conflict_text,
    is_assumed,
    target_name,
    target_rows,
    turning_text,
    vehicle_facts,
)
from firelane.webmap.trip_path import poses, swept_ground
from firelane.webmap.widths import palette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from shapely.geometry.base import BaseGeometry

    from firelane.tracking.record import VehicleTracking
    from firelane.webmap.content import Content

_TOP, _LINE, _TITLE, _HEAD, _GAP = 64.0, 22.0, 24.0, 40.0, 9.0
_GUTTER = 40.0
SIGNS = {"pass": "✓", "fail": "✕", "indeterminate": "?", "not_measured": "–"}


@dataclass(frozen=True)
class Line:
    """One row of a table: what it is about, its class as a key of the palette's verdicts, what is told."""

    title: str
    key: str = ""
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """A heading and its rows."""

    head: str
    lines: list[Line]


def tables(content: Content, tracking: VehicleTracking) -> list[Table]:
    """Return what is known of one vehicle as tables: the vehicle, targets, conflicts and mends, dead ends; none is empty."""
    words, lang = track_words(content.lang), content.lang
    title = words["pages_title"].format(vehicle=shown(tracking.vehicle.name(lang)) or shown(tracking.vehicle.id))
    facts = [Line(f"{label}{words['colon']}{value}".replace("\n", words["and"])) for label, value in vehicle_facts(content, tracking)]
    if is_assumed(tracking.vehicle):
        facts.insert(0, Line(words["assumed"]))
    if tracking.unsearched is not None:
        facts.insert(0, Line(words["no_lines"].format(why=shown(tracking.unsearched[0 if lang == "zh" else 1]))))
    targets = [Line(row.name, COLOURS[row.found], [" · ".join([row.found.label(lang), *row.told])]) for row in target_rows(content, tracking)]
    if any(line.key == COLOURS[TrackClass.NOT_FOUND] for line in targets):
        facts.append(Line(words["never_fail"]))
    mends: dict[tuple[str, str], list[str]] = {}  # by the drive and the first conflict that each clears
    together = Counter(mend.trip_id for mend in tracking.mends)
    for mend in tracking.mends:
        text = shown(mend.text_zh if lang == "zh" else mend.text_en)
        alone = "proven_mend" if together[mend.trip_id] == 1 else "proven_together"
        text = f"{text} · {words[alone if mend.proven else 'unproven_mend']}"
        mends.setdefault((mend.trip_id, mend.conflict_ids[0] if mend.conflict_ids else ""), []).append(text)
    conflicts = []
    for trip in tracking.trips:
        for conflict in sorted(trip.conflicts, key=lambda c: c.chainage_m):
            at = words["pages_at"].format(n=driven(conflict.chainage_m))
            place = coordinates(conflict.place, lang).replace("\n", words["and"])
            target = target_name(content, trip.target_kind.value, shown(trip.target_id))[0]
            conflicts.append(Line(conflict_text(content, conflict), "fail", [f"{target} · {at} · {place}", *mends.pop((trip.trip_id, conflict.conflict_id), [])]))
        if trip.conflicts:
            conflicts[-1].told.extend(text for key in list(mends) if key[0] == trip.trip_id for text in mends.pop(key))
    ends = [
        Line(
            words["dead_end"].format(id=shown(turning.dead_end_id), lane=target_name(content, "lane", turning.lane_id)[0]),
            COLOURS[turning.found], [turning_text(content, turning)],
        )
        for turning in tracking.turnings
    ]  # fmt: skip
    found = [Table(title, facts), Table(words["pages_targets"], targets), Table(words["pages_conflicts"], conflicts),
             Table(words["page_dead_ends"], ends)]  # fmt: skip
    return [table for table in found if table.lines]


def texts(content: Content) -> list[str]:
    """Return every text of the tables, for the choice of a font."""
    found = [*SIGNS.values()] if content.audit.tracking else []
    for tracking in content.audit.tracking:
        for table in tables(content, tracking):
            found += [table.head, *(part for line in table.lines for part in (line.title, *line.told))]
    return found


# ------------------------------------------------------------------------------------------- in the picture


def ink(content: Content) -> Iterator[tuple[BaseGeometry, Mapping[str, Any]]]:
    """Yield what the picture shows of tracking, and its look: ground and conflicts of the lines of least overrun."""
    looks = palette()["track"]
    trips = [trip for tracking in content.audit.tracking for trip in tracking.trips if trip.kind is TripKind.OVERRUN]
    yield from ((swept_ground([poses(trip.drive)], trip.vehicle), looks["over"]) for trip in trips)
    yield from ((conflict.geometry, looks["conflict"]) for trip in trips for conflict in trip.conflicts)


def legend_rows(content: Content) -> list[dict[str, Any]]:
    """Return the picture's further rows of the legend."""
    words, looks = track_words(content.lang), palette()["track"]
    trips = [trip for tracking in content.audit.tracking for trip in tracking.trips if trip.kind is TripKind.OVERRUN]
    rows = [("over", "legend_over", bool(trips)), ("conflict", "legend_conflict", any(trip.conflicts for trip in trips))]
    return [{"shape": "area", "look": looks[key], "label": words[word]} for key, word, used in rows if used]


Placed = tuple[float, float, str, str, list[str]]  # x, y, sign or size, colour key, lines


def pages(
    content: Content, width_px: float, height_px: float, text: Callable[[str], str]
) -> Iterator[list[Placed]]:
    """Yield for each page what stands on it, two columns a page, each vehicle on pages of its own."""
    column_px = (width_px - _GUTTER) / 2
    for tracking in content.audit.tracking:
        page: list[Placed] = []
        column, y = 0, _TOP
        for table in tables(content, tracking):
            head = side.wrapped(text(table.head), column_px / 23)[0]
            for n, line in enumerate(table.lines):
                bold = bool(line.key)
                title = side.wrapped(text(line.title), (column_px - 40) / (18.8 if bold else 16.6))[:3]
                told = [part for one in line.told for part in side.wrapped(text(one), (column_px - 40) / 16.6)[:4]]
                high = (_TITLE if bold else _LINE) * len(title) + _LINE * len(told) + (_GAP if bold else 2)
                need = high + (_HEAD if n == 0 else 0)
                if y + need > height_px and y > _TOP:
                    column, y = column + 1, _TOP
                    if column == 2:
                        yield page
                        page, column = [], 0
                x = column * (column_px + _GUTTER)
                if n == 0:
                    y += 0 if y == _TOP else 8
                    page.append((x, y, "head", "", [head]))
                    y += _HEAD - 8
                page.append((x, y, "row" if bold else "fact", line.key, [*title, "", *told]))
                y += high
        if page:
            yield page


def draw(axes: Any, placed: list[Placed], width_px: float, height_px: float, picture: Any) -> None:
    """Draw one page."""
    axes.set_axis_off()
    axes.set_xlim(0, width_px)
    axes.set_ylim(height_px, 0)
    content = picture.content

    def write(x: float, y: float, text: str, size: float, **more: Any) -> None:
        axes.text(x, y, text, fontsize=size, fontfamily=picture.family, va="center", parse_math=False, **more)

    write(0, 16, track_words(content.lang)["page_tab"], 12)
    site = picture.text(content.audit.site.name or content.audit.site.id)
    write(width_px, 16, side.wrapped(site, 50)[0], 9, ha="right", color="#5b6570")
    axes.plot([0, width_px], [38, 38], color="#b8c0c8", linewidth=0.6)
    for x, top, kind, key, lines in placed:
        y = top + 6
        if kind == "head":
            write(x, y, lines[0], 10.5)
            continue
        indent = 38 if kind == "row" else 0
        if kind == "row":
            badge(axes, picture.family, x + 13, y, picture.text(SIGNS[key]), key)
        gap = lines.index("")
        for line in lines[:gap]:
            write(x + indent, y, line, 8.5 if kind == "row" else 7.5)
            y += _TITLE if kind == "row" else _LINE
        for line in lines[gap + 1 :]:
            write(x + indent, y, line, 7.5, color="#3c4650")
            y += _LINE


# ------------------------------------------------------------------------------------------- without scripts


def without_script(content: Content) -> str:
    """Return the tables as HTML for a browser that runs no script; every text is escaped, nothing of it is markup."""
    parts = []
    for tracking in content.audit.tracking:
        for n, table in enumerate(tables(content, tracking)):
            level = "h2" if n == 0 else "h3"
            parts.append(f"<{level}>{_plain(table.head)}</{level}>")
            rows = ("".join(f"<td>{_plain(text)}</td>" for text in (line.title, " · ".join(line.told))) for line in table.lines)
            parts.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
    return "\n".join(parts)


def _plain(text: str) -> str:
    return html.escape("".join(sign if sign.isprintable() else " " for sign in text))
