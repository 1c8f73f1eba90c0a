"""What the two documents say, against what the plan and the scheme hold: every quote, every unit, every figure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, is_dataclass

import pytest
from bulletin import IP, STAR, bare, document, sections

from firelane.registry.indicators import Citation, Indicator, Mark
from firelane.registry.ip_plan import UnitGroup, load_plan
from firelane.registry.star_scheme import load_scheme

PLAN, SCHEME = load_plan(), load_scheme()
DATA = {IP: PLAN, STAR: SCHEME}


@pytest.fixture(scope="module")
def printed() -> dict[str, dict[str, str]]:
    return {number: sections(number) for number in (IP, STAR)}


def citations_in(thing: object):
    """Yield every citation inside ``thing``, however deep."""
    if isinstance(thing, Citation):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from citations_in(getattr(thing, field.name))
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from citations_in(value)
    elif isinstance(thing, tuple | list):
        for value in thing:
            yield from citations_in(value)


# ------------------------------------------------------------------------------------------- quotes


@pytest.mark.parametrize("number", [IP, STAR])
def test_the_cutting_into_sections_loses_nothing(number, printed):
    assert sum(map(len, printed[number].values())) == len(document(number))
    assert Counter("".join(printed[number].values())) == Counter(document(number))


def test_the_sections_are_those_that_a_reader_sees(printed):
    tasks = [name for name in printed[IP] if re.fullmatch(r"二·（.）·\d+", name)]
    assert [int(name.rpartition("·")[2]) for name in tasks] == list(range(1, 21))
    assert sum(name.startswith("三·") for name in printed[IP]) == 5
    assert sum(name.startswith("二·") for name in printed[STAR]) == 7
    assert sum(name.startswith("三·") for name in printed[STAR]) == 7


@pytest.mark.parametrize(("number", "least"), [(IP, 130), (STAR, 80)])
def test_every_quote_stands_in_the_section_it_is_cited_from(number, least, printed):
    found = list(citations_in(DATA[number]))
    assert len(found) >= least
    wrong = [
        (c.article, c.verbatim) for c in found
        if c.mark is Mark.TEXT and (c.document != number or bare(c.verbatim) not in printed[number].get(c.article, ""))
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("number", [IP, STAR])
def test_quotes_are_kept_without_the_layout(number):
    assert [c.verbatim for c in citations_in(DATA[number]) if c.verbatim != bare(c.verbatim)] == []


def test_words_that_a_due_date_comes_from_are_printed(printed):
    whole = {number: "".join(printed[number].values()) for number in (IP, STAR)}
    for number, items in ((IP, PLAN.indicators), (STAR, SCHEME.aims)):
        for item in items:
            assert (item.due is None) == (item.due_text == ""), item.id
            assert item.due_text in whole[number], item.id


def test_heads_and_dates_are_those_of_the_documents(printed):
    for number, data in DATA.items():
        assert data.number == number
        assert bare(data.title) in printed[number]["通知"] + printed[number]["导言"]
        cover, imprint = printed[number]["通知"], printed[number]["印发"]
        assert f"{data.issuer}{data.issued_on.year}年{data.issued_on.month}月{data.issued_on.day}日" in cover
        assert f"{data.printed_on.year}年{data.printed_on.month}月{data.printed_on.day}日印发" in imprint
    assert (PLAN.horizon.first_day, PLAN.horizon.last_day.year) == (PLAN.issued_on, 2023)


# ------------------------------------------------------------------------------------ nothing left out


def test_the_goals_are_the_whole_of_their_section(printed):
    text = printed[IP]["一·（三）"]
    head = "（三）发展目标。力争通过3年努力，围绕沈阳产业和经济发展需求，构建起要素完备、体系健全、运行顺畅的知识产权运营服务体系。"
    assert text == head + "".join(f"——{goal.zh}。{goal.text}" for goal in PLAN.goals)


def test_nothing_of_a_goal_is_left_without_an_indicator():
    for goal in PLAN.goals:
        rest = goal.text
        quotes = {c.verbatim for item in PLAN.indicators if item.goal == goal.id for c in item.citations if c.article == "一·（三）"}
        for quote in sorted(quotes, key=len, reverse=True):
            assert quote in goal.text
            rest = rest.replace(quote, "")
        assert re.sub("[；，。]", "", rest) == "", goal.id


def test_the_tasks_are_the_whole_of_their_sections(printed):
    assert [task.number for task in PLAN.tasks] == list(range(1, 21))
    for task in PLAN.tasks:
        label = "贵任单位" if task.number == 15 else "责任单位"
        body = f"{task.number}．{task.zh}。{task.text}[牵头单位：{task.lead}；{label}：{task.responsible}]"
        assert printed[IP][task.article].startswith(body), task.id
        rest = printed[IP][task.article].removeprefix(body)
        assert rest == "" or re.fullmatch("（.）实施.*工程。|三、保障措施", rest), rest


def test_the_projects_and_their_tasks(printed):
    for project in PLAN.projects:
        heading = f"{project.number}实施{project.zh}。"
        assert heading in document(IP)
        inside = [task.number for task in PLAN.tasks if task.project == project.id]
        start = document(IP).index(heading)
        following = document(IP).find("工程。", start + len(heading))
        end = following if following > 0 else document(IP).index("三、保障措施")
        assert inside == [int(n) for n in re.findall(r"(\d{1,2})．", document(IP)[start:end])]
    assert [len([t for t in PLAN.tasks if t.project == p.id]) for p in PLAN.projects] == [4, 3, 4, 3, 6]


def test_the_safeguards_are_the_whole_of_their_sections(printed):
    for item in PLAN.safeguards:
        body = f"{item.number}{item.zh}。{item.text}[责任单位：{item.responsible}]"
        assert printed[IP][item.article].removeprefix("三、保障措施") == body


def test_the_conditions_and_functions_are_the_whole_of_their_sections(printed):
    for condition in SCHEME.conditions:
        text = printed[STAR][condition.citation.article].removeprefix("二、基本条件").removesuffix("三、服务功能")
        assert text == condition.number + condition.citation.verbatim
        assert condition.citation.verbatim.startswith(condition.zh)
    for function in SCHEME.functions:
        (citation,) = function.citations
        text = printed[STAR][citation.article].removeprefix("三、服务功能").removesuffix("四、申报与备案")
        assert text == f"{function.number}{function.zh}。{citation.verbatim}"


@pytest.mark.parametrize("chapter", ["四", "五"])
def test_nothing_of_filing_and_evaluation_is_left_without_a_row(chapter, printed):
    quotes = sorted({c.verbatim for c in citations_in(SCHEME) if c.article.startswith(chapter)}, key=len, reverse=True)
    for name, text in printed[STAR].items():
        if not name.startswith(chapter):
            continue
        covered = [False] * len(text)
        for quote in quotes:
            for hit in re.finditer(re.escape(quote), text):
                covered[hit.start() : hit.end()] = [True] * len(quote)
        rest = "".join(c for c, told in zip(text, covered, strict=True) if not told)
        rest = re.sub(r"^[四五]、(申报与备案|绩效与评价)|[五六]、(绩效与评价|保障措施)$|（[一二三四]）|[，。]", "", rest)
        titles = {"建立绩效评价体系", "明确绩效评价指标", "注重考评结果应用", "给予经费补贴"}
        assert rest in titles | {""}, (name, rest)


# -------------------------------------------------------------------------------------------- units

DISTRICTS = re.compile(r"(各|相关)区、县（市）政府")


def resolved(line: str) -> list[str]:
    """Take a printed enumeration of units apart: a 市 at its head governs what follows up to the next comma."""
    found = []
    for part in DISTRICTS.sub(lambda m: m[0].replace("、", "·"), line).split("，"):
        names = part.split("、")
        city = names[0].startswith("市")
        found += [names[0], *("市" + n if city and not n.endswith("公司") else n for n in names[1:])]
    return [name.replace("·", "、") for name in found]


def test_units_of_a_line_are_taken_apart_as_a_reader_would():
    line = "中国人民银行沈阳分行营业管理部，市金融发展局、财政局、盛京金控投资集团有限公司，各区、县（市）政府"
    assert resolved(line) == [
        "中国人民银行沈阳分行营业管理部", "市金融发展局", "市财政局", "盛京金控投资集团有限公司", "各区、县（市）政府",
    ]  # fmt: skip


def test_the_units_of_the_tasks_are_those_of_the_printed_lines(printed):
    lines = {}
    for name, text in printed[IP].items():
        if found := re.search(r"\[牵头单位：(.*?)；[责贵]任单位：(.*?)\]", text):
            lines[int(name.rpartition("·")[2])] = found.groups()
    assert sorted(lines) == list(range(1, 21))
    for task in PLAN.tasks:
        assert (task.lead, task.responsible) == lines[task.number]
        for line, units in ((task.lead, task.lead_units), (task.responsible, task.responsible_units)):
            assert [PLAN.units[unit].zh for unit in units] == resolved(line), task.id


def test_the_units_of_the_safeguards_are_those_of_the_printed_lines(printed):
    for item in PLAN.safeguards:
        (line,) = re.findall(r"\[责任单位：(.*?)\]", printed[IP][item.article])
        assert item.responsible == line
        assert [PLAN.units[unit].zh for unit in item.responsible_units] == resolved(line)


def test_groups_that_the_plan_does_not_name_one_by_one_stay_groups():
    groups = {unit.zh: unit.group for unit in PLAN.units.values() if unit.group is not UnitGroup.ONE}
    assert groups == {
        "各区、县（市）政府": UnitGroup.EVERY, "相关区、县（市）政府": UnitGroup.UNRESOLVED, "市直有关部门": UnitGroup.UNRESOLVED,
    }  # fmt: skip


def test_who_leads_how_many_tasks():
    leads = Counter(tuple(PLAN.units[unit].zh for unit in task.lead_units) for task in PLAN.tasks)
    assert leads == {
        ("市市场监管局",): 15, ("市创新与转化中心", "市市场监管局"): 1, ("浑南区政府",): 2, ("相关区、县（市）政府",): 2,
    }  # fmt: skip
    assert [len(PLAN.led_by(unit.id)) for unit in PLAN.lead_units] == [16, 1, 2, 2]


def test_every_unit_is_named_by_a_task_or_a_safeguard():
    named = {unit for task in PLAN.tasks for unit in (*task.lead_units, *task.responsible_units)}
    named |= {unit for item in PLAN.safeguards for unit in item.responsible_units}
    assert named == set(PLAN.units)


# ------------------------------------------------------------------------------------------- figures

NUMBER_OF_A_DOCUMENT = re.compile(r"[一-鿿]+〔\d{4}〕\d+号")
FIGURE = re.compile(r"\d+(?:\.\d+)?")

# (section, what stands there) → why it is no target. Each must be met exactly once.
NOT_A_TARGET = {
    IP: {
        ("通知", "方案（2020-2023年）的通知"): "heading of the notice: the title's years, held as the horizon",
        ("导言", "关于做好2020年知识产权运营服务体系建设工作的通知》"): "title of the national notice",
        ("一·（二）·1", "1．市场主导"): "ordinal of a principle",
        ("一·（二）·2", "2．整合资源"): "ordinal of a principle",
        ("一·（二）·3", "3．对标对表"): "ordinal of a principle",
        ("一·（二）·4", "4．资金统筹"): "ordinal of a principle",
    },
    STAR: {
        ("通知", "—21—"): "number of a page",
        ("附件", "附件：1．"): "ordinal of an annex",
        ("附件", "2．沈阳审"): "ordinal of an annex",
    },
}


def date_claims(citation: Citation, day):
    text = citation.verbatim
    return [(citation.article, day.year, "年", text), (citation.article, day.month, "月", text), (citation.article, day.day, "日", text)]


def indicator_claims(item: Indicator):
    for c in item.citations:
        if item.target is not None:
            yield c.article, item.target, item.unit, c.verbatim
        if item.base_year is not None and item.base_status.value == "stated":
            yield c.article, item.base_year, "年", c.verbatim
        if item.due is not None and item.due_text and item.due_text in c.verbatim:
            years = PLAN.horizon.years if item.due_text.startswith("3年") else item.due.year
            yield c.article, years, "年", c.verbatim


def claims(number: str):
    """Yield (section, figure, unit as printed, quote): what the data claim to hold."""
    data = DATA[number]
    for c in data.citations:
        if c.article in ("通知", "印发"):
            yield from date_claims(c, data.issued_on if c.article == "通知" else data.printed_on)
    if number == STAR:
        for item in SCHEME.aims:
            yield from indicator_claims(item)
        for condition in SCHEME.conditions:
            for criterion in condition.criteria:
                if criterion.threshold is not None and criterion.mark is Mark.TEXT:
                    yield condition.citation.article, criterion.threshold, criterion.unit, condition.citation.verbatim
        for c in SCHEME.evaluation.citations:
            yield c.article, SCHEME.evaluation.first_level_count, "项一级指标", c.verbatim
            yield c.article, SCHEME.evaluation.second_level_count, "项二级指标", c.verbatim
        for grade in SCHEME.grades:
            for c in grade.citations:
                if grade.share_max is not None:
                    yield c.article, grade.share_max * 100, "%", c.verbatim
        for c in SCHEME.subsidy.citations:
            yield c.article, SCHEME.subsidy.amount_yuan / 10_000, "万元", c.verbatim
        return
    for c in (*PLAN.horizon.citations, *PLAN.citations):
        yield c.article, PLAN.horizon.years, "年", c.verbatim
        yield c.article, PLAN.horizon.first_day.year, "-", c.verbatim
        yield c.article, PLAN.horizon.last_day.year, "年", c.verbatim
    for item in PLAN.indicators:
        yield from indicator_claims(item)
    for task in PLAN.tasks:
        yield task.article, task.number, "．", f"{task.number}．{task.zh}。"
    for rule in PLAN.fund_rules:
        for c in rule.citations:
            yield c.article, rule.share_pct, "%", c.verbatim
    for tolerance in PLAN.tolerances:
        for c in tolerance.citations:
            yield c.article, tolerance.limit_pct, "%", c.verbatim


def figures(text: str):
    """Yield (position, value, what follows) of every figure, numbers of documents apart."""
    hidden = [hit.span() for hit in NUMBER_OF_A_DOCUMENT.finditer(text)]
    for hit in FIGURE.finditer(text):
        if not any(a <= hit.start() < b for a, b in hidden):
            yield hit.start(), float(hit[0]), text[hit.end() : hit.end() + 6]


@pytest.mark.parametrize(("number", "targets"), [(IP, 31), (STAR, 8)])
def test_every_printed_figure_is_a_row_or_is_said_to_be_no_target(number, targets, printed):
    left, met, held = [], Counter(), 0
    known = list(claims(number))
    for name, text in printed[number].items():
        for at, value, after in figures(text):
            def covers(quote, text=text, at=at):
                return any(hit.start() <= at < hit.end() for hit in re.finditer(re.escape(quote), text))

            claimed = any(
                where == name and abs(figure - value) < 1e-9 and after.startswith(unit) and covers(quote)
                for where, figure, unit, quote in known
            )
            excuse = [key for key in NOT_A_TARGET[number] if key[0] == name and covers(key[1])]
            held += claimed and not after.startswith(("．", "月", "日", "-")) and name not in ("通知", "印发")
            if excuse and not claimed:
                met[excuse[0]] += 1
            elif not claimed:
                left.append((name, value, after))
    assert left == []
    assert set(met) == set(NOT_A_TARGET[number])
    assert held >= targets


@pytest.mark.parametrize("number", [IP, STAR])
def test_the_figures_are_looked_for_at_all(number, printed):
    found = [unit[:1] for text in printed[number].values() for _, _, unit in figures(text)]
    assert set("年%家项") - set(found) == set()
    assert len(found) > (60 if number == IP else 15)


def test_every_claim_of_a_target_is_printed_there():
    """The other way round: no row holds a figure that its quotes do not print."""
    for number, items in ((IP, PLAN.indicators), (STAR, SCHEME.aims)):
        for item in items:
            if item.target is None:
                assert not any(FIGURE.search(c.verbatim) for c in item.citations if number == IP), item.id
            else:
                told = [
                    c for c in item.citations if re.search(rf"(?<!\d){item.target:g}{re.escape(item.unit)}", c.verbatim)
                ]
                assert told, item.id


def test_every_last_day_and_base_year_is_that_of_its_own_words():
    last = {"力争通过3年努力": 2023, "3年累计": 2023, "（2020-2023年）": 2023, "到2022年": 2022}
    for item in (*PLAN.indicators, *SCHEME.aims):
        if item.due is not None:
            assert (item.due.month, item.due.day, item.due.year) == (12, 31, last[item.due_text]), item.id
            assert ("due" in item.to_confirm) == (item.due_text != "到2022年"), item.id
        text = "".join(c.verbatim for c in item.citations)
        assert ("到2022年" in text) <= (item.due_text == "到2022年"), item.id
        based = re.search("以([0-9]{4})年为基数", text)
        assert (item.base_status.value == "stated") == bool(based), item.id
        assert not based or item.base_year == int(based[1])


def test_where_the_text_says_or_more_the_row_says_at_least():
    for items in (PLAN.indicators, SCHEME.aims):
        for item in items:
            if item.target is None:
                continue
            text = "".join(c.verbatim for c in item.citations)
            more = re.search(rf"{item.target:g}{re.escape(item.unit)}以上", text) or re.search(
                rf"(不少于|不低于|达到){item.target:g}", text
            )
            assert (item.comparator.value == ">=") == bool(more), item.id
            assert ("comparator" in item.to_confirm) == (item.comparator.value == "="), item.id


def test_numbers_of_documents_are_those_of_the_data(printed):
    def numbers(number):
        return {hit[0].removeprefix("此件公开发布") for text in printed[number].values() for hit in NUMBER_OF_A_DOCUMENT.finditer(text)}

    assert numbers(IP) == {IP, "财办建〔2020〕40号"}
    assert {IP, *(item.number for item in PLAN.related)} >= numbers(IP)
    variants = {variant.number for basis in SCHEME.bases for variant in basis.variants}
    assert numbers(STAR) == variants | {STAR}
    assert sorted(len(basis.variants) for basis in SCHEME.bases) == [1, 2, 2]


def test_numbers_written_as_words(printed):
    """一次性, 两次, 三个等级, 每年: written in characters, and rules all the same."""
    found = Counter()
    for number in (IP, STAR):
        for name, text in printed[number].items():
            for hit in re.finditer(r"[一二两三四五六七八九十]+(?:个|次|家|项|年|单|件|户|人|倍)|每年", text):
                found[number, name, hit[0]] += 1
    assert found == {
        (IP, "二·（二）·6", "一次"): 1,  # 一次性费用: how a licence is paid, no target
        (STAR, "二·（六）", "每年"): 1,
        (STAR, "五·（一）", "三个"): 1,
        (STAR, "五·（三）", "两次"): 1,
        (STAR, "五·（四）", "一次"): 1,
    }
    assert [item.id for item in SCHEME.criteria.values() if item.per == "calendar_year"] == ["C6.1", "C6.2"]
    assert [grade.zh for grade in SCHEME.grades] == ["优秀", "合格", "不合格"]
    assert SCHEME.exit_rule.consecutive == 2
    assert SCHEME.subsidy.once


def test_documents_to_be_issued(printed):
    """Whatever is to be 制定 or 出台, or set up as a 制度, by a task or a safeguard, is among them."""
    text = "".join(item.text for item in (*PLAN.tasks, *PLAN.safeguards)) + printed[IP]["一·（二）·4"]
    told = re.findall(r"(?:制定|出台)(《[^》]+》|[^，。《]+?(?:政策|办法|计划))|建立([^，。]+?统计制度|[^，。]+?托管制度)", text)
    names = {a or b for a, b in told}
    held = [item.zh for item in PLAN.documents_to_issue]
    assert len(held) == len(set(held)) == 10
    for name in names:
        assert any(bare(name).strip("《》") in item.strip("《》") for item in held), name
    assert len(names) == 11  # the fund measure stands among the principles too, without 《》
