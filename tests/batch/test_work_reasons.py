"""Why a site could not be done, in words that are the same in every run and on every machine."""

import errno
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from firelane.batch.engine import Death
from firelane.batch.model import FailureKind, Settings, Task
from firelane.batch.work import NAMED_PROBLEMS, failure_of
from firelane.errors import InputError, OutputError, Problem
from firelane.files import output_error
from firelane.site import read_site

TASK = Task("a/1", "/home/clerk/city/a/1", "a/1")


def refusal(path, **named):
    with pytest.raises(InputError) as caught:
        read_site(path, **named)
    return caught.value


def write(folder, **layers):
    folder.mkdir()
    for name, shapes in layers.items():
        gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=shapes, crs=32651).to_file(folder / "site.gpkg", layer=name)
    return folder


def reason(error, path, **named):
    return failure_of(error, Task("s", str(path), "city/s", **named))


def test_a_layer_of_roads_without_rows_is_empty(tmp_path):
    path = write(tmp_path / "s", roads=[], buildings=[box(0, 0, 5, 5)])
    failure = reason(refusal(path), path)
    assert failure.kind is FailureKind.EMPTY
    assert failure.zh == "roads：没有任何行 → 请至少绘制一条道路的轮廓（多边形）"
    assert failure.en.startswith("roads: it has no rows")


def test_no_layer_of_roads_is_empty(tmp_path):
    path = write(tmp_path / "s", buildings=[box(0, 0, 5, 5)])
    assert reason(refusal(path), path).kind is FailureKind.EMPTY


def test_a_window_without_roads_is_empty(tmp_path):
    path = write(tmp_path / "s", roads=[box(500_000, 4_620_000, 500_050, 4_620_010)])
    error = refusal(path, within="10.0,10.0,10.1,10.1")
    assert reason(error, path, within="10.0,10.0,10.1,10.1").kind is FailureKind.EMPTY


def test_what_is_not_there_is_missing_and_told_by_its_place_in_the_source(tmp_path):
    path = tmp_path / "gone"
    failure = reason(refusal(path), path)
    assert failure.kind is FailureKind.MISSING
    assert failure.zh == "city/s：没有此文件或文件夹 → 请检查路径"
    assert str(tmp_path) not in failure.zh + failure.en


def test_a_broken_file_is_unreadable(tmp_path):
    path = tmp_path / "s.gpkg"
    path.write_bytes(b"SQLite format 3\0 and then nothing of the kind")
    failure = reason(refusal(path), path)
    assert failure.kind is FailureKind.UNREADABLE
    assert str(tmp_path) not in failure.zh + failure.en


def test_a_missing_file_beside_a_site_that_is_there_is_no_missing_site(tmp_path):
    error = InputError([Problem("there is no such file", layer="points.laz")])
    path = write(tmp_path / "s", roads=[box(0, 0, 9, 9)])
    assert reason(error, path).kind is FailureKind.UNREADABLE


def test_the_first_problems_are_named_and_the_rest_counted():
    error = InputError([Problem(f"wrong {n}", message_zh=f"错误 {n}") for n in range(NAMED_PROBLEMS + 2)])
    failure = failure_of(error, TASK)
    assert failure.zh == "错误 0；错误 1；错误 2；错误 3；错误 4；另有 2 个问题"
    assert failure.en.endswith("wrong 4; and 2 more problems")


