"""States of a programme made by hand, for tests of what is judged of them."""

import datetime as dt

from firelane.registry.ip_counts import load_counting
from firelane.registry.ip_plan import load_plan
from firelane.registry.ip_standing import standing
from firelane.registry.kinds import ColumnType, kinds
from firelane.registry.state import Record, State
from firelane.registry.usci import made

PLAN = load_plan()
COUNTING = load_counting(PLAN)
KINDS = kinds("ip")
T0 = dt.datetime(2023, 6, 1, tzinfo=dt.UTC)
FIRMS = [made("210100", f"MA0X1Y{n:02d}") for n in range(30)]
NEVER = dt.date(1999, 1, 1)


def day(text):
    return text if isinstance(text, dt.date) else dt.date.fromisoformat(text)


def state_of(*rows):
    """Return a state of (kind, values) with the record's own fields under keys that begin with an underscore."""
    versions = {}
    for n, (kind, told) in enumerate(rows, 1):
        k = KINDS[kind]
        values = {c.key: told.get(c.key) for c in k.columns}
        for c in k.columns:
            if c.type is ColumnType.DATE and values[c.key] is not None:
                values[c.key] = day(values[c.key])
            if c.type is ColumnType.NUMBER and values[c.key] is not None:
                values[c.key] = float(values[c.key])
        name = told.get("_id", f"{kind}-{n}")
        decision, voided = told.get("_decision", ""), told.get("_voided", "")
        versions[name] = (Record(name, kind, 1, values, values[k.day], "", "李", T0, decision=decision, voided=voided, seq=n),)
    return State(KINDS, versions)


def at(on, *rows, plan=PLAN, counting=COUNTING):
    return standing(state_of(*rows), plan, counting, day(on))


def indicator(found, ident):
    return next(i for i in found.indicators if i.indicator.id == ident)


def task(found, ident):
    return next(t for t in found.tasks if t.task.id == ident)


def firm(n, on, event="counted", of="G1.5", **more):
    return "firm_event", {"indicator": of, "usci": FIRMS[n], "name": f"F{n}", "event": event, "on": on, **more}


def asset(kind, on, **more):
    return "asset", {"asset": kind, "name": more.get("number", "N"), "on": on, **more}


def actual(of, value, on, year=None, **more):
    return "actual", {"indicator": of, "value": value, "as_of": on, "year": year, "source": "s", "reporter": "r", **more}


def state(of, on, told, share=None, **more):
    return "task_state", {"task": of, "on": on, "state": told, "share_pct": share, "reporter": "r", **more}


def use(amount, *, stage="paid", source="central", purpose="other", market=False, project="p", on="2022-01-01"):
    return "fund_use", {"source": source, "purpose": purpose, "market_based": market, "stage": stage, "amount_yuan": amount, "on": on,
                        "recipient": "r", "project": project}  # fmt: skip


def base(value, of="G1.3", year=2018, status="confirmed", **more):
    return "base_value", {
        "indicator": of,
        "year": year,
        "value": value,
        "status": status,
        "on": "2020-10-01",
        "source": "s",
        **more,
    }
