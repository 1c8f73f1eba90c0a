"""The console follows the locale unless told otherwise; files are Chinese unless told otherwise."""

import pytest
from command import run, spawn
from written_sites import write_site

from firelane.cli.common import console_lang, file_lang


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return write_site(tmp_path_factory.mktemp("site") / "三好街", '[site]\nname = "三好街"\n')


@pytest.mark.parametrize(
    ("variables", "lang"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.GB18030"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_locale_decides(monkeypatch, variables, lang):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert console_lang(None) == lang
    assert "Lettering" in run("rules").out or lang == "zh"
    assert ("条款" in run("rules").out) == (lang == "zh")
    assert console_lang("en") == "en"
    assert console_lang("zh") == "zh"


def test_windows_names_its_locale_in_words(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: ("Chinese (Simplified)_China", "936"))
    assert console_lang(None) == "zh"
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert console_lang(None) == "en"


def test_files_are_chinese_by_default():
    assert [file_lang(told) for told in (None, "zh", "en")] == ["zh", "zh", "en"]


@pytest.mark.parametrize("spelling", [("--lang", "zh"), ("--lang=zh",)])
def test_error_messages_follow_the_option_however_it_is_written(tmp_path, monkeypatch, spelling):
    monkeypatch.setenv("LC_ALL", "C")
    assert "输入数据有 1 个问题" in run("check", tmp_path / "none", *spelling).err


@pytest.mark.parametrize(
    ("variables", "encoding"),
    [
        ({"LC_ALL": "C", "LANG": None}, "utf-8"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "utf-8"),
        ({"PYTHONIOENCODING": "gbk"}, "gbk"),
        ({"PYTHONIOENCODING": "cp1252"}, "cp1252"),
        ({"PYTHONIOENCODING": "ascii"}, "utf-8"),  # click takes ASCII for a mistake and writes UTF-8
    ],
)
def test_no_console_is_too_small_for_chinese(variables, encoding):
    told = spawn("rules", "--lang", "zh", env=variables, encoding=encoding)
    assert (told.code, told.err) == (0, "")
    assert "sy2020-14-clear-width" in told.out
    assert ("净宽度" in told.out) == (encoding != "cp1252")
    refused = spawn("rules", "--rules", "无", "--lang", "zh", env=variables, encoding=encoding)
    assert refused.code == 2
    assert "Traceback" not in refused.err


def test_check_tells_the_layers_in_both_languages(site, tmp_path):
    english = run("check", site, "--lang", "en")
    assert (english.code, english.err) == (0, "")
    assert english.out.splitlines()[0] == "三好街  (EPSG:4550)"
    assert "roads             1 rows  (1 Polygon)  roads" in english.out
    assert "kerbs             not surveyed" in english.out
    chinese = run("check", site, "--lang", "zh")
    assert "roads             1 行  (1 Polygon)  道路" in chinese.out
    assert "kerbs             未调查" in chinese.out
    assert run("check", site, "--quiet").out == ""
