"""``firelane layers``: what it prints, what it writes, and how it ends."""

import tomllib

import click
import pytest
from cad_plans import MM, PlanFile
from click.testing import CliRunner

from firelane.cli.layers import command
from firelane.errors import InputError


@pytest.fixture
def plan(tmp_path):
    drawing = PlanFile(code=MM, per_metre=1000.0)
    drawing.box("道路", 0, 0, 60, 6)
    drawing.box("A-BLDG", 0, 20, 20, 40)
    drawing.line("图层1", (0, 0), (1, 1))
    drawing.circle("0", 0, 0, 1.0, space=drawing.block("树01"))
    drawing.put("0", "树01", 5, 1)
    return drawing.save(tmp_path)


def layers(*words):
    done = CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


def test_layers_counts_proposals_and_unit(plan):
    out = layers(plan, "--lang", "en").output
    assert "the unit is mm" in out
    assert "道路  →  roads  (1 LWPOLYLINE)  its name holds “道路”" in out
    assert "0  →  obstructions  (1 CIRCLE, 1 INSERT)" in out
    assert "图层1  →  -  (1 LWPOLYLINE)" in out
    fragment = out[out.index("# Which layer") :]
    told = tomllib.loads(fragment)["layers"]
    assert told["roads"] == [{"from": "道路"}]
    assert told["obstructions"] == [{"from": "0", "where": {"block": "树01"}, "set": {"kind": "tree"}}]


def test_chinese(plan):
    out = layers(plan, "--lang", "zh").output
    assert "单位为毫米" in out
    assert "名称含“道路”" in out


def test_a_file_instead_and_quiet(plan, tmp_path):
    target = tmp_path / "deep" / "mapping.toml"
    target.parent.mkdir()
    out = layers(plan, "--lang", "en", "-o", target).output
    assert out.splitlines()[-1] == str(target)
    assert "[[layers" not in out
    assert tomllib.loads(target.read_text(encoding="utf-8"))["layers"]["buildings"] == [{"from": "A-BLDG"}]
    assert layers(plan, "--quiet").output == ""


def test_an_undecided_unit_is_told_and_the_layers_all_the_same(tmp_path):
    drawing = PlanFile(code=0)
    drawing.line("道路", (0, 0), (1, 1))
    out = layers(drawing.save(tmp_path), "--lang", "en").output
    assert "[cad] unit" in out
    assert "道路  →  roads" in out


def test_names_cannot_command_the_terminal(tmp_path):
    drawing = PlanFile()
    drawing.box("道路\u202e", 0, 0, 60, 6)
    assert "\u202e" not in layers(drawing.save(tmp_path)).output


def test_what_is_no_plan(tmp_path):
    path = tmp_path / "x.dxf"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError):
        layers(path)
    with pytest.raises(click.BadParameter):
        layers(path, "-o", tmp_path / "x.json")
