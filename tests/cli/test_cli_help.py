"""Help: every command says what it does, shows an example that parses, and answers at once."""

import importlib
import json
import shlex
import subprocess
import sys

import click
import pytest
from command import environment, run, spawn

import firelane
from firelane.cli import COMMANDS, HELP, app


def test_the_commands_of_this_version():
    assert list(COMMANDS) == [
        "run", "new", "check", "audit", "draw", "verify", "map", "report", "notice", "chart", "case", "ip", "star", "batch",
        "diff", "layers", "split", "rules", "vehicles",
    ]
    assert list(HELP) == list(COMMANDS)


def test_help_lists_every_command_and_an_example():
    shown = run("--help")
    assert shown.code == 0
    assert shown.err == ""
    assert "Example: firelane run " in shown.out
    for name in COMMANDS:
        assert f"\n  {name} " in shown.out


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_explains_itself_in_both_languages(name, flag):
    shown = run(name, flag)
    assert shown.code == 0
    assert f"Usage: firelane {name}" in shown.out
    assert any("\u4e00" <= letter <= "\u9fff" for letter in shown.out)
    for option in ("--lang", "--quiet", "--debug"):
        assert option in shown.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_every_command_is_one_that_it_takes(name):
    found = importlib.import_module(COMMANDS[name]).command
    assert found.epilog in " ".join(run(name, "--help").out.split())
    words = shlex.split(found.epilog.removeprefix("Example: "))
    assert words[:2] == ["firelane", name]
    with found.make_context(name, words[2:]):
        pass


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name):
    found = importlib.import_module(COMMANDS[name]).command
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"


def test_every_command_on_a_site_takes_the_same_options():
    for name in ("run", "audit", "draw", "map"):
        options = {o for p in importlib.import_module(COMMANDS[name]).command.params for o in p.opts}
        assert {"--config", "--skip-bad", "--lang", "--rules", "--quiet", "--debug", "-o"} <= options


def test_version():
    assert run("--version").out.strip() == f"firelane, version {firelane.__version__}"


@pytest.mark.parametrize("words", [(), ("nonsense",), ("run",), ("check", "a", "b"), ("run", "--nonsense", "x")])
def test_wrong_usage_is_told_with_code_2(words):
    told = run(*words)
    assert told.code == 2
    assert "Usage: firelane" in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ("rules", "--lang", "fr"),
        ("rules", "--rules", " , "),
        ("run", "x", "--fail-on", "everything"),
        ("audit", "x"),
        ("draw", "x", "-o", "plan.pdf", "--pdf"),
        ("draw", "x", "-o", "plan"),
        ("map", "x", "-o", "map.png", "--png"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(words):
    told = run(*words)
    assert told.code == 2
    assert "Error: " in told.err


HEAVY = (
    "shapely", "pandas", "numpy", "geopandas", "pyogrio", "pyproj", "scipy", "ezdxf", "folium", "matplotlib", "openpyxl",
)  # fmt: skip
_CODE = """
import json, sys
from firelane.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    print(json.dumps([end.code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["rules", "--quiet"]], ids=" ".join)
def test_nothing_heavy_is_imported_to_answer(words):
    done = subprocess.run(
        [sys.executable, "-c", _CODE, *words], capture_output=True, check=True, env=environment(), text=True
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    assert "firelane" in modules
    assert not set(modules) & set(HEAVY)


def test_python_dash_m():
    shown = spawn("--help")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Usage: firelane ")


def test_the_group_knows_no_other_name():
    assert app.get_command(click.Context(app), "nonsense") is None
