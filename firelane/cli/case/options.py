"""What the subcommands of ``firelane case`` share."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from firelane.cli import common
from firelane.errors import UsageError

if TYPE_CHECKING:
    from firelane.cases.book import CaseBook
    from firelane.cases.calendar import WorkCalendar

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_STORE = "cases.sqlite"
_AS_JSON = frozenset({"parties", "site", "finding", "owners", "managed", "threshold", "margin", "location"})


def store_options(command: F) -> F:
    """Add what every subcommand takes."""
    for option in (
        click.option("--debug", is_flag=True, help="Show where an internal error arose."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        common.lang_option,
        click.option(
            "--as", "user", envvar="FIRELANE_USER", default=None, metavar="NAME",
            help="The user of the store who acts [FIRELANE_USER, else the login name].",
        ),
        click.option(
            "--store", envvar="FIRELANE_CASES", default=DEFAULT_STORE, show_default=True, metavar="FILE|URL",
            help="The store: an SQLite file, or postgresql://… [FIRELANE_CASES].",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def user_name(user: str | None) -> str:
    """Return who acts.

    Raises
    ------
    UsageError
        If nobody says and the operating system does not know.
    """
    if user:
        return user
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise UsageError("say who you are: --as NAME, or FIRELANE_USER") from None


@contextmanager
def book(store: str, user: str | None, *, calendar: Path | None = None) -> Iterator[CaseBook]:
    """Open the store's case book for a user."""
    from firelane.cases.book import CaseBook
    from firelane.store import Store

    with Store.open(store) as opened:
        yield CaseBook(opened, user_name(user), calendar=read_calendar(calendar))


def read_calendar(path: Path | None) -> WorkCalendar | None:
    """Read a calendar of working days, if one is given."""
    if path is None:
        return None
    from firelane.cases.calendar import read_calendar as read

    return read(path)


calendar_option = click.option(
    "--calendar", type=click.Path(path_type=Path), default=None, metavar="FILE",
    help="Calendar of holidays and shifted working days (CSV: date,kind; or .ics) for deadlines in working days.",
)


def moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """Read a time; without an offset it is Beijing time."""
    if value is None:
        return None
    from firelane.store.times import BEIJING

    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is no time, for instance 2026-11-26T09:30") from None
    return told if told.tzinfo else told.replace(tzinfo=BEIJING)


def day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    """Read a date."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is no date, for instance 2026-12-10") from None


def place(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """Read LON,LAT in degrees of WGS 84."""
    if value is None:
        return None
    try:
        lon, lat = (float(part) for part in value.replace("，", ",").split(","))
    except ValueError:
        lon = lat = float("nan")
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise click.BadParameter(f"'{value}' is no LON,LAT in degrees, for instance 123.43,41.80")
    return lon, lat


def pairs(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """Read KEY=VALUE; what is a number and what a text is told by the field, not by its looks."""
    found: dict[str, Any] = {}
    for text in values:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise click.BadParameter(f"'{text}' is not KEY=VALUE")
        found[key.strip()] = value
    return found


def typed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as the workflow's types have them: numbers, places and records are read as JSON."""
    from firelane.cases.workflow import workflow

    known = workflow().fields
    read = dict(fields)
    for key, value in fields.items():
        kind = known[key].type if key in known else "record" if key in _AS_JSON else "text"
        if kind not in ("text", "date"):
            try:
                read[key] = json.loads(value)
            except ValueError:  # left as it is: the workflow names the field and what it wants
                continue
    return read
