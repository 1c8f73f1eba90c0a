"""Rows of a city's map: its sites and their violations, in one table that the page's filters sift."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from firelane.batch.city_map_areas import metres, up
from firelane.batch.city_map_tables import LENGTHS, STATES
from firelane.batch.city_map_words import COLOURS, SIGNS, failure_kind, word
from firelane.vocabulary import Quantity, Verdict, rounded_down
from firelane.webmap.crowd import Facet, Number, Status
from firelane.webmap.texts import term

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from numpy.typing import NDArray

    from firelane.vocabulary import Lang

NUMBERED = 20
"""Sites whose rank stands on the map."""

_FACETS = (
    ("kind", "shown", True), ("district", "district", True), ("manager", "manager", True), ("article", "article", True),
    ("weight", "weight", True), ("quality", "quality", True), ("failure", "failure", True), ("site", "site", True),
    ("value", "value", False), ("limit", "limit", False), ("share", "fail_share", False), ("reasons", "reasons", False),
    ("from", "place_from", False),
)  # fmt: skip
_NUMBERS = (
    ("rank", "rank", "", 0, True, True), ("gravity", "gravity", "", 0, True, False), ("length_fail_m", "fail_m", "m", 0, False, True),
    ("measured_m", "measured_m", "m", 0, False, True), ("lane_length_m", "lane_m", "m", 0, False, True),
    ("min_clear_width_m", "least_width", "m", 3, True, True), ("mandatory_fails", "mandatory", "", 0, False, True),
    ("fails", "fails", "", 0, False, True), ("indeterminate", "unsure", "", 0, False, True), ("not_measured", "unmeasured", "", 0, False, True),
    ("lanes_fail", "lanes", "", 0, False, True), ("buildings_unreached", "unreached", "", 0, False, True),
)  # fmt: skip


def statuses(lang: Lang) -> list[Status]:
    """Return what a row may be: states of sites, then verdicts of findings; the same colour means the same."""
    of_sites = [Status(s, word(f"state_{s}", lang), COLOURS[s], n, SIGNS[s]) for n, s in enumerate(STATES)]
    # a site that nothing is known of is no better than one that was not measured
    ranks = {"fail": 0, "indeterminate": 1, "failed": 2, "incomplete": 3, "not_run": 4, "pass": 5}
    found = [Status(s.key, s.label, s.colour, ranks[s.key], s.sign) for s in of_sites]
    for n, verdict in enumerate(("fail", "indeterminate", "not_measured")):
        label = word(f"verdict_{verdict}", lang)
        found.append(Status(f"f_{verdict}", label, COLOURS[verdict], n, SIGNS[verdict], shown=verdict != "not_measured"))
    return found


def facets(lang: Lang) -> list[Facet]:
    """Return the texts of a card, and those that are filters."""
    return [Facet(column, word(label, lang), choose) for column, label, choose in _FACETS]


def numbers(lang: Lang) -> list[Number]:
    """Return the numbers of a card, by which the list can be ordered."""
    return [
        Number(column, word(label, lang), unit, decimals, up=unit == "m" and not decimals, least_first=least, told=told)
        for column, label, unit, decimals, least, told in _NUMBERS
    ]


def site_rows(sites: pd.DataFrame, area: NDArray[np.int64], there: Callable[[str], bool], lang: Lang) -> pd.DataFrame:
    """Return a row for each site.

    Parameters
    ----------
    sites : DataFrame
        Of ``read_sites``.
    area : array of int
        Position of each site's area, -1 for none.
    there : callable
        Tells of a relative path whether the file is there.
    lang : {"zh", "en"}
    """
    done = sites["status"].eq("done")
    rank = sites["rank"].where(sites["rank"].between(1, NUMBERED))
    rows = sites[["lon", "lat", "district", "manager", "quality", *(c for c, *_ in _NUMBERS if c in sites)]].copy()
    rows["kind"] = word("kind_site", lang)
    rows["status"] = sites["state"]
    rows["ident"] = sites["site_id"]
    rows["title"] = sites["name"].where(sites["name"].ne(""), sites["site_id"])
    rows["site"] = called(sites)
    rows["mark"] = ["" if math.isnan(r) else word("number_one", lang, n=int(r)) for r in rank]
    rows["link"] = [map_link(link, there) for link in sites["map"]]
    rows["area"] = area
    rows["reasons"] = sites["quality_zh" if lang == "zh" else "quality_en"]
    rows["failure"] = [failure_kind(kind, lang) for kind in sites["failure_kind"]]
    rows["from"] = np.where(sites["place_from"].eq("manifest"), word("from_manifest", lang), "")
    rows["share"] = [_share(fail, of) for fail, of in zip(sites[LENGTHS[Verdict.FAIL]], sites["measured_m"], strict=True)]
    told = [_told(record, lang) for record in sites.to_dict("records")]
    rows["text"] = np.where(done, told, sites["failure_zh" if lang == "zh" else "failure_en"])
    # nothing is 0 that was never looked at
    rows.loc[~done, [c for c, *_ in _NUMBERS if c in rows]] = np.nan
    return rows


def finding_rows(found: pd.DataFrame, sites: pd.DataFrame, area: NDArray[np.int64], there: Callable[[str], bool], lang: Lang) -> pd.DataFrame:
    """Return a row for each finding, the gravest first; what it shares with its site is the site's."""
    position = pd.Series(np.arange(len(sites)), index=sites["site_id"])
    position = position[~position.index.duplicated()]
    of = position.reindex(found["site_id"].astype(str)).fillna(-1).to_numpy(dtype=np.int64)
    own = sites.reindex(of).reset_index(drop=True)
    texts = {name: own[name].fillna("") for name in ("district", "manager", "quality", "map")}
    names = pd.Series(called(sites), index=sites.index).reindex(of).reset_index(drop=True)
    names = names.where(names.notna(), found["site_id"].astype(str))
    quantity = [term(Quantity, q, lang) for q in found["quantity"]]
    links = {text: map_link(text, there) for text in texts["map"].unique()}
    idents = found["finding_id"].astype(str)
    measures = ("value", "unit", "margin", "threshold")
    value = [measure(*each) for each in zip(*(found[name] for name in measures), strict=True)]
    limit = [measure(v, unit) for v, unit in zip(found["threshold"], found["unit"], strict=True)]
    return pd.DataFrame({
        "kind": word("kind_finding", lang), "status": "f_" + found["verdict"].astype(str), "lon": found["lon"], "lat": found["lat"],
        "ident": found["site_id"].astype(str) + "/" + idents, "title": [f"{q} · {n}" if q else n for q, n in zip(quantity, names, strict=True)],
        "text": found["message"], "site": names, "district": texts["district"], "manager": texts["manager"], "quality": texts["quality"],
        "article": found["article"], "weight": [_weight(s, lang) for s in found["severity"]], "value": value, "limit": limit,
        "link": [links[text] and f"{links[text]}#{quote(i, safe='', errors='replace')}" for text, i in zip(texts["map"], idents, strict=True)],
        "area": np.where(of >= 0, area[of] if len(area) else -1, -1), "gravity": np.arange(1, len(found) + 1),
    })  # fmt: skip


