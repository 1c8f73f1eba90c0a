"""``firelane notice`` and the picture options of ``firelane map``."""

import pytest
import site_scenes as S
from click.testing import CliRunner

from firelane.cli import map as map_command
from firelane.cli import notice
from firelane.site.save import write_site

CONFIG = {"managed": True, "manager_kind": "property_company", "manager": "安和物业", "district": "皇姑区"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "s"
    write_site(S.street(6.0, [S.post(30, 0, 0.1, id="b1")], config=CONFIG), folder)
    return folder


def run(command, *words):
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def test_each_party_gets_a_docx_and_a_pdf_and_the_blanks_are_told(site, tmp_path):
    done = run(notice.command, site, "-o", tmp_path / "n", "--lang", "zh", "--no-markings")
    assert done.exception is None
    names = sorted(p.name for p in (tmp_path / "n").iterdir())
    assert names == ["01_s_安和物业.docx", "01_s_安和物业.pdf"]
    assert "草稿；待填写：文号、签发单位、改正期限、日期" in done.output


def test_working_days_are_counted_by_the_calendar_given(site, tmp_path):
    calendar = tmp_path / "c.csv"
    calendar.write_text("date,kind\n2026-01-01,holiday\n2026-10-01,holiday\n2026-10-02,holiday\n2026-10-10,workday\n", encoding="utf-8")
    words = (site, "-o", tmp_path / "n", "--lang", "zh", "--no-markings", "--date", "2026-09-30", "--calendar", calendar)
    # 1 and 2 October are free, 3 and 4 a weekend: 5, 6, 7 October
    done = run(notice.command, *words, "--days", 3)
    assert done.exception is None
    from pdf_text import pdf_text

    assert "2026年10月7日" in pdf_text(next((tmp_path / "n").glob("*.pdf")))
    refused = run(notice.command, *words, "--deadline", "2026-10-02")
    assert "no working day" in str(refused.exception)
    assert run(notice.command, *words).exception is not None  # a calendar for nothing


@pytest.mark.parametrize(
    "words",
    [("--days", "3", "--deadline", "2026-12-01"), ("--date", "2026-11-02", "--deadline", "2026-11-01"), ("--days", "0"),
     ("--to", "nobody"), ("--deadline", "soon")],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(site, tmp_path, words):
    done = run(notice.command, site, "-o", tmp_path / "n", "--no-markings", *words)
    assert done.exception is not None
    assert not list((tmp_path / "n").glob("*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--days", "3", "--deadline", "2026-12-01"), "只能给一个"), (("--calendar", __file__), "须与"),
     (("--date", "2026-11-02", "--deadline", "2026-11-01"), "改正期限 2026-11-01 早于签发日期 2026-11-02"),
     (("--to", "nobody"), "没有发给 'nobody' 的通知书")],
)  # fmt: skip
def test_a_refusal_is_told_in_chinese(site, tmp_path, words, said):
    error = run(notice.command, site, "-o", tmp_path / "n", "--no-markings", *words).exception
    assert said in error.text("zh")
    assert error.text("en") == str(error)
    assert error.text("en") != error.text("zh")


def test_the_map_with_picture_pdf_and_link(site, tmp_path):
    words = (site, "-o", tmp_path / "map.html", "--no-markings", "--no-remedies", "--quiet")
    done = run(map_command.command, *words, "--png", "--pdf", "--link", "https://example.org/map.html")
    assert done.exception is None, done.exception
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.html", "map.pdf", "map.png"]
    assert (tmp_path / "map.pdf").read_bytes().startswith(b"%PDF")
    refused = run(map_command.command, *words, "--link", "javascript:alert(1)")
    assert refused.exception is not None
