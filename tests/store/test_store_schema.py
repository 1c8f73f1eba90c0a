"""What the migrations make is what the code declares, on both databases; an older store is brought up to date."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import ischema_names
from store_entries import NOW, put

import firelane
from firelane.store import PermissionRefused, Role, Store, StoreError, migrations
from firelane.store.base import PointGeometry, metadata


def declared():
    """Return the metadata with the tables of every package that keeps some."""
    for name in ("firelane.store.tables", "firelane.cases.schema"):
        if importlib.util.find_spec(name):
            importlib.import_module(name)
    return metadata


class Geometry(PointGeometry):
    """What SQLAlchemy calls a column of PostGIS that it reads back."""

    def __init__(self, *words):
        self.words = words


def test_the_migrations_make_what_is_declared(store, monkeypatch):
    monkeypatch.setitem(ischema_names, "geometry", Geometry)
    with store.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": False, "version_table": migrations.VERSION_TABLE,
                # PostGIS keeps it where it was switched on.
                "include_name": lambda name, kind, _: (kind, name) != ("table", "spatial_ref_sys"),
            },
        )  # fmt: skip
        assert compare_metadata(context, declared()) == []


def test_columns_have_the_declared_types(store, monkeypatch):
    """Alembic's own comparison knows nothing of our types: the words of the database are compared instead."""
    monkeypatch.setitem(ischema_names, "geometry", Geometry)
    with store.read() as connection:
        found = sa.inspect(connection)
        for table in declared().sorted_tables:
            there = {c["name"]: c for c in found.get_columns(table.name)}
            assert list(there) == [c.name for c in table.columns], table.name
            for column in table.columns:
                wanted = column.type.dialect_impl(connection.dialect).compile(connection.dialect)
                wanted = column.type.compile(connection.dialect)
                read = there[column.name]["type"]
                told = "geometry(POINT,4326)" if isinstance(read, Geometry) else read.compile(connection.dialect)
                assert told.upper() == wanted.upper(), (table.name, column.name)
                assert there[column.name]["nullable"] == column.nullable, (table.name, column.name)


def test_constraints_have_the_declared_names(store):
    with store.read() as connection:
        found = sa.inspect(connection)
        for table in declared().sorted_tables:
            told = {found.get_pk_constraint(table.name)["name"]}
            told |= {c["name"] for c in found.get_unique_constraints(table.name)}
            told |= {c["name"] for c in found.get_check_constraints(table.name)}
            told |= {c["name"] for c in found.get_foreign_keys(table.name)}
            wanted = {str(sa.schema.CreateTable(table).compile(dialect=connection.dialect)).count("CONSTRAINT")}
            assert wanted == {len(told)}, table.name
            names = {
                connection.dialect.identifier_preparer.format_constraint(c) for c in table.constraints
            }
            assert told == names, table.name


def test_every_step_is_found_and_they_form_one_line():
    folder = Path(migrations.__file__).parent / "versions"
    files = {p.stem for p in folder.glob("r*.py")}
    steps = [importlib.import_module(f"firelane.store.migrations.versions.{name}") for name in sorted(files)]
    assert {step.revision for step in steps} == migrations.known()
    assert [step.down_revision for step in steps] == [None, *(step.revision for step in steps[:-1])]
    assert steps[-1].revision == migrations.newest()
    assert {m.name for m in pkgutil.iter_modules([str(folder)])} == files
    assert firelane.__file__


# --- upgrading: with one more step than there is today ---

NEXT = '''"""One more."""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", "{newest}"
def upgrade():
    op.create_table("extra", sa.Column("n", sa.Integer, primary_key=True), sa.Column("place", __import__("firelane.store.base", fromlist=["Place"]).Place))
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("phone", sa.Text))
    {more}
'''


@pytest.fixture
def newer(tmp_path, monkeypatch):
    """Return a function that makes this firelane a newer one."""

    def make(more="pass"):
        folder = tmp_path / "later"
        (folder / "versions").mkdir(parents=True, exist_ok=True)
        for file in (Path(migrations.__file__).parent / "versions").glob("r*.py"):
            (folder / "versions" / file.name).write_text(file.read_text("utf-8"), encoding="utf-8")
        code = NEXT.format(newest=made_newest, more=more)
        (folder / "versions" / "r9999_extra.py").write_text(code, encoding="utf-8")
        monkeypatch.setattr(migrations, "__file__", str(folder / "__init__.py"))
        migrations._scripts_in.cache_clear()

    made_newest = migrations.newest()
    return make


def test_an_older_store_is_upgraded(store, place, newer, tmp_path):
    before = migrations.newest()
    store.set_user("王敏", "李强", Role.INSPECTOR, sees_plates=True, now=NOW)
    put(store)
    head = store.verify().head
    store.close()
    newer()
    with pytest.raises(StoreError, match="firelane case upgrade") as caught:
        Store.open(place.target)
    assert before in caught.value.text()
    with pytest.raises(PermissionRefused):
        Store.upgrade(place.target, by="李强", now=NOW)
    with pytest.raises(StoreError, match="no user"):
        Store.upgrade(place.target, by="stranger", now=NOW)
    assert Store.upgrade(place.target, by="王敏", now=NOW) == (before, "9999")
    assert Store.upgrade(place.target, by="王敏", now=NOW) == ("9999", "9999")
    with Store.open(place.target) as opened:
        report = opened.verify(head=head)
        assert report.ok, report
        assert report.entries == 5
        assert [u.name for u in opened.users()] == ["李强", "王敏"]
    assert "extra" in place.tables()
    copies = sorted(p.name for p in tmp_path.glob("案件*schema*"))
    assert copies == ([f"案件 100%.schema-{before}.sqlite"] if place.kind == "sqlite" else [])


def test_an_upgrade_that_fails_changes_nothing(store, place, newer):
    head = store.verify().head
    tables = sorted(place.tables())
    store.close()
    newer(more="raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"):
        Store.upgrade(place.target, by="王敏", now=NOW)
    assert sorted(place.tables()) == tables
    newer()
    Store.upgrade(place.target, by="王敏", now=NOW)
    with Store.open(place.target) as opened:
        assert opened.verify(head=head).ok


def test_places_are_kept_exactly(store, place, newer):
    from firelane.store.base import Place

    newer()
    store.close()
    Store.upgrade(place.target, by="王敏", now=NOW)
    table = sa.Table("extra", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), sa.Column("place", Place))
    wanted = [(123.4567890123, 41.8), (-180.0, 90.0), (0.0, -0.0), None]
    with Store.open(place.target) as opened:
        with opened.write() as connection:
            for n, value in enumerate(wanted):
                connection.execute(sa.insert(table).values(n=n, place=value))
        with opened.read() as connection:
            assert list(connection.execute(sa.select(table.c.place).order_by(table.c.n)).scalars()) == wanted
            if place.kind == "postgresql":
                sql = "SELECT ST_X(place), ST_Y(place), ST_SRID(place) FROM extra WHERE n = 0"
                assert connection.exec_driver_sql(sql).one() == (123.4567890123, 41.8, 4326)
            else:
                import shapely

                blob = connection.exec_driver_sql("SELECT place FROM extra WHERE n = 0").scalar()
                assert shapely.from_wkb(blob).coords[0] == wanted[0]
        for bad in ((181.0, 0.0), (0.0, 91.0), (float("nan"), 0.0)):
            with pytest.raises(StoreError, match="longitude"), opened.write() as connection:
                connection.execute(sa.insert(table).values(n=9, place=bad))
