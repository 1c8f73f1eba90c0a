"""A programme over three years with a late task, a disputed growth, a broken fund rule: its records, and a store filled with them."""

from __future__ import annotations

import csv
import json

from command import run

from firelane.registry.kinds import kinds
from firelane.registry.usci import made

ADMIN, CLERK, GUEST = "王敏", "李强", "赵看"
HOSTILE = '=1+1<script>alert("x")</script>\u202e&'
FIRMS = [made("210100", f"MA0X1Y{n:02d}") for n in range(12)]


def actual(indicator, year, day, value, **more):
    return {
        "indicator": indicator,
        "year": year,
        "as_of": day,
        "value": value,
        "source": "统计年报",
        "reporter": "李强",
        **more,
    }


def firm(indicator, n, day, event="counted", **more):
    return {"indicator": indicator, "usci": FIRMS[n], "name": f"沈阳{n}号公司", "event": event, "on": day, **more}


def use(source, purpose, market, stage, amount, project, day="2022-06-30"):
    return {"source": source, "purpose": purpose, "market_based": "是" if market else "否", "stage": stage, "amount_yuan": amount, "on": day,
            "recipient": "浑南高新区", "project": project}  # fmt: skip


def move(n, way, day, carrier="浑南载体"):
    return {"usci": FIRMS[n], "name": f"机构{n}", "carrier": carrier, "move": way, "on": day}


def loan(name, amount, day, bank="盛京银行"):
    return {"record_id": name, "usci": FIRMS[0], "name": "某公司", "bank": bank, "amount_yuan": amount, "on": day}


def loan_state(name, day, outstanding, state):
    return {"loan": name, "on": day, "outstanding_yuan": outstanding, "state": state}


STORY = {
    "base_value": [{"indicator": "G1.1", "year": 2018, "value": 100, "status": "confirmed", "on": "2020-10-15", "source": "统计局"}],
    "actual": [
        {**actual("G1.1", 2019, "2019-12-31", 160), "record_id": "A-19"}, {**actual("G1.1", 2020, "2020-12-31", 100), "record_id": "A-20"},
        {**actual("G1.1", 2021, "2021-12-31", 180), "record_id": "A-21", "version": 1},
        {**actual("G1.1", 2021, "2021-12-31", 150), "record_id": "A-21", "version": 2, "reason": "剔除重复登记", "recorded_at": "2022-09-01T09:00:00+08:00"},
        {**actual("G1.1", 2022, "2022-06-30", 90, partial="是"), "record_id": "A-22"},
    ],
    "firm_event": [
        firm("G3.1", 1, "2021-03-01"), firm("G3.1", 2, "2021-04-01"), firm("G3.1", 2, "2021-05-01"), firm("G3.1", 3, "2022-02-01"),
        firm("G3.1", 3, "2022-08-01", "withdrawn"), firm("G1.5", 1, "2021-06-01"),
    ],
    "pledge": [loan("Z-1", 6_000_000, "2021-05-01"), loan("Z-2", 4_000_000, "2021-09-01", "农商银行")],
    "loan_state": [
        loan_state("Z-1", "2022-06-30", 5_820_000, "normal"), loan_state("Z-2", "2022-06-30", 180_000, "non_performing"),
        loan_state("Z-2", "2022-11-30", 400_000, "non_performing"),
    ],
    "agency_move": [move(5, "in", "2021-02-01"), move(5, "in", "2021-03-01"), move(6, "in", "2021-02-01"), move(6, "out", "2022-01-10"), move(7, "out", "2022-02-02")],
    "asset": [
        {"asset": "securitisation", "number": "ABS-1", "name": "沈阳知产1号", "on": "2022-05-20", "task": "T13"},
        {"asset": "document", "number": "沈市监发〔2021〕3号", "name": "沈阳市专利质量提升扶持政策（试行）", "on": "2021-12-20", "task": "T1"},
    ],
    "appropriation": [{"source": "central", "amount_yuan": 100_000_000, "on": "2020-12-01", "document": "财建〔2020〕1号"},
                      {"source": "city", "amount_yuan": 50_000_000, "on": "2021-03-01", "document": "沈财〔2021〕2号"}],
    "fund_use": [
        use("central", "cluster_zone", False, "committed", 35_000_000, "集聚区一期"), use("central", "cluster_zone", False, "paid", 30_000_000, "集聚区一期"),
        use("central", "finance", True, "committed", 45_000_000, "运营基金"), use("central", "finance", True, "paid", 45_000_000, "运营基金"),
        use("central", "subjects", False, "committed", 20_000_000, "企业奖补"), use("central", "subjects", False, "paid", 25_000_000, "企业奖补"),
        use("city", "platform", False, "committed", 50_000_000, "平台"), use("city", "platform", False, "paid", 50_000_000, "平台"),
    ],
    "task_state": [
        {"task": "T1", "on": "2021-06-01", "state": "in_progress", "share_pct": 50, "reporter": "李强"},
        {"task": "T1", "on": "2022-03-01", "state": "done", "share_pct": 100, "reporter": "李强"},
        {"task": "T8", "on": "2022-12-01", "state": "in_progress", "share_pct": 60, "reporter": "李强", "note": HOSTILE},
        {"task": "T13", "on": "2022-06-01", "state": "done", "reporter": "浑南区"},
    ],
    "due_date": [{"task": "T1", "due": "2021-06-30", "on": "2020-12-01", "basis": "领导小组会议"}],
    "unit_named": [{"task": "T15", "group": "相关区、县（市）政府", "unit": "浑南区政府", "on": "2020-12-01", "basis": "领导小组会议"}],
}  # fmt: skip


def write_rows(folder, rows, *, told=True):
    """Write rows as CSV files; with ``told`` each was recorded on the day after its own, as another store had it."""
    folder.mkdir(exist_ok=True)
    for kind, records in rows.items():
        day = kinds("ip")[kind].day
        heads = list(dict.fromkeys([*(k for r in records for k in r), *(["recorded_by", "recorded_at"] if told else [])]))
        with (folder / f"{kind}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, heads)
            writer.writeheader()
            for record in records:
                origin = {"recorded_by": CLERK, "recorded_at": f"{record[day]}T20:00:00+08:00"} if told else {}
                writer.writerow(
                    {k: (f"'{v}" if isinstance(v, str) and v[:1] in "=+-@" else v) for k, v in {**origin, **record}.items()}
                )
    return folder


def filled_store(folder):
    """Fill a store with the story; return its folder."""
    store = ("--store", folder / "ip.sqlite", "--as", ADMIN)
    for words in (
        ("ip", "init"), ("case", "user", CLERK, "--role", "inspector"), ("case", "user", GUEST, "--role", "viewer"),
        ("ip", "import", write_rows(folder / "rows", STORY)),
    ):  # fmt: skip
        done = run(*words, *store, "--lang", "en")
        assert done.code == 0, done.err
    return folder


class Store:
    """Commands on a copy of the filled store."""

    def __init__(self, path):
        self.path = path

    def __call__(self, *words, by=CLERK, lang="en"):
        return run("ip", *words, "--store", self.path, "--as", by, "--lang", lang)

    def ok(self, *words, **more):
        done = self(*words, **more)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def status(self, on, known=None):
        return json.loads(self.ok("status", "--json", "--on", on, *(("--known", known) if known else ())))


def one(rows, ident):
    return next(r for r in rows if r["id"] == ident)
