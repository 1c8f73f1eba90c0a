"""The map of changes: findings and lanes of both audits, coloured by what became of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from firelane import files
from firelane.comparing.changes import Change, Changes
from firelane.comparing.lanes import LaneChange
from firelane.comparing.reading import Side
from firelane.comparing.status import REASONS, Status
from firelane.comparing.tables import lane_status, title_of
from firelane.comparing.words import weights, words
from firelane.crs import to_lonlat
from firelane.vocabulary import Lang, Severity, Verdict, rounded_down
from firelane.webmap.plain import Group, Item, PlainPage, plain_page
from firelane.webmap.texts import coordinates, lonlat

# Red against blue, dark and light apart; the sign in the marker says the same a second time.
_LOOKS = {
    Status.NEW: ("#a3142a", "＋"), Status.WORSE: ("#d9480f", "↓"), Status.NO_LONGER_MEASURED: ("#6f4aa8", "?"),
    Status.UNCHANGED: ("#6f6f6f", "="), Status.BETTER: ("#1c7fb8", "↑"), Status.GONE: ("#1c6b4a", "✓"),
    Status.NOW_MEASURED: ("#3f8f8a", "◦"), Status.ADDED: ("#8a8a8a", "▫"), Status.REMOVED: ("#8a8a8a", "×"),
}  # fmt: skip
_QUIET = "quiet"
_NAMED = 3  # owners in a headline; the card names all
_DEGREES = pyproj.CRS.from_epsg(4326)


def changes_map(changes: Changes, path: str | os.PathLike[str], lang: Lang = "zh") -> None:
    """Write the map of changes: one HTML file that opens without a network.

    What concerns a violation is shown when it opens; subjects that were and are all right are one filter away.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    files.write_text(path, plain_page(page_of(changes, lang)))


def page_of(changes: Changes, lang: Lang) -> PlainPage:
    """Return what the page shows."""
    text = words(lang)
    placed = changes.new.placed and changes.old.placed
    drawing = _Drawing(changes, lang)
    then, now = changes.verdicts()
    a, b = changes.violations()
    site = changes.new.site
    quiet = weights(lang)["none"]
    groups = [Group(s.value, s.label(lang), *_LOOKS[s], shown=s is not Status.UNCHANGED) for s in Status]
    groups.append(Group(_QUIET, quiet, "#9aa0a6", "·", shown=False))
    accuracy = text["accuracy_said"].format(accuracy=f"{changes.accuracy_m:g}", tolerance=f"{changes.tolerance_m:g}")
    return PlainPage(
        title=f"{site.get('name') or site['id']} – {text['page_title']}", crs=_DEGREES if placed else changes.new.crs,
        groups=groups, items=[*map(drawing.finding, changes.findings), *map(drawing.lane, changes.lanes)],
        head=[
            text["sides"].format(old=changes.old.label or text["old"], new=changes.new.label or text["new"]),
            text["head"].format(a=a, b=b, then=then.label(lang), now=now.label(lang)),
        ],
        columns=(text["old"], text["new"]),
        about=[*(note.text(lang) for note in changes.notes), accuracy, *(f"{text[k]}: {s.label} SHA-256 {s.sha256}" for k, s in (("old", changes.old), ("new", changes.new)))],
        ground=[g for line in changes.new.lines.values() if (g := drawing.shape(changes.new, line)) is not None],
        every_sort=text["all_rules"], placed=placed, lang=lang,
    )  # fmt: skip


