"""A table of very many points, its page, and the page in a browser."""

from __future__ import annotations

import base64
import gzip
import json
import re
from contextlib import contextmanager

import numpy as np
import pandas as pd
from chromium import DESKTOP

from firelane.webmap.crowd import Facet, Number, Status, findings_map, findings_page

STATUSES = [
    Status("pass", "符合", "#2166ac", 9, "✓"), Status("fail", "不符合", "#b2182b", 1, "✕"), Status("look", "无法判定", "#b35806", 5, "?"),
]  # fmt: skip
FACETS = [Facet("site", "场地"), Facet("district", "区"), Facet("remark", "备注", choose=False)]
NUMBERS = [Number("width", "净宽", "m", 3)]
LON, LAT = 123.43, 41.80


def table(n, seed=1):
    rng = np.random.default_rng(seed)
    site = rng.integers(0, max(1, n // 20), n)
    return pd.DataFrame({
        "lon": np.where(rng.uniform(size=n) < 0.02, np.nan, LON + 0.002 * (site % 40) + rng.normal(0, 0.0006, n)),
        "lat": LAT + 0.002 * (site // 40) + rng.normal(0, 0.0004, n),
        "status": rng.choice(["fail", "look", "pass"], n, p=[0.2, 0.3, 0.5]),
        "title": [f"净宽不足 {i % 97}" for i in range(n)], "text": [f"第 {i} 条" for i in range(n)], "ident": [f"F{i:06d}" for i in range(n)],
        "site": [f"小区{s:03d}" for s in site], "district": [f"{s % 5}区" for s in site], "remark": "备注",
        "width": rng.uniform(2, 5, n), "link": [f"sites/{s}.html" for s in site],
    })  # fmt: skip


def page(frame, **more):
    return findings_page(
        frame, **{"title": "全市检查", "statuses": STATUSES, "facets": FACETS, "numbers": NUMBERS, **more}
    )


def texts(header, columns):
    """Return the dictionaries of a block, the long texts among them."""
    raw, at, found = columns["long"].tobytes(), 0, []
    for length in columns["lengths"]:
        found.append(raw[at : at + length].decode("utf-8"))
        at += length
    return {**header["dictionaries"], "text": found}


def write(path, frame, **more):
    findings_map(
        frame,
        path,
        **{"title": "全市检查", "statuses": STATUSES, "facets": FACETS, "numbers": NUMBERS, **more},
    )
    return path


def block(text):
    """Return header and columns of a page's data block."""
    raw = gzip.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', text)[1]))
    length = int.from_bytes(raw[:4], "little")
    header, at, columns = json.loads(raw[4 : 4 + length]), 4 + length, {}
    for name, count in header["columns"]:
        columns[name] = np.frombuffer(raw, "<i4", count, at)
        at += 4 * count
    return header, columns


@contextmanager
def opened(browser, path, device=DESKTOP, *, fragment=""):
    """Open a page offline; fail on any page error, console message or request but the page itself."""
    noise, requests = [], []
    context = browser.new_context(offline=True, **device)
    try:
        tab = context.new_page()
        tab.set_default_timeout(8000)
        tab.on("pageerror", lambda error: noise.append(f"page error: {error}"))
        tab.on("console", lambda message: noise.append(f"console: {message.text}"))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(path.as_uri() + fragment)
        tab.wait_for_selector("html[data-ready=yes]", timeout=15_000)
        yield tab
        assert noise == []
        outside = {url.split("#")[0] for url in requests if not url.startswith("data:")}
        assert outside == {path.as_uri()}
    finally:
        context.close()


def counted(tab):
    return [int(n) for n in re.findall(r"\d+", tab.locator(".count").first.inner_text())]
