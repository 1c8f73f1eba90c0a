"""What the commands share: options, language of the console, progress, the closing summary."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from firelane.errors import OutputError
from firelane.vocabulary import Lang

if TYPE_CHECKING:
    from firelane.auditing import Audit
    from firelane.site.model import Note

F = TypeVar("F", bound=Callable[..., Any])
P = TypeVar("P", Path, Path | None)

STEP_NAMES = {
    "read": ("读取场地", "reading the site"),
    "rules": ("载入规则", "loading the rules"),
    "network": ("求车道中心线", "finding the lanes"),
    "measure": ("测量", "measuring"),
    "judge": ("对照规定", "judging"),
    "markings": ("布置标线", "planning the markings"),
    "results": ("写出结果", "writing the results"),
    "drawing": ("绘制标线图", "drawing"),
    "plot": ("打印图纸", "plotting"),
    "quantities": ("工程量", "quantities"),
    "map": ("生成地图", "mapping"),
    "tracking": ("搜索消防车行驶路线", "tracking the vehicles"),
    "remedies": ("求补救办法", "finding remedies"),
    "charts": ("绘制沿程图", "drawing the charts"),
    "report": ("编写检查报告", "writing the report"),
}


def console_lang(lang: str | None) -> Lang:
    """Return the console's language: as told, else by the locale."""
    if lang in ("zh", "en"):
        return cast("Lang", lang)
    told = next((os.environ[v] for v in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), None)
    name = told or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def file_lang(lang: str | None) -> Lang:
    """Return the language of files: Chinese unless told otherwise."""
    return "en" if lang == "en" else "zh"


def site_options(command: F) -> F:
    """Add what every command on a site takes."""
    for option in (
        click.option("--debug", is_flag=True, help="Show where an internal error arose."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        lang_option,
        click.option("--skip-bad", is_flag=True, help="Leave unreadable road rows out instead of refusing the site."),
        click.option(
            "--within", default=None, metavar="AREA",
            help="Cut the site out: west,south,east,north in degrees, a file with a polygon, or the name of an area "
            "of an OpenStreetMap extract.",
        ),
        click.option(
            # Whether it exists is told by the reader, together with all that is wrong with the site.
            "--config", type=click.Path(path_type=Path),
            help="A site.toml that takes the place of the site's own.",
        ),
        click.argument("site", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


rules_option = click.option(
    "--rules", "rules", default="shenyang-2020", show_default=True, metavar="NAME[,NAME]",
    help="Rule packs, or paths of TOML files.",
)
lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default=None,
    help="Language. Files are Chinese by default; console messages follow the locale.",
)


def rule_names(text: str) -> tuple[str, ...]:
    """Split ``--rules``."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise click.BadParameter("name at least one rule pack", param_hint="--rules")
    return names


def say(text: str) -> None:
    """Print one line of results; a reader who has gone, as ``head`` does, ends neither work nor verdict.

    Raises
    ------
    OutputError
        If the standard output cannot take it, for instance a file on a full disk.
    """
    try:
        click.echo(text)
    except BrokenPipeError:
        # What is still in the buffer would fail again when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except OSError as error:
        said = error.strerror or str(error)
        raise OutputError(f"cannot write to the standard output: {said}", f"无法写入标准输出：{said}") from error


def remedies_option(function: F) -> F:
    """Add ``--no-remedies``."""
    return click.option(
        "--no-remedies", is_flag=True,
        help="Leave out what has to go where something fails, and which planned bays can stay.",
    )(function)


def vehicle_option(function: F) -> F:
    """Add ``--vehicle``."""
    return click.option(
        "--vehicle", "vehicles", default=None, metavar="ID[,ID]", callback=_vehicle_ids,
        help="Fire engines whose way is searched, in place of the site's own: ids of `firelane vehicles`, or `site`.",
    )(function)


def _vehicle_ids(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    if not names:
        raise click.BadParameter("name at least one vehicle; `firelane vehicles` lists them")
    return names


def file_option(suffixes: Sequence[str], text: str) -> Callable[[F], F]:
    """Return the option ``-o FILE``, which must end in one of ``suffixes``.

    Pictures and plots are written beside the file with endings of their own: any other name might be
    overwritten by one of them.
    """

    def checked(context: click.Context, parameter: click.Parameter, value: Path) -> Path:
        if value.suffix.lower() not in suffixes:
            raise click.BadParameter(f"'{value}' must end in {' or '.join(suffixes)}")
        return _readable_name(context, parameter, value)

    return click.option(
        "-o", "--out", type=click.Path(path_type=Path), required=True, help=text, callback=checked
    )


def folder_option(text: str, *, required: bool) -> Callable[[F], F]:
    """Return the option ``-o FOLDER``."""
    return click.option(
        "-o", "--out", type=click.Path(path_type=Path), required=required, help=text, callback=_readable_name
    )


def _readable_name(_context: click.Context, _parameter: click.Parameter, value: P) -> P:
    """Refuse a path whose bytes are no UTF-8: GDAL, which writes GeoPackages, takes no other."""
    try:
        str(value).encode()
    except UnicodeEncodeError:
        raise click.BadParameter("the path is not encoded in UTF-8: choose another name") from None
    return value


@contextmanager
def progress(steps: Sequence[str], lang: Lang, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that is told each step; shows a bar on a terminal."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(
        length=len(steps), file=sys.stderr, show_eta=False, item_show_func=lambda text: text or "",
        label="firelane",
    ) as bar:  # fmt: skip
        done: list[str] = []

        def tell(step: str) -> None:
            zh, en = STEP_NAMES[step]
            bar.update(len(done) - bar.pos, zh if lang == "zh" else en)
            bar.render_progress()  # the first step has nothing behind it, and its name must show all the same
            done.append(step)

        yield tell
        bar.update(max(len(steps) - bar.pos, 0), "")


def print_notes(notes: Sequence[Note], lang: Lang) -> None:
    """Print what was mended, left out or assumed."""
    for note in notes:
        text = note.text(lang)
        where = " ".join(str(p) for p in (note.layer, note.row) if p)
        # The reader's notes name the place themselves.
        told = not where or text.startswith(str(note.layer))
        say(f"  · {text if told else f'{where}: {text}'}")


def print_summary(audit: Audit, lang: Lang) -> None:
    """Print verdict, worst places, where, and what to do."""
    from firelane.cli.closing import summary_lines

    for line in summary_lines(audit, lang):
        say(line)


def violation_exit(audit: Audit, fail_on: str | None) -> int:
    """Return 1 where ``--fail-on violation`` was given and a mandatory rule fails, else 0."""
    return 1 if fail_on == "violation" and audit.summary["verdict"] == "fail" else 0


fail_on_option = click.option(
    "--fail-on", type=click.Choice(["violation"]), default=None, help="Exit with 1 if a mandatory rule fails."
)
