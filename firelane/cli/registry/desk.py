"""A registry as its commands see it, and the store opened for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from firelane.cli.case import options as case_options
from firelane.cli.registry.asked import Command

if TYPE_CHECKING:
    from firelane.registry.desk import Register
    from firelane.store import Store
    from firelane.vocabulary import Lang

F = TypeVar("F", bound=Callable[..., Any])
_MAKES = "firelane case init"


class Desk(Protocol):
    """A register, and what the commands ask of it."""

    @property
    def register(self) -> Register:
        """The register of one user."""

    def title(self, lang: Lang) -> str:
        """Return what the register is of."""


@dataclass(frozen=True)
class Registry:
    """One group of commands.

    Attributes
    ----------
    name : str
        As in ``firelane NAME``.
    work : callable
        Adds the options of store, user and register; a command gets them as one :class:`~firelane.cli.registry.asked.Work`.
    filters : tuple of (str, str, str)
        Options of ``list`` that keep the records with a value in a column: option, column, what the option is told to do.
    example : str
        Number of a record, for examples.
    kind : str
        Kind of record, for examples.
    taking : str
        What ``import --help`` says beside the rest: English, a blank line, Chinese.
    """

    name: str
    work: Callable[[Command], Command]
    example: str
    kind: str
    filters: tuple[tuple[str, str, str], ...] = ()
    taking: tuple[str, str] = ("", "")


def date_options(command: F) -> F:
    """Add the day that is asked about, and the day on which it had to be known."""
    for option in (known_option, click.option("--on", default=None, metavar="DATE", callback=case_options.day, help="As of the end of this day [today].")):
        command = option(command)
    return command


known_option = click.option(
    "--known", default=None, metavar="DATE", callback=case_options.day, help="As recorded by the end of this day [all]."
)


def today(register: Register, on: date | None) -> date:
    """Return the day that is asked about; by default today, Beijing time."""
    from firelane.store.times import BEIJING

    return on or register.now().astimezone(BEIJING).date()


@contextmanager
def opened(store: str, name: str) -> Iterator[Store]:
    """Open a store; where there is none, ``firelane NAME init`` is told of beside ``firelane case init``.

    Raises
    ------
    StoreError
        If there is none, or it cannot be opened.
    """
    from firelane.store import Store, StoreError

    try:
        found = Store.open(store)
    except StoreError as error:
        en, zh = str(error), error.text("zh")
        if _MAKES not in en:
            raise
        mine = f"firelane {name} init"
        raise StoreError(en.replace(_MAKES, f"{mine} (or {_MAKES})"), zh.replace(f"{_MAKES} ", f"{mine}（或 {_MAKES}）")) from error
    with found:
        yield found
