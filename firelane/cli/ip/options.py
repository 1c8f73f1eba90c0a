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

if TYPE_CHECKING:
    from firelane.registry.desk import Register
    from firelane.registry.ip_counts import Counting
    from firelane.registry.ip_plan import Plan
    from firelane.registry.ip_standing import Standing
    from firelane.vocabulary import Lang

F = TypeVar("F", bound=Callable[..., Any])
store_options = case_options.store_options
user_name = case_options.user_name
date_options = desks.date_options
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


@contextmanager
def desk(store: str, user: str | None, plan_name: str, counts: str) -> Iterator[Desk]:
    """Open the register of a plan for a user."""
    from firelane.registry.ip_standing import register

    plan, counting = read_plan(plan_name, counts)
    with desks.opened(store, REGISTRY_NAME) as found:
        yield Desk(register(found, user_name(user), plan, counting), plan, counting)


REGISTRY = desks.Registry(
    REGISTRY_NAME, lambda command: store_options(plan_options(command)), desk, example="SJ-1a2b3c4d5e", kind="actual"
)
