"""A PostgreSQL server of the tests' own, in a temporary folder, with PostGIS; an empty database for each test.

A folder's conftest takes the fixtures it needs, ``from postgres import database_url, postgres``: imported in one place,
the server is started once for all the folder's tests.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PASSWORD = "p@ss:wörd/4.000 %41&?"  # whatever a message must not tell, in every spelling a URL may give it


def _server_programs():
    """Return the folder of initdb, postgres and createdb, or None."""
    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).parent)
    return max(found, key=lambda p: [int(n) if n.isdigit() else -1 for n in p.parts[-2:]], default=None)


def _absent(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _unprivileged():
    """Return what subprocess needs to run as somebody else: PostgreSQL refuses to run as root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    _absent("root, but no unprivileged user to run a database server as")
    return None


@dataclass
class Server:
    """The running server: speaks on one port of this machine alone, to whoever knows the password."""

    programs: Path
    port: int
    numbers: itertools.count = field(default_factory=itertools.count)
    idle: list[str] = field(default_factory=list)

    def url(self, database, user="owner", password=PASSWORD):
        from urllib.parse import quote

        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def run(self, sql, database="postgres", user="owner", password=PASSWORD):
        """Run SQL outside of any transaction, as a stranger with psql would; return the rows."""
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=user, password=password, autocommit=True, connect_timeout=20
        ) as connection:
            done = connection.execute(sql)
            return done.fetchall() if done.description else []

    def emptied(self):
        """Return a database that holds no store: one that is left over, else a fresh one (half a second, 7 MB)."""
        if not self.idle:
            return self.fresh()
        name = self.idle.pop()
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        self.run("DROP SCHEMA IF EXISTS firelane CASCADE", name)
        return name

    def fresh(self, *, postgis=True):
        """Make a database and return its name."""
        name = f"d{next(self.numbers)}_{secrets.token_hex(3)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {'with_postgis' if postgis else 'template0'} ENCODING 'UTF8'")
        return name


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _start(programs, folder, data, as_user, environment):
    """Start the server on a free port; of two who were told the same port one has to ask again."""
    for _ in range(5):
        port = _free_port()
        options = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            # The process may be killed, the machine is not: the tests do not ask the disk to prove itself.
            "fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB", "max_connections": 40,
            "log_min_messages": "fatal",
        }  # fmt: skip
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder,
                env=environment, **as_user,
            )  # fmt: skip
        server = Server(programs, port)
        deadline = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < deadline:
            try:
                server.run("SELECT 1")
            except Exception:  # noqa: BLE001  (psycopg's errors; it is imported late)
                time.sleep(0.05)
            else:
                return process, server
        _stop(process)
    pytest.fail(f"the database server does not start: {(folder / 'log').read_text(errors='replace')[-2000:]}")
    return None


def _stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)  # "immediate": its data are thrown away anyhow
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def postgres():
    """Start a server for the whole run; skips without its programs, but fails in CI."""
    programs = _server_programs()
    if programs is None or not (programs / "postgres").exists():
        _absent("PostgreSQL's server programs are not installed (Debian: postgresql)")
    if importlib.util.find_spec("psycopg") is None:
        _absent("psycopg is not installed: pip install 'firelane[postgres]'")
    as_user = _unprivileged()
    # Not below pytest's own folder, which an unprivileged server may not enter.
    folder = Path(tempfile.mkdtemp(prefix="firelane-pg-"))
    process = None
    try:
        if as_user:
            os.chown(folder, as_user["user"], as_user["group"])
        secret = folder / "secret"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        secret.chmod(0o644)
        data = folder / "data"
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(folder), "TZ": "America/Caracas"}
        subprocess.run(
            [
                programs / "initdb", "-D", data, "-U", "owner", "--auth=scram-sha-256", f"--pwfile={secret}",
                "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
            ],
            check=True, capture_output=True, cwd=folder, env=environment, **as_user,
        )  # fmt: skip
        process, server = _start(programs, folder, data, as_user, environment)
        server.run("CREATE DATABASE with_postgis TEMPLATE template0 ENCODING 'UTF8'")
        try:
            server.run("CREATE EXTENSION postgis", "with_postgis")
        except Exception as error:  # noqa: BLE001  (psycopg's errors; it is imported late)
            _absent(f"PostGIS is not installed (Debian: postgresql-postgis): {error}")
        yield server
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(postgres):
    """Return the URL, password and all, of a database with PostGIS and without a store.

    For tests that leave nothing outside of the store's own schema: the next one gets the same database.
    """
    name = postgres.emptied()
    yield postgres.url(name)
    postgres.idle.append(name)


@pytest.fixture
def fresh_database_url(postgres):
    """Return the URL of a database that nobody has used and nobody will use again."""
    name = postgres.fresh()
    yield postgres.url(name)
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")
