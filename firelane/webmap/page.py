"""One self-contained page: folium's shell made of constants, everything else put in after ``render()``.

folium and branca compile what they are given as templates and write names as HTML. So no value of the
site ever reaches them: the shell is the same for every site, and the data follow as an inert block
that the page's own script shows as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from firelane import files
from firelane.auditing.document import document
from firelane.site.credit import credit
from firelane.vocabulary import Severity, Verdict
from firelane.webmap import remedies, results
from firelane.webmap.basemaps import offset
from firelane.webmap.block import pack
from firelane.webmap.content import LAYERS
from firelane.webmap.gather import gather
from firelane.webmap.legend import legend
from firelane.webmap.qr import checked_link
from firelane.webmap.texts import shown
from firelane.webmap.widths import layer_zoom, palette
from firelane.webmap.words import words

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang
    from firelane.webmap.basemaps import Basemap
    from firelane.webmap.marks import CaseMark

MAP_ID = "firelane"
_SCRIPTS = (
    "decode.js", "sift.js", "list.js", "keep.js", "photo.js", "records.js", "answers.js", "sheet.js", "pages.js", "panel.js",
    "basemap.js", "tools.js", "profile.js", "map.js", "start.js",
)  # fmt: skip
_STYLES = ("map.css", "records.css")
_CDN = re.compile(
    r'[ \t]*<(?:script src="https://[^"]*"></script>|link rel="stylesheet" href="https://[^"]*"\s*/?>)\n?'
)
_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')
_CHARSET = re.compile(r'[ \t]*<meta http-equiv="content-type"[^>]*>\n?')
_SOURCE_MAP = re.compile(r"\s*//# sourceMappingURL=\S*\s*$")
_CSS_IMAGE = re.compile(r"url\(images/([\w.-]+)\)")
_SCRIPT_TEXT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE_TEXT = re.compile(r"<style>(.*?)</style>", re.DOTALL)
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
    content, columns = page_content(audit, plan=plan, lang=lang, cases=cases)
    if link:
        content["link"] = checked_link(link)
    # Where nobody knows where the site lies, a background would show it in a place that it is not.
    if basemap is not None and audit.site.placed:
        content["basemap"] = basemap.as_json(lang)
    else:
        basemap = None
    title = _UNPRINTABLE.sub(" ", f"{audit.site.name or audit.site.id} – {words(lang)['map_title']}")
    return _assemble(pack(content, columns), title, lang, () if basemap is None else basemap.origins)


def audit_id(audit: Audit) -> str:
    """Return the SHA-256 of ``audit.json`` as :func:`firelane.auditing.files.write_audit` writes it."""
    text = json.dumps(document(audit), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def page_content(
    audit: Audit, *, plan: MarkingPlan | None, lang: Lang, cases: Mapping[str, CaseMark] | None = None
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the data block's header and its integer columns."""
    gathered = gather(audit, plan, lang, cases)
    content, findings = gathered.content, gathered.findings
    text = content.words
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
    return header, {**content.shapes.columns(), **gathered.stations}


def _assemble(block: str, title: str, lang: Lang, origins: Sequence[str]) -> str:
    text = _shell()
    parts = resources.files("firelane.webmap")
    own_style = "\n".join(parts.joinpath(name).read_text(encoding="utf-8") for name in _STYLES)
    scripts = "\n".join(parts.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS)
    # What must be said before the data can be read stands in the script itself.
    said = {key: words(lang)[key] for key in ("too_old", "damaged")}
    gate = parts.joinpath("gate.js").read_text(encoding="utf-8").replace("(SAID)", f"({_script_json(said)})")
    own_script = f'(function () {{\n"use strict";\n{scripts}\n}})();'
    licence = parts.joinpath("leaflet_licence.txt").read_text(encoding="utf-8")
    head = (
        f"\n<!--\n{licence}-->\n<title>{html.escape(title)}</title>\n"
        f"<style>{_leaflet_css()}</style>\n<style>{own_style}</style>\n<script>{_leaflet_js()}</script>\n"
    )
    text = text.replace("<head>", f"<head>{head}", 1)
    text = text.replace("<html>", f'<html lang="{"zh-CN" if lang == "zh" else "en"}">', 1)
    tail = (
        f"<noscript><p>{html.escape(words(lang)['no_script'])}</p></noscript>\n"
        f'<script type="application/octet-stream;base64" id="data">{block}</script>\n'
        f"<script>{gate}</script>\n<script>{own_script}</script>\n"
    )
    before, closing, after = text.rpartition("</html>")
    text = f"{before}{tail}{closing}{after}"
    policy = _policy(text, origins)
    first = f'<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return text.replace("<head>", first, 1)


def _shell() -> str:
    """Return folium's page without its outside links; the same text every time.

    Raises
    ------
    RuntimeError
        If folium's template is no longer what this module cuts up.
    """
    import folium  # noqa: PLC0415  (takes half a second; only a map needs it)

    shell = folium.Map(
        location=[0, 0], zoom_start=14, tiles=None, prefer_canvas=True, maxZoom=21, zoomSnap=0.25,
        attributionControl=False, zoom_control=False,
    )  # fmt: skip
    # Random ids otherwise. The map's variable in the page is then `map_firelane`.
    shell._id = MAP_ID  # noqa: SLF001
    figure = shell.get_root()
    figure._id = "page"  # noqa: SLF001
    text = str(figure.render())
    text = _CHARSET.sub("", _CDN.sub("", text), count=1)
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
    text, found = _VIEWPORT.subn(viewport, text, count=1)
    if found != 1 or "//" in text or f"var map_{MAP_ID} = L.map(" not in text or text.count("<head>") != 1:
        raise RuntimeError(f"the shell that folium {version('folium')} renders is not the one expected")
    return text


def _leaflet_file(name: str) -> bytes:
    return resources.files("xstatic.pkg.leaflet").joinpath("data").joinpath(name).read_bytes()


def _leaflet_js() -> str:
    return _SOURCE_MAP.sub("", _leaflet_file("leaflet.js").decode("utf-8"))


def _leaflet_css() -> str:
    def inline(match: re.Match[str]) -> str:
        image = base64.b64encode(_leaflet_file(f"images/{match[1]}")).decode("ascii")
        return f"url(data:image/png;base64,{image})"

    return _CSS_IMAGE.sub(inline, _leaflet_file("leaflet.css").decode("utf-8"))


def _script_json(value: object) -> str:
    """Return JSON that may stand in a script: nothing in it ends the element or opens a comment."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e")


def _policy(text: str, origins: Sequence[str]) -> str:
    """Return a policy that lets run exactly the scripts and styles that the page holds.

    Pictures may come from ``origins`` (those of the background's tiles) alone.
    """
    scripts = " ".join(_hash(match) for match in _SCRIPT_TEXT.findall(text))
    styles = " ".join(_hash(match) for match in _STYLE_TEXT.findall(text))
    images = " ".join(("data:", "blob:", *origins))  # blob: a photo just taken
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src {images}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    # The browser hashes the text as parsed: line ends are LF by then.
    digest = hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
