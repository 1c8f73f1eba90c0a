"""Making and opening: there completely or not at all, and every wrong thing is told for what it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from postgres import PASSWORD
from store_entries import NOW, put

from firelane.store import Role, Store, StoreError, User, migrations
from firelane.store import files as store_files
from firelane.store import targets as store_targets
from firelane.store.journal import append, entries


def refused(target, *parts, **more):
    """Open; return the error, which speaks both languages and holds ``parts`` in the English."""
    with pytest.raises(StoreError) as caught:
        Store.open(target, **more).close()
    said = caught.value
    for part in parts:
        assert part in str(said)
    assert any("\u4e00" <= c <= "\u9fff" for c in said.text("zh"))
    assert said.text("en") == str(said)
    return said


def folder_of(path):
    return sorted(p.name for p in Path(path).parent.iterdir())


def test_a_new_store_has_its_administrator_and_nothing_else(place):
    with Store.create(place.target, admin=" 王敏 ", now=NOW) as made:
        assert made.users() == (User("王敏", Role.ADMIN, sees_plates=False),)
        with made.read() as connection:
            assert [e.stream for e in entries(connection)] == ["user:王敏", "store"]
        assert made.verify().ok
        assert made.schema() == migrations.newest()
    with Store.open(place.target) as again:
        assert again.user("王敏").role is Role.ADMIN
    if place.kind == "sqlite":
        assert folder_of(place.target) == [Path(place.target).name]


def test_two_stores_have_no_hash_in_common_but_the_first(tmp_path):
    heads = set()
    for name in "ab":
        with Store.create(tmp_path / name, admin="x", now=NOW) as made:
            heads.add(made.verify().head)
    assert len(heads) == 2


def test_a_store_is_not_made_a_second_time(store, place):
    put(store)
    head = store.verify().head
    with pytest.raises(StoreError, match="nothing was changed") as caught:
        Store.create(place.target, admin="李四", now=NOW)
    assert "未作任何改动" in caught.value.text()
    assert store.verify(head=head).ok
    assert [u.name for u in store.users()] == ["王敏"]


def test_nothing_is_half_made(place):
    """The first user is refused when all tables are there already."""
    for admin in ("", "a\x00b", "line\nline"):
        with pytest.raises(StoreError, match="no name for a user"):
            Store.create(place.target, admin=admin, now=NOW)
        assert place.tables() == []
    if place.kind == "sqlite":
        assert folder_of(place.target) == []
    Store.create(place.target, admin="王敏", now=NOW).close()


def test_two_who_make_the_same_store_do_not_mix(tmp_path):
    made, lost = [], []

    def make(name):
        try:
            Store.create(tmp_path / "s.sqlite", admin=name, now=NOW).close()
            made.append(name)
        except StoreError:
            lost.append(name)

    # One after the other up to the last step, which is the one that counts: both found the place empty.
    real = store_files._publish

    def slow(new, path):
        if not made and not lost:
            lost.append("")
            make("second")
            lost.remove("")
        real(new, path)

    store_files._publish = slow
    try:
        make("first")
    finally:
        store_files._publish = real
    assert (made, lost) == (["second"], ["first"])
    with Store.open(tmp_path / "s.sqlite") as opened:
        assert [u.name for u in opened.users()] == ["second"]
    assert folder_of(tmp_path / "s.sqlite") == ["s.sqlite"]


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_the_log_of_a_store_that_is_gone_is_not_taken_for_ours(tmp_path, ending):
    (tmp_path / f"s.sqlite{ending}").write_bytes(b"x")
    with pytest.raises(StoreError, match="there already"):
        Store.create(tmp_path / "s.sqlite", admin="x", now=NOW)


def test_absent(tmp_path):
    refused(tmp_path / "no.sqlite", "there is no store", "firelane case init")
    assert folder_of(tmp_path / "x") == []
    with pytest.raises(StoreError, match="is no folder"):
        Store.create(tmp_path / "a" / "b.sqlite", admin="x", now=NOW)


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\x00", b"PK\x03\x04" + b"\x00" * 4000, "案件".encode() * 500], ids=len)
def test_a_file_that_is_no_store(tmp_path, content):
    (tmp_path / "s.sqlite").write_bytes(content)
    refused(tmp_path / "s.sqlite", "no store of firelane")
    assert (tmp_path / "s.sqlite").read_bytes() == content


def test_other_things_that_are_no_store(tmp_path):
    refused(tmp_path, "is no file")
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE journal (seq)")
    refused(tmp_path / "other.sqlite", "an SQLite file, but no store")
    refused("", "empty name")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        refused(tmp_path / "pipe", "is no file")
    refused("mysql://root:secret@host/db", "mysql://")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises((StoreError, OSError, RuntimeError)):
        Store.open(tmp_path / "loop")


def test_an_empty_database_on_a_server_is_no_store(database_url):
    refused(database_url, "no store of firelane")


def filled(path, count=300):
    with Store.create(path, admin="王敏", now=NOW) as made, made.write() as connection:
        for n in range(count):
            append(
                connection, stream=f"case:{n}", kind="noted", happened_at=NOW, recorded_at=NOW, actor="王敏", role="admin",
                body={"text": "x" * 200},
            )  # fmt: skip
    return path


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
def test_a_cut_off_file(tmp_path, kept):
    path = filled(tmp_path / "s.sqlite")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    refused(path, "cut off", "backup")


def page_of(path, seq):
    """Return where the page begins that holds an entry."""
    with Store.open(path) as opened, opened.read() as connection:
        wanted = next(entries(connection, after_seq=seq - 1)).hash
    return path.read_bytes().index(wanted.encode()) // 4096 * 4096


@pytest.mark.parametrize("where", [0, 20, 4096, "an entry", "the last entry", "the head of its page"])
def test_a_garbled_file(tmp_path, where):
    """Either it does not open, or the check tells; it is never taken for whole, and never an internal error."""
    path = filled(tmp_path / "s.sqlite")
    page = page_of(path, 302 if where == "the last entry" else 100)
    content = bytearray(path.read_bytes())
    at = where if isinstance(where, int) else page if "head" in where else page + 3400
    content[at : at + 600] = bytes((7 * n + 13) % 256 for n in range(600))
    path.write_bytes(content)
    told = None
    try:
        with Store.open(path) as opened:
            told = opened.verify()
    except StoreError as error:
        told = error
    assert not getattr(told, "ok", False)
    assert told.text("zh") != told.text("en")


def test_a_newer_schema(store, place):
    for wanted in ("9999", "<script>"):
        place.tamper(f"UPDATE firelane_version SET version_num = '{wanted}'")
        refused(place.target, "newer firelane", wanted)
    with pytest.raises(StoreError, match="newer firelane"):
        Store.upgrade(place.target, by="王敏", now=NOW)


def test_a_store_without_its_tables(store, place):
    place.tamper("DELETE FROM firelane_version")
    refused(place.target, "no store of firelane")


def test_exit_code_of_the_command(tmp_path):
    """An error of the store is the user's to mend: the tree of errors says so."""
    from firelane.errors import FirelaneError, UsageError

    said = refused(tmp_path / "no.sqlite")
    assert isinstance(said, UsageError | ValueError)
    assert isinstance(said, FirelaneError)


