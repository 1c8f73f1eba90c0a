"""Star Spaces for tests: a store with its users, records that fit, indicator sets as files."""

import datetime as dt
from dataclasses import replace

from firelane.errors import FirelaneError
from firelane.registry.desk import Given, content_id
from firelane.registry.star_desk import StarRegister, star_kinds
from firelane.registry.star_facts import Facts, Index
from firelane.registry.star_guards import Rules
from firelane.registry.star_removal import removable
from firelane.registry.star_scheme import load_scheme
from firelane.registry.state import Record, State
from firelane.registry.usci import made
from firelane.store import Role, Store, User
from firelane.store.times import BEIJING

SCHEME = load_scheme()
KINDS = star_kinds(SCHEME)
FIRST = [item.id for item in SCHEME.evaluation.first_level]
DAY = dt.date(2021, 1, 4)


def day(n):
    """Return the n-th day after the first."""
    return DAY + dt.timedelta(days=n)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, at=dt.date(2024, 12, 31)):
        self.moment = dt.datetime(at.year, at.month, at.day, 10, tzinfo=BEIJING)

    def __call__(self):
        self.moment += dt.timedelta(seconds=1)
        return self.moment


def usci(n):
    """Return the n-th credit code."""
    return made("210100", f"MA{n:06d}")


def space(n, **more):
    """Return the record of a space that fills in what the conditions ask for."""
    values = {
        "name": f"测试星创天地{n}", "level": "city", "operator": f"沈阳测试农业{n}号公司", "usci": usci(n), "body": "enterprise",
        "industry": "水稻", "district": ("浑南区", "沈北新区", "于洪区")[n % 3], "lon": round(123.3 + n / 500, 4), "lat": round(41.7 + (n % 7) / 50, 4),
        "operating_since": dt.date(2020, 1, 1), "shop_url": "https://example.org/shop", "shop_team": 2, "area_m2": 500 + n, "workstations": 20, "base_mu": 30.5, "on": DAY,
    }  # fmt: skip
    return Given("space", {**values, **more}, f"XC-{n}")


def evidence(n, without=()):
    """Return all that the seven conditions ask for, apart from some criteria."""
    of = f"XC-{n}"
    paper = lambda criterion, **more: Given(  # noqa: E731
        "evidence", {"space": of, "criterion": criterion, "title": "材料", "on": DAY, **more}, f"PZ-{n}-{criterion}"
    )
    said = lambda criterion: Given(  # noqa: E731
        "judgement", {"space": of, "criterion": criterion, "verdict": "met", "by": "专家", "on": DAY}, f"PD-{n}-{criterion}"
    )
    person = lambda role, name: Given(  # noqa: E731
        "person", {"space": of, "role": role, "name": name, "from": f"单位{n}", "on": DAY}, f"RY-{n}-{role}"
    )
    held = lambda what: Given(  # noqa: E731
        "occasion", {"space": of, "class": what, "form": "授课", "title": "培训", "participants": 20, "on": dt.date(2020, 6, 1)}, f"HD-{n}-{what}"
    )
    rows = {c: paper(c) for c in ("C1.1", "C2.2", "C2.3", "C7.1")}
    rows["C3.10"] = paper("C3.10", terms="免费")
    rows |= {c: said(c) for c in ("C1.4", "C3.11", "C7.2")}
    rows |= {"C4.1": person("service", "王"), "C4.2": person("mentor", "李"), "C6.1": held("training"), "C6.2": held("activity")}
    firms = [
        Given("resident", {"space": of, "kind": "cooperative", "name": f"社{n}-{k}", "usci": usci(1000 + 10 * n + k), "people": 5, "on": DAY}, f"RZ-{n}-{k}")
        for k in range(3)
    ]  # fmt: skip
    return [*(row for key, row in rows.items() if key not in without), *(firms if "C5.1" not in without else firms[:2])]


