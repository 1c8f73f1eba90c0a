"""Notices: to whom, what is stated and what never is, and the files."""

import datetime as dt
import io
import zipfile
from dataclasses import replace
from xml.sax.saxutils import escape

import pytest
import site_scenes as S
from hypothesis import given
from hypothesis import strategies as st
from pdf_text import pdf_text

from firelane.cases.deadlines import Deadline, Unit
from firelane.cases.model import Case, Party, PartyRole, SitePlace, Source
from firelane.errors import OutputError, UsageError
from firelane.report.facts import facts_of
from firelane.report.notice import UNKNOWN, notice_of_case, notices
from firelane.report.notice_files import write_notice
from firelane.report.templates import templates
from firelane.report.word import clean
from firelane.vocabulary import Verdict

MANAGED = {"managed": True, "manager_kind": "property_company", "manager": "安和物业", "district": "皇姑区"}
DUE = Deadline(dt.date(2026, 12, 11), "", Unit.DAYS, 15, "大队指定", "set by the brigade", to_be_confirmed=False)
# A bollard in the middle of a 6 m road: 3.0 - 0.1 = 2.9 m are left on either side.
BOLLARD = S.post(30, 0, 0.1, id="桩1")
# A car 1.9 m wide whose middle is 0.2 m off the axis: 3 + 0.2 - 0.95 = 2.25 m are left.
CAR = S.car(60, -0.2, id="辽A12345")


def scene(*obstructions, config=MANAGED, **more):
    return S.audited(S.street(6.0, list(obstructions), config=config, **more))


@pytest.fixture(scope="module")
def both():
    return scene(BOLLARD, CAR)


def told(notice):
    return "\n".join(part for b in notice.blocks for part in (b.text, *(cell for row in b.rows for cell in row)))


def tables(notice):
    return [b.rows for b in notice.blocks if b.kind == "table"]


def test_a_bollard_goes_to_the_property_company_a_car_to_its_driver(both):
    company, driver = notices(both)
    assert (company.body, company.party) == ("property_company", "安和物业")
    assert (driver.body, driver.party) == ("driver", "机动车驾驶人")
    by_owner = {f.owners: f.finding_id for f in S.of(both, S.OBSTRUCTION, "fail")}
    assert by_owner["桩1",] in company.finding_ids
    assert by_owner["桩1",] not in driver.finding_ids
    # the company has to stop and report the car (Article 15 (4)), and only that
    assert by_owner["辽A12345",] in driver.finding_ids
    first, second = tables(company)
    assert not any("车辆" in row[2] for row in first[1:])
    assert all("车辆" in row[2] for row in second[1:])
    assert "第十五条第（四）项" in told(company)
    # who follows up: the deciding body of Article 21 quoted, the towing police of Article 18
    assert "消防救援机构：处理（第二十一条）" in told(driver)
    assert "公安机关交通管理部门：配合（第十八条）" in told(driver)
    assert "予以处理" in told(driver)
    assert "第十一条\n单位和个人应遵守道路交通规则" in told(driver)


def test_the_figures_are_those_that_were_measured(both):
    company = notices(both)[0]
    (row,) = [row for row in tables(company)[0][1:] if row[1] == "第十条"]
    assert row[4] == "2.900 m"
    assert row[5] == "不得有；≥\u00a04.000\u00a0m"
    assert "第十四条" in {row[1] for row in tables(company)[0][1:]}


@pytest.mark.parametrize(
    ("config", "body"),
    [
        (MANAGED, "property_company"),
        ({"managed": False, "manager_kind": "street_office", "manager": "三台子街道办事处"}, "street_office"),
        ({"manager_kind": "unit", "manager": "某厂"}, "unit"),
        ({}, UNKNOWN),
    ],
)
def test_article_12_decides_and_is_never_guessed(config, body):
    (notice,) = notices(scene(BOLLARD, config=config))
    assert notice.body == body
    assert ("party" in notice.blank) == (body == UNKNOWN)
    if body == UNKNOWN:
        assert "责任主体待确认" in told(notice)
        assert "没有写明" in told(notice)
        assert "firelane case" not in told(notice)


def test_one_company_that_keeps_the_gate_too_gets_one_notice():
    audit = scene(BOLLARD, entrances=S.gates(gate=True, openable=False))
    (notice,) = notices(audit)
    assert notice.party == "安和物业"
    assert {row[1] for row in tables(notice)[0][1:]} == {"第十条", "第十四条"}
    assert [n.party for n in notices(audit, to="entrance_manager")] == ["安和物业"]


