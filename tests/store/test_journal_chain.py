"""The journal: entries come back as they went in, nobody can change one, and whoever does is found out."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from store_entries import NOW, put

from firelane.store import Store, StoreError
from firelane.store.base import canonical
from firelane.store.journal import GENESIS, append, entries, head
from firelane.store.tables import journal

HOSTILE = "<script>alert(1)</script>=1+1'; DROP TABLE journal; --\x1b[31m\u202e{{7*7}} 净宽 𠮷 " + "长" * 5000


def everything(store, **asked):
    with store.read() as connection:
        return list(entries(connection, **asked))


def test_an_entry_comes_back_as_it_went_in(store):
    before = everything(store)
    east = timezone(timedelta(hours=8))
    body = {"b": [1, 2.5, None, True], "a": {"净宽": 3.999, "": HOSTILE}, "big": 12345678901234567890, "tuple": (1, (2,))}
    with store.write() as connection:
        made = append(
            connection, stream="case:C-2026-000001", kind="detected", happened_at=datetime(2026, 11, 25, 23, 59, 59, 999999, east),
            recorded_at=NOW, actor=HOSTILE, role="inspector", body=body,
        )  # fmt: skip
    after = everything(store)
    assert after[:-1] == before
    assert after[-1] == made
    assert made.body == {**body, "tuple": [1, [2]]}
    assert made.happened_at.isoformat() == "2026-11-25T15:59:59.999999+00:00"
    assert (made.seq, made.stream_seq, made.prev_hash) == (len(after), 1, before[-1].hash)


def test_the_hash_can_be_made_by_hand(store):
    """By another program: SHA-256 of the fields as JSON, sorted, without blanks, in ASCII."""
    put(store, body={"净": 1.5})
    last = everything(store)[-1]
    fields = {
        "seq": last.seq, "stream": "case:1", "stream_seq": 1, "kind": "noted", "happened_at": "2026-11-26T02:00:00.000000+00:00",
        "recorded_at": "2026-11-26T02:00:00.000000+00:00", "actor": "王敏", "role": "admin", "body": {"净": 1.5},
        "prev_hash": last.prev_hash,
    }  # fmt: skip
    assert last.hash == hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    with store.read() as connection:
        assert head(connection) == last.hash


def test_the_first_entry_follows_on_nothing(store):
    first = everything(store)[0]
    assert (first.seq, first.prev_hash, first.stream) == (1, GENESIS, "user:王敏")


def test_streams_are_numbered_and_asked_for_by_themselves(store):
    for stream in ("case:1", "case:2", "case:1", "CASE:1", "case:10"):
        put(store, stream=stream)
    assert [e.stream_seq for e in everything(store, stream="case:1")] == [1, 2]
    assert [e.stream for e in everything(store, prefix="case:")] == ["case:1", "case:2", "case:1", "case:10"]
    assert [e.stream for e in everything(store, prefix="case:1", after_seq=4)] == ["case:1", "case:10"]
    assert everything(store, prefix="case:%") == everything(store, stream="") == []


def test_what_is_not_json_is_refused(store):
    for body in ({"x": float("nan")}, {"x": float("inf")}, {1: 2}, {"x": {2: 3}}, {"x": NOW}, {"x": b"1"}, {"x": {1}}):
        with pytest.raises(StoreError, match="JSON") as caught:
            put(store, body=body)
        assert "JSON" in caught.value.text("zh")
    assert len(everything(store)) == 2


def test_what_cannot_be_kept_is_refused(store):
    for change in ({"actor": "a\x00b"}, {"stream": "\ud800"}, {"stream": ""}, {"kind": ""}, {"happened_at": NOW.replace(tzinfo=None)}):
        with pytest.raises(StoreError):
            put(store, **change)
    assert store.verify().entries == 2


def test_half_a_transaction_leaves_nothing(store):
    def half():
        with store.write() as connection:
            append(connection, stream="case:1", kind="k", happened_at=NOW, recorded_at=NOW, actor="a", role="admin", body={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert store.verify().entries == 2


def test_reading_cannot_write(store):
    with pytest.raises(StoreError), store.read() as connection:
        append(
            connection, stream="case:1", kind="noted", happened_at=NOW, recorded_at=NOW, actor="a", role="admin", body={}
        )
    assert store.verify().entries == 2


def test_a_reader_sees_one_picture(store):
    with store.read() as connection:
        assert len(list(entries(connection))) == 2
        put(store)
        assert len(list(entries(connection))) == 2
    assert len(everything(store)) == 3


def test_the_database_refuses_changes(store):
    for statement in ("UPDATE journal SET actor = 'nobody' WHERE seq = 1", "DELETE FROM journal WHERE seq = 2"):
        with pytest.raises(IntegrityError, match="append-only"), store.write() as connection:
            connection.execute(text(statement))
    assert store.verify().ok


def test_the_database_refuses_what_is_not_the_next(store, place):
    """Also INSERT OR REPLACE, by which SQLite removes a row without asking the trigger for that."""
    last = everything(store)[-1]
    following = {**vars(last), "seq": last.seq + 1, "stream_seq": last.stream_seq + 1, "prev_hash": last.hash, "hash": "a" * 64}
    for change in ({"seq": 2}, {"seq": 9}, {"stream_seq": 1}, {"prev_hash": GENESIS}):
        for replace in (False, True):
            statement = insert(journal).values(**{**following, **change})
            if replace and place.kind == "sqlite":
                statement = statement.prefix_with("OR REPLACE")
            with pytest.raises(IntegrityError), store.write() as connection:
                connection.execute(statement)
    assert store.verify().ok
    with store.write() as connection:  # the same row, in its place, goes in: it was the change that was refused
        connection.execute(insert(journal).values(**following))


def test_a_whole_journal_is_found_whole(store):
    noted = [put(store, body={"n": n}).hash for n in range(5)]
    for wanted in (None, noted[0], noted[2][:16], noted[4].upper() + "\n", GENESIS):
        report = store.verify(head=wanted)
        assert report.ok, report
        assert (report.entries, report.head, report.faults) == (7, noted[4], ())
    assert report.text() == f"日志完整：7 条，末条哈希 {noted[4]}"


def test_a_noted_hash_must_be_one(store):
    for bad in ("", "abc", "g" * 64, "a" * 65, "<script>"):
        with pytest.raises(StoreError, match="is no hash") as caught:
            store.verify(head=bad)
        assert "哈希" in caught.value.text()


GATES = ("journal_no_update", "journal_no_delete", "journal_in_order")
CHANGES = {
    "kind": "UPDATE journal SET kind = 'closed' WHERE seq = 4",
    "actor": "UPDATE journal SET actor = '李四' WHERE seq = 4",
    "role": "UPDATE journal SET role = 'viewer' WHERE seq = 4",
    "stream": "UPDATE journal SET stream = 'case:9' WHERE seq = 4",
    "body": """UPDATE journal SET body = '{"n":9}' WHERE seq = 4""",
    "body's spelling": """UPDATE journal SET body = '{"n": 1}' WHERE seq = 4""",
    "body, no JSON": "UPDATE journal SET body = 'x' WHERE seq = 4",
    "body, no object": "UPDATE journal SET body = '[1]' WHERE seq = 4",
    "body, deep": f"UPDATE journal SET body = '{'[' * 100000}' WHERE seq = 4",
    "body, infinite": """UPDATE journal SET body = '{"n":1e999}' WHERE seq = 4""",
    "recorded_at": "UPDATE journal SET recorded_at = '2020-01-01 00:00:00.000000' WHERE seq = 4",
    "happened_at": "UPDATE journal SET happened_at = '2020-01-01 00:00:00.000000' WHERE seq = 4",
    "hash": f"UPDATE journal SET hash = '{'a' * 64}' WHERE seq = 4",
    "prev_hash": f"UPDATE journal SET prev_hash = '{'a' * 64}' WHERE seq = 4",
}


def test_an_altered_entry_is_found(store, place):
    for n in range(5):
        put(store, body={"n": n})
    place.open_the_gate(*GATES)
    place.tamper("CREATE TABLE kept AS SELECT * FROM journal")
    for what, statement in CHANGES.items():
        place.tamper(statement)
        report = store.verify()
        assert 4 in {seq for seq, _, _ in report.faults}, what
        assert report.entries == 7, what
        assert "第 4 条" in report.text("zh")
        assert "entry 4" in report.text("en")
        place.tamper("DELETE FROM journal", "INSERT INTO journal SELECT * FROM kept")
        assert {seq for seq, _, _ in store.verify().faults} == {None}, what  # the triggers


def test_a_number_or_time_of_nonsense_is_found(store, place):
    """SQLite keeps any value in any column."""
    if place.kind != "sqlite":
        pytest.skip("PostgreSQL has types")
    for n in range(5):
        put(store, body={"n": n})
    place.open_the_gate(*GATES)
    place.tamper("UPDATE journal SET recorded_at = 'yesterday' WHERE seq = 4", "UPDATE journal SET stream_seq = 'x' WHERE seq = 6")
    report = store.verify()
    assert not report.ok
    assert 4 in {seq for seq, _, _ in report.faults}


def test_a_removed_entry_is_found(store, place):
    for n in range(5):
        put(store, body={"n": n})
    place.open_the_gate(*GATES)
    place.tamper("DELETE FROM journal WHERE seq = 4")
    report = store.verify()
    assert {seq for seq, _, _ in report.faults} == {5, None}
    assert report.entries == 6


def test_a_removed_beginning_is_found(store, place):
    put(store)
    place.open_the_gate(*GATES)
    place.tamper("DELETE FROM journal WHERE seq = 1")
    assert 2 in {seq for seq, _, _ in store.verify().faults}


def test_exchanged_entries_are_found(store, place):
    for n in range(5):
        put(store, stream=f"case:{n}", body={"n": n})
    place.open_the_gate(*GATES)
    place.tamper("UPDATE journal SET seq = 99 WHERE seq = 4", "UPDATE journal SET seq = 4 WHERE seq = 5", "UPDATE journal SET seq = 5 WHERE seq = 99")  # fmt: skip
    assert {4, 5} <= {seq for seq, _, _ in store.verify().faults}


def test_an_entry_altered_with_its_hash_is_found_by_the_next(store, place):
    for n in range(5):
        put(store, body={"n": n})
    from firelane.store.journal import digest

    forged = everything(store)[3]
    forged = type(forged)(**{**vars(forged), "actor": "李四"})
    place.open_the_gate(*GATES)
    place.tamper(f"UPDATE journal SET actor = '李四', hash = '{digest(forged)}' WHERE seq = 4")
    assert {seq for seq, _, _ in store.verify().faults} == {5, None}


def test_a_cut_off_end_is_found_by_a_hash_noted_earlier(store, place):
    for n in range(5):
        put(store, body={"n": n})
    noted = store.verify().head
    place.open_the_gate(*GATES)
    place.tamper("DELETE FROM journal WHERE seq > 5")
    from firelane.store import guards

    with Store.open(place.target) as opened, opened.write() as connection:
        if place.kind == "postgresql":
            for name in ("journal_no_truncate",):
                connection.exec_driver_sql(f"DROP TRIGGER {name} ON journal")
            connection.exec_driver_sql("DROP FUNCTION journal_refuse(), journal_next()")
        guards.set_up(connection)
    assert store.verify().ok  # the end of a chain cannot be seen from inside
    report = store.verify(head=noted)
    assert not report.ok
    assert noted in report.text("zh")
    assert store.verify(head=everything(store)[-1].hash).ok


def test_dropped_and_weakened_triggers_are_found(store, place):
    place.open_the_gate("journal_no_update")
    assert ["journal_no_update" in en for _, _, en in store.verify().faults] == [True]
    if place.kind == "sqlite":
        place.tamper("CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT 1; END")
        assert len(store.verify().faults) == 1
    else:
        place.tamper("ALTER TABLE journal DISABLE TRIGGER journal_no_delete")
        assert len(store.verify().faults) == 2
        place.tamper("CREATE OR REPLACE FUNCTION journal_next() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$")
        assert len(store.verify().faults) == 3


def test_truncating_is_refused_on_a_server(store, place):
    if place.kind == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    import psycopg

    with pytest.raises(psycopg.errors.IntegrityError, match="append-only"):
        place.tamper("TRUNCATE journal")
    with pytest.raises(psycopg.errors.IntegrityError, match="append-only"):
        place.tamper("SET session_replication_role = replica", "DELETE FROM journal")


def test_altered_users_are_found(store, place):
    place.tamper("UPDATE users SET sees_plates = true", "INSERT INTO users (name, role, sees_plates) VALUES ('<b>', 'admin', true)")
    assert [en for _, _, en in store.verify().faults] == [
        "the table of users is not what the journal says: <b>", "the table of users is not what the journal says: 王敏",
    ]  # fmt: skip


def test_many_faults_are_told_in_few_lines(store, place):
    with store.write() as connection:
        for n in range(400):
            append(connection, stream=f"case:{n}", kind="noted", happened_at=NOW, recorded_at=NOW, actor="a", role="admin", body={})
    place.open_the_gate(*GATES)
    place.tamper("UPDATE journal SET actor = 'b'")
    report = store.verify()
    assert report.entries == 402
    assert len(report.faults) == 201
    assert report.faults[-1][2] == "205 more faults are not listed"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=60)
@given(PLAIN)
def test_canonical_json_has_one_spelling(value):
    spelt = canonical(value)
    assert json.loads(spelt) == value
    assert canonical(json.loads(spelt)) == spelt
    assert spelt.isascii()


def test_times_are_read_and_shown_in_beijing():
    from firelane.store.times import BEIJING, iso, parse, shown

    assert iso(parse("2026-11-26")) == "2026-11-25T16:00:00.000000+00:00"
    assert shown(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "2027-01-01 00:00"
    assert parse("2026-11-26T10:00:00-05:00").astimezone(BEIJING).hour == 23
    with pytest.raises(StoreError) as caught:
        parse("<b>\x1b tomorrow")
    assert "\x1b" not in caught.value.text()
    with pytest.raises(StoreError, match="years"):
        iso(datetime.max.replace(tzinfo=timezone(timedelta(hours=-8))))