def called(sites: pd.DataFrame) -> list[str]:
    """Return a name for each site that no other one has: its own, with its id where others share it."""
    held = Counter(sites["name"])
    return [
        ident if not name else name if held[name] == 1 else f"{name}（{ident}）"
        for name, ident in zip(sites["name"], sites["site_id"], strict=True)
    ]


def map_link(link: str, there: Callable[[str], bool]) -> str:
    """Return the way to a site's own map, percent-encoded; "" for all that is not a file below ``sites``.

    >>> map_link("sites/三好街 1/map.html", lambda path: True)
    'sites/%E4%B8%89%E5%A5%BD%E8%A1%97%201/map.html'
    >>> [map_link(x, lambda path: True) for x in ("javascript:alert(1)", "sites/../../x.html", "/etc/passwd", "sites/a#b/map.html")]
    ['', '', '', 'sites/a%23b/map.html']
    """
    parts = link.split("/")
    plain = len(parts) > 2 and parts[0] == "sites" and all(part not in ("", ".", "..") for part in parts) and "\\" not in link
    return quote(link, safe="/", errors="replace") if plain and there(link) else ""


def _told(site: Mapping[Hashable, Any], lang: Lang) -> str:
    """Return a site's figures in a line of the list."""
    parts = []
    if site["measured_m"] > 0:
        fail = site[LENGTHS[Verdict.FAIL]]
        if fail > 0:
            parts.append(word("row_fail", lang, fail=metres(fail), share=_share(fail, site["measured_m"])))
    else:
        parts.append(word("row_none_measured", lang))
    if math.isfinite(site["min_clear_width_m"]):
        parts.append(word("row_width", lang, w=rounded_down(site["min_clear_width_m"], 2)))
    if site["fails"] > 0:
        parts.append(word("row_fails", lang, n=int(site["fails"])))
    return word("semicolon", lang).join(parts)


def _share(fail_m: float, of_m: float) -> str:
    return f"{up(100 * fail_m / of_m)}%" if of_m > 0 and math.isfinite(fail_m) else ""


def _weight(severity: Any, lang: Lang) -> str:
    key = f"{severity}_1"
    return word(key, lang) if key in ("mandatory_1", "advisory_1", "info_1") else str(severity or "")


def measure(value: Any, unit: Any, margin: Any = None, limit: Any = None) -> str:
    """Return a value with its unit; a measured length is rounded to the side on which it fails.

    A margin that is the limit less the value belongs to an upper limit. Without a margin the value is a limit itself.

    >>> measure(3.9996, "m", -0.0004, 4.0), measure(20.0004, "m", -0.0004, 20.0), measure(4.0, "m"), measure(2, "count", 0, 1)
    ('3.999 m', '20.001 m', '4 m', '2')
    """
    if not _finite(value):
        return ""
    if unit != "m":
        return f"{value:g} {unit if isinstance(unit, str) and unit != 'count' else ''}".rstrip()
    if not _finite(margin) or not _finite(limit):
        return f"{value:g} m"
    upper = abs(margin - (limit - value)) < abs(margin - (value - limit))
    return f"{rounded_down(-value).removeprefix('-') if upper else rounded_down(value)} m"


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