def test_what_was_not_measured_never_occurs_and_what_is_in_doubt_is_to_be_looked_at(both):
    # within 5 cm of the limit: 4.02 m between kerb and bollard cannot be told
    doubt = S.audited(S.street(6.0, [S.post(30, 1.12, 0.1, id="x"), S.post(70, 0, 0.1, id="y")], config=MANAGED | {"accuracy_m": 0.05}))
    unsure = [f for f in doubt.findings if f.verdict is Verdict.INDETERMINATE and f.severity == "mandatory"]
    assert unsure
    (notice,) = notices(doubt)
    assert set(notice.recheck_ids) == {f.finding_id for f in unsure}
    stated, recheck = tables(notice)
    assert not any("x" in row[2] for row in stated[1:])
    assert any("x" in row[2] for row in recheck[1:])
    assert "需现场复核" in told(notice)
    assert "路面 ±0.05 m" in told(notice)
    for audit in (both, doubt):
        judged = {f.finding_id: f for f in audit.findings}
        for made in notices(audit):
            assert all(judged[i].verdict is Verdict.FAIL for i in made.finding_ids)
            assert all(judged[i].severity == "mandatory" for i in made.finding_ids)
            assert all(judged[i].verdict is Verdict.INDETERMINATE for i in made.recheck_ids)


def test_a_site_with_nothing_but_doubts_or_passes_gets_no_notice():
    assert notices(scene()) == ()
    doubt = S.audited(S.street(6.0, [S.post(30, 1.12, 0.1, id="x")], config=MANAGED | {"accuracy_m": 0.05}))
    assert any(f.verdict is Verdict.INDETERMINATE for f in doubt.findings)
    assert notices(doubt) == ()


def test_every_failing_mandatory_finding_stands_in_some_notice_of_its_party(both):
    wanted = {f.finding_id for f in both.findings if f.verdict is Verdict.FAIL and f.severity == "mandatory"}
    assert {i for notice in notices(both) for i in notice.finding_ids} == wanted


def test_a_width_that_was_only_told_is_not_stated(both):
    roads = both.site.layer("roads").copy()
    roads["derived"] = "width=6"
    told_only = replace(both, site=replace(both.site, layers={**both.site.layers, "roads": roads}))
    facts = facts_of(told_only, templates(), "zh")
    assert facts
    assert not any(fact.certain for fact in facts)
    assert all(fact.certain for fact in facts_of(both, templates(), "zh"))


def test_a_draft_until_number_and_issuer_are_given(both):
    for issuer, number, draft in ((None, None, True), ("大队", None, True), (None, "1号", True), ("大队", "1号", False)):
        (notice,) = notices(both, to="driver", issuer=issuer, document_no=number)
        assert notice.draft is draft
        assert ("草稿" in told(notice)) is draft
        assert bool(notice.watermark) is draft
    with pytest.raises(UsageError, match="one document number"):
        notices(both, document_no="1号")


def test_the_deadline_is_given_or_left_blank_never_made_up(both):
    blank = notices(both)[0]
    assert "deadline" in blank.blank
    assert "＿＿年" in told(blank)
    assert "2026" not in told(blank)
    given = notices(both, deadline=DUE)[0]
    assert "deadline" not in given.blank
    assert "请于 2026年12月11日前改正完毕。期限依据：大队指定。" in told(given)
    assert "2026-12-11" in told(notices(both, deadline=DUE, lang="en")[0])


def test_a_car_leaves_at_once_and_no_day_contradicts_that(both):
    for lang, once, by in (("zh", "立即改正。", "前改正完毕"), ("en", "To be put right at once.", "To be put right by")):
        (driver,) = notices(both, to="driver", lang=lang)
        assert once in told(driver)
        assert by not in told(driver)
        assert "deadline" not in driver.blank
        (dated,) = notices(both, to="driver", deadline=DUE, lang=lang)
        days = [b.text for b in dated.blocks if "2026" in b.text]
        assert len(days) == 1
        assert days[0].startswith(("复查：自 2026年12月11日起", "Re-inspection: from 2026-12-11 on"))


def test_an_occupied_site_is_not_told_of_construction_sites(both):
    company = notices(both)[0]
    assert "第十四条" in told(company)
    assert "城乡建设部门" not in told(company)
    assert not any(b.text.startswith("第八条") for b in company.blocks if b.kind == "article")


