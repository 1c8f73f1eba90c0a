"""The pages behind the map's: every numbered finding in full, for phones and papers that cannot open a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firelane.webmap import side
from firelane.webmap.column import badge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from firelane.webmap.content import Content

_TOP, _LINE, _GAP, _TITLE = 64.0, 22.0, 11.0, 24.0
_GUTTER = 40.0

Entry = tuple[str, str, list[str], list[str]]  # number, verdict, title lines, further lines
Placed = tuple[float, float, Entry]


def pages(
    content: Content, rows: Sequence[Mapping[str, Any]], width_px: float, height_px: float, text: Callable[[str], str]
) -> Iterator[list[Placed]]:
    """Yield for each page its entries with the place of each, two columns a page; nothing where nothing has a number.

    An entry holds the title with its article, the message, and the values that the map's card has on top.
    """
    column_px = (width_px - _GUTTER) / 2
    page: list[Placed] = []
    column, y = 0, _TOP
    for row in rows:
        card = content.cards[row["c"]]
        if not card.number:
            continue
        entry = _entry(content, card, column_px, text)
        high = _TITLE * len(entry[2]) + _LINE * len(entry[3]) + _GAP
        if y + high > height_px and y > _TOP:
            column, y = column + 1, _TOP
            if column == 2:
                yield page
                page, column = [], 0
        page.append((column * (column_px + _GUTTER), y, entry))
        y += high
    if page:
        yield page


def _entry(content: Content, card: Any, column_px: float, text: Callable[[str], str]) -> Entry:
    words = content.words
    told = dict(card.rows)
    wanted = [words[key] for key in ("measured", "required", "shortfall", "margin")]
    colon = "：" if content.lang == "zh" else ": "
    values = [f"{label}{colon}{told[label]}" for label in wanted if label in told]
    values += [told[label] for label in (words["lonlat"],) if label in told]
    columns = (column_px - 40) / 16.6  # a sign of 7.5 points
    title = side.wrapped(text(f"{card.title}（{told[words['article']]}）" if content.lang == "zh" else
                              f"{card.title} ({told[words['article']]})"), (column_px - 40) / 18.8)  # fmt: skip
    lines: list[str] = []
    for part in (card.message, " · ".join(values)):
        if part:
            broken = [line.lstrip() for line in side.wrapped(text(part), columns)]
            lines += broken if len(broken) <= 8 else [*broken[:7], broken[7][:-1] + "…"]
    return str(card.number), card.verdict, title[:2], lines


def draw(axes: Any, entries: Sequence[Placed], width_px: float, height_px: float, picture: Any) -> None:
    """Draw one page."""
    axes.set_axis_off()
    axes.set_xlim(0, width_px)
    axes.set_ylim(height_px, 0)
    content = picture.content

    def write(x: float, y: float, text: str, size: float, **more: Any) -> None:
        axes.text(x, y, text, fontsize=size, fontfamily=picture.family, va="center", parse_math=False, **more)

    site = picture.text(content.audit.site.name or content.audit.site.id)
    write(0, 16, content.words["tab_findings"], 12)
    write(width_px, 16, side.wrapped(site, 50)[0], 9, ha="right", color="#5b6570")
    axes.plot([0, width_px], [38, 38], color="#b8c0c8", linewidth=0.6)
    for x, top, (number, verdict, title, lines) in entries:
        y = top + 6
        badge(axes, picture.family, x + 13, y, number, verdict)
        for line in title:
            write(x + 38, y, line, 8.5)
            y += _TITLE
        for line in lines:
            write(x + 38, y, line, 7.5, color="#3c4650")
            y += _LINE
