"""Records on the console and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from firelane.cli import common, console
from firelane.cli.console import harmless
from firelane.errors import UsageError

if TYPE_CHECKING:
    from firelane.registry.desk import Register, Taken
    from firelane.registry.kinds import Kind
    from firelane.registry.state import Record
    from firelane.vocabulary import Lang

_DECISIONS = {"": ("未审核", "not approved yet"), "approved": ("通过", "approved"), "rejected": ("不通过", "rejected")}
_GROUPS = {
    "new": ("新登记", "new"), "corrected": ("更正", "corrected"), "known": ("已有", "known already"), "decided": ("审核", "decided"),
    "voided": ("作废", "taken back"),
}  # fmt: skip
_FEW = 8  # ids that are told one by one


def kind_of(told: str, kinds: Mapping[str, Kind]) -> Kind:
    """Return the kind that is named, by its key or in either language.

    Raises
    ------
    click.BadParameter
    """
    found = next((k for k in kinds.values() if told.casefold() in (k.id, k.zh.casefold(), k.en.casefold())), None)
    if found is None:
        raise click.BadParameter(f"'{harmless(told)}' is not one of: {', '.join(kinds)}", param_hint="'KIND'")
    return found


def missing(record_id: str) -> UsageError:
    """Return the error that there is no such record."""
    told = harmless(record_id)
    return UsageError(f"there is no record {told!r}", f"没有记录 {told}")


def document(record: Record, kind: Kind) -> dict[str, Any]:
    """Return a record as JSON has it."""
    from firelane.registry.state import plain_values
    from firelane.store.times import iso

    return {
        "record_id": record.record_id, "kind": record.kind, "version": record.version, "values": plain_values(kind, record.values),
        "day": record.day.isoformat(), "reason": record.reason, "recorded_by": record.recorded_by, "recorded_at": iso(record.recorded_at),
        "decision": record.decision, "decided_by": record.decided_by, "decision_note": record.decision_note, "voided": record.voided,
        "brought_by": record.brought_by, "brought_at": "" if record.brought_at is None else iso(record.brought_at), "hash": record.hash,
    }  # fmt: skip


def values_of(record: Record, kind: Kind, lang: Lang) -> list[str]:
    """Return the values of a record as lines."""
    told = []
    for column in kind.columns:
        value = column.spelt(record[column.key], lang)
        if value is not None and column.key != kind.day:
            shown = f"{value:,.10g}" if isinstance(value, float) else str(value)
            told.append(f"{column.heading(lang)}{'：' if lang == 'zh' else ': '}{harmless(shown)}")
    return console.wrapped(("；" if lang == "zh" else "; ").join(told), console.room() - 4)


def print_records(rows: Sequence[Record], kind: Kind, lang: Lang) -> None:
    """Print records of a kind, each with its values."""
    at = 0 if lang == "zh" else 1
    if not rows:
        common.say(("  没有记录", "  no records")[at])
    for r in rows:
        version = f" v{r.version}" if r.version > 1 else ""
        common.say(harmless(f"{r.record_id}{version}  {r.day}  {_DECISIONS[r.decision][at]}  {r.recorded_by}"))
        for line in values_of(r, kind, lang):
            common.say(f"    {line}")


def print_versions(versions: Sequence[Record], kind: Kind, lang: Lang) -> None:
    """Print every version of a record: who recorded it when, why it was corrected, who decided."""
    from firelane.store.times import shown

    at = 0 if lang == "zh" else 1
    for v in versions:
        decided = f"{_DECISIONS[v.decision][at]} {v.decided_by} {v.decision_note}"
        common.say(harmless(f"v{v.version}  {shown(v.recorded_at)}  {v.recorded_by}  {decided}"))
        brought = "" if v.brought_at is None else f"{v.brought_by} {shown(v.brought_at)}"
        notes = ((("更正说明", "reason"), v.reason), (("作废原因", "taken back because"), v.voided), (("导入", "imported by"), brought))
        for name, text in notes:
            if text:
                common.say(f"    {harmless(f'{name[at]}: {text}')}")
        for line in values_of(v, kind, lang):
            common.say(f"    {line}")
        common.say(f"    {('哈希', 'hash')[at]} {v.hash}")


def say_taken(taken: Taken, register: Register, lang: Lang) -> None:
    """Print what became of what was handed in: how many of which kind, and which where they are few."""
    at, state, told = 0 if lang == "zh" else 1, register.state(), False
    for name, words in _GROUPS.items():
        ids = asdict(taken)[name]
        if not ids:
            continue
        told = True
        by_kind = Counter(r.kind if (r := state.latest(i)) is not None else "" for i in ids)
        kinds = [f"{register.kinds[k].name(lang)} {n}" for k, n in by_kind.items() if k in register.kinds]
        few = f"{'：' if lang == 'zh' else ': '}{' '.join(harmless(i) for i in ids)}" if len(ids) <= _FEW else ""
        counted = f"（{'，'.join(kinds)}）" if lang == "zh" else f" ({', '.join(kinds)})"
        common.say(f"  {words[at]} {len(ids)}{counted}{few}")
    if not told:
        common.say(("  没有记录", "  no records")[at])
