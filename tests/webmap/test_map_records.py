"""Answers given on site: kept, shown, handed over and taken back, in a real browser."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from datetime import datetime
from importlib import resources

import pytest
import webmap_scene as scene
from chromium import DESKTOP, PHONE
from PIL import Image
from webmap_field import (
    CASES,
    add_photo,
    again,
    answer,
    document,
    exported,
    first_finding,
    go,
    inspecting,
    jpeg,
    ready,
    until,
    write_map,
)
from webmap_hostile import PAYLOADS

from firelane.cases.importing import read_records
from firelane.cases.limits import limits
from firelane.files import starts_formula
from firelane.webmap.marks import CaseMark
from firelane.webmap.page import audit_id, page_content

BLOCKED = """
Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });
Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });
"""
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
NO_SUBTLE = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_map(tmp_path_factory.mktemp("field"), cases=CASES)


def own_script(name):
    return resources.files("firelane.webmap").joinpath(name).read_text(encoding="utf-8")


def test_an_answer_is_kept_shown_and_exported_field_by_field(browser, path):
    large = jpeg(2000, 1500, taken="2026:11:25 09:08:07", offset="+08:00")
    small = jpeg(640, 480, taken="2026:11:25 09:10:00")
    with inspecting(browser, path, PHONE) as page:
        go(page, "现场记录")
        page.get_by_label("记录人").fill("王检查")
        first_finding(page)
        answer(page, "确认存在")
        page.locator(".note").fill("两车并排\n=1+1")
        add_photo(page, "IMG 1.jpg", large)
        page.wait_for_selector(".thumb")
        add_photo(page, "../../b.jpg", small)
        until(page, "document.querySelectorAll('.thumb').length === 2")
        assert page.locator(".answerstate").inner_text().endswith("未导出")
        again(page)
        go(page, "检查结果")
        assert page.get_by_role("tab", name="现场记录").inner_text() == "现场记录1"
        assert page.locator(".view-findings > .list .row").first.locator(".said").inner_text() == "确认存在"
        first_finding(page)
        assert page.locator(".note").input_value() == "两车并排\n=1+1"
        assert page.locator(".say[aria-pressed=true]").inner_text() == "确认存在"
        until(page, "[...document.querySelectorAll('.thumb canvas')].every((c) => c.width === 192)")
        taken = page.locator(".thumb .taken").all_inner_texts()
        assert taken == ["2026-11-25 09:08", "2026-11-25 09:10"]
        name, raw = exported(page)
        assert page.locator(".view-records .fresh, .tab .fresh").count() == 0
        assert re.fullmatch(r"firelane-field-[0-9a-f]{8}-\d{8}-\d{6}\.json", name)
        again(page)
        assert "未导出 0 条" in page.locator(".sum").evaluate("e => e.textContent")
    given = json.loads(raw)
    (record,) = given.pop("records")
    assert datetime.fromisoformat(given.pop("exported_at")).utcoffset().total_seconds() == 8 * 3600
    assert given == {
        "schema": "firelane-field/1", "audit_id": audit_id(scene.audit()),
        "site": {"id": "sanhao", "name": "沈河区三好街小区"}, "recorder": "王检查",
    }  # fmt: skip
    photos = record.pop("photos")
    finding = next(f for f in scene.audit().findings if f.finding_id == "F001")
    assert re.fullmatch(r"[0-9a-f]{32}", record.pop("record_id"))
    assert datetime.fromisoformat(record.pop("answered_at")).tzinfo is not None
    assert record.pop("lonlat") == pytest.approx(finding.lonlat, abs=1e-7)
    assert record == {
        "finding_id": "F001", "rule_id": finding.rule_id, "owners": ["car-1", "edge:r1"], "case_id": "C-2026-000001",
        "answer": "confirmed", "note": "两车并排\n=1+1", "position": None, "recorder": "王检查",
    }  # fmt: skip
    assert [(p["name"], p["type"], p["taken_at"]) for p in photos] == [
        ("IMG 1.jpg", "image/jpeg", "2026-11-25T09:08:07+08:00"),
        ("../../b.jpg", "image/jpeg", "2026-11-25T09:10:00+08:00"),
    ]
    data = [base64.b64decode(p["data"], validate=True) for p in photos]
    assert [hashlib.sha256(d).hexdigest() for d in data] == [p["sha256"] for p in photos]
    assert Image.open(io.BytesIO(data[0])).size == (1600, 1200)
    assert data[1] == small  # small enough: as the camera wrote it


def test_the_command_line_reads_what_the_page_exports(browser, path, tmp_path):
    with inspecting(browser, path, DESKTOP) as page:
        first_finding(page)
        answer(page, "已整改")
        page.locator(".note").fill(PAYLOADS["html first"].replace("\x00", ""))
        add_photo(page, "<b>.jpg", jpeg(2000, 900, taken="2026:11:25 09:08:07", offset="+08:00"))
        page.wait_for_selector(".thumb")
        name, raw = exported(page)
    (tmp_path / name).write_bytes(raw)
    file = read_records(tmp_path / name)
    (record,) = file.records
    assert (file.audit_id, file.site_id) == (audit_id(scene.audit()), "sanhao")
    assert (record.answer, record.case_id, record.owners) == ("fixed", "C-2026-000001", ("car-1", "edge:r1"))
    (photo,) = record.photos
    assert photo.taken_at == datetime.fromisoformat("2026-11-25T09:08:07+08:00")


def test_a_change_after_the_export_is_a_record_of_its_own(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        first_finding(page)
        answer(page, "确认存在")
        before = document(page)["records"][0]
        first_finding(page)
        answer(page, "已整改")
        page.locator(".note").fill("已挪走")
        after = document(page)["records"][0]
        assert (before["answer"], after["answer"], after["note"]) == ("confirmed", "fixed", "已挪走")
        assert before["record_id"] != after["record_id"]
        assert [r["record_id"] for r in document(page, "导出全部")["records"]] == [after["record_id"]]
        assert page.locator(".handover .tool", has_text="导出未导出的").is_disabled()


def test_a_draft_is_kept_but_not_exported_and_an_answer_can_be_taken_back(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        first_finding(page)
        page.locator(".answer .open").click()
        page.locator(".note").fill("再看")
        assert "草稿" in page.locator(".answerstate").inner_text()
        page.get_by_role("button", name="下一项").click()
        answer(page, "误报")
        answer(page, "误报")  # the same again takes it back
        assert page.locator(".say[aria-pressed=true]").count() == 0
        answer(page, "误报")
        again(page)
        assert [r["finding_id"] for r in document(page)["records"]] == ["F002"]
        assert "草稿 1 条" in page.locator(".sum").inner_text()


def test_delete_and_undo(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        first_finding(page)
        answer(page, "确认存在")
        page.locator(".note").fill("留着")
        add_photo(page, "a.jpg", jpeg(300, 200))
        page.wait_for_selector(".thumb")
        page.locator(".bin").click()
        assert page.locator(".thumb").count() == 0
        page.locator(".toast .tool").click()
        assert page.locator(".note").input_value() == "留着"
        until(page, "[...document.querySelectorAll('.thumb canvas')].every((c) => c.width === 192)")
        page.locator(".unphoto").click()
        page.locator(".toast .tool").click()
        assert len(document(page)["records"][0]["photos"]) == 1
        first_finding(page)
        page.locator(".bin").click()
        again(page)
        go(page, "现场记录")
        assert "还没有现场记录" in page.locator(".sum").inner_text()


@pytest.mark.parametrize(("init", "told"), [(BLOCKED, "关闭页面后会丢失"), (FULL, "存储空间已满")])
def test_where_the_browser_does_not_keep_the_page_says_so(browser, path, init, told):
    with inspecting(browser, path, PHONE, init=init + NO_SUBTLE) as page:
        first_finding(page)
        answer(page, "确认存在")
        add_photo(page, "a.jpg", jpeg(300, 200))
        page.wait_for_selector(".thumb")
        assert told in page.locator(".answer .keepwarn").inner_text()
        page.locator(".back").click()
        assert told in page.locator(".view-findings .keepwarn").inner_text()
        (record,) = document(page)["records"]
        assert told in page.locator(".view-records .keepwarn").inner_text()
        data = base64.b64decode(record["photos"][0]["data"])
        assert hashlib.sha256(data).hexdigest() == record["photos"][0]["sha256"]
        again(page)
        assert page.locator(".said").count() == 0


def test_what_is_no_picture_is_refused(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        first_finding(page)
        answer(page, "确认存在")
        add_photo(page, "<b>x</b>.jpg", b"not a picture")
        page.wait_for_selector(".toast:visible")
        assert page.locator(".toast").inner_text() == "无法读取此图片：<b>x</b>.jpg"
        png = io.BytesIO()
        Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(png, "PNG")
        add_photo(page, "clear.png", png.getvalue(), "image/png")
        page.wait_for_selector(".thumb")
        (photo,) = document(page)["records"][0]["photos"]
        drawn = Image.open(io.BytesIO(base64.b64decode(photo["data"])))
        assert (drawn.format, drawn.size, photo["taken_at"]) == ("JPEG", (40, 30), None)
        assert min(drawn.getpixel((20, 15))) > 250


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_notes_names_files_and_cases_stay_text(browser, tmp_path, name):
    payload = PAYLOADS[name]
    shown = payload.replace("\x00", "")  # a text field holds no NUL in some browsers
    mark = CaseMark(payload, payload, payload, payload, payload, payload)
    path = write_map(tmp_path, cases={"F001": mark})
    with inspecting(browser, path, DESKTOP) as page:
        assert page.locator(".row .state").first.evaluate("e => e.textContent") == payload
        go(page, "现场记录")
        page.get_by_label("记录人").fill(shown)
        first_finding(page)
        line = page.locator(".caseline").evaluate("e => e.textContent")
        assert line == f"案件 {payload}{payload}期限 {payload}"
        answer(page, "确认存在")
        page.locator(".note").fill("=" + shown)
        add_photo(page, "x" + re.sub(r"[/\x00]", "_", payload) + ".jpg", jpeg(60, 40))
        page.wait_for_selector(".thumb")
        again(page)
        first_finding(page)
        assert page.locator(".note").input_value() == "=" + shown
        caption = page.locator(".thumb figcaption").evaluate("e => e.firstChild.textContent")
        (record,) = document(page)["records"]
        assert caption == record["photos"][0]["name"]
        assert "<img src=x onerror=canary=1>" in caption
        assert (record["note"], record["recorder"], record["case_id"]) == ("=" + shown, shown[:100], payload)
        row = page.locator(".view-records .row")
        assert row.locator(".rowsub").evaluate("e => e.textContent") == "=" + shown
        assert shown[:100] in row.locator(".rowmessage").evaluate("e => e.textContent")
        label = page.locator("select[data-pick=state] option").evaluate_all("list => list.map((o) => o.textContent)")
        assert label[-1] == payload
        file, table = exported(page, "CSV")
        assert re.fullmatch(r"firelane-field-[0-9a-f]{8}-\d{8}-\d{6}\.csv", file)
        rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))
        assert [len(r) for r in rows] == [18, 18]
        assert not any(starts_formula(cell) for cell in rows[1])
        assert rows[1][8].startswith("'=")
        page.wait_for_timeout(60)
        assert page.evaluate("typeof canary") == "undefined"
        assert page.locator("img, iframe").count() == 0


def test_no_more_photos_than_the_command_line_takes(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        first_finding(page)
        answer(page, "确认存在")
        files = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(40 + n, 40)} for n in range(22)]
        page.locator(".answermore input[type=file]").nth(1).set_input_files(files)
        page.wait_for_selector(".toast:visible")
        assert page.locator(".toast").inner_text() == "每条记录最多 20 张照片"
        assert len(document(page)["records"][0]["photos"]) == limits("records")["most_photos"] == 20


def read_back(page, raw):
    go(page, "现场记录")
    page.evaluate("document.querySelector('.told').textContent = ''")
    data = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    page.locator(".view-records input[type=file]").set_input_files({"name": "r.json", "mimeType": "application/json", "buffer": data})
    until(page, "document.querySelector('.told').textContent !== ''")
    return page.locator(".told").inner_text()


def test_records_are_read_back_once_whole_and_never_over_ones_own(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        first_finding(page)
        answer(page, "确认存在")
        page.locator(".note").fill("甲")
        add_photo(page, "a.jpg", jpeg(300, 200, seed=3))
        page.wait_for_selector(".thumb")
        given = document(page)
    record = given["records"][0]
    altered = json.loads(json.dumps(given))
    altered["records"][0]["photos"][0]["data"] = base64.b64encode(jpeg(300, 200, seed=9)).decode()
    strange = {**given, "records": [
        {**record, "finding_id": "nowhere"}, {**record, "answer": "maybe"}, {**record, "answered_at": "yesterday"}, None, "x",
        {**record, "answer": ""}, {**record, "answered_at": "2026-02-30T00:00:00Z"}, {**record, "answered_at": "2026"},
    ]}  # fmt: skip
    with inspecting(browser, path, DESKTOP) as page:
        assert read_back(page, b"{").startswith("此文件不是完整的 JSON")
        assert read_back(page, {"schema": "other"}).startswith("此文件不是本图导出的")
        assert read_back(page, {**given, "audit_id": "0" * 64}).startswith("此文件属于另一次检查")
        assert "无法读入 8 条" in read_back(page, strange)
        assert read_back(page, given) == "读入 1 条；已有 0 条；保留本机记录 0 条；无法读入 0 条。"
        assert read_back(page, given) == "读入 0 条；已有 1 条；保留本机记录 0 条；无法读入 0 条。"
        back = document(page, "导出全部")["records"][0]
        assert back == record
        first_finding(page)
        page.locator(".note").fill("乙")
        newer = {**record, "record_id": "f" * 32, "answered_at": "2099-01-01T00:00:00+08:00"}
        assert "保留本机记录 1 条" in read_back(page, {**given, "records": [newer]})
        assert document(page, "导出全部")["records"][0]["note"] == "乙"
        assert read_back(page, {**given, "records": [newer]}).startswith("读入 1 条")  # what was ours is exported now
    with inspecting(browser, path, DESKTOP) as page:
        assert "1 张照片与其校验值不符" in read_back(page, altered)
        assert document(page, "导出全部")["records"][0]["photos"] == []


def test_what_other_pages_put_into_the_shared_store_does_no_harm(browser, path):
    junk = f"""if (!localStorage.length) {{
      const p = 'firelane:{audit_id(scene.audit())}:r:';
      localStorage.setItem(p + 'F001', '{{"finding_id":"F001","answer":"<b>","answered_at":"2026-01-01T00:00:00Z"}}');
      localStorage.setItem(p + 'F002', 'no json');
      localStorage.setItem(p + 'F003', '{{"finding_id":"F004","answer":"fixed","answered_at":"2026-01-01T00:00:00Z"}}');
      localStorage.setItem(p + 'F005', '{{"finding_id":"F005","answer":"fixed","answered_at":"2026-01-01T00:00:00Z","photos":[1,{{"sha256":"x"}}],"note":7}}');
      localStorage.setItem('firelane:other:r:F001', '{{"finding_id":"F001","answer":"fixed","answered_at":"2026-01-01T00:00:00Z"}}');
    }}"""
    with inspecting(browser, path, DESKTOP, init=junk) as page:
        records = document(page)["records"]
        assert [(r["finding_id"], r["answer"], r["note"], r["photos"]) for r in records] == [("F005", "fixed", "", [])]


def test_the_own_hash_and_the_time_in_exif(browser):
    page = browser.new_page()
    own = page.evaluate(
        "(async () => {" + own_script("keep.js") + "; const out = [];"
        "for (const n of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {"
        " const b = Uint8Array.from({ length: n }, (_, i) => (i * 7 + n) & 255);"
        " out.push([...plainSha256(b)].map((x) => x.toString(16).padStart(2, '0')).join('')); }"
        "return out; })()"
    )
    lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]
    assert own == [hashlib.sha256(bytes((i * 7 + n) & 255 for i in range(n))).hexdigest() for n in lengths]
    times = {
        ("2026:11:25 09:08:07", "+08:00"): "2026-11-25T09:08:07+08:00",
        ("2026:11:25 09:08:07", "-03:30"): "2026-11-25T09:08:07-03:30",
        ("2026:13:45 09:08:07", "+08:00"): None,
        ("2026:02:29 09:08:07", "+08:00"): None,
        ("2024:02:29 09:08:07", "+08:00"): "2024-02-29T09:08:07+08:00",
        ("0000:00:00 00:00:00", None): None,
        (None, None): None,
    }
    for (taken, offset), wanted in times.items():
        data = list(jpeg(20, 10, taken=taken, offset=offset))
        read = f"(data) => {{{own_script('photo.js')}; return [takenAt(Uint8Array.from(data)), takenAt(Uint8Array.from(data.slice(0, 90)))]; }}"
        whole, cut = page.evaluate(read, data)
        assert (whole, cut) == (wanted, None)
    page.close()


def framed(browser, path, sandbox, origin="https://app.test"):
    """Open a page that frames the map and asks for its records."""
    context = browser.new_context()
    outer = f"""<!doctype html><iframe id="map" {sandbox} src="{origin}/map.html" width="800" height="700"></iframe><script>
      window.got = [];
      window.addEventListener("message", (event) => window.got.push(event.data));
    </script>"""
    context.route("**/*", lambda route: route.fulfill(
        body=path.read_text(encoding="utf-8") if route.request.url.endswith("map.html") else outer, content_type="text/html"))  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(8000)
    page.goto(origin + "/")
    frame = page.frame(url=origin + "/map.html")
    ready(frame)
    return context, page, frame


def test_in_a_sandboxed_frame_answers_go_to_the_page_that_asked_when_the_user_says_so(browser, path):
    context, page, frame = framed(browser, path, 'sandbox="allow-scripts"')
    ask = "(id) => document.getElementById('map').contentWindow.postMessage({ type: 'firelane-field-ask', audit_id: id }, '*')"
    first_finding(frame)
    answer(frame, "已整改")
    assert "关闭页面后会丢失" in frame.locator(".answer .keepwarn").inner_text()
    frame.get_by_role("tab", name="现场记录").click()
    give = frame.locator(".handover .tool", has_text="交给")
    page.evaluate(ask, "0" * 64)
    page.wait_for_timeout(50)
    assert give.count() == 0 or give.is_hidden()
    page.evaluate(ask, audit_id(scene.audit()))
    give.wait_for(state="visible")
    assert give.inner_text() == "交给 https://app.test（1 条）"
    assert page.evaluate("got") == []  # nothing goes out by itself
    give.click()
    until(page, "got.length === 1")
    (sent,) = page.evaluate("got")
    assert sent["type"] == "firelane-field"
    (record,) = sent["document"]["records"]
    assert (sent["document"]["schema"], record["finding_id"], record["answer"]) == ("firelane-field/1", "F001", "fixed")
    assert "未导出 1 条" in frame.locator(".sum").inner_text()
    page.evaluate(
        "(ids) => document.getElementById('map').contentWindow.postMessage({ type: 'firelane-field-taken', audit_id: ids[0], record_ids: [ids[1]] }, '*')",
        [audit_id(scene.audit()), record["record_id"]],
    )
    until(frame, "document.querySelector('.sum').textContent.includes('未导出 0 条')")
    context.close()


def test_the_file_is_named_where_the_page_cannot_run():
    for lang in ("zh", "en"):
        text = page_content(scene.audit(), plan=None, lang=lang)[0]["words"]
        assert all(word in text[key] for key in ("too_old", "no_script") for word in ("PNG", "PDF"))
        # where the records are, in the words of who carries them: no names of a browser's stores
        assert {"zh": "浏览器", "en": "browser"}[lang] in text["kept_where"]
        assert not any(word in text["kept_where"] for word in ("localStorage", "IndexedDB"))
