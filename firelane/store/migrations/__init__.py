"""Migrations of the store's schema (Alembic), run by the library itself: nothing to configure, no file beside it.

One module in ``versions/`` a step, named ``rNNNN_topic.py``. It imports ``alembic.op`` and SQLAlchemy, spells out
the tables it makes (never those of the code, which go on changing), and uses the types of :mod:`firelane.store.base`::

    revision, down_revision = "0002", "0001"

    def upgrade() -> None:
        op.create_table("cases", sa.Column("case_id", sa.Text, nullable=False), ..., sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")))

An existing table is altered with ``op.batch_alter_table``, which SQLite needs. There is no way back (no ``downgrade``):
an older firelane refuses a newer store. All steps of one upgrade stand in one transaction, on both databases.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from firelane.store.base import metadata

# Not Alembic's own name: a server's database may be shared with programs that use that one.
VERSION_TABLE = "firelane_version"


def _scripts() -> ScriptDirectory:
    """Return the steps that this version of firelane knows."""
    return _scripts_in(str(Path(__file__).parent))


@cache
def _scripts_in(folder: str) -> ScriptDirectory:
    """Return the steps of a folder; they are modules, which Alembic would load again for every question."""
    return ScriptDirectory(folder)


def newest() -> str:
    """Return the revision that this version of firelane works with."""
    return str(_scripts().get_current_head())


def known() -> frozenset[str]:
    """Return every revision up to :func:`newest`."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def current(connection: Connection) -> str | None:
    """Return the revision of the store, None where there is none."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def migrate(connection: Connection, to: str = "head") -> None:
    """Run the steps that are missing, within the transaction that the connection is in.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction.
    to : str
        The last step to run.
    """
    scripts = _scripts()

    def steps(revision: str, _: MigrationContext) -> list[RevisionStep]:
        return list(scripts._upgrade_revs(to, revision))  # noqa: SLF001  (what `alembic upgrade` calls; nothing public does)

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            version_table=VERSION_TABLE,
            render_as_batch=True,
            transactional_ddl=True,
        )
        environment.run_migrations()
