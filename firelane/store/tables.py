"""The two tables of the store itself: the journal, which is the truth, and the users, which follow from it."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, String, Table, Text, UniqueConstraint

from firelane.store.base import BigNumber, JsonText, UtcDateTime, metadata

journal = Table(
    "journal",
    metadata,
    Column("seq", BigNumber, primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),
    Column("stream_seq", BigNumber, nullable=False),
    Column("kind", Text, nullable=False),
    Column("happened_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("stream", "stream_seq"),
    CheckConstraint("seq >= 1", name="seq_counts_from_one"),
    CheckConstraint("stream_seq >= 1", name="stream_seq_counts_from_one"),
)

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("sees_plates", Boolean, nullable=False),
    CheckConstraint("role IN ('viewer', 'inspector', 'admin')", name="role_is_known"),
)
