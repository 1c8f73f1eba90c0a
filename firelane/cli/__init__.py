"""The command line: one file per command; it parses, calls and prints."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from firelane import __version__
from firelane.errors import FirelaneError, InputError, MeasurementError
from firelane.vocabulary import Lang

REFUSED, BROKEN, INTERRUPTED = 2, 3, 130

COMMANDS = {
    "run": "firelane.cli.run",
    "new": "firelane.cli.new",
    "check": "firelane.cli.check",
    "audit": "firelane.cli.audit",
    "draw": "firelane.cli.draw",
    "verify": "firelane.cli.verify",
    "map": "firelane.cli.map",
    "report": "firelane.cli.report",
    "notice": "firelane.cli.notice",
    "chart": "firelane.cli.chart",
    "case": "firelane.cli.case",
    "ip": "firelane.cli.ip",
    "star": "firelane.cli.star",
    "batch": "firelane.cli.batch",
    "diff": "firelane.cli.diff",
    "layers": "firelane.cli.layers",
    "split": "firelane.cli.split",
    "rules": "firelane.cli.rules",
    "vehicles": "firelane.cli.vehicles",
}

HELP = {
    "run": "The main job: audit, drawing and map of one site. 检查、绘图、出图一次完成",
    "new": "A blank site ready for QGIS, or one made of a CAD plan or a map. 新建场地",
    "check": "Read and validate a site. 只读取并校验场地",
    "audit": "Audit a site. 检查场地",
    "draw": "Draw its markings as a set of sheets in DXF. 生成成套标线图",
    "verify": "Judge a marking drawing against Article 13. 按第十三条核验标线图",
    "map": "Draw the map of violations. 生成违规地图",
    "report": "Write the inspection report. 生成检查报告",
    "notice": "Write notices to correct, one for each responsible party. 生成责令限期改正通知书",
    "chart": "Chart the clear width along each lane. 绘制净宽沿程图",
    "case": "Keep violation cases from detection to closing. 违规案件管理",
    "ip": "Keep the IP-operation programme: plan, records, judgements, dashboard. 知识产权运营服务体系方案管理",
    "star": "Keep the Star Spaces: filing, evaluation, subsidies, exits. 星创天地备案与考评",
    "batch": "Audit every site of a city; goes on where it stopped. 批量检查全市场地，可断点续做",
    "diff": "Compare two audits: new, gone, worse, better. 两次检查对比",
    "layers": "List the layers of a CAD plan and propose a mapping. 列出 CAD 图层并给出对应建议",
    "split": "Split an OpenStreetMap extract into sites. 把 OpenStreetMap 数据分成多个场地",
    "rules": "Print the catalogue of rules. 列出规则",
    "vehicles": "Print the fire engines, their radii and the widths they need. 列出消防车型及所需宽度",
}


class _Lazy(click.Group):
    """Imports a command when it is called: ``firelane --help`` must answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command = import_module(COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, HELP[name]) for name in COMMANDS])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="firelane")
def app() -> None:
    """Audit fire lanes, draw their markings, map the violations (消防车通道检查与标线生成).

    Example: firelane run data/shenyang_district -o out/district
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with the contract's exit code (§3).

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands behind ``firelane``; by default that of the process.

    Raises
    ------
    SystemExit
        Always.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _tolerant()
    raise SystemExit(_exit_code(words))


def _exit_code(words: list[str]) -> int:
    """Run one command; tell what went wrong in one message, with a traceback only for ``--debug``."""
    zh = _told_lang(words) == "zh"
    try:
        code = app.main(words, prog_name="firelane", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _say("已中断" if zh else "interrupted", words)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return REFUSED
    except MeasurementError as error:
        _say(f"内部错误：{error}" if zh else f"internal error: {error}", words)
        return BROKEN
    except InputError as error:
        _say(error.text("zh" if zh else "en"), words)
        return REFUSED
    except FirelaneError as error:
        told = getattr(error, "text", None)  # not every error is one that a user may cause
        _say(told("zh" if zh else "en") if told else str(error), words)
        return REFUSED
    except OSError as error:
        # Disks, permissions, networks: the surroundings failed, not firelane.
        said = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
        _say(f"无法读写文件：{said}" if zh else f"a file cannot be read or written: {said}", words)
        return REFUSED
    except Exception as error:  # noqa: BLE001  (one line for the user; the place on request)
        said = f"{type(error).__name__}: {error}"
        _say(f"内部错误：{said}（加 --debug 可查看详情）" if zh else
             f"internal error: {said} (--debug shows where)", words)  # fmt: skip
        return BROKEN
    except SystemExit:
        # click's answer to a pipe whose reader has gone. Its code 1 would mean a violation here.
        return 0
    return code if isinstance(code, int) else 0


def _told_lang(words: Sequence[str]) -> Lang:
    """Return the language of error messages: what ``--lang`` says, else the locale."""
    from firelane.cli.common import console_lang

    told = words[words.index("--lang") + 1] if "--lang" in words[:-1] else None
    told = told or next((w.removeprefix("--lang=") for w in words if w.startswith("--lang=")), None)
    return console_lang(told)


def _say(text: str, words: Sequence[str]) -> None:
    """Print an error message, below its traceback where the user asked for one."""
    if "--debug" in words and sys.exc_info()[0] is not None:
        traceback.print_exc()
    from firelane.cli import console

    # Lists of problems are indented; what a line quotes of the data may steer no terminal.
    lines = (" " * (len(line) - len(line.lstrip(" "))) + console.harmless(line) for line in text.split("\n"))
    click.echo("\n".join(lines), err=True)


def _tolerant() -> None:
    """Let a console that lacks a character show another in its place: printing must not fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
