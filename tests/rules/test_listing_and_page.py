"""What people read of the catalogue: the terminal table and the reference page."""

from __future__ import annotations

import dataclasses
import unicodedata
from pathlib import Path

import pytest

from firelane.rules import available_packs, load_packs, load_rules, requirement, table
from firelane.rules.page import page

ROOT = Path(__file__).parents[2]
RULES = load_rules(available_packs())


def test_the_reference_page_is_current():
    written = (ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    assert written == page(load_packs(available_packs())), "run: python -m firelane.rules.page docs/reference/rules.md"


def test_the_page_holds_every_sentence_and_every_number():
    text = page(load_packs(available_packs()))
    for rule in RULES:
        assert f"> {rule.text_zh}" in text
        assert rule.why_not_en in text
    assert "`near_edge_offset_m` = 0.3\n" in text
    assert "`offset_tolerance_m` = 0.05（待确认 to be confirmed）" in text


def test_a_hostile_catalogue_stays_text_on_the_page():
    (pack,) = load_packs(["gb55037"])
    rule = dataclasses.replace(pack.rules[0], title_zh="<script>|`x`[a](b)")
    text = page([dataclasses.replace(pack, rules=(rule,))])
    assert "<script>" not in text
    assert "&lt;script&gt;\\|\\`x\\`\\[a\\](b)" in text


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_columns_line_up_where_chinese_is_two_wide(lang):
    lines = table(RULES, lang).split("\n")
    assert len(lines) == len(RULES) + 2
    # the ruler's gaps are the column borders: every line must have blanks in exactly these columns
    gaps = [n for n, ch in enumerate(lines[1]) if ch == " "]
    assert len(gaps) == 10
    for line in lines:
        cells = "".join(ch + ("\0" if unicodedata.east_asian_width(ch) in "WF" else "") for ch in line)
        assert all(cells[n : n + 1] in {" ", ""} for n in gaps), line
        assert columns(line) <= len(lines[1])
        assert line == line.rstrip()


def test_the_limit_in_a_few_signs():
    by_id = {rule.rule_id: rule for rule in RULES}
    assert requirement(by_id["sy2020-14-clear-width"]) == "≥ 4 m"
    assert requirement(by_id["sy2020-13-2-box"], "en") == "≤ 20 m"
    assert requirement(by_id["sy2020-10-obstruction"]) == "不得有"
    assert requirement(by_id["sy2020-15-3-education"], "en") == "no figure"
    assert requirement(by_id["gb55037-3.4.1-reach"]) == "≥ 4 m (待确认)"


def test_an_empty_catalogue_is_a_bare_heading():
    assert len(table([], "zh").split("\n")) == 2