def form(n, **more):
    """Return the application of a space."""
    return Given("application", {"space": f"XC-{n}", "on": day(1), **more}, f"SB-{n}")


def step(n, name, at, **more):
    """Return a step of its application."""
    filled = {
        "submit": {"evidence": "基本信息表"}, "local_review": {"opinion": "同意"}, "expert_review": {"batch": "2021-1", "opinion": "同意"},
        "site_visit": {"opinion": "属实"}, "publicise": {"until": at + dt.timedelta(days=7)}, "announce": {"document": "沈科发〔2021〕5号", "objections": 0},
        "direct_file": {"document": "沈科发〔2021〕6号"}, "object": {"opinion": "异议"}, "dismiss": {"opinion": "不成立"}, "return": {"opinion": "补正"},
        "reject": {"opinion": "不予"},
    }  # fmt: skip
    return Given("step", {"application": f"SB-{n}", "step": name, "on": at, "by": "市科技局", **filled.get(name, {}), **more})


WAY = ("submit", "local_review", "accept", "expert_review", "site_visit", "publicise")


def filing(n):
    """Return all that files a space by review."""
    steps = [step(n, name, day(2 + k)) for k, name in enumerate(WAY)]
    return [space(n), *evidence(n), form(n), *steps, step(n, "announce", day(20))]


def direct(n, basis="national"):
    """Return all that files a space directly, without looking at its conditions."""
    steps = [step(n, name, day(2 + k)) for k, name in enumerate(WAY[:3])]
    return [space(n, level="national"), form(n, direct=basis, proof="国科发农〔2019〕1号"), *steps, step(n, "direct_file", day(6))]


UNSEEN = "附件2（未取得）"


def called(name, at, indicators="TEST-OFFICIAL", *, year=2020):
    """Return a round."""
    values = {"name": f"考评{name}", "on": at, "period_from": dt.date(year, 1, 1), "period_to": dt.date(year, 12, 31), "set": indicators}
    return Given("round", values, name)


def part(name, n, at):
    """Return that a space takes part."""
    return Given("participant", {"round": name, "space": f"XC-{n}", "on": at}, f"CP-{name}-{n}")


def marks(name, n, points, at, experts=("甲",)):
    """Return experts' scores that add up to ``points`` by the set of :func:`set_text`."""
    first = min(points, 75.0)
    rows = []
    for expert in experts:
        left, more = first, points - first
        for k in range(26):
            given = min(3.0, left) if k < 25 else more
            left -= min(3.0, left) if k < 25 else 0
            rows.append(Given("score", {
                "round": name, "space": f"XC-{n}", "indicator": f"{k + 1}", "expert": expert, "score": round(given, 4), "on": at
            }, f"PF-{name}-{n}-{k + 1}-{expert}"))  # fmt: skip
    return rows


