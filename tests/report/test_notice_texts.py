"""The templates of notices: what they may hold, and that every fault of a file is told at once."""

import re

import pytest

from firelane.errors import InputError
from firelane.report.templates import PLACEHOLDERS, templates
from firelane.rules import load_rules


def written(tmp_path, change):
    from importlib import resources

    text = resources.files("firelane.report").joinpath("notices.toml").read_text(encoding="utf-8")
    for old, new in change:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "city.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packaged_texts_are_whole_in_both_languages():
    texts = templates()
    assert set(texts.texts) == set(PLACEHOLDERS)
    assert all(pair["zh"] and pair["en"] for pair in texts.texts.values())
    assert texts.text("title", "zh") == "责令限期改正通知书"
    # no penalty is named: no fine, no amount, no detention, in any text but the quoted articles
    every = "".join(pair["zh"] for table in (texts.texts, texts.deeds) for pair in table.values())
    assert not re.search("罚款|拘留|处罚|警告处|万元|元以", every)


def test_the_articles_are_those_of_the_rules():
    texts = templates()
    for rule in load_rules(["shenyang-2020"]):
        if rule.verbatim and rule.article in texts.articles:
            assert rule.text_zh.rstrip("。") in texts.articles[rule.article]["zh"], rule.rule_id
    assert texts.article("第二十一条", "zh") == (
        "占用、堵塞、封闭消防车通道，妨碍消防车通行的，由消防救援机构依据《中华人民共和国消防法》予以处理。"
    )
    for part in ("城市管理综合行政执法部门", "户外广告牌、灯箱、货架", "流动商贩、店外经营"):
        assert part in texts.article("第十六条", "zh")


def test_what_is_filled_in_is_never_read_for_placeholders():
    said = templates().text("deadline", "zh", deadline="{deadline_source}", deadline_source="{0.__class__}{party}")
    assert said == "请于 {deadline_source}前改正完毕。期限依据：{0.__class__}{party}。"


def test_every_fault_is_told_at_once(tmp_path):
    path = written(
        tmp_path,
        [
            ('watermark = { zh = "草稿", en = "DRAFT" }', 'watermark = { zh = "{secret}", en = "DRAFT" }'),
            ("文号：{document_no}", "文号：{document_no.__class__}"),
            ("To: {party}", "To: {party!r}"),
            ("车道 {lane}", "车道 {lane:>5}"),
            ("lane {lane}", "lane {"),
            ('date = { zh = "{year}年{month}月{day}日", en', 'date = { zh = "{year}年{month}月{day}日", de'),
            ("receipt = {", "receipt_of = {"),
            ("gate = { zh", "door = { zh"),
            ("请于 {deadline}前", "请尽快"),
            ('kerbs = { zh = "路缘石", en = "kerbs" }', 'kerbs = "路缘石"'),
        ],
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        templates(path)
    said = str(caught.value)
    for part in (
        "unknown placeholder {secret}", "{document_no.__class__}", "{party!r}", "{lane:>5}", "text.lane column en: a brace",
        "text.date column de", "text.date column en", "row text.receipt:", "text.receipt_of", "do.gate", "do.door",
        "the placeholder {deadline} is missing", "layer.kerbs",
    ):  # fmt: skip
        assert part in said, part
    chinese = caught.value.text("zh")
    assert "未知的占位符 {secret}" in chinese
    assert "缺少占位符 {deadline}" in chinese


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[text", b"text = 3\nnotice = 4\narticle = 5\n[do]\n"])
def test_a_file_that_is_none(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(InputError):
        templates(path)


def test_another_city_is_another_file(tmp_path):
    path = written(tmp_path, [("责令限期改正通知书", "限期整改通知"), ('name = "shenyang-2020"', 'name = "elsewhere"')])
    assert templates(path).text("title", "zh") == "限期整改通知"
    assert templates().text("title", "zh") == "责令限期改正通知书"
