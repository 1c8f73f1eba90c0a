"""The map of changes in a real browser: offline, quiet, harmless; and the command around it."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import pytest
from chromium import DESKTOP, PHONE
from comparing_scenes import post, statuses, street, told

from firelane.auditing import write_audit
from firelane.cli.diff import command
from firelane.comparing import changes_map, compare

DEVICES = {"desktop": DESKTOP, "phone": PHONE}
PAYLOAD = "<img src=x onerror=canary=1></script><script>canary=1</script>${canary=1}{{7*7}}\u202e\x01 &amp;"
OLD = street(post(50, 0, "P1"), post(20, 0.8, "P2"), post(70, 0, "P4"))
NEW = street(post(50, 0.5, "P1"), post(20, 0.8, "P2"), post(85, 0, PAYLOAD))
"""P1 leaves more, P2 has not changed, P4 is gone, another with a name that means harm is new."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Results of both audits on disk, so that the lanes' lines are known."""
    folder = tmp_path_factory.mktemp("audits")
    for name, audit in (("old", OLD), ("new", NEW)):
        (folder / name).mkdir()
        write_audit(audit, folder / name)
    return folder / "old", folder / "new"


@pytest.fixture(scope="module")
def html(folders, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "changes.html"
    changes_map(compare(*folders), path)
    return path


@contextmanager
def opened(browser, path, device="desktop", fragment=""):
    noise, requests = [], []
    context = browser.new_context(offline=True, **DEVICES[device])
    try:
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: noise.append(f"page error: {error}"))
        page.on("console", lambda message: noise.append(f"console: {message.text}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector("html[data-ready=yes]")
        yield page
        assert noise == []
        assert page.evaluate("typeof canary") == "undefined"
        assert len([url for url in requests if not url.startswith("data:")]) == 1
    finally:
        context.close()


def rows(page):
    return page.locator(".list .row:visible")


@pytest.mark.parametrize("device", DEVICES)
def test_list_filters_and_card(browser, html, folders, device):
    changes = compare(*folders)
    assert statuses(changes) == {"new": 2, "better": 2, "unchanged": 2, "gone": 2}
    with opened(browser, html, device) as page:
        chips = {c.get_attribute("data-group"): c for c in page.locator(".chip").all()}
        assert {key: chips[key].get_attribute("aria-pressed") for key in ("new", "gone", "unchanged", "quiet")} == {
            "new": "true", "gone": "true", "unchanged": "false", "quiet": "false",
        }  # fmt: skip
        before = rows(page).count()
        chips["unchanged"].click()
        assert rows(page).count() > before
        chips["unchanged"].click()
        assert rows(page).count() == before
        page.locator("select.rules").select_option(label="第十条 通道上不得设置障碍物")
        assert rows(page).count() == 3  # new, better, gone
        page.locator(".search").fill("P1")
        assert rows(page).count() == 1
        rows(page).first.click()
        card = page.locator(".view-card")
        assert card.locator(".badge").text_content() == "改善"
        cells = {r.locator("th").text_content(): r.locator("td").all_text_contents() for r in card.locator("tbody tr").all()}
        assert cells["测量值"] == ["3.000 m", "3.500 m"]
        assert cells["结论"] == ["不符合", "不符合"]
        assert page.evaluate("decodeURIComponent(location.hash)") == "#sy2020-10-obstruction:P1"
        card.locator(".back").click()
        page.locator(".search").fill("nothing of the kind")
        assert rows(page).count() == 0
        assert page.locator(".count").text_content() == "没有符合筛选条件的项目"
        sizes = page.evaluate("[...document.querySelectorAll('button, select, input')].filter(n => n.offsetParent).map(n => n.offsetHeight)")
        assert min(sizes) >= 44


def test_a_permalink_opens_its_card_and_a_wrong_one_nothing(browser, html):
    with opened(browser, html, fragment="#old%3Asy2020-10-obstruction%3AP4") as page:
        card = page.locator(".view-card")
        assert card.locator(".badge").text_content() == "已消除"
        assert "（无此项）" in card.text_content()
        assert page.locator(".pin.current").count() == 1
    with opened(browser, html, fragment="#%E0%A4%A") as page:
        assert page.locator(".view-card").is_hidden()


def test_hostile_names_are_shown_letter_for_letter(browser, html):
    with opened(browser, html) as page:
        titles = rows(page).locator(".rowtitle").all_text_contents()
        assert any(PAYLOAD in title for title in titles)
        for n in range(page.evaluate("firelane.items")):
            page.evaluate(f"firelane.select({n})")
        page.locator(".pin").first.click(force=True)


def test_english_page_and_a_page_of_nothing(browser, tmp_path):
    path = tmp_path / "en.html"
    changes_map(compare(told(OLD), told(NEW)), path, lang="en")  # no lines beside documents
    with opened(browser, path) as page:
        visible = page.locator(".panel").inner_text()
        assert "Two audits compared" in visible
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"第[一-鿿（）]+|附则", "", visible))
    bare = told(NEW)
    bare["findings"] = bare["lanes"] = bare["pinches"] = []
    changes_map(compare(bare, bare), path)
    with opened(browser, path) as page:
        assert rows(page).count() == 0


# ------------------------------------------------------------------ the command


def call(*words):
    return command.main([str(w) for w in words], standalone_mode=False)


def test_the_command_writes_all_and_fails_only_when_asked(folders, tmp_path, capsys):
    old, new = folders
    out = tmp_path / "out"
    assert call(old, new, "-o", out, "--lang", "zh") == 0
    said = capsys.readouterr().out
    assert "新增" in said
    assert "不符合 6 → 6 项" in said
    assert "\x01" not in said
    assert sorted(p.name for p in out.iterdir()) == [f"changes.{e}" for e in ("csv", "html", "json", "xlsx")]
    assert call(old, new, "-o", out, "--quiet", "--fail-on", "new") == 1
    assert capsys.readouterr().out == ""
    assert call(old, old, "-o", out, "--quiet", "--fail-on", "worse") == 0
    assert call(new, old, "-o", out, "--quiet", "--fail-on", "worse", "--lang", "en") == 1
    assert json.loads((out / "changes.json").read_text(encoding="utf-8"))["schema"] == "firelane-changes/1"
