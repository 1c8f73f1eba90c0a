"""Triggers by which the database itself keeps the journal append-only, and whether they are still there.

They stop mistakes and other programs, not an administrator of the database, who can drop them; the chain of hashes
is for that. A change of their text needs a migration that replaces them, because :func:`faults` compares it.
"""

from __future__ import annotations

from sqlalchemy import Connection

_SQLITE = {
    "journal_no_update": """CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    "journal_no_delete": """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    # INSERT OR REPLACE removes rows without asking the trigger above: no number may be used a second time.
    "journal_in_order": """CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal)
OR NEW.stream_seq IS NOT (SELECT coalesce(max(stream_seq), 0) + 1 FROM journal WHERE stream = NEW.stream)
OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM journal ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT RAISE(ABORT, 'the journal is a chain: this is not its next entry'); END""",
}

_REFUSE = """BEGIN
RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
END"""
_IN_ORDER = """BEGIN
IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM journal)
OR NEW.stream_seq IS DISTINCT FROM (SELECT coalesce(max(stream_seq), 0) + 1 FROM journal WHERE stream = NEW.stream)
OR NEW.prev_hash IS DISTINCT FROM coalesce((SELECT hash FROM journal ORDER BY seq DESC LIMIT 1), repeat('0', 64)) THEN
RAISE EXCEPTION 'the journal is a chain: this is not its next entry' USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
END"""
_FUNCTIONS = {"journal_refuse": _REFUSE, "journal_next": _IN_ORDER}
# Name, when, function, and the bits of pg_trigger.tgtype (row 1, before 2, insert 4, delete 8, update 16, truncate 32).
_POSTGRESQL = (
    ("journal_no_update", "UPDATE ON journal FOR EACH ROW", "journal_refuse", 19),
    ("journal_no_delete", "DELETE ON journal FOR EACH ROW", "journal_refuse", 11),
    ("journal_no_truncate", "TRUNCATE ON journal FOR EACH STATEMENT", "journal_refuse", 34),
    ("journal_in_order", "INSERT ON journal FOR EACH ROW", "journal_next", 7),
)


def set_up(connection: Connection) -> None:
    """Make the triggers; the journal exists and has none."""
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE.values():
            connection.exec_driver_sql(statement)
        return
    for name, body in _FUNCTIONS.items():
        connection.exec_driver_sql(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
    for name, when, function, _ in _POSTGRESQL:
        connection.exec_driver_sql(f"CREATE TRIGGER {name} BEFORE {when} EXECUTE FUNCTION {function}()")
        # ALWAYS: not even a session that plays the replica goes past them.
        connection.exec_driver_sql(f"ALTER TABLE journal ENABLE ALWAYS TRIGGER {name}")


def faults(connection: Connection) -> list[str]:
    """Return the names of triggers that are missing, disabled or altered."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'")
        there = {row[0]: row[1] for row in rows}
        return [name for name, sql in _SQLITE.items() if there.get(name) != sql]
    found = connection.exec_driver_sql(
        "SELECT t.tgname, t.tgenabled::text, t.tgtype, p.proname, p.prosrc FROM pg_trigger t "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = 'journal'::regclass AND NOT t.tgisinternal AND t.tgqual IS NULL"
    )
    active = {row[0]: tuple(row[1:]) for row in found}
    wanted = {name: ("A", bits, function, _FUNCTIONS[function]) for name, _, function, bits in _POSTGRESQL}
    return [name for name, text in wanted.items() if active.get(name) != text]
