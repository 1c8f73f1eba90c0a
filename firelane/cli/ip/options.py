"""What the subcommands of ``firelane ip`` share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from firelane.cli.case import options as case_options
from firelane.cli.registry import desk as desks
from firelane.cli.registry.asked import Asked, gathered, plain_options
from firelane.cli.registry.asked import Work as AnyWork

if TYPE_CHECKING:
    from firelane.registry.desk import Register
    from firelane.registry.ip_counts import Counting
    from firelane.registry.ip_plan import Plan
    from firelane.registry.ip_standing import Standing
    from firelane.vocabulary import Lang

F = TypeVar("F", bound=Callable[..., Any])
REGISTRY_NAME = "ip"


def plan_options(command: F) -> F:
    """Add the plan that is meant, and how its indicators are counted."""
    for option in (
        click.option(
            "--counts", default="ip_counts", show_default=True, metavar="NAME|FILE",
            help="How indicators are counted from records and when something is at risk (TOML).",
        ),
        click.option("--plan", "plan_name", default="shenyang_ip_2020", show_default=True, metavar="NAME|FILE", help="The plan (TOML)."),
    ):  # fmt: skip
        command = option(command)
    return command


@dataclass(frozen=True)
class Desk:
    """A register with the plan it belongs to."""

    register: Register
    plan: Plan
    counting: Counting

    def title(self, lang: Lang) -> str:
        """Return the name of the plan."""
        return self.plan.label(lang)

    def standing(self, on: date | None, known: date | None) -> Standing:
        """Return where the programme stands; by default today, Beijing time."""
        from firelane.registry.ip_standing import standing

        day = desks.today(self.register, on)
        return standing(self.register.state(known_on=known), self.plan, self.counting, day, known)


def read_plan(plan_name: str, counts: str) -> tuple[Plan, Counting]:
    """Return a plan and its counting rules.

    Raises
    ------
    InputError
        Every problem of the first file that has any.
    """
    from firelane.registry.ip_counts import load_counting
    from firelane.registry.ip_plan import load_plan

    plan = load_plan(plan_name)
    return plan, load_counting(plan, counts)


@dataclass(frozen=True, kw_only=True)
class Look(Asked):
    """A look at a plan, without records.

    Attributes
    ----------
    plan_name, counts : str
    """

    plan_name: str
    counts: str

    def plan(self) -> tuple[Plan, Counting]:
        """Return the plan and its counting rules; raises as :func:`read_plan`."""
        return read_plan(self.plan_name, self.counts)


@dataclass(frozen=True, kw_only=True)
class Work(AnyWork, Look):
    """Work at the register of a plan."""

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Open the register."""
        from firelane.registry.ip_standing import register

        plan, counting = self.plan()
        with desks.opened(self.store, REGISTRY_NAME) as found:
            yield Desk(register(found, case_options.user_name(self.user), plan, counting), plan, counting)


@dataclass(frozen=True, kw_only=True)
class Question(Work):
    """A question to a programme at a date.

    Attributes
    ----------
    on, known : date or None
    """

    on: date | None
    known: date | None

    def standing(self) -> Standing:
        """Return where the programme stands."""
        with self.desk() as found:
            return found.standing(self.on, self.known)


look = gathered(Look, plain_options, plan_options)
work = gathered(Work, case_options.store_options, plan_options)
question = gathered(Question, case_options.store_options, plan_options, desks.date_options)
REGISTRY = desks.Registry(REGISTRY_NAME, work, example="SJ-1a2b3c4d5e", kind="actual")
