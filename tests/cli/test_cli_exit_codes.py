"""Exit codes (contract §3), and what stands in the one message that a failure gets."""

import errno

import pytest
from command import run, spawn
from written_sites import narrowed, write_site

from firelane.errors import InputError, MeasurementError, OutputError, Problem, UsageError


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    return narrowed(tmp_path_factory.mktemp("narrow") / "site")


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    return write_site(tmp_path_factory.mktemp("wide") / "site")


def test_done_is_0_whatever_the_verdict(narrow, tmp_path):
    done = run("audit", narrow, "-o", tmp_path, "--lang", "en")
    assert (done.code, done.err) == (0, "")
    assert "verdict fail" in done.out


@pytest.mark.parametrize("name", ["audit", "run"])
def test_fail_on_violation_is_1_and_everything_is_written_all_the_same(narrow, tmp_path, name):
    done = run(name, narrow, "-o", tmp_path, "--fail-on", "violation", "--quiet")
    assert (done.code, done.out, done.err) == (1, "", "")
    assert {"audit.json", "findings.csv", "findings.geojson", "results.gpkg"} <= {p.name for p in tmp_path.iterdir()}


def test_fail_on_violation_is_0_without_one(wide, tmp_path):
    assert run("audit", wide, "-o", tmp_path, "--fail-on", "violation", "--quiet").code == 0


@pytest.mark.parametrize("name", ["run", "audit"])
def test_an_unknown_rule_pack_is_2_and_nothing_is_created(wide, tmp_path, name):
    told = run(name, wide, "-o", tmp_path / "out", "--rules", "shenyang-2020,atlantis", "--lang", "en")
    assert told.code == 2
    assert "atlantis" in told.err
    assert "use one of: gb50016, gb55037, shenyang-2020" in told.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [("draw", "-o", "a.dxf"), ("map", "-o", "a.html")])
def test_an_unknown_rule_pack_stops_drawing_and_map_too(wide, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    name, *rest = words
    assert run(name, wide, *rest, "--rules", "atlantis").code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("run",), ("check",), ("map", "-o", "a.html"), ("draw", "-o", "a.dxf")])
def test_a_marking_parameter_out_of_range_is_2_before_any_work(tmp_path, monkeypatch, words):
    site = write_site(tmp_path / "site", "[marking]\nbox_spacing_m = 1e9\nnonsense = 1\n")
    monkeypatch.chdir(tmp_path)
    name, *rest = words
    told = run(name, site, *rest, "--lang", "en")
    assert told.code == 2
    assert "2 problems" in told.err
    assert "nonsense" in told.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["site"]


PROBLEM = Problem("wrong", "mend it", layer="roads", row="R1", message_zh="有误", remedy_zh="请改正")
FAILURES = {
    "bad input": (InputError([PROBLEM]), 2, "roads row R1: wrong → mend it", "roads 第 R1 行：有误 → 请改正"),
    "full disk": (OutputError("cannot write x", "无法写入 x"), 2, "cannot write x", "无法写入 x"),
    "usage": (UsageError("cannot be meant"), 2, "cannot be meant", "cannot be meant"),
    "disk": (OSError(errno.EIO, "I/O error", "/x"), 2, "cannot be read or written: I/O error: /x", "无法读写文件"),
    "measurement": (MeasurementError("invariant"), 3, "internal error: invariant", "内部错误：invariant"),
    "defect": (ZeroDivisionError("by zero"), 3, "internal error: ZeroDivisionError: by zero", "内部错误"),
    "memory": (MemoryError(), 3, "internal error: MemoryError", "内部错误：MemoryError"),
    "Ctrl-C": (KeyboardInterrupt(), 130, "interrupted", "已中断"),
}


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", FAILURES)
def test_each_failure_has_its_code_and_its_message(monkeypatch, case, lang, debug):
    error, code, english, chinese = FAILURES[case]

    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr("firelane.site.read_site", fail)
    told = run("check", "x", "--lang", lang, *(["--debug"] if debug else []))
    assert told.code == code
    assert told.out == ""
    assert (english if lang == "en" else chinese) in told.err
    assert ("Traceback (most recent call last)" in told.err) == debug


def test_usage_has_no_traceback_even_with_debug():
    told = run("check", "--debug")
    assert told.code == 2
    assert "Traceback" not in told.err


def test_codes_of_real_processes(narrow, tmp_path):
    done = spawn("audit", narrow, "-o", tmp_path / "a", "--fail-on", "violation", "--lang", "en")
    assert (done.code, done.err) == (1, "")  # no bar without a terminal, and no warning of a library
    assert "verdict fail" in done.out
    told = spawn("check", tmp_path / "none", "--lang", "zh")
    assert told.code == 2
    assert told.err == f"输入数据有 1 个问题：\n  1. {tmp_path / 'none'}：没有此文件或文件夹 → 请检查路径\n"
    assert told.out == ""