# --- a place that cannot be written to ---


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no users of that kind here")
def test_a_place_that_may_only_be_read():
    with tempfile.TemporaryDirectory(prefix="firelane-ro-") as name:
        folder = Path(name)
        path = folder / "s.sqlite"
        with Store.create(path, admin="王敏", now=NOW) as made:
            assert made.verify().ok
        path.chmod(0o444)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)  # to root nothing is read-only
        try:
            refused(path, "not writable", "copy it")
            with pytest.raises(StoreError, match="may not be written to"):
                Store.create(folder / "new.sqlite", admin="x", now=NOW)
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)
        with Store.open(path) as opened:
            assert opened.verify().ok


MOUNTS = (
    "/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n/dev/sdb1 /home/me/local ext4 rw 0 0\n"
    "//nas/share /mnt/my\\040share cifs rw 0 0\nshort\n//nas/x /mnt/over cifs rw 0 0\ntmpfs /mnt/over tmpfs rw 0 0\n"
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tmp/x", None), ("/home/me", "nfs4"), ("/home/me/local/x", None), ("/homeless", None), ("/mnt/my share/a", "cifs"),
        ("/mnt/over/a", None),
    ],
)  # fmt: skip
def test_a_network_is_recognised_by_the_table_of_mounts(path, kind):
    assert store_targets._kind_of_mount(Path(path), MOUNTS) == kind


