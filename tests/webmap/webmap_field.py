"""Opening the map as an inspector does: the browser's own store, photos, downloads; noise and requests are collected."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from pathlib import Path

import webmap_scene as scene
from PIL import Image

from firelane.webmap.marks import CaseMark
from firelane.webmap.page import violation_map

CASES = {
    "F001": CaseMark("C-2026-000001", "noticed", "已通知", "noticed", "open", "2020-01-31"),
    "F002": CaseMark("C-2026-000002", "closed", "已结案", "closed", "closed"),
}


def write_map(folder, *, lang="zh", audit=None, cases=None):
    """Write the scene's map and return its path."""
    audit = audit or scene.audit()
    path = folder / f"{lang}.html"
    violation_map(audit, path, plan=scene.plan(audit.site), lang=lang, cases=cases)
    return path


@contextmanager
def inspecting(browser, path, device, *, init=None, **context):
    """Yield a page of a fresh browser context; at the end there must be no noise and no request but the page itself."""
    noise, requests = [], []
    opened = browser.new_context(offline=True, timezone_id="Asia/Shanghai", **device, **context)
    try:
        if init:
            opened.add_init_script(init)
        page = opened.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: noise.append(f"page error: {error}"))
        page.on("console", lambda message: noise.append(f"console: {message.text}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        ready(page)
        yield page
        assert noise == []
        assert {url.split("#")[0] for url in requests if not url.startswith(("data:", "blob:"))} == {path.as_uri()}
    finally:
        opened.close()


def ready(page):
    page.wait_for_selector("html[data-ready=yes]", timeout=10_000)


def again(page):
    """Close the page as a user does and open it anew."""
    page.reload()
    ready(page)


def until(page, condition, tries=100):
    """Wait for an expression of the page; Playwright's own way would need ``eval``, which the page's policy forbids."""
    for _ in range(tries):
        if page.evaluate(f"() => Boolean({condition})"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def go(page, tab):
    """Open a tab; on a phone a card covers them."""
    if page.locator(".view-card").is_visible():
        page.locator(".back").click()
    page.get_by_role("tab", name=tab).click()


def first_finding(page):
    go(page, "检查结果")
    page.locator(".view-findings > .list:not(.total) .row").first.click()


def answer(page, word):
    page.locator(".say", has_text=word).click()


def add_photo(page, name, data, kind="image/jpeg"):
    """Choose a file as the second of the two inputs takes it (the first is the camera's)."""
    page.locator(".answermore input[type=file]").nth(1).set_input_files({"name": name, "mimeType": kind, "buffer": data})


def exported(page, button="导出未导出的"):
    """Press an export button of the records' page; return file name and bytes."""
    go(page, "现场记录")
    with page.expect_download() as waiting:
        page.locator(".handover .tool", has_text=button).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def document(page, button="导出未导出的"):
    return json.loads(exported(page, button)[1])


def jpeg(width, height, *, taken=None, offset=None, seed=0):
    """Return a JPEG with a gradient, and with the camera's time where one is given."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    picture.putpixel((0, 0), (seed, seed, seed))
    exif = Image.Exif()
    if taken:
        inner = exif.get_ifd(0x8769)
        inner[0x9003] = taken
        if offset:
            inner[0x9011] = offset
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()
