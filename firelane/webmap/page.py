"""The violations map: what of an audit goes into its page (:mod:`firelane.webmap.frame` makes the page itself)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from firelane import files
from firelane.auditing.document import document
from firelane.site.credit import credit
from firelane.vocabulary import Severity, Verdict
from firelane.webmap import remedies, results
from firelane.webmap.basemaps import offset
from firelane.webmap.block import pack
from firelane.webmap.content import LAYERS
from firelane.webmap.frame import assemble
from firelane.webmap.gather import Gathered, gather
from firelane.webmap.legend import legend
from firelane.webmap.qr import checked_link
from firelane.webmap.texts import shown
from firelane.webmap.tracked import tracking_block
from firelane.webmap.tracked_pages import without_script
from firelane.webmap.widths import layer_zoom, palette
from firelane.webmap.words import words

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang
    from firelane.webmap.basemaps import Basemap
    from firelane.webmap.marks import CaseMark

_SCRIPTS = (
    "elements.js", "decode.js", "sift.js", "list.js", "keep.js", "photo.js", "records.js", "answers.js", "sheet.js", "pages.js",
    "panel.js", "basemap.js", "tools.js", "profile.js", "map.js", "start.js",
)  # fmt: skip
_STYLES = ("map.css", "records.css")
_TRACK_SCRIPTS = ("trip_path.js", "trip_scene.js", "trip_player.js", "track_view.js")
_TRACK_STYLES = ("track.css",)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def violation_map(
    audit: Audit,
    path: str | os.PathLike[str],
    *,
    plan: MarkingPlan | None = None,
    lang: Lang = "zh",
    basemap: Basemap | None = None,
    cases: Mapping[str, CaseMark] | None = None,
    link: str | None = None,
) -> None:
    """Write the violations map: one HTML file that opens without a network.

    Lanes are coloured by clear width, pinches drawn as segments, findings numbered; the panel gives
    article, measured and required value, owners and coordinates of each.

    Parameters
    ----------
    audit : Audit
    path : path-like
        The file to write; it is replaced only when the new one is complete.
    plan : MarkingPlan, optional
        The planned markings are then drawn as well.
    lang : {"zh", "en"}
        Language of the page.
    basemap : Basemap, optional
        Background tiles (:func:`firelane.webmap.basemaps.basemap`). They need a network; without one the
        page tells so and works as it does without a background.
    cases : mapping of str to CaseMark, optional
        The case of each finding, by ``finding_id``.
    link : str, optional
        ``https`` address at which the page will be served. A copied link to a finding then begins with it,
        as the place of a file on this computer helps nobody else.

    Raises
    ------
    OutputError
        If the file cannot be written.
    UsageError
        If ``link`` is no such address.
    """
    files.write_text(path, page(audit, plan=plan, lang=lang, basemap=basemap, cases=cases, link=link))


def page(
    audit: Audit,
    *,
    plan: MarkingPlan | None = None,
    lang: Lang = "zh",
    basemap: Basemap | None = None,
    cases: Mapping[str, CaseMark] | None = None,
    link: str | None = None,
) -> str:
    """Return the page's text; the same input gives the same text to the byte."""
    gathered = gather(audit, plan, lang, cases)
    content, columns = _content(gathered)
    if link:
        content["link"] = checked_link(link)
    # Where nobody knows where the site lies, a background would show it in a place that it is not.
    if basemap is not None and audit.site.placed:
        content["basemap"] = basemap.as_json(lang)
    else:
        basemap = None
    title = _UNPRINTABLE.sub(" ", f"{audit.site.name or audit.site.id} – {words(lang)['map_title']}")
    origins = () if basemap is None else basemap.origins
    # a page without tracking carries nothing of it, not even the scripts
    scripts = (*_SCRIPTS[:-1], *_TRACK_SCRIPTS, _SCRIPTS[-1]) if audit.tracking else _SCRIPTS
    styles = (*_STYLES, *_TRACK_STYLES) if audit.tracking else _STYLES
    return assemble(pack(content, columns), title, lang, scripts, styles, origins, without_script=without_script(gathered.content))


def audit_id(audit: Audit) -> str:
    """Return the SHA-256 of ``audit.json`` as :func:`firelane.auditing.files.write_audit` writes it."""
    text = json.dumps(document(audit), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def page_content(
    audit: Audit, *, plan: MarkingPlan | None, lang: Lang, cases: Mapping[str, CaseMark] | None = None
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the data block's header and its integer columns."""
    return _content(gather(audit, plan, lang, cases))


def _content(gathered: Gathered) -> tuple[dict[str, Any], Mapping[str, Any]]:
    content, findings = gathered.content, gathered.findings
    audit, lang, text = content.audit, content.lang, content.words
    verdict, verdict_word = results.site_verdict(content)
    counts = audit.summary["counts"]
    used = {layer for layer, *_ in content.paths} | {LAYERS.index("findings")}
    header = {
        "lang": lang,
        "audit_id": audit_id(audit),
        "site": {"id": shown(audit.site.id), "name": shown(audit.site.name)},
        "offset": offset(),
        "limit_mm": None if content.limit_m is None else round(content.limit_m * 1000),
        "words": dict(text),
        "head": {
            "title": audit.site.name or audit.site.id or text["unnamed_site"],
            "verdict": verdict,
            "word": verdict_word,
            "told": sum(f.verdict is Verdict.FAIL and f.severity is Severity.INFO for f in audit.findings),
            "counts": [[v.value, v.label(lang), int(counts.get(v.value, 0))] for v in results.GRAVEST_FIRST],
            "chips": results.chips(content, findings),
        },
        "colours": palette()["verdict"],
        "layers": [
            {"label": text[f"layer_{key}"], "used": i in used, "zoom": layer_zoom(key), "key": key}
            for i, key in enumerate(LAYERS)
        ],
        "legend": legend(content),
        "rules": [
            [rule.rule_id, f"{rule.article} {rule.title(lang)}"]
            for rule in audit.rules
            if any(f.rule_id == rule.rule_id for f in audit.findings)
        ],
        "findings": findings,
        "filters": results.filters(content, findings),
        "about": results.about(content),
        "unmeasured": results.unmeasured(content),
        "notes": [shown(note.text(lang)) for note in audit.site.notes],
        **content.as_json(),
    }
    if named := credit(audit.site, lang):
        header["credit"] = named
    if not audit.site.placed:
        header["unplaced"] = text["unplaced"]
    if content.remedies:
        header |= {
            "remedies": content.remedies, "looks": {key: palette()["remedy"][key] for key in remedies.LOOKS},
            "disc": remedies.disc_sentence(content),
        }  # fmt: skip
    if gathered.summary is not None:
        header["summary"] = gathered.summary
    tracked: Mapping[str, Any] = {}
    if (block := tracking_block(content)) is not None:
        header["tracking"], tracked = block
    return header, {**content.shapes.columns(), **gathered.stations, **tracked}
