"""The city's files appear together: the old set or the new one, killed wherever it be."""

import os

import pytest

from firelane.batch.desk import city_desk, settle
from firelane.errors import OutputError

FILES = ("a.txt", "b.txt", "charts/c.txt")


def publish(out, word):
    with city_desk(out) as desk:
        (desk / "charts").mkdir()
        for name in FILES:
            (desk / name).write_text(word, "utf-8")


def words(out):
    return {(out / name).read_text("utf-8") for name in FILES}


def test_files_take_their_places_and_nothing_is_left(tmp_path):
    publish(tmp_path, "old")
    publish(tmp_path, "new")
    assert words(tmp_path) == {"new"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b.txt", "charts"]


def test_what_fails_before_the_end_leaves_the_old_set(tmp_path):
    publish(tmp_path, "old")
    def broken():
        with city_desk(tmp_path) as desk:
            (desk / "a.txt").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert words(tmp_path) == {"old"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b.txt", "charts"]


def pictures(out, *names):
    with city_desk(out) as desk:
        for name in ("sites.csv", *names):
            (desk / name).parent.mkdir(exist_ok=True)
            (desk / name).write_text("drawn", "utf-8")


def there(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def test_pictures_of_an_older_set_do_not_stand_beside_new_tables(tmp_path):
    pictures(tmp_path, "city_map.html", "city.xlsx", "city_charts.pdf", "charts/a.png", "charts/b.png")
    (tmp_path / "notes.txt").write_text("somebody's own", "utf-8")
    pictures(tmp_path, "city.xlsx", "charts/b.png")
    assert there(tmp_path) == ["charts/b.png", "city.xlsx", "notes.txt", "sites.csv"]
    (tmp_path / "charts" / "own.txt").write_text("somebody's own", "utf-8")
    pictures(tmp_path)
    assert there(tmp_path) == ["charts/own.txt", "notes.txt", "sites.csv"]
    (tmp_path / "charts" / "own.txt").unlink()
    pictures(tmp_path)
    assert not (tmp_path / "charts").exists()


def test_they_stay_while_the_new_set_is_not_there_yet(tmp_path):
    pictures(tmp_path, "city_map.html")

    def broken():
        with city_desk(tmp_path) as desk:
            (desk / "sites.csv").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert there(tmp_path) == ["city_map.html", "sites.csv"]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("moves", range(len(FILES)))
def test_killed_between_two_moves_the_next_one_finishes(tmp_path, monkeypatch, moves):
    publish(tmp_path, "old")
    done, real = [], os.replace

    def replace(*names):
        if len(done) == moves:
            raise Killed
        done.append(names)
        real(*names)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(Killed):
            publish(tmp_path, "new")
    settle(tmp_path)
    assert words(tmp_path) == {"new"}
    settle(tmp_path)
    assert words(tmp_path) == {"new"}


def test_killed_before_the_old_pictures_are_gone_the_next_one_removes_them(tmp_path, monkeypatch):
    pictures(tmp_path, "city_map.html", "charts/a.png")

    def dies(_self, **_named):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(tmp_path), "unlink", dies)
        with pytest.raises(Killed):
            pictures(tmp_path, "city.xlsx")
    settle(tmp_path)
    assert there(tmp_path) == ["city.xlsx", "sites.csv"]


def test_what_a_kill_left_half_made_is_never_taken(tmp_path):
    publish(tmp_path, "old")
    (tmp_path / ".city-being-made").mkdir()
    (tmp_path / ".city-being-made" / "a.txt").write_text("half")
    settle(tmp_path)
    assert words(tmp_path) == {"old"}
    publish(tmp_path, "new")
    assert words(tmp_path) == {"new"}


def test_a_folder_in_the_way_is_told_before_anything_moves(tmp_path):
    publish(tmp_path, "old")
    (tmp_path / "b.txt").unlink()
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(OutputError, match=r"b\.txt"):
        publish(tmp_path, "new")
    assert (tmp_path / "a.txt").read_text("utf-8") == "old"
