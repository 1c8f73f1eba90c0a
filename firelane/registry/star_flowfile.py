"""The way of an application as data: states, fields and transitions of a scheme (申报与备案流程)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firelane.registry.documents import Named
from firelane.registry.indicator_rows import read_citations
from firelane.registry.indicators import Citation, Mark
from firelane.registry.reading import Table
from firelane.store import Role

START = ""
"""The state of an application that does not exist yet."""

GROUPS = ("open", "filed", "closed")
GUARDS = ("conditions_met", "publicity_over", "direct_basis", "last_failed", "consecutive_fails")
"""What a transition may ask for besides its fields; :mod:`firelane.registry.star_flow` knows each."""

_START_WORD = "@start"


@dataclass(frozen=True)
class State(Named):
    """A state of an application; group ``filed`` while the space stands in the register."""

    group: str
    mark: Mark


@dataclass(frozen=True)
class Field(Named):
    """A column that a transition may ask for."""


@dataclass(frozen=True)
class Transition(Named):
    """In any of the states ``start``, ``id`` leads to ``to`` ("=" in the file: the state remains).

    ``record`` is the kind of record that makes the step, ``where`` what its columns must hold; ``role`` the least role;
    ``required`` the columns that must be filled; ``guard`` a further condition, "" for none; ``objection`` whether it objects
    to what is in public notice. What is no step of the document has mark P.
    """

    id: str
    zh: str
    en: str
    start: tuple[str, ...]
    to: str
    role: Role
    actor_zh: str
    actor_en: str
    record: str
    where: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    guard: str
    mark: Mark
    citations: tuple[Citation, ...]
    note_zh: str = ""
    note_en: str = ""
    objection: bool = False

    def target(self, state: str) -> str:
        """Return the state that the step leads to from ``state``."""
        return state if self.to == "=" else self.to


@dataclass(frozen=True)
class Flow:
    """States, fields and transitions, each by its id."""

    states: Mapping[str, State]
    fields: Mapping[str, Field]
    transitions: Mapping[str, Transition]

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Return the transitions that begin in ``state``, in the order of the file."""
        return tuple(row for row in self.transitions.values() if state in row.start)


def read_flow(top: Table, document: str) -> Flow:
    """Return the flow of a scheme's file; faults go to ``top.problems``."""
    states = {item.id: item for item in (_state(row) for row in top.rows("state"))}
    fields = {item.id: item for item in (_field(row) for row in top.rows("field"))}
    rows = top.rows("transition")
    transitions = [_transition(row, document, tuple(states), tuple(fields)) for row in rows]
    for key in ("state", "field", "transition"):
        top.unique(key, [str(row.raw.get("id", "")) for row in top.rows(key)])
    found = {item.id: item for item in transitions if item is not None}
    _reachable(top, states, tuple(found.values()))
    return Flow(states, fields, found)


def read_where(row: Table) -> dict[str, tuple[str, ...]]:
    """Return what the columns of a record must hold: column → allowed words."""
    part = row.table("where", required=False)
    return {str(key): part.texts(str(key), required=True) for key in part.raw}


def _state(row: Table) -> State:
    row.known("id", "zh", "en", "group", "mark")
    mark = row.choice("mark", Mark, Mark.TEXT) or Mark.TEXT
    return State(row.text("id"), row.text("zh"), row.text("en"), row.one_of("group", GROUPS), mark)


def _field(row: Table) -> Field:
    row.known("id", "zh", "en")
    return Field(row.text("id"), row.text("zh"), row.text("en"))


def _transition(row: Table, document: str, states: Sequence[str], fields: Sequence[str]) -> Transition | None:
    row.known(
        "id", "zh", "en", "from", "to", "role", "actor_zh", "actor_en", "record", "where", "required", "guard", "mark",
        "citations", "note_zh", "note_en", "objection",
    )  # fmt: skip
    before = len(row.problems)
    ident, zh, en = row.text("id"), row.text("zh"), row.text("en")
    start, to = row.texts("from", required=True), row.text("to")
    row.among("from", start, (*states, _START_WORD))
    row.among("to", [to], (*states, "="))
    if to == "=" and _START_WORD in start:
        row.fault("to", "an application cannot remain in no state", "尚不存在的申报不能保持原状态")
    role, mark = row.choice("role", Role), row.choice("mark", Mark, Mark.TEXT)
    required = row.texts("required")
    row.among("required", required, fields)
    guard = row.one_of("guard", GUARDS, required=False)
    citations = read_citations(row, document, required=mark is Mark.TEXT)
    notes = row.text("note_zh", required=mark is Mark.PROPOSED), row.text("note_en", required=mark is Mark.PROPOSED)
    texts = row.text("actor_zh"), row.text("actor_en"), row.text("record", required=False) or "step"
    where, objects = read_where(row), row.flag("objection", default=False)
    if len(row.problems) > before or role is None or mark is None:
        return None
    places = tuple(START if place == _START_WORD else place for place in start)
    return Transition(ident, zh, en, places, to, role, *texts, where, required, guard, mark, citations, *notes, objects)


def _reachable(top: Table, states: Mapping[str, State], rows: Sequence[Transition]) -> None:
    """Note states that no application can come into, and open ones that none can leave."""
    seen, queue = {START}, [START]
    while queue:
        place = queue.pop()
        for row in rows:
            if place in row.start and (following := row.target(place)) not in seen:
                seen.add(following)
                queue.append(following)
    if states and not any(states[key].group == "filed" for key in seen if key in states):
        top.fault("state", "no application can ever be filed", "没有申报能够备案", ('a state of group "filed" has to be reached', '应能进入 group = "filed" 的状态'))
    for key, state in states.items():
        if key not in seen:
            top.fault(f"state {key}", "no application can come into this state", "没有申报能进入此状态")
        elif state.group == "open" and not any(key in row.start and row.target(key) != key for row in rows):
            top.fault(f"state {key}", "no application can leave this state", "没有申报能离开此状态")
