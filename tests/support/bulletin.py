"""The bulletin of September 2020, cut into the sections of its two documents: what the registries' data are held against.

This reader knows nothing of firelane: it finds the headings in the printed text by itself.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IP, STAR = "沈政发〔2020〕21号", "沈科发〔2020〕33号"
_PARTS = {
    IP: ("沈阳市人民政府关于印发沈阳市知识产权运营服务体系", "2020年9月30日印发"),
    STAR: ("市科技局关于印发《沈阳市科学技术局关于建设星创天地的实施意见》的通知", "2020年9月23日印发"),
}
_PREAMBLES = {IP: "沈阳市知识产权运营服务体系建设实施方案（2020-2023年）为加快", STAR: "沈阳市科学技术局关于建设星创天地的实施意见为贯彻"}
_TAILS = {IP: "抄送：", STAR: "附件：1．"}


def bare(text: str) -> str:
    """Return ``text`` without white space: the layout breaks lines inside words."""
    return re.sub(r"\s+", "", text)


def bulletin() -> str:
    """Return the whole bulletin without white space; the test is skipped where it is not at hand (never in CI)."""
    shared = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))
    path = shared / "seed" / "shenyang_bulletin_2020_09.txt"
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip("the bulletin that holds the two documents is not at hand (set FIRELANE_SHARED)")
    return bare(path.read_text(encoding="utf-8"))


def document(number: str) -> str:
    """Return the text of one document, from its notice to the date of printing."""
    text = bulletin()
    first, last = _PARTS[number]
    start = text.index(first)
    return text[start : text.index(last, start) + len(last)]


def sections(number: str) -> dict[str, str]:
    """Return section → text: 通知, 导言, 一·（三）, 二·（一）·1 …, 附件, 印发; every character is in exactly one of them."""
    text = document(number)
    head, tail = text.index(_PREAMBLES[number]), text.rindex(_TAILS[number])
    imprint = tail if number == IP else re.compile("沈阳市科学技术局办公室2020年").search(text, tail).start()
    found = {"通知": text[:head]}
    chapters = re.split(r"(?<=[。：\]])(?=[一二三四五六]、[一-鿿]{4,5}（一）)", text[head:tail])
    found["导言"] = chapters[0]
    for chapter in chapters[1:]:
        parts = re.split(r"(?=（[一二三四五六七]）)", chapter)
        for part in parts[1:]:
            name = f"{chapter[0]}·{part[:3]}"
            items = re.split(r"(?<=[。\]])(?=\d{1,2}．)", part)
            found[name] = items[0]
            for item in items[1:]:
                found[f"{name}·{item[: item.index('．')]}"] = item
        first = f"{chapter[0]}·（一）"
        found[first] = parts[0] + found[first]  # the chapter's heading
    if imprint > tail:
        found["附件"] = text[tail:imprint]
    found["印发"] = text[imprint:]
    return found
