"""The house stands as drawn: walls hold, every room says what it is for, and its furniture is packed."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.resources
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from importlinter.cli import lint_imports_command

import firelane
from firelane import errors

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "firelane"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MODULES = sorted(PACKAGE.rglob("*.py"))
TEXTS = {path: path.read_text("utf-8") for path in MODULES}
DATA_FILES = sorted(
    p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc") and "__pycache__" not in p.parts
)


def shown(path):
    return str(path.relative_to(ROOT))


def test_the_walls_hold(monkeypatch):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(lint_imports_command, ["--no-cache"])
    assert done.exit_code == 0, done.output
    assert f"Contracts: {len(PROJECT['tool']['importlinter']['contracts'])} kept, 0 broken." in done.output


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_every_module_says_what_it_is_for(path):
    tree = ast.parse(TEXTS[path])
    text = ast.get_docstring(tree) or ""
    assert len(text.split()) >= 3, f"{shown(path)} has no docstring worth the name"


def imports_of(path):
    """Return the packages that a module imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(TEXTS[path])):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("ezdxf", {"drawing", "site"}),
        ("folium", {"webmap"}),
        ("openpyxl", {"markings", "cases", "batch", "registry"}),  # written with; lists of a hotline and registers are read with it
        ("click", {"cli"}),
    ],
)
def test_a_library_is_imported_in_its_room_alone(library, rooms):
    named = [path for path in MODULES if library in TEXTS[path]]  # the only ones worth parsing
    users = {path.relative_to(PACKAGE).parts[0] for path in named if library in imports_of(path)}
    assert users == rooms


def distribution_names(requirements):
    """Return the bare names of requirement lines, in lower case."""
    return {re.match(r"[\w.-]+", text)[0].lower() for text in requirements if "extra ==" not in text}


def test_what_is_imported_is_declared():
    """Or comes with what is declared, as fontTools does with ezdxf and matplotlib."""
    project = PROJECT["project"]
    extras = [line for name, lines in project["optional-dependencies"].items() if name != "test" for line in lines]
    declared = distribution_names([*project["dependencies"], *extras])
    known = declared.union(*(distribution_names(importlib.metadata.requires(name) or []) for name in declared))
    outside = set().union(*(imports_of(path) for path in MODULES)) - set(sys.stdlib_module_names) - {"firelane"}
    homes = importlib.metadata.packages_distributions()
    for name in sorted(outside):
        assert {home.lower() for home in homes[name]} & known, f"{name} is not among the dependencies"


def test_nothing_is_written_to_standard_output_but_by_the_command_line():
    for path in (path for path in MODULES if "print" in TEXTS[path]):
        calls = [
            node for node in ast.walk(ast.parse(TEXTS[path]))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]  # fmt: skip
        assert not calls, shown(path)


def test_every_module_can_be_imported_by_itself():
    names = [m.name for m in pkgutil.walk_packages([str(PACKAGE)], "firelane.") if not m.name.endswith("__main__")]
    assert len(names) > 50
    for name in names:
        importlib.import_module(name)


def test_the_public_names_are_there_and_no_other():
    assert set(firelane.__all__) - {"__version__"} == set(firelane._HOMES)
    for name in firelane.__all__:
        assert getattr(firelane, name) is not None
    assert dir(firelane) == sorted(firelane.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = firelane.nonsense


def test_the_public_names_of_the_contract():
    assert {"read_site", "audit", "plan_markings", "write_dxf", "violation_map"} <= set(firelane.__all__)
    for name in ("read_site", "audit", "plan_markings", "write_dxf", "violation_map"):
        assert callable(getattr(firelane, name))
        assert "Parameters" in getattr(firelane, name).__doc__


def test_submodules_do_not_hide_public_functions():
    """``import firelane.audit`` would otherwise turn ``firelane.audit`` from a function into a module."""
    modules = {m.name for m in pkgutil.iter_modules([str(PACKAGE)])}
    assert not modules & set(firelane._HOMES)


@pytest.mark.parametrize(
    ("name", "resembles"),
    [("InputError", ValueError), ("OutputError", OSError), ("UsageError", ValueError), ("MeasurementError", ArithmeticError)],
)  # fmt: skip
def test_one_tree_of_errors_that_builtins_catch(name, resembles):
    error = getattr(errors, name)
    assert issubclass(error, errors.FirelaneError)
    assert issubclass(error, resembles)


def test_there_are_data_files():
    assert {p.suffix for p in DATA_FILES} >= {".toml", ".js", ".css"}


@pytest.mark.parametrize("path", DATA_FILES, ids=shown)
def test_data_files_are_found_where_an_installed_package_looks_for_them(path):
    relative = path.relative_to(PACKAGE)
    package = ".".join(("firelane", *relative.parts[:-1]))
    resource = importlib.resources.files(package).joinpath(relative.name)
    assert resource.read_bytes() == path.read_bytes()
    if path.suffix == ".toml":
        tomllib.loads(resource.read_text("utf-8"))


def test_the_wheel_takes_the_whole_package():
    build = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build == {"packages": ["firelane"]}
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    # What git ignores, the build backend leaves out as well.
    for path in DATA_FILES + MODULES:
        assert not any(path.match(pattern) or pattern.rstrip("/") in path.parts for pattern in ignored), shown(path)


def test_the_version_is_told_once():
    assert PROJECT["project"]["version"] == firelane.__version__


def test_the_entry_point_is_the_command_line():
    module, name = PROJECT["project"]["scripts"]["firelane"].split(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("words", [[], ["-m", "slow"]], ids=["default", "slow"])
def test_slow_tests_run_only_when_they_are_asked_for(tmp_path, words):
    (tmp_path / "test_two.py").write_text(
        "import pytest\n@pytest.mark.slow\ndef test_slow(): pass\ndef test_quick(): pass\n", encoding="utf-8"
    )
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), *words,
            "-p", "no:cacheprovider", "-p", "no:xdist", "-v", str(tmp_path),
        ],
        capture_output=True, text=True, check=True, cwd=tmp_path, env={**os.environ, "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    assert ("test_slow PASSED" in done.stdout) == bool(words)
    assert ("test_quick PASSED" in done.stdout) == (not words)
