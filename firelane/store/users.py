"""Users and roles: who may do what. Held here, in the library, so that no command can forget to ask."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from firelane.store.errors import PermissionRefused, StoreError
from firelane.store.journal import Entry, append
from firelane.store.tables import users as table
from firelane.vocabulary import Term

SET, REMOVED = "user_set", "user_removed"
_LONGEST_NAME = 64


class Role(Term):
    """What a user may do; each may all that those before it may."""

    VIEWER = "viewer", "查看", "viewer"
    INSPECTOR = "inspector", "检查员", "inspector"
    ADMIN = "admin", "管理员", "administrator"

    @property
    def rank(self) -> int:
        """0, 1, 2: the higher, the more it may."""
        return list(Role).index(self)


@dataclass(frozen=True)
class User:
    """Somebody known to the store.

    Attributes
    ----------
    name : str
    role : Role
    sees_plates : bool
        Whether number plates are shown to them in full.
    """

    name: str
    role: Role
    sees_plates: bool = False


def require(user: User, least: Role, what_zh: str, what_en: str) -> None:
    """Let pass who has the role ``least`` or a higher one.

    Parameters
    ----------
    user : User
    least : Role
    what_zh, what_en : str
        What was asked, for the message: "登记案件", "opening a case".

    Raises
    ------
    PermissionRefused
    """
    if user.role.rank < least.rank:
        raise PermissionRefused(
            f"{user.name} has the role {user.role.en}; {what_en} needs {least.en}",
            f"{user.name} 的角色是“{user.role.zh}”；{what_zh}需要“{least.zh}”",
        )


def shown(name: str) -> str:
    """Return a name that came from outside so that a message may hold it: printable, and not endless."""
    text = "".join(c if c.isprintable() else "�" for c in name)
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"


def checked_name(name: str) -> str:
    """Return a user's name in the one form it is kept in (Unicode NFC, no blanks around it).

    Raises
    ------
    StoreError
        If it is empty, longer than 64 characters, or holds control or invisible characters, by which one user could
        pass for another.
    """
    kept = unicodedata.normalize("NFC", name).strip()
    bad = any(unicodedata.category(c)[0] == "C" or unicodedata.category(c) in {"Zl", "Zp"} for c in kept)
    if not kept or len(kept) > _LONGEST_NAME or bad:
        raise StoreError(
            f"{shown(name)!r} is no name for a user: 1 to {_LONGEST_NAME} visible characters",
            f"“{shown(name)}”不能作为用户名：应为 1 至 {_LONGEST_NAME} 个可见字符",
        )
    return kept


def find_user(connection: Connection, name: str) -> User:
    """Return the user of that name.

    Raises
    ------
    StoreError
        If there is none, or no longer.
    """
    kept = checked_name(name)
    row = connection.execute(select(table).where(table.c.name == kept)).first()
    if row is None:
        raise StoreError(f"there is no user {kept!r} in this store", f"该案件库中没有用户“{kept}”")
    return User(row.name, _role(row.role), bool(row.sees_plates))


def all_users(connection: Connection) -> tuple[User, ...]:
    """Return every user, by name."""
    found = [User(row.name, _role(row.role), bool(row.sees_plates)) for row in connection.execute(select(table))]
    return tuple(sorted(found, key=lambda user: user.name))


def _role(value: str) -> Role:
    """Return the role, also where somebody wrote nonsense into the table."""
    try:
        return Role(value)
    except ValueError:
        raise StoreError(
            f"the table of users has been altered: {shown(value)!r} is no role", f"用户表已被改动：“{shown(value)}”不是角色"
        ) from None


def first_user(connection: Connection, name: str, now: datetime) -> None:
    """Enter the administrator that a new store begins with."""
    _enter(connection, User(checked_name(name), Role.ADMIN), by=checked_name(name), now=now)


def change_user(
    connection: Connection, by: str, name: str, role: Role | None, *, sees_plates: bool, now: datetime
) -> None:
    """Add, change or (``role`` None) remove a user: see :meth:`firelane.store.Store.set_user`."""
    require(find_user(connection, by), Role.ADMIN, "管理用户", "managing users")
    kept = checked_name(name)
    before = {user.name: user for user in all_users(connection)}
    wanted = None if role is None else User(kept, Role(role), sees_plates)
    if wanted is None and kept not in before:
        raise StoreError(f"there is no user {kept!r} in this store", f"该案件库中没有用户“{kept}”")
    if wanted is not None and before.get(kept) == wanted:
        return
    admins = {user.name for user in before.values() if user.role is Role.ADMIN}
    if admins == {kept} and (wanted is None or wanted.role is not Role.ADMIN):
        raise StoreError(
            f"{kept!r} is the last administrator and must stay one: name another first",
            f"“{kept}”是最后一名管理员，不能移除或降级：请先指定另一名管理员",
        )
    if wanted is not None:
        _enter(connection, wanted, by=checked_name(by), now=now)
        return
    append(
        connection, stream=f"user:{kept}", kind=REMOVED, happened_at=now, recorded_at=now,
        actor=checked_name(by), role=Role.ADMIN.value, body={"name": kept},
    )  # fmt: skip
    connection.execute(delete(table).where(table.c.name == kept))


def _enter(connection: Connection, user: User, *, by: str, now: datetime) -> None:
    """Write the user into the journal, then into the table that follows from it."""
    values: dict[str, Any] = {"name": user.name, "role": user.role.value, "sees_plates": user.sees_plates}
    append(
        connection, stream=f"user:{user.name}", kind=SET, happened_at=now, recorded_at=now,
        actor=by, role=Role.ADMIN.value, body=values,
    )  # fmt: skip
    connection.execute(delete(table).where(table.c.name == user.name))
    connection.execute(insert(table).values(**values))


def fold_users(steps: Iterable[Entry]) -> dict[str, tuple[str, bool]]:
    """Return name → (role, sees_plates) as the journal has it."""
    found: dict[str, tuple[str, bool]] = {}
    for step in steps:
        name = str(step.body.get("name", ""))
        if step.kind == SET:
            found[name] = (str(step.body.get("role", "")), bool(step.body.get("sees_plates")))
        elif step.kind == REMOVED:
            found.pop(name, None)
    return found