def set_text(status="official", ident="TEST-OFFICIAL", *, scheme="shenyang_star_2020", vetoes=True):
    """Return an indicator set: 25 indicators of 3 points and one of 25, all scored by experts; and a veto."""
    lines = [
        "[set]", f'id = "{ident}"', f'scheme = "{scheme}"', f'status = "{status}"', 'zh = "测试指标体系"', 'en = "indicators for tests"',
        'source_zh = "测试"', 'source_en = "tests"', "total = 100", 'panel = "mean"', "grades = [",
        '  { grade = "excellent", min = 80, share_max = 0.30 },', '  { grade = "pass", min = 60 },', '  { grade = "fail", min = 0 },', "]",
    ]  # fmt: skip
    for k in range(26):
        most = 3 if k < 25 else 25
        lines += [
            "[[indicator]]", f'id = "{k + 1}"', f'parent = "{FIRST[k % 7]}"', f'zh = "指标{k + 1}"', f'en = "indicator {k + 1}"', 'unit = "分"',
            'unit_en = "points"', f"weight = {most}", f'score = {{ kind = "expert", max = {most} }}',
            f'citations = [{{ document = "测试", article = "附件2", text = "第{k + 1}项" }}]',
        ]  # fmt: skip
    if vetoes:
        lines += [
            "[[indicator]]", 'id = "V1"', f'parent = "{FIRST[6]}"', 'zh = "失信"', 'en = "breach of trust"', 'unit = "是／否"', 'unit_en = "yes/no"',
            'score = { kind = "veto", caps_at = "fail" }', 'citations = [{ document = "测试", article = "附件2", text = "否决" }]',
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


class Memory:
    """A registry without a store: guards and state alone, for properties."""

    def __init__(self, sets=()):
        self.versions, self.seq, self.user = {}, 0, User("boss", Role.ADMIN)
        self.state = State(KINDS, self.versions)
        self.rules = Rules(SCHEME, {s.id: s for s in sets})
        self.rules.index = Index()

    @property
    def facts(self):
        return Facts(self.state, None, self.rules.index)

    def take(self, *rows):
        """Record rows one by one; return what was refused."""
        return [wrong for given in rows for wrong in self._row(given)]

    def _row(self, given):
        kind = KINDS[given.kind]
        values = {c.key: given.values.get(c.key) for c in kind.columns}
        name = given.record_id or content_id(kind, values)
        before = self.versions.get(name, ())
        if before and (before[-1].values == values or not kind.correctable):
            return ["known"]
        self.seq += 1
        record = Record(name, kind.id, len(before) + 1, values, values[kind.day], "", "boss", Clock().moment, seq=self.seq)
        against = self.rules.guard(self.state, record, self.user)
        if not against:
            self.versions[name] = (*before, record)
            self.rules.index.add(self.versions[name])
        return list(against)

    def void(self, record_id):
        """Take a record back; return what was refused."""
        last = self.versions[record_id][-1]
        against = ["gone"] if last.voided else removable(self.facts, SCHEME, last)
        if not against:
            self.versions[record_id] = (*self.versions[record_id][:-1], replace(last, voided="试"))
        return list(against)


class Live:
    """A registry in a store of its own, beginning as a copy of another one: every event goes through the desk."""

    def __init__(self, path, base=None, sets=()):
        if base is not None:
            path.write_bytes(base.read_bytes())
        self.store = Store.create(path, admin="boss", now=Clock()()) if base is None else Store.open(path)
        self.desk = StarRegister(self.store, "boss", SCHEME, sets, now=Clock(dt.date(2025, 6, 1)))

    def __enter__(self):
        self.store.__enter__()
        return self

    def __exit__(self, *error):
        return self.store.__exit__(*error)

    @property
    def facts(self):
        return self.desk.facts()

    def take(self, *rows):
        """Record rows together; return what was refused."""
        return self._tried(lambda: self.desk.take(list(rows)))

    def void(self, name):
        """Take a record back."""
        return self._tried(lambda: self.desk.void(name, "试"))

    def reject(self, name):
        """Reject the last version of a record."""
        return self._tried(lambda: self.desk.decide(name, "rejected", "试"))

    def correct(self, name, **changed):
        """Correct a record."""
        last = self.desk.state().latest(name)
        return self.take(Given(last.kind, {**last.values, **changed}, name, reason="试"))

    def again(self, name, under):
        """Record once more, under another number, what a record says."""
        last = self.desk.state().latest(name)
        return self.take(Given(last.kind, last.values, under))

    def loose(self):
        """Return what refers to a record that does not stand."""
        facts = self.facts
        return [
            (r.record_id, c.key) for kind in KINDS.values() for r in facts.of(kind.id) for c in kind.columns
            if c.refers in KINDS and r.values[c.key] is not None and facts.one(r.values[c.key]) is None
        ]  # fmt: skip

    def _tried(self, act):
        try:
            act()
        except FirelaneError as error:
            return [error.text("en")]
        return []
