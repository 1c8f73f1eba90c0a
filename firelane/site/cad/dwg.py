"""DWG plans: turned into DXF by the ODA File Converter where the user has it; else it is said how to go on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ezdxf.addons import odafc

from firelane.site.cad.patterns import patterns
from firelane.site.causes import of_system
from firelane.site.journal import Journal

_NAME = "ODAFileConverter"
_VERSION = "ACAD2018"
_SAVE_AS = (
    "save the drawing as DXF (2018 or 2004) in any CAD program, or install the free ODA File Converter and try again",
    "请在 CAD 软件中将图形另存为 DXF（2018 或 2004 版），或安装免费的 ODA File Converter 后重试",
)


@contextmanager
def as_dxf(path: Path, journal: Journal) -> Iterator[Path | None]:
    """Yield a DXF copy of a DWG file, which is gone afterwards; None, and a problem, where there can be none.

    The converter runs without a window, and is stopped when it takes too long.
    """
    if not _is_dwg(path, journal):
        yield None
        return
    command = _command()
    if command is None:
        _problem(path, "DWG files need a converter, and none is installed", "读取 DWG 需要转换程序，而本机未安装", journal)
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="firelane_") as folder:
        given, made = Path(folder, "in"), Path(folder, "out")
        given.mkdir()
        made.mkdir()
        shutil.copyfile(path, given / f"{path.stem}.dwg")
        said = _run([*command, str(given), str(made), _VERSION, "DXF", "0", "1", f"{path.stem}.dwg"])
        # The converter's exit code tells nothing: on Linux it crashes after its work is done.
        found = sorted(file for file in made.iterdir() if file.suffix.lower() == ".dxf")
        if not found:
            short = f": {said}" if said else ""
            _problem(path, f"the ODA File Converter made no DXF of it{short}",
                     f"ODA File Converter 未能转换{f'（{said}）' if said else ''}", journal)  # fmt: skip
            yield None
        else:
            yield found[0]


def _is_dwg(path: Path, journal: Journal) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        said, said_zh = of_system(error)
        journal.problem(f"the file cannot be read: {said}", f"文件无法读取：{said_zh}", "check the file", "请检查文件",
                        layer=path.name)  # fmt: skip
        return False
    if head[:4] in (b"AC10", b"AC1.", b"AC2."):
        return True
    if not head:
        journal.problem("the file is empty", "文件为空", "export it again", "请重新导出", layer=path.name)
    else:
        journal.problem(
            "it is no DWG drawing as its ending says: it is another format, encrypted or damaged",
            "文件内容不是 DWG 图形：格式不符、已加密或已损坏",
            "give it the right ending, or save it as DXF, not encrypted, in a CAD program",
            "请改正扩展名，或在 CAD 软件中另存为未加密的 DXF",
            layer=path.name,
        )
    return False


def _command() -> list[str] | None:
    """Return the command of the converter, with a screen that nobody sees where it needs one."""
    told = str(getattr(odafc, f"get_{'win' if sys.platform == 'win32' else 'unix'}_exec_path")())
    program = told if told and Path(told).is_file() else shutil.which(_NAME)
    if program is None:
        return None
    screen = shutil.which("xvfb-run") if sys.platform == "linux" else None
    return [screen, "-a", program] if screen is not None else [program]


def _run(command: list[str]) -> str:
    """Run the converter; return what it complained of, in short."""
    most_s = float(patterns().limits["dwg_timeout_s"])
    env = dict(os.environ)
    if sys.platform == "linux" and not env.get("DISPLAY"):
        env.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        # Its own group: the screen that stands around it must end with it.
        process = subprocess.Popen(  # noqa: S603  (the converter of the user, found by name)
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env,
            start_new_session=sys.platform != "win32", text=True, errors="replace",
        )  # fmt: skip
    except OSError as error:
        return error.strerror or str(error)
    try:
        _, said = process.communicate(timeout=most_s)
    except subprocess.TimeoutExpired:
        _stop(process)
        return f"stopped after {most_s:g} s"
    except BaseException:
        _stop(process)
        raise
    return " ".join(said.split())[:200]


def _stop(process: subprocess.Popen[str]) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _problem(path: Path, en: str, zh: str, journal: Journal) -> None:
    journal.problem(en, zh, *_SAVE_AS, layer=path.name)