def test_what_is_at_once_and_what_has_a_day_stand_apart():
    # a manager of the driver's name: one notice holds the car (at once) and the bollard (a day)
    audit = scene(CAR, BOLLARD, config=MANAGED | {"manager": "机动车驾驶人"})
    (notice,) = notices(audit, deadline=DUE)
    rows = tables(notice)[0][1:]
    cars = [row[0] for row in rows if "车辆" in row[2]]
    assert 0 < len(cars) < len(rows)
    texts = [b.text for b in notice.blocks if b.kind == "text"]
    (once,) = [text for text in texts if text.endswith("项：立即改正。")]
    assert all(number in once for number in (cars[0], cars[-1]))
    assert "其余各项：请于 2026年12月11日前改正完毕。期限依据：大队指定。" in texts
    assert "deadline" in notices(audit)[0].blank


def test_a_duty_to_stop_others_has_no_day():
    company = next(n for n in notices(scene(S.car(60, 1.0, id="a"))) if n.body == "property_company")
    assert "前改正完毕" not in told(company)
    assert "立即制止、劝阻所列占用行为。" in told(company)


def test_to_one_party_by_key_or_name(both):
    for to in ("driver", "机动车驾驶人", "driver of the vehicle", " driver "):
        assert [n.body for n in notices(both, to=to)] == ["driver"]
    with pytest.raises(UsageError, match="property_company") as caught:
        notices(both, to="fire_rescue")
    assert caught.value.text("zh").startswith("没有发给 'fire_rescue' 的通知书；可选：安和物业（property_company）")


def test_number_plates_are_masked(both):
    for notice in notices(both):
        assert "辽A12345" not in told(notice)
    assert "辽A***45" in told(notices(both, to="driver")[0])


HOSTILE = "<script>x</script>{party}{{7*7}}\x00\x1b\u202e=1+1&<w:p/>../../etc" + "长" * 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_value_is_hostile(tmp_path, lang):
    config = MANAGED | {"manager": HOSTILE, "district": HOSTILE}
    audit = scene(S.post(30, 0, 0.1, id=HOSTILE), config=config)
    audit = replace(audit, site=replace(audit.site, name=HOSTILE, id="../" + HOSTILE))
    due = replace(DUE, source_zh=HOSTILE, source_en=HOSTILE)
    (notice,) = notices(audit, issuer=HOSTILE, document_no=HOSTILE, deadline=due, lang=lang)
    assert "/" not in notice.stem
    assert not notice.stem.startswith(".")
    for ending in (".docx", ".pdf"):
        path = tmp_path / f"{notice.stem}{ending}"
        assert write_notice(notice, path).parent == tmp_path
        assert path.is_file()
    text = document_text(tmp_path / f"{notice.stem}.docx")
    assert "<script>x</script>{party}{{7*7}}=1+1&<w:p/>" in text
    assert not any(sign in text for sign in "\x00\x1b\u202e")
    assert "{party}{{7*7}}" in pdf_text(tmp_path / f"{notice.stem}.pdf").replace("\n", "")


def document_text(path):
    """Return every text of a DOCX, read by Python's own XML parser."""
    from xml.etree import ElementTree as ET

    with zipfile.ZipFile(path) as file:
        root = ET.fromstring(file.read("word/document.xml"))
    return "".join(node.text or "" for node in root.iter() if node.tag.endswith("}t"))


def test_the_files_hold_the_same_and_are_the_same_twice(both, tmp_path):
    (notice,) = notices(both, to="property_company", deadline=DUE, issuer="皇姑区消防救援大队", document_no="限字1号",
                        date=dt.date(2026, 11, 26))  # fmt: skip
    for name in ("a", "b"):
        for ending in (".docx", ".pdf"):
            write_notice(notice, tmp_path / f"{name}{ending}")
    for ending in (".docx", ".pdf"):
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()
    word, page = document_text(tmp_path / "a.docx"), pdf_text(tmp_path / "a.pdf")
    squeezed = "".join(page.split())
    for part in ("责令限期改正通知书", "安和物业", "2.900", "送达回证", "皇姑区消防救援大队", "限字1号", "2026年12月11日",
                 "由消防救援机构依据《中华人民共和国消防法》予以处理", "供签发单位审核"):  # fmt: skip
        assert part in "".join(word.split()), part
        assert part in squeezed, part
    assert "草稿" not in word + page
    assert "□" not in page
    with zipfile.ZipFile(tmp_path / "a.docx") as file:
        styles, fonts = file.read("word/styles.xml").decode(), file.read("word/fontTable.xml").decode()
    assert 'w:eastAsia="仿宋"' in styles
    assert "FangSong" in fonts
    assert "SimHei" in fonts