def test_a_store_on_a_network_is_refused(tmp_path, monkeypatch):
    Store.create(tmp_path / "s.sqlite", admin="x", now=NOW).close()
    monkeypatch.setattr(store_files, "network_file_system", lambda path: "nfs4")
    refused(tmp_path / "s.sqlite", "network (nfs4)", "PostgreSQL")
    with pytest.raises(StoreError, match="network"):
        Store.create(tmp_path / "new.sqlite", admin="x", now=NOW)


# --- settings that make a commit stay ---


def test_sqlite_is_set_up_to_keep_what_was_committed(tmp_path):
    with Store.create(tmp_path / "s.sqlite", admin="x", now=NOW) as made, made.write() as connection:
        told = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous", "foreign_keys", "application_id")}
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "application_id": 0x464C5354}


def test_a_changed_log_mode_is_set_right(tmp_path):
    Store.create(tmp_path / "s.sqlite", admin="x", now=NOW).close()
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    with Store.open(tmp_path / "s.sqlite") as opened, opened.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_server_that_commits_late_is_told_not_to(fresh_database_url, postgres):
    postgres.run(f"ALTER DATABASE {fresh_database_url.rpartition('/')[2]} SET synchronous_commit = off")
    with Store.create(fresh_database_url, admin="x", now=NOW) as made, made.write() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_waiting_for_another_writer_ends(store, place, monkeypatch):
    from firelane.store import engines

    monkeypatch.setattr(engines, "WAIT_S", 1)
    with Store.open(place.target) as impatient, store.write():
        with pytest.raises(StoreError, match="has been writing for more than") as caught:
            put(impatient)
        assert "占用写入" in caught.value.text()
        with pytest.raises(StoreError, match="writing already"):
            put(store)
    put(store)
    assert store.verify().ok


def test_threads_share_a_store(store):
    done = [threading.Thread(target=put, args=(store,), kwargs={"stream": f"case:{n}"}) for n in range(8)]
    for thread in done:
        thread.start()
    for thread in done:
        thread.join()
    assert store.verify().entries == 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_makes_its_own_connections(store):
    put(store)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            put(store, stream="case:child")
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    put(store)
    assert store.verify().entries == 5


# --- evidence, backup ---


def test_where_evidence_lies(store, place, monkeypatch, tmp_path):
    if place.kind == "sqlite":
        assert store.evidence == tmp_path / "案件 100%.evidence"
        return
    assert store.folder is None
    with pytest.raises(StoreError, match="FIRELANE_EVIDENCE"):
        _ = store.evidence
    with Store.open(place.target, evidence=tmp_path / "e") as told:
        assert told.evidence == tmp_path / "e"
    monkeypatch.setenv("FIRELANE_EVIDENCE", str(tmp_path / "shared"))
    with Store.open(place.target) as told:
        assert told.evidence == tmp_path / "shared"


def test_a_link_leads_to_the_store_and_its_evidence(tmp_path):
    (tmp_path / "real").mkdir()
    Store.create(tmp_path / "real" / "s.sqlite", admin="x", now=NOW).close()
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "real" / "s.sqlite")
    with Store.open(tmp_path / "link.sqlite") as opened:
        put(opened)
        assert opened.evidence == tmp_path / "real" / "s.evidence"
    assert folder_of(tmp_path / "link.sqlite") == ["link.sqlite", "real"]


