"""The tables of the cases: a projection of the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from firelane.store.base import JsonText, Place, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the cases."""
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("status_group", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("channel_ref", sa.Text, nullable=False),
        sa.Column("site_id", sa.Text, nullable=False),
        sa.Column("district", sa.Text, nullable=False),
        sa.Column("manager", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("noticed_at", UtcDateTime),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("deadline", sa.Date),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("duplicate_of", sa.Text, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("place", Place),
        sa.Column("document", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_status_group_deadline"), "cases", ["status_group", "deadline"])
    op.create_table(
        "case_evidence",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("event_seq", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "event_seq", "number", name=op.f("pk_case_evidence")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_evidence_case_id_cases")),
    )
    op.create_index(op.f("ix_case_evidence_sha256"), "case_evidence", ["sha256"])
    op.create_table(
        "case_marks",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("event_seq", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_case_marks")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_marks_case_id_cases")),
    )
