"""The page of the registries tells every kind of records with all its columns, as the data have them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from firelane.registry.kinds import kinds

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "registries.md"
SCRIPT = PAGE.with_name("registry_tables.py")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("registry_tables", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_script_writes_it(script):
    page = PAGE.read_text(encoding="utf-8")
    assert script.filled(page) == page, "run: python docs/reference/registry_tables.py"


@pytest.mark.parametrize("programme", ["ip", "star"])
def test_every_column_and_every_word_is_told(programme):
    """By another way than the script's: each table is found by its file, and holds its columns in their order."""
    page = PAGE.read_text(encoding="utf-8").partition(f"<!-- records-{programme}")[2].partition(f"<!-- end of records-{programme}")[0]
    for kind in kinds(programme).values():
        _, _, rest = page.partition(f"`{kind.id}.csv`")
        table = rest.partition("\n#### ")[0]
        rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
        assert [row.split("`")[1] for row in rows] == [c.key for c in kind.columns], kind.id
        for row, column in zip(rows, kind.columns, strict=True):
            assert column.zh in row
            assert ("是 yes" in row) == column.required, (kind.id, column.key)
        for key, (zh, en) in ((k, w) for c in kind.columns for k, w in c.choices.items()):
            assert f"{zh} `{key}` {en}" in page
