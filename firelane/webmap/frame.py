"""The frame of every page: folium's shell made of constants, Leaflet inlined, a policy that lets nothing else run.

folium and branca compile what they are given as templates and write names as HTML. So no value of a site ever reaches
them: the shell is the same for every site, and the data follow as an inert block that the page's own script shows as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING

from firelane.webmap.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.vocabulary import Lang

MAP_ID = "firelane"
_CDN = re.compile(
    r'[ \t]*<(?:script src="https://[^"]*"></script>|link rel="stylesheet" href="https://[^"]*"\s*/?>)\n?'
)
_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')
_CHARSET = re.compile(r'[ \t]*<meta http-equiv="content-type"[^>]*>\n?')
_SOURCE_MAP = re.compile(r"\s*//# sourceMappingURL=\S*\s*$")
_CSS_IMAGE = re.compile(r"url\(images/([\w.-]+)\)")
_SCRIPT_TEXT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE_TEXT = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def assemble(
    block: str, title: str, lang: Lang, scripts: Sequence[str], styles: Sequence[str], origins: Sequence[str] = (), *,
    without_script: str = "",
) -> str:  # fmt: skip
    """Return a page of this package's scripts and styles that shows ``block``.

    Parameters
    ----------
    block : str
        The data (``block.pack``).
    title : str
        Of the window; escaped here.
    lang : {"zh", "en"}
    scripts, styles : sequence of str
        Names of files of this package, in order.
    origins : sequence of str
        Where pictures may come from; the page's policy admits nothing else from outside.
    without_script : str
        HTML for a browser that runs no script, every text in it escaped already.
    """
    text = _shell()
    said = {key: words(lang)[key] for key in ("too_old", "damaged")}
    # What must be said before the data can be read stands in the script itself.
    gate = _joined(["gate.js"]).replace("(SAID)", f"({_script_json(said)})")
    own_script = f'(function () {{\n"use strict";\n{_joined(scripts)}\n}})();'
    head = (
        f"\n<!--\n{_joined(['leaflet_licence.txt'])}-->\n<title>{html.escape(title)}</title>\n"
        f"<style>{_leaflet_css()}</style>\n<style>{_joined(styles)}</style>\n<script>{_leaflet_js()}</script>\n"
    )
    text = text.replace("<head>", f"<head>{head}", 1)
    text = text.replace("<html>", f'<html lang="{"zh-CN" if lang == "zh" else "en"}">', 1)
    tail = (
        f"<noscript><p>{html.escape(words(lang)['no_script'])}</p>{without_script}</noscript>\n"
        f'<script type="application/octet-stream;base64" id="data">{block}</script>\n'
        f"<script>{gate}</script>\n<script>{own_script}</script>\n"
    )
    before, closing, after = text.rpartition("</html>")
    text = f"{before}{tail}{closing}{after}"
    policy = _policy(text, origins)
    first = f'<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return text.replace("<head>", first, 1)


def _joined(names: Sequence[str]) -> str:
    parts = resources.files("firelane.webmap")
    return "\n".join(parts.joinpath(name).read_text(encoding="utf-8") for name in names)


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
