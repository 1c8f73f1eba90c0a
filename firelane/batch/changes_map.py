"""The map of a city's changes: what changed of violations and information, and sites that were audited once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from firelane.batch.changes_links import link_to
from firelane.batch.changes_model import BOTH, BatchChanges, SiteChange, SiteStatus
from firelane.batch.changes_tables import name_of, remarks_of, rows_of, verdict_text
from firelane.batch.changes_words import words
from firelane.comparing import Status as Became
from firelane.comparing.words import weights
from firelane.markings.spreadsheet import one_line
from firelane.vocabulary import Lang, rounded_down
from firelane.webmap.crowd import Facet, Status, findings_map

MOST = 100_000
"""Changes that the page can hold and still open at once; of more, the gravest."""

_LOOKS = {
    Became.NEW: ("#a3142a", "＋"), Became.WORSE: ("#d9480f", "↓"), Became.NO_LONGER_MEASURED: ("#6f4aa8", "?"),
    Became.BETTER: ("#1c7fb8", "↑"), Became.GONE: ("#1c6b4a", "✓"),
}  # fmt: skip
_SITE_LOOKS = {
    SiteStatus.NO_LONGER_DONE: ("#4a2f7a", "■"), SiteStatus.NEWLY_DONE: ("#3f8f8a", "■"), SiteStatus.ADDED: ("#8a8a8a", "▫"),
    SiteStatus.REMOVED: ("#5c5c5c", "×"), SiteStatus.NOT_DONE: ("#9aa0a6", "–"),
}  # fmt: skip
_SHOWN = ("title", "text", "ident", "link", "lon", "lat", "status", "rule", "weight", "site", "district", "manager", "site_status", "then", "now", "reason")


def write_map(changes: BatchChanges, path: Path, folder: Path, lang: Lang) -> None:
    """Write the page of changes.

    Parameters
    ----------
    changes : BatchChanges
    path : Path
        The file to write.
    folder : Path
        Where it will stand: links to the sites' maps are relative to it.
    lang : {"zh", "en"}

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = words(lang)
    links = {(site.site_id, site.new is None): _link(changes, site, folder) for site in changes.sites}
    rows, count = _rows(changes, links, lang)
    rows += [_site(site, links, lang) for site in changes.sites if site.status not in BOTH]
    about = [text["map_about"]]
    if count > MOST:
        about.insert(0, text["map_limited"].format(shown=MOST, all=count))
    totals = changes.totals()
    statuses = [Status(s.value, s.label(lang), colour, n, sign) for n, (s, (colour, sign)) in enumerate(_LOOKS.items())]
    statuses += [
        Status(f"site_{s.value}", text["map_site"].format(status=s.label(lang)), colour, n, sign, shown=s is not SiteStatus.NOT_DONE)
        for n, (s, (colour, sign)) in enumerate(_SITE_LOOKS.items(), len(_LOOKS))
    ]
    facets = (
        ("rule", "map_rule", True), ("weight", "weight", True), ("district", "district", True), ("manager", "manager", True), ("site", "name", True),
        ("site_status", "map_status", True), ("then", "old", False), ("now", "new", False), ("reason", "remark", False),
    )  # fmt: skip
    findings_map(
        pd.DataFrame(rows, columns=list(_SHOWN)), path, lang=lang, title=text["book_title"], statuses=statuses,
        facets=[Facet(column, text[key], choose) for column, key, choose in facets],
        head=[
            text["sides"].format(old=changes.old.label, new=changes.new.label),
            text["sites_head"].format(compared=totals.compared, all=totals.all_sites),
            f"{text['violations']} {totals.violations[0]} → {totals.violations[1]}",
        ],
        note="\n".join([*about, *remarks_of(changes, lang)]),
    )  # fmt: skip


def _link(changes: BatchChanges, site: SiteChange, folder: Path) -> str:
    return link_to(changes.new, site.new, folder) or link_to(changes.old, site.old, folder)


def _rows(changes: BatchChanges, links: dict[tuple[str, bool], str], lang: Lang) -> tuple[list[dict[str, Any]], int]:
    """Return the gravest changes as rows of the page, and how many there are."""
    order = {status.value: n for n, status in enumerate(_LOOKS)}
    kept: dict[tuple[str, int], list[dict[str, Any]]] = {}
    count = 0
    for row in rows_of(changes, lang):
        if row["status"] not in order or row["weight"] == "none":
            continue
        count += 1
        key = row["weight"], order[row["status"]]
        there = kept.setdefault(key, [])
        if len(there) < MOST:
            there.append(_finding(row, links, lang))
    ranked = sorted(kept, key=lambda key: (key[0] != "violation", key[1]))
    return [row for key in ranked for row in kept[key]][:MOST], count


def _finding(row: dict[str, Any], links: dict[tuple[str, bool], str], lang: Lang) -> dict[str, Any]:
    figures = " → ".join(f for f in (_figure(row, "value_old"), _figure(row, "value_new")) if f)
    there = row["status"] not in (Became.GONE, Became.NO_LONGER_MEASURED)
    link = links.get((row["site_id"], False)) or links.get((row["site_id"], True)) or ""
    if link and row["verdict_new"] is not None:
        link = f"{link}#{quote(row['change_id'], safe='', errors='replace')}" if there else link
    return {
        "title": one_line(f"{row['name']} · {row['article']} {row['title']}"),
        "text": " ".join(t for t in (row["message_new"] or row["message_old"], figures) if t), "ident": f"{row['site_id']}/{row['change_id']}",
        "link": link, "lon": row["lon"], "lat": row["lat"], "status": row["status"], "rule": f"{row['article']} {row['title']}",
        "weight": weights(lang)[row["weight"]], "site": row["name"], "district": row["district"], "manager": row["manager"],
        "site_status": row["site_status"], "then": _told(row, "old", lang), "now": _told(row, "new", lang), "reason": row["reason"],
    }  # fmt: skip


def _figure(row: dict[str, Any], key: str) -> str:
    if row[key] is None:
        return ""
    return f"{rounded_down(row[key])} m" if row["unit"] == "m" else f"{row[key]:g} {row['unit']}".removesuffix(" count").strip()


def _told(row: dict[str, Any], when: str, lang: Lang) -> str:
    return " ".join(t for t in (verdict_text(row[f"verdict_{when}"], lang), _figure(row, f"value_{when}")) if t)


def _site(site: SiteChange, links: dict[tuple[str, bool], str], lang: Lang) -> dict[str, Any]:
    text = words(lang)
    row = site.row
    if row["lon"] is None and site.old is not None:
        row = site.old
    why = "" if site.new is None else str(site.new.get(f"failure_{lang}") or "")
    a, b = site.violations
    return {
        "title": one_line(name_of(site)), "text": one_line(why), "ident": f"site/{site.site_id}", "link": links[site.site_id, site.new is None],
        "lon": row["lon"], "lat": row["lat"], "status": f"site_{site.status.value}", "rule": None, "weight": None, "site": name_of(site),
        "district": site.told("district"), "manager": site.told("manager"), "site_status": site.status.label(lang),
        "then": f"{text['violations']} {a}" if a else "", "now": f"{text['violations']} {b}" if b else "", "reason": None,
    }  # fmt: skip