def test_a_backup_of_a_store_in_use_opens_like_any_store(tmp_path):
    with Store.create(tmp_path / "s.sqlite", admin="王敏", now=NOW) as made:
        put(made)
        kept = made.evidence / "ab" / "abcd.jpg"
        kept.parent.mkdir(parents=True)
        kept.write_bytes(b"picture")
        (made.evidence / ".half").write_bytes(b"not finished")
        with made.read() as connection:
            list(entries(connection))
            made.backup(tmp_path / "copy.sqlite")
        with pytest.raises(StoreError, match="there already"):
            made.backup(tmp_path / "copy.sqlite")
        with pytest.raises(StoreError, match="there already"):
            made.backup(tmp_path / "s.sqlite")
        head = made.verify().head
        put(made)
    with Store.open(tmp_path / "copy.sqlite") as copied:
        assert copied.verify(head=head) == copied.verify()
        assert copied.verify().ok
        assert [str(p.relative_to(copied.evidence)) for p in copied.evidence.rglob("*.*")] == ["ab/abcd.jpg"]
    assert folder_of(tmp_path / "x") == ["copy.evidence", "copy.sqlite", "s.evidence", "s.sqlite"]


def test_a_damaged_store_is_not_copied(tmp_path):
    path = filled(tmp_path / "s.sqlite")
    page = page_of(path, 100)
    content = bytearray(path.read_bytes())
    content[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with Store.open(path) as opened, pytest.raises(StoreError, match="damaged"):
        opened.backup(tmp_path / "copy.sqlite")
    assert not (tmp_path / "copy.sqlite").exists()


def test_a_backup_of_a_server_is_the_servers_business(database_url, tmp_path):
    with Store.create(database_url, admin="x", now=NOW) as made, pytest.raises(StoreError, match="pg_dump"):
        made.backup(tmp_path / "copy")


# --- servers, and what no message may tell ---


def spellings():
    return {PASSWORD, quote(PASSWORD, safe=""), quote_plus(PASSWORD), "p%40ss", "p@ss"}


def silent(error):
    """Assert that neither the error nor what caused it tells the password."""
    import traceback

    said = "".join(traceback.format_exception(error)) + error.text("zh")
    for spelling in spellings():
        assert spelling not in said
    return True


def test_the_password_is_told_nowhere(postgres, database_url):
    wrong = {
        "wrong password": (postgres.url("postgres", password=PASSWORD + "x"), "no connection"),
        "no such user": (postgres.url("postgres", user="nobody"), "no connection"),
        "no such database": (postgres.url("nowhere"), "no connection"),
        "nobody listens": (database_url.replace(str(postgres.port), "1"), "no connection"),
        "no host": (database_url.replace("127.0.0.1", "host.invalid"), "no connection"),
        "option": (database_url + f"?nonsense={PASSWORD.split()[0].replace('&', '')}", ""),
        "no database": (database_url.rpartition("/")[0], "not understood"),
        "no port": (database_url.replace(str(postgres.port), "port"), "not understood"),
        "in a query": (f"postgresql://owner@127.0.0.1:1/x?password={quote(PASSWORD, safe='')}", "no connection"),
    }
    for name, (url, part) in wrong.items():
        with pytest.raises(StoreError) as caught:
            Store.open(url).close()
        assert part in str(caught.value), name
        if name != "option":
            assert silent(caught.value), name
        with pytest.raises(StoreError):
            Store.create(url, admin="x", now=NOW).close()
    with Store.create(database_url, admin="x", now=NOW) as made:
        assert made.target.startswith("postgresql://owner:***@127.0.0.1")
        with made.read() as connection:
            kept = repr(list(entries(connection)))
        shown = repr(vars(made)) + str(made._target) + kept + refused_twice(database_url)
    for spelling in spellings():
        assert spelling not in shown


def refused_twice(url):
    with pytest.raises(StoreError) as caught:
        Store.create(url, admin="x", now=NOW)
    assert silent(caught.value)
    return caught.value.text("zh") + caught.value.text("en")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_server(database_url, scheme):
    Store.create(database_url.replace("postgresql", scheme), admin="x", now=NOW).close()
    Store.open(database_url).close()


def test_a_driver_that_repeats_the_password_is_scrubbed():
    place = store_targets.read_target("postgresql://u:s%40cret@h/d?sslpassword=tls-secret")
    assert place.scrub("bad s@cret, s%40cret and tls-secret") == "bad ***, *** and ***"
    assert store_targets.read_target("postgresql://u:ab@h/d").scrub("cab is not absent") == "***"
    assert place.shown == "postgresql://u:***@h/d"


def test_postgis_is_missing(postgres):
    url = postgres.url(postgres.fresh(postgis=False))
    postgres.run("DROP ROLE IF EXISTS clerk")
    postgres.run("CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
    name = url.rpartition("/")[2]
    postgres.run(f"GRANT ALL ON DATABASE {name} TO clerk")
    with pytest.raises(StoreError, match="CREATE EXTENSION postgis") as caught:
        Store.create(postgres.url(name, "clerk", "clerk"), admin="x", now=NOW)
    assert "管理员" in caught.value.text()
    assert postgres.run("SELECT count(*) FROM pg_namespace WHERE nspname = 'firelane'", name) == [(0,)]
    # Whoever may switch it on, does.
    Store.create(url, admin="x", now=NOW).close()


def test_a_user_without_rights_is_told_so(postgres, fresh_database_url):
    Store.create(fresh_database_url, admin="x", now=NOW).close()
    postgres.run("DROP ROLE IF EXISTS guest")
    postgres.run("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    refused(postgres.url(fresh_database_url.rpartition("/")[2], "guest", "guest"))


def test_a_database_that_cannot_keep_chinese(postgres):
    postgres.run("DROP DATABASE IF EXISTS latin")
    postgres.run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    with pytest.raises(StoreError, match="ENCODING 'UTF8'"):
        Store.create(postgres.url("latin"), admin="x", now=NOW)


def test_a_shared_database_keeps_its_own_tables(postgres, fresh_database_url):
    name = fresh_database_url.rpartition("/")[2]
    postgres.run("CREATE TABLE users (mine int); CREATE TABLE alembic_version (version_num text)", name)
    with Store.create(fresh_database_url, admin="x", now=NOW) as made:
        assert made.verify().ok
    assert postgres.run("SELECT count(*) FROM public.users", name) == [(0,)]


def test_a_server_that_goes_away_is_told_and_comes_back(postgres, database_url):
    with Store.create(database_url, admin="x", now=NOW) as made:
        name = database_url.rpartition("/")[2]

        def break_off(*, before_the_end):
            with made.write() as connection:
                connection.exec_driver_sql("SELECT 1")
                postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
                if before_the_end:
                    connection.exec_driver_sql("SELECT 1")

        with pytest.raises(StoreError, match="nothing of the last step was recorded"):
            break_off(before_the_end=True)
        put(made)
        with pytest.raises(StoreError, match="look whether it is there") as caught:
            break_off(before_the_end=False)
        assert "请先查看是否已记录" in caught.value.text()
        assert made.verify().entries == 3


def test_without_the_driver_the_remedy_is_told(tmp_path):
    """In a process of its own, where psycopg cannot be imported; a file needs no driver."""
    code = f"""
import sys
sys.modules['psycopg'] = None
from firelane.store import Store, StoreError
from datetime import datetime, UTC
Store.create({str(tmp_path / "s.sqlite")!r}, admin='x', now=datetime.now(UTC)).close()
try:
    Store.open('postgresql://u:secret@h/d')
except StoreError as error:
    print(error.text('zh'), error.text('en'))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("pip install 'firelane[postgres]'") == 2
    assert "secret" not in done.stdout


def test_a_full_disk_is_told(tmp_path):
    with Store.create(tmp_path / "s.sqlite", admin="x", now=NOW) as made:
        before = made.verify()

        def too_much():
            with made.write() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count=1")
                for _ in range(200):
                    append(
                        connection, stream="a", kind="k", happened_at=NOW, recorded_at=NOW, actor="a", role="admin",
                        body={"n": "x" * 500},
                    )  # fmt: skip

        with pytest.raises(StoreError, match="no space") as caught:
            too_much()
        assert "磁盘空间不足" in caught.value.text()
        assert made.verify() == before


def test_a_copy_without_the_file_is_whole_after_moving(tmp_path):
    """A closed store is one file: it may be moved."""
    with Store.create(tmp_path / "a.sqlite", admin="x", now=NOW) as made:
        put(made)
    shutil.move(tmp_path / "a.sqlite", tmp_path / "b.sqlite")
    with Store.open(tmp_path / "b.sqlite") as opened:
        assert opened.verify().entries == 3
