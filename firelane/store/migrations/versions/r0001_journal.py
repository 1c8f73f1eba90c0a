"""The journal, its triggers, and the users."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from firelane.store import guards
from firelane.store.base import BigNumber, JsonText, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of the store itself."""
    op.create_table(
        "journal",
        sa.Column("seq", BigNumber, autoincrement=False, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("stream_seq", BigNumber, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("happened_at", UtcDateTime, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("body", JsonText, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
        sa.UniqueConstraint("stream", "stream_seq", name=op.f("uq_journal_stream_stream_seq")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_journal_seq_counts_from_one")),
        sa.CheckConstraint("stream_seq >= 1", name=op.f("ck_journal_stream_seq_counts_from_one")),
    )
    guards.set_up(op.get_bind())
    op.create_table(
        "users",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("sees_plates", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
        sa.CheckConstraint("role IN ('viewer', 'inspector', 'admin')", name=op.f("ck_users_role_is_known")),
    )
