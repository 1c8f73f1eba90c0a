"""A workflow as data: read ``workflow.toml`` or another city's file, and say everything that is wrong with it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from firelane.cases.deadlines import rules as deadline_rules
from firelane.cases.guards import GUARDS
from firelane.cases.model import Case
from firelane.errors import InputError, Problem
from firelane.store import Role
from firelane.vocabulary import Lang

START = ""
"""The state of a case that does not exist yet."""

GROUPS = ("open", "fixed", "closed")
TYPES = ("text", "date", "number", "place", "parties", "record")
BY_KIND = "@kind"
"""A deadline that the kind of violation decides (``routing.toml``)."""
BEFORE = "@before"
"""The deadline that ran before the case came into the state in which it is."""

_ATTRIBUTES = frozenset(item.name for item in fields(Case)) - {"case_id", "state", "last_seq", "last_at", "evidence"}
_LISTS = ("from", "required", "instead", "sets", "counts", "stamps", "first", "clears")
_KEYS = frozenset(
    (*_LISTS, "event", "to", "role", "evidence", "choices", "puts", "deadline", "guard", "article", "source", "zh", "en")
)


@dataclass(frozen=True)
class State:
    """A state: its names, its group (open, fixed or closed) and whether the deadline of the case runs in it."""

    key: str
    zh: str
    en: str
    group: str
    clock: bool

    def text(self, lang: Lang = "zh") -> str:
        """Return the name in ``lang``."""
        return self.zh if lang == "zh" else self.en

    @property
    def status(self) -> str:
        """``open`` or ``closed``, the two of Open311."""
        return "closed" if self.group == "closed" else "open"


@dataclass(frozen=True)
class Field:
    """What a step may ask for. ``from_case``: need not be told again; ``when``: asked for only then."""

    key: str
    type: str
    zh: str
    en: str
    choices: tuple[str, ...] = ()
    from_case: bool = False
    when: str = ""

    def text(self, lang: Lang = "zh") -> str:
        """Return the name in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Origin:
    """Where a row comes from; ``confirmed`` False: proposed, to be confirmed 待确认."""

    key: str
    zh: str
    en: str
    confirmed: bool

    def text(self, lang: Lang = "zh") -> str:
        """Return the source in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Transition:
    """One row of the table: in ``from_state``, ``event`` leads to ``to``.

    ``from_state`` is "" for the event that opens a case. ``role`` is the least role; ``required`` the fields asked
    for; ``evidence`` the number of files, for which a field of ``instead`` may stand; ``sets`` what of the case the
    event may change; ``counts``, ``stamps``, ``first``, ``clears``, ``puts`` what it changes by itself; ``deadline``
    the key of the rule (``deadlines.toml``) for the deadline that begins, ``@kind`` for that of the kind,
    ``@before`` for the one that ran before this state, or "".
    """

    from_state: str
    event: str
    to: str
    role: Role
    required: tuple[str, ...]
    evidence: int
    instead: tuple[str, ...]
    sets: tuple[str, ...]
    counts: tuple[str, ...]
    stamps: tuple[str, ...]
    first: tuple[str, ...]
    clears: tuple[str, ...]
    puts: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    deadline: str
    guard: str
    article: str
    source: Origin
    zh: str
    en: str

    def text(self, lang: Lang = "zh") -> str:
        """Return what the step is called in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Workflow:
    """States, fields and transitions, each by its key."""

    name: str
    zh: str
    en: str
    states: Mapping[str, State]
    fields: Mapping[str, Field]
    rows: Mapping[tuple[str, str], Transition]

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """Every row, in the order of the file."""
        return tuple(self.rows.values())

    @property
    def events(self) -> tuple[str, ...]:
        """Every kind of event, in the order of the file."""
        return tuple(dict.fromkeys(row.event for row in self.rows.values()))

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Return the rows that begin in ``state``."""
        return tuple(row for row in self.rows.values() if row.from_state == state)

    def event_text(self, kind: str, lang: Lang = "zh", *, before: str | None = None) -> str:
        """Return what an event is called; ``before``, the state it happened in, tells rows of one event apart."""
        rows = [row for row in self.rows.values() if row.event == kind]
        rows = [row for row in rows if row.from_state == before] or rows
        texts = list(dict.fromkeys(row.text(lang) for row in rows))
        if len(texts) == 1:
            return texts[0]
        return self.states[kind].text(lang) if kind in self.states else kind


_Keyed = TypeVar("_Keyed", State, Field)


@cache
def workflow(path: Path | None = None) -> Workflow:
    """Return the packaged workflow, or that of a file of the user's.

    Parameters
    ----------
    path : Path, optional
        A TOML file of the same form; by default ``workflow.toml`` of the package.

    Raises
    ------
    InputError
        Every problem of the file at once.
    """
    label = "workflow.toml" if path is None else path.name
    try:
        if path is None:
            text = resources.files("firelane.cases").joinpath("workflow.toml").read_text(encoding="utf-8")
        else:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError([Problem(
            f"the workflow cannot be read: {reason}", "mend the file, or give another", layer=label,
            message_zh=f"流程文件无法读取：{reason}", remedy_zh="请修正文件，或改用其他文件",
        )]) from error  # fmt: skip
    return _Reader(raw, label).workflow()


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, raw: Mapping[str, Any], label: str) -> None:
        self.raw, self.label = raw, label
        self.problems: list[Problem] = []

    def note(self, row: str, column: str | None, en: str, zh: str) -> None:
        self.problems.append(
            Problem(en, "mend the workflow file", self.label, row, column, zh, "请修正流程文件")
        )

    def workflow(self) -> Workflow:
        head = self.raw.get("workflow", {})
        head = head if isinstance(head, dict) else {}
        name, zh, en = (self._text(head, key, "[workflow]") for key in ("name", "zh", "en"))
        for key in self.raw:
            if key not in {"workflow", "source", "state", "field", "transition"}:
                self.note(key, None, "unknown table", "未知的表")
        states = {s.key: s for s in self._unique(map(self._state, self._rows("state")))}
        known = {f.key: f for f in self._unique(map(self._field, self._rows("field")))}
        origins = self._origins()
        rows: dict[tuple[str, str], Transition] = {}
        for number, raw in enumerate(self._rows("transition"), 1):
            for row in self._transitions(raw, number, states, known, origins):
                pair = (row.from_state, row.event)
                if pair in rows:
                    self.note(
                        f"transition {number}", "event",
                        f"a second row for {row.event} from {row.from_state or '@start'}",
                        f"{row.from_state or '@start'} 的 {row.event} 已有一行",
                    )  # fmt: skip
                rows.setdefault(pair, row)
        self._reachable(states, rows)
        if self.problems:
            raise InputError(self.problems)
        return Workflow(name, zh, en, states, known, rows)

    def _rows(self, table: str) -> list[Mapping[str, Any]]:
        rows = self.raw.get(table)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            self.note(table, None, f"there is no [[{table}]]", f"没有 [[{table}]]")
            return []
        return rows

    def _text(self, raw: Mapping[str, Any], key: str, row: str) -> str:
        value = raw.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.note(row, key, "a text is missing", "缺少文字")
        return ""

    def _flag(self, raw: Mapping[str, Any], key: str, row: str, *, default: bool | None = None) -> bool:
        value = raw.get(key, default)
        if not isinstance(value, bool):
            self.note(row, key, "true or false is expected", "应为 true 或 false")
            return False
        return value

    def _list(self, raw: Mapping[str, Any], key: str, row: str) -> tuple[str, ...]:
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.note(row, key, "a list of texts is expected", "应为文字列表")
            return ()
        return tuple(value)

    def _one_of(self, value: str, allowed: Iterable[str], row: str, column: str) -> None:
        allowed = tuple(allowed)
        if value not in allowed:
            shown = ", ".join(allowed)
            self.note(row, column, f"unknown: {value!r} (known: {shown})", f"未知：{value!r}（可用：{shown}）")

    def _unique(self, items: Iterable[_Keyed]) -> list[_Keyed]:
        found = list(items)
        for key, number in Counter(item.key for item in found).items():
            if key and number > 1:
                self.note(key, None, "the key stands twice", "键重复")
        return found

    def _state(self, raw: Mapping[str, Any]) -> State:
        key = self._text(raw, "key", "state")
        row = f"state {key}"
        group = self._text(raw, "group", row)
        self._one_of(group, GROUPS, row, "group")
        zh, en = self._text(raw, "zh", row), self._text(raw, "en", row)
        return State(key, zh, en, group, self._flag(raw, "clock", row))

    def _field(self, raw: Mapping[str, Any]) -> Field:
        key = self._text(raw, "key", "field")
        row = f"field {key}"
        kind, when = self._text(raw, "type", row), raw.get("when", "")
        self._one_of(kind, TYPES, row, "type")
        self._one_of(when, ("", "measured"), row, "when")
        zh, en = self._text(raw, "zh", row), self._text(raw, "en", row)
        from_case = self._flag(raw, "from_case", row, default=False)
        return Field(key, kind, zh, en, self._list(raw, "choices", row), from_case, when)

    def _origins(self) -> dict[str, Origin]:
        raw = self.raw.get("source")
        if not isinstance(raw, dict) or not raw:
            self.note("source", None, "there is no [source.…]", "没有 [source.…]")
            return {}
        found = {}
        for key, item in raw.items():
            item, row = item if isinstance(item, dict) else {}, f"source {key}"  # noqa: PLW2901  (read as empty)
            zh, en = self._text(item, "zh", row), self._text(item, "en", row)
            found[key] = Origin(key, zh, en, self._flag(item, "confirmed", row))
        return found

    def _states_of(self, raw: Mapping[str, Any], row: str, states: Mapping[str, State]) -> tuple[str, ...]:
        """Return the states that a row begins in, groups opened."""
        found: list[str] = []
        for name in self._list(raw, "from", row):
            if name == "@start":
                found.append(START)
            elif name.startswith("@") and name[1:] in GROUPS:
                found += [key for key, state in states.items() if state.group == name[1:]]
            else:
                self._one_of(name, states, row, "from")
                found.append(name)
        if not found:
            self.note(row, "from", "no state to begin in", "没有起始状态")
        return tuple(found)

    def _transitions(
        self, raw: Mapping[str, Any], number: int, states: Mapping[str, State], known: Mapping[str, Field],
        origins: Mapping[str, Origin],
    ) -> list[Transition]:  # fmt: skip
        row = f"transition {number}"
        event, to, role, source = (self._text(raw, key, row) for key in ("event", "to", "role", "source"))
        row = f"{row} ({event})"
        zh, en = self._text(raw, "zh", row), self._text(raw, "en", row)
        for key in sorted(set(raw) - _KEYS):
            self.note(row, key, "unknown key", "未知的键")
        lists = {key: self._list(raw, key, row) for key in _LISTS[1:]}
        for key in ("required", "instead"):
            for name in lists[key]:
                self._one_of(name, known, row, key)
        for key in ("sets", "counts", "stamps", "first", "clears"):
            for name in lists[key]:
                self._one_of(name, sorted(_ATTRIBUTES), row, key)
        puts, choices = (raw.get(key, {}) for key in ("puts", "choices"))
        puts, choices = (value if isinstance(value, dict) else {} for value in (puts, choices))
        for name in puts:
            self._one_of(name, sorted(_ATTRIBUTES), row, "puts")
        for name in choices:
            self._one_of(name, known, row, "choices")
        evidence = raw.get("evidence", 0)
        if isinstance(evidence, bool) or not isinstance(evidence, int) or evidence < 0:
            self.note(row, "evidence", "a count is expected", "应为件数")
            evidence = 0
        self._one_of(role, [item.value for item in Role], row, "role")
        self._one_of(source, origins, row, "source")
        deadline, guard, article = (str(raw.get(key, "")) for key in ("deadline", "guard", "article"))
        self._one_of(deadline, ("", BY_KIND, BEFORE, *deadline_rules()), row, "deadline")
        self._one_of(guard, ("", *GUARDS), row, "guard")
        starts = self._states_of(raw, row, states)
        if to != "=" or START in starts:
            self._one_of(to, states, row, "to")
        origin = origins.get(source)
        if source == "sy2020" and not article:
            self.note(row, "article", "a row from the regulation names its article", "来自条文的一行应写明条款")
        if origin is None or role not in {item.value for item in Role}:
            return []
        return [
            Transition(
                start, event, start if to == "=" else to, Role(role), evidence=evidence, puts=puts,
                choices={k: tuple(v) for k, v in choices.items()}, deadline=deadline, guard=guard, article=article,
                source=origin, zh=zh, en=en, **lists,
            )
            for start in starts
        ]  # fmt: skip

    def _reachable(self, states: Mapping[str, State], rows: Mapping[tuple[str, str], Transition]) -> None:
        """Note states that no case can come into, and open ones that none can leave."""
        seen, queue = {START}, [START]
        while queue:
            place = queue.pop()
            for row in rows.values():
                if row.from_state == place and row.to not in seen:
                    seen.add(row.to)
                    queue.append(row.to)
        for key, state in states.items():
            if key and key not in seen:
                self.note(f"state {key}", None, "no case can come into this state", "没有案件能进入此状态")
            leaves = any(row.from_state == key and row.to != key for row in rows.values())
            if key and state.group != "closed" and not leaves:
                self.note(f"state {key}", None, "no case can leave this state", "没有案件能离开此状态")
