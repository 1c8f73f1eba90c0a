"""The catalogue against the regulation's own text, and against what other modules rely on."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from firelane.rules import available_packs, load_packs, load_rules
from firelane.vocabulary import LETTERING, Severity

ROOT = Path(__file__).parents[2]
SHENYANG = load_rules(["shenyang-2020"])
BY_ID = {rule.rule_id: rule for rule in load_rules(available_packs())}

# rule_id -> (quantity, comparator, threshold, measured): the ids are stable, other modules name them
EXPECTED = {
    "sy2020-9-signs": ("sign", "present", None, True),
    "sy2020-9-condition": ("condition", "present", None, True),
    "sy2020-10-obstruction": ("obstruction", "absent", None, True),
    "sy2020-10-aerial": ("aerial_obstruction", "absent", None, True),
    "sy2020-10-gate": ("gate_opening", "present", None, True),
    "sy2020-12-responsible": ("responsible_party", "present", None, True),
    "sy2020-13-1-warning": ("sign", "present", None, True),
    "sy2020-13-2-kerb": ("kerb_paint", "present", None, True),
    "sy2020-13-2-edge-line": ("edge_line", "present", None, True),
    "sy2020-13-2-box": ("box_spacing", "<=", 20.0, True),
    "sy2020-13-2-box-text": ("box_text", "present", None, True),
    "sy2020-13-3-grid": ("entrance_grid", "present", None, True),
    "sy2020-13-3-grid-text": ("grid_text", "present", None, True),
    "sy2020-14-clear-width": ("clear_width", ">=", 4.0, True),
    "sy2020-14-clear-height": ("clear_height", ">=", 4.0, True),
    "sy2020-14-turning": ("swept_path", "present", None, True),
    "sy2020-14-parking": ("parking", "absent", None, True),
    "sy2020-15-1-condition": ("condition", "present", None, True),
    "sy2020-15-2-clearing": ("obstruction", "absent", None, True),
    "sy2020-15-3-education": ("management", "none", None, False),
    "sy2020-15-4-report": ("management", "none", None, False),
    "sy2020-info-reach": ("reach", ">=", 4.0, True),
    "gb55037-3.4.1-reach": ("reach", ">=", 4.0, True),
    "gb55037-3.4.5-turning": ("swept_path", "present", None, True),
    "gb55037-3.4.5-gradient": ("gradient", "<=", 10.0, True),
    "gb55037-3.4.5-dead-end": ("turning_area", ">=", 12.0, True),
    "gb50016-7.1.8-turning": ("turning_radius", ">=", 9.0, True),
    "gb50016-7.1.8-gradient": ("gradient", "<=", 8.0, True),
    "gb50016-7.1.9-turnaround": ("turning_area", ">=", 12.0, True),
    "gb50016-7.1.9-turnaround-high-rise": ("turning_area", ">=", 15.0, True),
    "gb50016-7.1.9-turnaround-heavy": ("turning_area", ">=", 18.0, True),
    "gb55037-3.4.5-facade": ("facade_distance", "none", None, False),
    "gb55037-3.4.6-operating": ("operating_ground", "present", None, True),
    "gb55037-3.4.7-aerial": ("aerial_obstruction", "absent", None, True),
    "gb50016-7.1.2-ring": ("connectivity", "present", None, True),
    "gb50016-7.1.8-facade": ("facade_distance", ">=", 5.0, True),
    "gb50016-7.1.8-aerial": ("aerial_obstruction", "absent", None, True),
    "gb50016-7.1.9-connections": ("connectivity", ">=", 2.0, True),
    "gb50016-7.2.1-operating": ("operating_ground", "present", None, True),
    "gb50016-info-ways": ("connectivity", ">=", 2.0, True),
    "gb50016-info-cuts": ("connectivity", "absent", None, True),
}


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def regulation() -> str:
    shared = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))
    path = shared / "seed" / "shenyang_bulletin_2020_09.txt"
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip("the bulletin that holds the regulation is not at hand")
    text = bare(path.read_text(encoding="utf-8"))
    start = text.index("沈阳市消防车通道管理规定第一条")
    return text[start : text.index("抄送", start)]


def test_the_ids_and_what_they_measure_are_as_promised():
    found = {r.rule_id: (r.quantity.value, r.comparator, r.threshold, r.measured) for r in BY_ID.values()}
    assert found == EXPECTED


def test_every_quoted_sentence_stands_in_the_regulation(regulation):
    missing = [r.rule_id for r in SHENYANG if r.verbatim and bare(r.text_zh) not in regulation]
    assert missing == []
    assert sum(r.verbatim for r in SHENYANG) == 21


def test_every_quoted_sentence_stands_in_the_article_it_is_cited_from(regulation):
    # Articles open with 第…条; the items of Articles 13 and 15 with （一）…
    for rule in SHENYANG:
        if not rule.verbatim:
            continue
        article, _, item = rule.article.partition("第（")
        body = article_of(regulation, article)
        if item:
            body = item_of(body, item[0])
        assert bare(rule.text_zh) in body, rule.rule_id


@pytest.mark.parametrize("article", ["第九条", "第十条", "第十二条", "第十三条", "第十四条", "第十五条"])
def test_nothing_of_the_article_is_left_without_a_rule(regulation, article):
    rest = article_of(regulation, article).removeprefix(article)
    for text in sorted({bare(r.text_zh) for r in SHENYANG if r.verbatim}, key=len, reverse=True):
        rest = rest.replace(text, "")
    rest = re.sub(r"（[一二三四]）|[，；。]", "", rest)
    headings = {"第十三条": "设置消防车通道的标志、标线、标识应当符合下列要求：", "第十五条": "消防车通道维护管理应当符合下列要求："}
    assert rest == headings.get(article, "")


def article_of(regulation: str, article: str) -> str:
    start = regulation.index(article)
    following = re.compile(r"[。；：]第[一二三四五六七八九十]+条").search(regulation, start)
    return regulation[start : following.start() + 1 if following else None]


def item_of(body: str, numeral: str) -> str:
    numerals = "一二三四五"
    start = body.index(f"（{numeral}）")
    end = body.find(f"（{numerals[numerals.index(numeral) + 1]}）")
    return body[start : end if end > 0 else None]


def test_the_figures_of_article_13_are_those_of_its_text():
    edge, box, grid = (BY_ID[f"sy2020-13-{tail}"] for tail in ("2-edge-line", "2-box", "3-grid"))
    assert (edge.params["near_edge_offset_m"], edge.params["width_m"]) == (0.30, 0.15)
    assert "30厘米" in edge.text_zh
    assert "线宽15厘米" in edge.text_zh
    assert box.params["spacing_m"] == box.threshold == 20.0
    assert (grid.params["border_width_m"], grid.params["line_width_m"], grid.params["line_angle_deg"]) == (0.2, 0.1, 45)
    for tail in ("2-box-text", "3-grid-text"):
        rule = BY_ID[f"sy2020-13-{tail}"]
        assert rule.words["lettering"] == (LETTERING,)
        assert LETTERING in bare(rule.text_zh)


def test_what_the_text_does_not_fix_is_marked_to_be_confirmed():
    fixed = {"near_edge_offset_m", "width_m", "spacing_m", "border_width_m", "line_width_m", "line_angle_deg"}
    for rule in SHENYANG:
        assert set(rule.params) - fixed <= set(rule.to_be_confirmed), rule.rule_id
        assert not fixed & set(rule.to_be_confirmed), rule.rule_id
    assert BY_ID["gb55037-3.4.1-reach"].to_be_confirmed == ("threshold",)


def test_own_wording_says_that_it_is_no_quotation():
    own = [rule for rule in BY_ID.values() if not rule.verbatim]
    assert {rule.rule_id for rule in own if rule.pack == "shenyang-2020"} == {"sy2020-info-reach"}
    # No official text of the national codes was at hand: nothing of them is quoted.
    assert all(not rule.verbatim for rule in BY_ID.values() if rule.pack != "shenyang-2020")
    for rule in own:
        assert "不是条文原文" in rule.text_zh
        assert "own wording" in rule.text_en
    assert BY_ID["sy2020-info-reach"].severity is Severity.INFO
    assert BY_ID["gb55037-3.4.1-reach"].severity is Severity.MANDATORY


def test_everything_else_of_the_regulation_is_mandatory_and_names_its_source():
    for rule in SHENYANG:
        assert "沈政办发〔2020〕40号" in rule.source
        assert rule.article in rule.source
        if rule.rule_id != "sy2020-info-reach":
            assert rule.severity is Severity.MANDATORY


def test_packs_say_where_they_apply():
    (pack,) = load_packs(["shenyang-2020"])
    assert (pack.number, pack.in_force, pack.title("zh")) == ("沈政办发〔2020〕40号", "2020-09-27", "沈阳市消防车通道管理规定")
    assert pack.jurisdiction_zh == "沈阳市行政区域"


def test_both_languages_are_there_everywhere():
    for rule in BY_ID.values():
        for zh, en in ((rule.title("zh"), rule.title("en")), (rule.text("zh"), rule.text("en"))):
            assert re.search(r"[一-鿿]", zh), rule.rule_id
            assert not re.match(r"[一-鿿]", en), rule.rule_id
        assert bool(rule.why_not("zh")) == bool(rule.why_not("en")) == (not rule.measured)
