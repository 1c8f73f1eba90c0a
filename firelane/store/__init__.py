"""The store: one append-only journal for cases, users and registries, in SQLite or PostgreSQL.

The journal is the truth (:mod:`firelane.store.journal`); every other table follows from it and can be made anew.
"""

from __future__ import annotations

from firelane.store.chain import ChainReport
from firelane.store.errors import PermissionRefused, StoreError
from firelane.store.journal import Entry
from firelane.store.store import Store, Upgrade
from firelane.store.users import Role, User, require

__all__ = ["ChainReport", "Entry", "PermissionRefused", "Role", "Store", "StoreError", "Upgrade", "User", "require"]
