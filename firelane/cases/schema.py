"""Tables of the cases: a projection of the journal, to list and search by. Everything in them can be made anew."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from firelane.store.base import JsonText, Place, UtcDateTime, metadata

cases = Table(
    "cases",
    metadata,
    Column("case_id", String(32), primary_key=True),
    Column("state", Text, nullable=False),
    Column("status_group", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("channel_ref", Text, nullable=False),
    Column("site_id", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("manager", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("noticed_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("deadline", Date),
    Column("repeats", Integer, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("duplicate_of", Text, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("place", Place),
    # Everything of the case, as the fold of its events made it.
    Column("document", JsonText, nullable=False),
    Index(None, "status_group", "deadline"),
)
# No index on texts that come from data: PostgreSQL refuses to index a very long one.

case_evidence = Table(
    "case_evidence",
    metadata,
    Column("case_id", String(32), ForeignKey("cases.case_id"), primary_key=True),
    Column("event_seq", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Index(None, "sha256"),
)

case_marks = Table(
    "case_marks",
    metadata,
    # Hash of what was taken in (a finding of an audit, a record of the map, a report of the hotline): once is enough.
    Column("mark", String(64), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("case_id", String(32), ForeignKey("cases.case_id"), nullable=False),
    Column("event_seq", Integer, nullable=False),
)