def test_one_more_problem_is_one():
    error = InputError([Problem(f"wrong {n}") for n in range(NAMED_PROBLEMS + 1)])
    assert failure_of(error, TASK).en.endswith("; and 1 more problem")


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ValueError("bad at 0x7f3a9c0e"), "ValueError: bad at …"),
        (ValueError("cannot open /tmp/u7/deep/x.gpkg"), "ValueError: cannot open x.gpkg"),
        (ValueError(r"cannot open C:\Users\me\x.gpkg"), "ValueError: cannot open x.gpkg"),
        (ValueError("cannot open /home/clerk/city/a/1/x.gpkg"), "ValueError: cannot open a/1/x.gpkg"),
        (ValueError("12 km/h, 3/4, /"), "ValueError: 12 km/h, 3/4, /"),
        (ValueError("first\nsecond\nthird"), "ValueError: first"),
        (ValueError("a\x1b[2Jb\u202ec"), "ValueError: a [2Jb c"),
        (KeyError("roads"), "KeyError: 'roads'"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_an_internal_error_is_told_without_places_and_addresses(raised, said):
    failure = failure_of(raised, TASK)
    assert (failure.kind, failure.en) == (FailureKind.INTERNAL, f"internal error: {said}")
    assert failure.zh == f"程序内部错误：{said}"


def test_a_long_message_ends():
    assert len(failure_of(ValueError("x" * 10_000), TASK).en) < 400


def test_many_long_problems_end():
    error = InputError([Problem("y" * 5_000) for _ in range(50)])
    assert len(failure_of(error, TASK).en) < 1_400


@pytest.mark.parametrize(
    "raised", [MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory"), RuntimeError("std::bad_alloc")]
)
def test_memory_is_memory_whoever_says_so(raised):
    assert failure_of(raised, TASK, limit_mb=700).kind is FailureKind.MEMORY
    assert failure_of(raised, TASK, limit_mb=700).en == "needs more memory than the 700 MB allowed"


def test_memory_is_found_beneath_another_error():
    outer = ValueError("could not do it")
    outer.__cause__ = MemoryError()
    assert failure_of(outer, TASK).kind is FailureKind.MEMORY


def test_a_full_disk_is_output_and_names_no_folder_of_this_machine():
    error = output_error(Path("/data/out/sites/a/audit.json"), OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(error, OutputError)
    failure = failure_of(error, TASK, known=("/data/out",))
    assert failure.kind is FailureKind.OUTPUT
    assert failure.zh == "无法写入 audit.json：磁盘空间不足；请清理磁盘，或改用其他文件夹"
    assert "/data" not in failure.en


def test_temporary_names_are_left_out():
    error = OutputError("cannot write /data/out/sites/a/.firelane-ab12cd34/map.html: no")
    assert failure_of(error, TASK, known=("/data/out",)).en == "cannot write map.html: no"


def test_credentials_in_an_address_are_not_told():
    task = Task("s", "https://user:secret@host/a.gpkg?token=abc", "https://host/a.gpkg")
    failure = failure_of(ValueError("403 for https://user:secret@host/a.gpkg?token=abc"), task)
    assert "secret" not in failure.en
    assert "abc" not in failure.en


@pytest.mark.parametrize(
    ("death", "zh", "en"),
    [
        (Death(FailureKind.CRASH, signal=11), "处理该场地的进程崩溃（SIGSEGV：访问了无效内存）",
         "the process that worked on it crashed (SIGSEGV: memory that is not its own was touched)"),
        (Death(FailureKind.CRASH, exit_code=3), "处理该场地的进程自行退出（退出码 3）",
         "the process that worked on it ended itself (exit code 3)"),
        (Death(FailureKind.CRASH), "处理该场地的进程崩溃", "the process that worked on it crashed"),
        (Death(FailureKind.TIMEOUT, seconds=61.3), "处理超过限时 60 秒", "took longer than the 60 s allowed"),
        (Death(FailureKind.MEMORY, peak_mb=812.0), "所需内存超过上限 700 MB", "needs more memory than the 700 MB allowed"),
    ],
)  # fmt: skip
def test_deaths_are_told_by_word_without_figures_of_the_day(death, zh, en):
    failure = death.failure(Settings(timeout_s=60, memory_mb=700))
    assert (failure.zh, failure.en) == (zh, en)


def test_a_signal_without_a_name_is_told_by_its_number():
    assert Death(FailureKind.CRASH, signal=99).signal_name == "SIG99"


def test_only_signals_that_others_send_come_from_outside():
    assert Death(FailureKind.CRASH, signal=9).from_outside
    assert not Death(FailureKind.CRASH, signal=11).from_outside
    assert not Death(FailureKind.TIMEOUT).from_outside