def test_word_opens_what_was_written(both, tmp_path):
    from docx import Document

    write_notice(notices(both)[0], tmp_path / "a.docx")
    document = Document(io.BytesIO((tmp_path / "a.docx").read_bytes()))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert "草稿" in section.header.paragraphs[0].text
    facts = document.tables[0]
    assert [cell.text for cell in facts.rows[0].cells] == ["序号", "条款", "检查发现", "位置", "实测", "要求"]
    assert document.core_properties.author == "firelane"
    # What is signed does not stand on a page by itself: from the text before it to the last line all stay together.
    texts = [p for p in document.paragraphs if p.text]
    sign = next(n for n, p in enumerate(texts) if p.alignment == 2 and n > 3)
    assert all(p.paragraph_format.keep_with_next for p in texts[sign - 1 : sign + 2])


def test_an_ending_that_is_none_and_a_full_disk(both, tmp_path, monkeypatch):
    notice = notices(both)[0]
    with pytest.raises(UsageError):
        write_notice(notice, tmp_path / "a.odt")
    (tmp_path / "a.docx").write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firelane.files.os.replace", full)
    with pytest.raises(OutputError):
        write_notice(notice, tmp_path / "a.docx")
    assert (tmp_path / "a.docx").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.docx"]


COMPANY = Party(PartyRole.RESPONSIBLE, "property_company", "安和物业", "Anhe", "第十五条第（二）项")
RESCUE = Party(PartyRole.DECIDER, "fire_rescue", "消防救援机构", "fire-rescue body", "第二十一条")
CASE = Case(
    "C-2026-000001", "confirmed", Source.AUDIT, SitePlace("s1", "某小区"), "fixed_obstacle", rule_id="sy2020-10-obstruction",
    article="第十条", message_zh="桩旁净宽 3.100 米", message_en="3.100 m beside it", value=3.1, threshold=4.0, margin=-0.9,
    unit="m", finding={"finding_id": "f1", "verdict": "fail", "lane_id": "L1"}, parties=(COMPANY, RESCUE),
    lonlat=(123.4, 41.8), audit_sha256="ab" * 32, deadline=dt.date(2026, 12, 1), deadline_source="大队指定",
)  # fmt: skip


def test_the_notice_of_a_case():
    notice = notice_of_case(CASE, issuer="大队", document_no="2号")
    text = told(notice)
    assert notice.finding_ids == ("f1",)
    assert not notice.draft
    for part in ("安和物业", "桩旁净宽 3.100 米", "3.100 m", "≥\u00a04.000\u00a0m", "请于 2026年12月1日前", "C-2026-000001", "东经 123.400000°"):
        assert part in text, part
    assert notice.stem.startswith("C-2026-000001_")


def test_a_report_that_nobody_confirmed_states_nothing():
    report = replace(
        CASE, source=Source.HOTLINE, state="detected", value=None, threshold=None, margin=None, unit="", finding={},
        message_zh="有车堵门 辽A12345",
    )  # fmt: skip
    notice = notice_of_case(report)
    assert notice.finding_ids == ()
    text = told(notice)
    assert "据96119 举报投诉：有车堵门 辽A***45（未测量）" in text
    assert "检查发现的事实" not in text
    assert "需现场复核" in text
    seen = notice_of_case(replace(report, state="confirmed"))
    assert "现场确认：有车堵门" in told(seen)
    assert "检查发现的事实" in told(seen)
    # within the accuracy: to be looked at as well
    doubt = notice_of_case(replace(CASE, finding={**CASE.finding, "verdict": "indeterminate"}))
    assert doubt.finding_ids == ()
    assert doubt.recheck_ids == ("f1",)


def test_a_case_without_anybody_responsible_is_refused_and_several_share_one():
    with pytest.raises(UsageError) as caught:
        notice_of_case(replace(CASE, parties=(RESCUE,)))
    remedy = "firelane case event C-2026-000001 routed --set managed=true --set manager=…"
    assert caught.value.text("zh") == f"案件 C-2026-000001 尚无责任主体 → 先用 {remedy} 确定责任主体"
    assert caught.value.text("en").endswith(remedy)
    builder = replace(COMPANY, body="builder", zh="施工单位", en="contractor")
    assert notice_of_case(replace(CASE, parties=(COMPANY, builder))).party == "安和物业、施工单位"


@given(st.text(st.characters(), max_size=60))
def test_any_text_at_all_can_stand_in_a_docx(text):
    from xml.etree import ElementTree as ET

    kept = clean(text)
    ET.fromstring(f"<a>{escape(kept)}</a>".encode())
    assert clean(kept) == kept
