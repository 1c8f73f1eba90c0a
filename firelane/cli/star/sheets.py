"""Lists as pages: PDF with Chinese line breaking, a watermark where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reportlab.platypus import CondPageBreak

from firelane.registry.star_papers import heads_of, rows_of, shown
from firelane.report.typeset import A4, Sheet, para, styles, table

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

    from firelane.registry.star_papers import Paper
    from firelane.vocabulary import Lang

_MARK_SHARE = 7  # of the column that bears the watermark, beside shares that add up to about 100


def write_pdf(paper: Paper, path: Path, lang: Lang) -> None:
    """Write a list as PDF on A4.

    Raises
    ------
    OutputError
        If the file cannot be written.
    InputError
        If no font can be used.
    """
    look = styles(lang)
    size = A4[::-1] if paper.lying else A4
    sheet = Sheet(path, title=paper.title, lang=lang, running=paper.title, pagesize=size, watermark=paper.stamp if paper.watermark else "")
    warning = look["body"].but(bold=True, colour="#b2182b", align="center", after=8)
    story: list[Flowable] = [*([para(paper.watermark, warning)] if paper.watermark else []), para(paper.title, look["title"])]
    story += [para(line, look["body"]) for line in paper.lines]
    blocks = [b for b in paper.blocks if b.on_page]
    for block in blocks:
        if len(blocks) > 1:
            story += [CondPageBreak(90), para(block.title, look["h2"].but(outline=0))]
        if not block.rows:
            story.append(para(block.empty, look["body"]))
            continue
        shares = [*block.shares, *([_MARK_SHARE] if paper.watermark else [])]
        rows = [[shown(v) for v in row] for row in rows_of(block, paper, short=True)]
        widths = [sheet.width * s / sum(shares) for s in shares]
        story.append(table([heads_of(block, paper, lang), *rows], widths, look))
    story += [para(line, look["small"].but(before=4)) for line in paper.remarks]
    if paper.watermark:
        story.append(para(paper.watermark, warning.but(before=8)))
    sheet.build(story)
