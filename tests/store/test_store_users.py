"""Who may do what: asked in the library, kept in the journal."""

from __future__ import annotations

import itertools

import pytest
from store_entries import NOW

from firelane.store import PermissionRefused, Role, Store, StoreError, User, require
from firelane.store.journal import entries


@pytest.mark.parametrize(("has", "least"), list(itertools.product(Role, Role)))
def test_a_higher_role_may_all_that_a_lower_may(has, least):
    order = ["viewer", "inspector", "admin"]
    user = User("李四", has)
    if order.index(has) >= order.index(least):
        require(user, least, "登记案件", "opening a case")
        return
    with pytest.raises(PermissionRefused) as caught:
        require(user, least, "登记案件", "opening a case")
    assert str(caught.value) == f"李四 has the role {has.en}; opening a case needs {least.en}"
    assert caught.value.text() == f"李四 的角色是“{has.zh}”；登记案件需要“{least.zh}”"


def test_an_administrator_manages_users(store):
    store.set_user("王敏", "李强", Role.INSPECTOR, sees_plates=True, now=NOW)
    store.set_user("王敏", "赵六", Role.VIEWER, sees_plates=False, now=NOW)
    assert store.users() == (User("李强", Role.INSPECTOR, True), User("王敏", Role.ADMIN), User("赵六", Role.VIEWER))
    store.set_user("王敏", "李强", Role.VIEWER, sees_plates=False, now=NOW)
    store.set_user("王敏", "赵六", None, sees_plates=False, now=NOW)
    assert store.user("李强") == User("李强", Role.VIEWER)
    with pytest.raises(StoreError, match="no user '赵六'"):
        store.user("赵六")
    with store.read() as connection:
        told = [(e.stream, e.kind, e.actor, e.role, dict(e.body)) for e in entries(connection, prefix="user:", after_seq=2)]
    assert told == [
        ("user:李强", "user_set", "王敏", "admin", {"name": "李强", "role": "inspector", "sees_plates": True}),
        ("user:赵六", "user_set", "王敏", "admin", {"name": "赵六", "role": "viewer", "sees_plates": False}),
        ("user:李强", "user_set", "王敏", "admin", {"name": "李强", "role": "viewer", "sees_plates": False}),
        ("user:赵六", "user_removed", "王敏", "admin", {"name": "赵六"}),
    ]
    assert store.verify().ok


def test_saying_the_same_again_records_nothing(store):
    for _ in range(2):
        store.set_user("王敏", "李强", Role.VIEWER, sees_plates=False, now=NOW)
    assert store.verify().entries == 3


def test_nobody_else_does(store):
    store.set_user("王敏", "李强", Role.INSPECTOR, sees_plates=True, now=NOW)
    store.set_user("王敏", "赵六", Role.VIEWER, sees_plates=True, now=NOW)
    before = store.verify()
    for by, role in itertools.product(["李强", "赵六", "nobody", "", "<script>"], [Role.ADMIN, None]):
        with pytest.raises(StoreError):
            store.set_user(by, "李强", role, sees_plates=True, now=NOW)
    assert store.verify() == before


def test_a_removed_administrator_does_no_longer(store):
    store.set_user("王敏", "李强", Role.ADMIN, sees_plates=False, now=NOW)
    store.set_user("李强", "王敏", None, sees_plates=False, now=NOW)
    with pytest.raises(StoreError, match="no user"):
        store.set_user("王敏", "王敏", Role.ADMIN, sees_plates=False, now=NOW)
    assert store.verify().ok


def test_the_last_administrator_stays(store):
    for role in (None, Role.VIEWER, Role.INSPECTOR):
        with pytest.raises(StoreError, match="last administrator") as caught:
            store.set_user("王敏", "王敏", role, sees_plates=False, now=NOW)
        assert "最后一名管理员" in caught.value.text()
    assert store.user("王敏").role is Role.ADMIN
    store.set_user("王敏", "王敏", Role.ADMIN, sees_plates=True, now=NOW)
    assert store.user("王敏").sees_plates


NAMES = ["<script>alert(1)</script>", "=1+1", "'; DROP TABLE users; --", "%s{0}{{7*7}}", "محمد", "𠮷野家", "a" * 64, "../../x", "100%"]
NO_NAMES = ["", "  ", "a\nb", "a\x1b[31m", "\u202eabc", "zero\u200bwidth", "nul\x00", "\ud83d", "a" * 65, "a\u2028b", "\U000f0000"]


def test_hostile_names_are_names(store):
    for name in NAMES:
        store.set_user("王敏", name, Role.INSPECTOR, sees_plates=False, now=NOW)
        assert store.user(name).name == name
    assert store.verify().ok


def test_names_that_could_pass_for_another_are_refused(store):
    for name in NO_NAMES:
        with pytest.raises(StoreError, match="no name for a user") as caught:
            store.set_user("王敏", name, Role.VIEWER, sees_plates=False, now=NOW)
        for said in (str(caught.value), caught.value.text()):
            assert said.isprintable()
            assert len(said) < 200
        with pytest.raises(StoreError):
            store.user(name)
    assert store.verify().entries == 2


def test_one_name_has_one_spelling(store):
    store.set_user("王敏", " Zoe\u0301 ", Role.VIEWER, sees_plates=False, now=NOW)
    assert store.user("Zo\u00e9").name == "Zo\u00e9"
    store.set_user(" 王敏", "Zo\u00e9", Role.INSPECTOR, sees_plates=False, now=NOW)
    assert len(store.users()) == 2


def test_a_role_of_nonsense_is_refused(store, place):
    with pytest.raises(ValueError, match="emperor"):
        store.set_user("王敏", "x", "emperor", sees_plates=False, now=NOW)
    assert store.verify().entries == 2
    if place.kind == "sqlite":
        place.tamper("PRAGMA ignore_check_constraints = ON", "UPDATE users SET role = 'emperor'")
        with pytest.raises(StoreError, match="altered") as caught:
            store.users()
        assert "已被改动" in caught.value.text()
    else:
        import psycopg

        with pytest.raises(psycopg.errors.CheckViolation):
            place.tamper("UPDATE users SET role = 'emperor'")


def test_a_closed_store_opens_again(place):
    with Store.create(place.target, admin="王敏", now=NOW) as made:
        made.set_user("王敏", "李强", Role.VIEWER, sees_plates=False, now=NOW)
    with Store.open(place.target) as again:
        assert len(again.users()) == 2