class _Drawing:
    """Makes the page's things; all geometries in degrees where both sites are placed, else in the new site's metres."""

    def __init__(self, changes: Changes, lang: Lang) -> None:
        self.changes, self.lang, self.text = changes, lang, words(lang)
        self.placed = changes.new.placed and changes.old.placed
        ids = {change.row["rule_id"] for change in changes.findings}
        self.titles = {rule: title_of(changes, rule, lang) for rule in ids}
        self.pinches = {
            id(side): {p["pinch_id"]: p for p in side.document["pinches"] if p.get("pinch_id")} for side in (changes.old, changes.new)
        }

    def shape(self, side: Side, geometry: BaseGeometry) -> BaseGeometry | None:
        """Return a geometry of one audit in the page's system; None where it has none there."""
        if self.placed:
            return shapely.transform(geometry, lambda xy: np.asarray(to_lonlat(xy, side.crs)))
        return geometry if side is self.changes.new or not (side.placed or self.changes.new.placed) else None

    def finding(self, change: Change) -> Item:
        """Return one change of a finding."""
        text, lang, row = self.text, self.lang, change.row
        side = self.changes.new if change.new is not None else self.changes.old
        old, new = change.old, change.new
        quiet = change.weight == "none"
        facts: list[tuple[str, ...]] = [
            (text["verdict"], *(self._verdict(r) for r in (old, new))),
            (text["value"], *(self._value(r) for r in (old, new))),
            (text["limit"], *(self._value(r, "threshold") for r in (old, new))),
            (text["objects"], *(self._owners(r["owners"]) if r else "" for r in (old, new))),
        ]
        facts = [fact for fact in facts if any(fact[1:])]
        if row.get("lane_id"):
            facts.append((text["lane"], *(str(r.get("lane_id") or "") if r else "" for r in (old, new))))
        if change.moved_m:
            facts.append((text["moved"], f"{change.moved_m:.2f} m"))
        facts.append((text["severity"], Severity(row["severity"]).label(lang)))
        if row["location"]:
            facts.append((text["where"], coordinates(tuple(row["location"]), lang)))
        if row["lonlat"]:
            facts.append((text["lonlat"], lonlat(tuple(row["lonlat"]), lang)))
        facts.append((text["change_id"], change.change_id))
        texts = [(text["old"], old[f"message_{lang}"])] if old else []
        texts += [(text["new"], new[f"message_{lang}"])] if new else []
        if change.ruling.reason:
            texts.insert(0, (text["reason"], change.reason(lang)))
        label = f"{row['article']} {self.titles[row['rule_id']]}"
        return Item(
            ident=change.change_id, group=_QUIET if quiet else change.status.value, sort=label,
            title=self._headline(change), sub=row[f"message_{lang}"], facts=facts, texts=texts, place=self._place(side, row),
            lines=[line for r, s in ((old, self.changes.old), (new, self.changes.new)) if r and (line := self._pinch(s, r)) is not None],
        )  # fmt: skip

    def _headline(self, change: Change) -> str:
        """Return who or what it is, with its figure then and now."""
        row = change.row
        owners = row["owners"]
        name = self._owners(owners[:_NAMED]) + ("…" if len(owners) > _NAMED else "")
        name = name or row.get("building_id") or row.get("lane_id") or ""
        values = [self._value(r) for r in (change.old, change.new) if r is not None]
        figures = " → ".join(v for v in values if v)
        return "  ".join(part for part in (str(name), figures or change.status.label(self.lang)) if part)

    def _owners(self, owners: Sequence[str]) -> str:
        shown = [self.text["edge"].format(road=o[5:]) if o.startswith("edge:") else o for o in owners]
        return ("、" if self.lang == "zh" else ", ").join(shown)

    def _verdict(self, row: Mapping[str, Any] | None) -> str:
        return self.text["not_there"] if row is None else Verdict(row["verdict"]).label(self.lang)

    def _value(self, row: Mapping[str, Any] | None, key: str = "value") -> str:
        if row is None or row[key] is None:
            return ""
        if row["unit"] == "m":
            return f"{rounded_down(row[key])} m"
        return f"{row[key]:g} {row['unit']}".removesuffix(" count").strip()

    def _place(self, side: Side, row: Mapping[str, Any]) -> BaseGeometry | None:
        if self.placed:
            return None if row["lonlat"] is None else shapely.Point(row["lonlat"])
        return None if row["location"] is None else self.shape(side, shapely.Point(row["location"]))

    def _pinch(self, side: Side, row: Mapping[str, Any]) -> BaseGeometry | None:
        pinch = self.pinches[id(side)].get(row.get("pinch_id"))
        ends = [pinch.get(k) for k in ("p", "q")] if pinch else []
        if not ends or not all(isinstance(e, list) and len(e) == 2 for e in ends):
            return None
        return self.shape(side, shapely.LineString(ends))

    def lane(self, lane: LaneChange) -> Item:
        """Return one lane then and now."""
        text, lang = self.text, self.lang
        side = self.changes.new if lane.new is not None else self.changes.old
        line = side.lines.get(lane.lane_id)
        drawn = None if line is None else self.shape(side, line)

        def of(key: str) -> tuple[str, ...]:
            rows = (lane.old, lane.new)
            return tuple("" if r is None or r[key] is None else f"{rounded_down(r[key], 1 if key == 'length_m' else 3)} m" for r in rows)

        facts = [
            (text["verdict"], *(self._verdict(r) for r in (lane.old, lane.new))), (text["length"], *of("length_m")),
            (text["width"], *of("min_clear_width_m")), (text["height"], *of("min_clear_height_m")),
        ]  # fmt: skip
        facts = [fact for fact in facts if any(fact[1:])]
        bad = any(r and r["verdict"] in (Verdict.FAIL, Verdict.INDETERMINATE) for r in (lane.old, lane.new))
        group = lane.ruling.status.value if bad or lane.ruling.status is Status.NO_LONGER_MEASURED else _QUIET
        widths = [w for w in of("min_clear_width_m") if w]
        reason = REASONS[lane.ruling.reason][0 if lang == "zh" else 1]
        return Item(
            ident=f"lane:{'' if lane.new is not None else 'old:'}{lane.lane_id}", group=group, sort=text["lane"],
            title=f"{text['lane']} {lane.lane_id}", sub=f"{lane_status(lane, lang)}  {' → '.join(widths)}".strip(), facts=facts,
            texts=[(text["reason"], reason)] if reason else [], lines=[] if drawn is None else [drawn],
        )  # fmt: skip
