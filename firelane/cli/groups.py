"""Groups of subcommands that are imported when they are called: ``--help`` must answer at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click


def lazy(subcommands: Mapping[str, str], told: Mapping[str, str]) -> type[click.Group]:
    """Return a class of group.

    Parameters
    ----------
    subcommands : mapping of str to str
        Name → ``module:attribute``, in the order in which they are listed.
    told : mapping of str to str
        Name → what it does.
    """

    class Subcommands(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
            return list(subcommands)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
            if cmd_name not in subcommands:
                return None
            module, _, name = subcommands[cmd_name].partition(":")
            found = getattr(import_module(module), name)
            assert isinstance(found, click.Command)
            return found

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            del ctx
            with formatter.section("Commands"):
                formatter.write_dl([(name, told[name]) for name in subcommands])

    return Subcommands
