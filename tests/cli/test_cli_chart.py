"""``firelane chart``: what it writes, in which language, and how it ends."""


import pytest
from command import run, snapshot
from pdf_text import pdf_text
from written_sites import narrowed, write_site

from firelane.auditing import audit
from firelane.site import read_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return narrowed(tmp_path_factory.mktemp("chart") / "site")


@pytest.fixture(scope="module")
def lane_id(site):
    (found,) = audit(read_site(site)).lanes["lane_id"]
    return found


def test_one_pdf_in_chinese_with_its_folder(site, tmp_path):
    path = tmp_path / "deep" / "profiles.pdf"
    done = run("chart", site, "-o", path, "--lang", "zh")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == str(path)
    assert [p.name for p in path.parent.iterdir()] == ["profiles.pdf"]
    text = pdf_text(path)
    assert "消防车道净宽沿程图" in text
    assert "2.800 m" in text


def test_english_pictures_and_one_lane(site, lane_id, tmp_path):
    done = run(
        "chart", site, "-o", tmp_path / "p.pdf", "--lane", lane_id, "--png", tmp_path / "png", "--lang", "en"
    )  # fmt: skip
    assert done.code == 0
    assert done.out.splitlines()[-2:] == [str(tmp_path / "p.pdf"), str(tmp_path / "png" / f"{lane_id}.png")]
    assert (tmp_path / "png" / f"{lane_id}.png").read_bytes().startswith(b"\x89PNG")
    assert "governing pinch" in pdf_text(tmp_path / "p.pdf")


def test_quiet_prints_nothing(site, tmp_path):
    done = run("chart", site, "-o", tmp_path / "p.pdf", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_failing_alone_may_be_none(tmp_path):
    wide = write_site(tmp_path / "wide")
    assert run("chart", wide, "-o", tmp_path / "p.pdf", "--failing", "--quiet").code == 0
    assert "没有不符合的车道" in pdf_text(tmp_path / "p.pdf")


@pytest.mark.parametrize(("words", "said"), [
    (("-o", "p.pdf", "--lane", "nix"), "there is no lane 'nix'"),
    (("-o", "p.png"), ""),
    (("-o", "p.pdf", "--rules", "atlantis"), "atlantis"),
    ((), ""),
])  # fmt: skip
def test_bad_usage_is_2_and_nothing_is_written(site, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    told = run("chart", site, *words, "--lang", "en")
    assert told.code == 2
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


def test_a_site_that_is_not_there_is_2(tmp_path):
    assert run("chart", tmp_path / "none", "-o", tmp_path / "p.pdf").code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_picture_folder_in_the_way_leaves_everything_as_it_was(site, tmp_path):
    (tmp_path / "png").write_text("a file", encoding="utf-8")
    before = snapshot(tmp_path)
    assert run("chart", site, "-o", tmp_path / "p.pdf", "--png", tmp_path / "png").code == 2
    assert snapshot(tmp_path) == before
