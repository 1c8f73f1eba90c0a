"""Names, paths, and every fault of a user's own catalogue told at once."""

from __future__ import annotations

import pytest

from firelane.errors import InputError
from firelane.rules import available_packs, load_packs, load_rules

GOOD = """
[pack]
name = "elsewhere-2030"
title_zh = "某市规定"
title_en = "Rules of elsewhere"
number = "某政发〔2030〕1号"
jurisdiction_zh = "某市"
jurisdiction_en = "elsewhere"
[[rule]]
rule_id = "else-1-width"
article = "第一条"
quantity = "clear_width"
comparator = ">="
threshold = 3.5
unit = "m"
severity = "advisory"
title_zh = "净宽"
title_en = "Clear width"
text_zh = "净宽不宜小于3.5米。"
text_en = "The clear width should not be less than 3.5 m."
to_be_confirmed = ["tolerance_m", "yellow"]
[rule.params]
tolerance_m = 0.1
[rule.words]
yellow = ["yellow"]
"""


@pytest.fixture
def catalogue(tmp_path):
    def write(text: str, name: str = "own.toml") -> str:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def faults(names) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_rules(names)
    return [str(problem) for problem in caught.value.problems]


def test_default_is_shenyang():
    assert {rule.pack for rule in load_rules()} == {"shenyang-2020"}


def test_a_catalogue_of_ones_own_is_loaded_beside_the_packaged_ones(catalogue):
    rules = load_rules(["gb55037", catalogue(GOOD), "gb55037"])
    packaged = [rule.rule_id for rule in load_rules(["gb55037"])]
    assert packaged[0] == "gb55037-3.4.1-reach"
    assert [rule.rule_id for rule in rules] == [*packaged, "else-1-width"]
    own = rules[-1]
    assert (own.pack, own.threshold, own.unit, own.severity.value) == ("elsewhere-2030", 3.5, "m", "advisory")
    assert own.source == "《某市规定》（某政发〔2030〕1号）第一条"
    assert own.params == {"tolerance_m": 0.1}
    assert own.words == {"yellow": ("yellow",)}


def test_byte_order_mark_and_windows_line_ends_are_no_fault(catalogue):
    assert load_rules([catalogue(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())])


@pytest.mark.parametrize("name", ["shenyang", "../shenyang-2020", "a\0b.toml", "", "x" * 5000])
def test_an_unknown_name_lists_what_there_is(name):
    (fault,) = faults([name])
    assert "gb50016, gb55037, shenyang-2020" in fault
    assert "\0" not in fault
    assert len(fault) < 500


def test_all_bad_names_are_told_at_once(catalogue):
    found = faults(["nowhere", catalogue("[pack", "broken.toml"), catalogue(b"\xff\xfe", "utf16.toml"), "missing.toml"])
    assert len(found) == 4
    assert "TOML" in found[1]
    assert "UTF-8" in found[2]
    assert "cannot be read" in found[3]


def test_no_name_at_all():
    assert faults([]) == ["no rule catalogue was named → use one of: gb50016, gb55037, shenyang-2020"]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('quantity = "clear_width"', 'quantity = "clear_depth"', "quantity"),
        ('quantity = "clear_width"', "quantity = ['a']", "quantity"),
        ('severity = "advisory"', "", "severity"),
        ('comparator = ">="', 'comparator = ">"', "comparator"),
        ('comparator = ">="', 'comparator = ["a"]', "comparator"),
        ("threshold = 3.5", "", "threshold"),
        ("threshold = 3.5", "threshold = nan", "threshold"),
        ("threshold = 3.5", "threshold = true", "threshold"),
        ("threshold = 3.5", 'threshold = "3.5"', "threshold"),
        ('comparator = ">="', 'comparator = "present"', "takes no number"),
        ('unit = "m"', 'unit = "cm"', "unit"),
        ('unit = "m"', 'unti = "m"', "unti"),
        ("tolerance_m = 0.1", "tolerance = 0.1", "does not end in a unit"),
        ("tolerance_m = 0.1", "tolerance_m = inf", "params.tolerance_m"),
        ('yellow = ["yellow"]', "yellow = []", "words.yellow"),
        ('"tolerance_m", "yellow"', '"tolerance_m", "red"', "red"),
        ('["tolerance_m", "yellow"]', '"tolerance_m"', "to_be_confirmed"),
        ('text_zh = "净宽不宜小于3.5米。"', 'text_zh = " "', "text_zh"),
        ('title_en = "Clear width"', 'title_en = "Clear\\u0000width"', "control"),
        ('title_en = "Clear width"', "title_en = 1", "text"),
        ('rule_id = "else-1-width"', 'rule_id = "<b>"', "rule_id"),
        ('severity = "advisory"', 'severity = "advisory"\nmeasured = false', "why_not_zh"),
        ('severity = "advisory"', 'severity = "advisory"\nmeasured = "yes"', "measured"),
        ('comparator = ">="\nthreshold = 3.5', 'comparator = "none"', "never judged"),
        ('name = "elsewhere-2030"', 'name = "Else where"', "name"),
        ('number = "某政发〔2030〕1号"', "", "number"),
    ],
)
def test_each_fault_is_told_with_its_place(catalogue, old, new, word):
    assert old in GOOD
    found = faults([catalogue(GOOD.replace(old, new, 1))])
    # two faults where a name goes missing: the one nobody knows, and the one that should be there
    assert len(found) == (2 if word in {"unti", "does not end in a unit"} else 1), found
    assert any(word in fault for fault in found)


def test_all_faults_of_a_file_are_told_at_once(catalogue):
    text = GOOD.replace('unit = "m"', 'unit = "cm"').replace('"advisory"', '"urgent"').replace('"某市"', "7")
    assert len(faults([catalogue(text)])) == 3


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "no rule"), ("rule = 3", "no rule"), ("rule = [3]", "must be a table"), ("pack = 3\n", "must be a table")],
)
def test_a_file_that_is_no_catalogue(catalogue, text, word):
    assert any(word in fault for fault in faults([catalogue(text)]))


def test_ids_are_unique_within_and_across_files(catalogue):
    once = GOOD[GOOD.index("[[rule]]") :]
    assert any("twice" in fault for fault in faults([catalogue(GOOD + once)]))
    second = GOOD.replace("elsewhere-2030", "third-2031")
    found = faults([catalogue(GOOD), catalogue(second, "second.toml")])
    assert found == ["third-2031 row else-1-width: the rule_id else-1-width also stands in elsewhere-2030 → rename one of the two"]
    assert any("bear this name" in fault for fault in faults([catalogue(GOOD), catalogue(GOOD, "copy.toml")]))


def test_available_packs_are_all_loadable():
    assert [pack.name for pack in load_packs(available_packs())] == list(available_packs())


def test_what_a_quantity_is_judged_with_must_be_given(catalogue):
    text = GOOD + """
[[rule]]
rule_id = "else-2-signs"
article = "2"
quantity = "sign"
comparator = "present"
severity = "mandatory"
verbatim = false
title_zh = "标志"
title_en = "Signs"
text_zh = "标志"
text_en = "Signs"
"""
    found = faults([catalogue(text)])
    assert len(found) == 1
    assert "search_distance_m" in found[0]


def test_what_a_caller_changes_is_his_own():
    """Catalogues that come with firelane are read once in a process, for all sites of a batch."""
    first, again = load_rules()[0], load_rules()[0]
    assert first == again
    first.params["mine"] = 1
    assert "mine" not in again.params
    assert "mine" not in load_rules()[0].params
