"""What the options that many commands share tell, handed to a command as one value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from firelane.cli import common

if TYPE_CHECKING:
    from firelane.cli.registry.desk import Desk
    from firelane.vocabulary import Lang

F = TypeVar("F", bound=Callable[..., Any])
Command = Callable[..., int]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What every command is told.

    Attributes
    ----------
    lang : str or None
        As given; see the two properties for what it comes to.
    quiet : bool
    """

    lang: str | None
    quiet: bool

    @property
    def console_lang(self) -> Lang:
        """The language of what is printed."""
        return common.console_lang(self.lang)

    @property
    def file_lang(self) -> Lang:
        """The language of what is written."""
        return common.file_lang(self.lang)

    def wrote(self, out: Path, *, more: tuple[str, str] = ("", "")) -> int:
        """Tell what was written, and what is to be said beside it (Chinese, English); return the exit code."""
        if not self.quiet:
            common.say(f"已写出 {out}{more[0]}" if self.console_lang == "zh" else f"wrote {out}{more[1]}")
        return 0


@dataclass(frozen=True, kw_only=True)
class Work(Asked, ABC):
    """What a command at a register is told.

    Attributes
    ----------
    store : str
    user : str or None
    """

    store: str
    user: str | None

    @abstractmethod
    def desk(self) -> AbstractContextManager[Desk]:
        """Open the register."""


def plain_options(command: F) -> F:
    """Add the options of a command that opens no store."""
    for option in (
        click.option("--debug", is_flag=True, help="Show where an internal error arose."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        common.lang_option,
    ):
        command = option(command)
    return command


def gathered(kind: type[Asked], *options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return a decorator that adds options; what they tell reaches the command as one ``kind``, its first argument.

    Parameters
    ----------
    kind : type
        Its fields are the options' names; ``--debug`` is none of them, it is read where errors are shown.
    *options : callable
        Decorators that add options, in the order of the help.
    """
    names = [field.name for field in fields(kind)]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def called(*, debug: bool, **told: Any) -> int:
            del debug
            return command(kind(**{name: told.pop(name) for name in names}), **told)

        for option in reversed(options):
            called = option(called)
        return called

    return decorate
