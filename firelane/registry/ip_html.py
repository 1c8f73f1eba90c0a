"""Pieces of a page: whatever is not made here is text and is escaped (网页片段，文本一律转义)."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

from firelane.registry.growth import Words
from firelane.registry.indicators import Citation
from firelane.registry.ip_words import told
from firelane.vocabulary import Lang, Term

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_LONGEST = 1_200
_BAR = 168.0


class Html(str):
    """Text that is a piece of a page already; made by the functions here alone."""

    __slots__ = ()


Piece = str | None


def esc(text: object) -> Html:
    r"""Return a text that a page shows as it is.

    >>> esc("<b>\u202e&\x07")
    '&lt;b&gt;&amp;'
    """
    told_ = _UNPRINTABLE.sub("", str(text))
    plain = "".join(c for c in unicodedata.normalize("NFC", told_) if c not in _TURNS)
    if len(plain) > _LONGEST:
        plain = plain[:_LONGEST] + "…"
    return Html(html.escape(plain))


def el(tag: str, *children: Piece, **attributes: object) -> Html:
    """Return an element; children that are no :class:`Html` are escaped, ``class_`` and ``data_h`` lose their tails.

    >>> el("p", "a<b", el("b", "x"), class_="soft")
    '<p class="soft">a&lt;b<b>x</b></p>'
    """
    said = "".join(f' {name.rstrip("_").replace("_", "-")}="{esc(v)}"' for name, v in attributes.items() if v is not None)
    inner = "".join(c if isinstance(c, Html) else esc(c) for c in children if c is not None)
    return Html(f"<{tag}{said}>{inner}</{tag}>")


def row(*children: Piece) -> Html:
    """Return pieces one after the other."""
    return Html("".join(c if isinstance(c, Html) else esc(c) for c in children if c is not None))


def bdi(text: object, most: int = 80) -> Html:
    """Return a text from outside, not longer than ``most``, kept apart from the direction of what stands around it."""
    told_ = str(text)
    return el("bdi", told_ if len(told_) <= most else f"{told_[:most]}…")


_SIGNS = {
    "overdue": "!", "broken": "!", "undecided": "?", "at_risk": "△", "not_evaluable": "–", "on_track": "→", "qualitative": "·", "achieved": "✓",
    "held": "✓",
}  # fmt: skip


def badge(term: Term, lang: Lang) -> Html:
    """Return a status: colour, sign and word."""
    return el(
        "span",
        el("span", _SIGNS[term.value], class_="sign", aria_hidden="true"),
        term.label(lang),
        class_=f"badge {term.value}",
    )


def reasons(words: Iterable[Words], lang: Lang) -> Html:
    """Return why something stands as it does."""
    return row(*(el("p", told(w, lang), class_="note why") for w in words))


def flags(words: Iterable[Words], lang: Lang) -> Html:
    """Return what a reader should know of the figures."""
    return row(*(el("p", told(w, lang), class_="flag") for w in words))


def citations(found: Sequence[Citation], lang: Lang, notes: Sequence[str] = ()) -> Html:
    """Return where something is printed, opened on demand."""
    lines = [el("p", c.text(lang)) for c in found] + [el("p", n) for n in notes if n]
    return el("details", el("summary", "出处" if lang == "zh" else "source"), *lines)


def bar(share: float | None, expected: float | None, status: str, label: str) -> Html:
    """Return a bar of the share of a target; a line where it should be by now."""
    if share is None:
        return Html("")
    wide = min(max(share, 0.0), 1.0) * _BAR
    parts = [
        Html(f'<rect class="track" x="0" y="3" width="{_BAR:g}" height="8"/>'),
        Html(f'<rect class="fill {esc(status)}" x="0" y="3" width="{wide:.1f}" height="8"/>'),
    ]
    if expected is not None:
        at = min(max(expected, 0.0), 1.0) * (_BAR - 2) + 1
        parts.append(Html(f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="14"/>'))
    return el("svg", *parts, class_="bar", viewBox=f"0 0 {_BAR:g} 14", role="img", aria_label=label)


def cards(
    heads: Sequence[str],
    rows: Iterable[Sequence[Piece]],
    caption: str = "",
    foot: Sequence[Piece] = (),
    widths: Sequence[int] = (),
    label: str | None = None,
) -> Html:
    """Return a table that becomes cards on a narrow screen; a row's first cell is its head, ``widths`` are per cent.

    ``label`` names a table without a caption to those who do not see it.
    """
    columns = Html("".join(f'<col width="{w:d}%">' for w in widths))
    head = el("thead", el("tr", *(el("th", h, scope="col") for h in heads)))
    body = el("tbody", *(_row(r, heads) for r in rows))
    last = el("tfoot", _row(foot, heads)) if foot else None
    return el(
        "table",
        el("caption", caption) if caption else None,
        el("colgroup", columns) if widths else None,
        head,
        body,
        last,
        class_="cards",
        aria_label=label,
    )


def _row(cells: Sequence[Piece], heads: Sequence[str]) -> Html:
    first, *others = cells
    return el("tr", el("th", first, scope="row"), *(el("td", c, data_h=h) for c, h in zip(others, heads[1:], strict=True)))
