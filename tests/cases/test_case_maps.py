"""The map of the cases and that of their figures: every case in the right status, nobody who reported in it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import timedelta

import geopandas as gpd
import numpy as np
import pytest
import shapely
from case_scene import (  # noqa: F401  (fixtures)
    JPEG,
    LAT,
    LON,
    PLATE,
    T0,
    books,
    finding,
    written,
)  # fmt: skip

from firelane.cases.case_map import _classes, write_case_map, write_statistics_map
from firelane.cases.evidence import EvidenceGiven
from firelane.cases.importing import Report
from firelane.cases.model import Source
from firelane.cases.statistics import statistics


def rows(path):
    """Return header and rows of a written page, by id."""
    raw = gzip.decompress(
        base64.b64decode(re.search(r'id="data">([^<]*)<', path.read_text(encoding="utf-8"))[1])
    )
    length = int.from_bytes(raw[:4], "little")
    header, at, columns = json.loads(raw[4 : 4 + length]), 4 + length, {}
    for name, count in header["columns"]:
        columns[name] = np.frombuffer(raw, "<i4", count, at)
        at += 4 * count
    raw, at, long = columns["long"].tobytes(), 0, []
    for size in columns["lengths"]:
        long.append(raw[at : at + size].decode("utf-8"))
        at += size
    header["dictionaries"]["text"] = long
    texts = {
        name: [values[c] for c in np.cumsum(columns[name])] for name, values in header["dictionaries"].items()
    }
    status = [header["statuses"][s][0] for s in columns["status"]]
    found = {}
    for i, ident in enumerate(texts["ident"]):
        row = {name: texts[name][i] for name in texts}
        row |= {header["facets"][int(n[1:])][0]: texts[n][i] for n in texts if re.fullmatch(r"f\d+", n)}
        row |= {label: int(columns[f"n{k}"][i]) for k, (label, *_) in enumerate(header["numbers"])}
        found[ident] = row | {"status": status[i], "placed": i < len(columns["x"])}
    return header, found


@pytest.fixture
def story(books, tmp_path):  # noqa: F811
    """Five cases: overdue, noticed in time, closed, void, and a report without a place."""
    book = books.inspector
    opened = book.open_audit(written(
        tmp_path, "first", finding("V1"), finding("V2", x=40, owners=["V2"]), finding("B1", x=80, owners=["B1"]), finding("W1", x=120, owners=["W1"])
    )).opened  # fmt: skip
    late, timely, closed, void = opened
    for case_id, days in ((late, 3), (timely, 30), (closed, 3)):
        book.record(case_id, "confirmed")
        book.record(case_id, "noticed", days=days, deadline_source="和平区大队")
    book.record(
        closed,
        "reinspected_pass",
        fields={"new_audit_sha256": "a" * 64},
        evidence=[EvidenceGiven(content=JPEG, name="x.jpg")],
    )
    book.record(closed, "closed", fields={"reason": "rectified"})
    book.record(void, "void", fields={"reason": "void"}, note="看错了")
    told = book.open_report(
        Report(
            T0,
            f"{PLATE} 占用通道",
            source=Source.HOTLINE,
            channel_ref="96119-1",
            reporter="举报人张三 13912345678",
        )
    )
    books.now.at = T0 + timedelta(days=10)
    return books, {"overdue": late, "open": timely, "closed": closed, "none": void, "report": told.case_id}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_case_is_in_its_status_and_no_reporter_in_the_page(story, tmp_path, lang):
    books, ids = story  # noqa: F811
    for book in (books.admin, books.police):
        path = tmp_path / "cases.html"
        write_case_map(book, path, lang)
        header, found = rows(path)
        assert {key: found[ids[key]]["status"] for key in ("overdue", "open", "closed", "none", "report")} == {
            "overdue": "overdue", "open": "open", "closed": "closed", "none": "none", "report": "overdue",
        }  # fmt: skip
        late = found[ids["overdue"]]
        assert late["逾期天数" if lang == "zh" else "days overdue"] == 7
        assert late["实测" if lang == "zh" else "measured"] == "3.400 m"
        assert late["期限" if lang == "zh" else "deadline"] == "2026-11-29 和平区大队"
        assert late["placed"]
        assert not found[ids["report"]]["placed"]
        assert "张三" not in json.dumps(header, ensure_ascii=False)
        assert "13912345678" not in json.dumps(header)
        # plates: only for who may see them
        assert (PLATE in json.dumps(header, ensure_ascii=False)) == (book is books.police)
        assert book.snapshot().head in "".join(header["note"])


def test_figures_stand_at_the_mean_place_of_each_group(story, tmp_path):
    books, ids = story  # noqa: F811
    figures = statistics(books.admin)
    path = tmp_path / "figures.html"
    write_statistics_map(figures, path)
    header, found = rows(path)
    assert {name for name in found if name.startswith("district:")} == {
        f"district:{g.name}" for g in figures.by_district
    }
    district = found["district:和平区"]
    group = next(g for g in figures.by_district if g.name == "和平区")
    assert (district["status"], district["mark"], district["案件"], district["未结"]) == (
        "overdue",
        str(group.cases),
        group.cases,
        group.open,
    )
    assert district["逾期"] == group.overdue == 1
    assert header["preset"] == {"0": "按区"}
    assert not header["clustered"]
    assert header["areas"] is None
    del ids


def test_districts_are_coloured_by_their_open_cases(story, tmp_path):
    books, _ = story  # noqa: F811
    figures = statistics(books.admin)
    table = gpd.GeoDataFrame(
        {"name": ["和平区", "沈河区"]},
        geometry=[shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1), shapely.box(0, 0, 1, 1)],
        crs=4326,
    )
    path = tmp_path / "figures.html"
    write_statistics_map(figures, path, "en", districts=table)
    header, _ = rows(path)
    told = {item[1]: item[2] for item in header["areas"]["items"]}
    assert told == {
        "和平区": str(next(g.open for g in figures.by_district if g.name == "和平区")),
        "沈河区": "0",
    }


@pytest.mark.parametrize(("values", "labels"), [
    ([], ["0"]), ([0], ["0"]), ([3], ["0", "1", "2", "3"]), ([4], ["0", "1", "2", "3", "4"]), ([0, 9], ["0–1", "2–3", "4–5", "6–7", "8–9"]),
    ([424], ["0–84", "85–169", "170–254", "255–339", "340–424"]),
])  # fmt: skip
def test_classes_cover_every_value(values, labels):
    assert [each.label for each in _classes(values)] == labels
