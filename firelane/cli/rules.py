"""``firelane rules``: the catalogue."""

from __future__ import annotations

import click

from firelane.cli import common


@click.command("rules", epilog="Example: firelane rules --rules shenyang-2020,gb55037 --lang en")
@common.rules_option
@common.lang_option
@click.option("--quiet", is_flag=True, help="Only check that the packs can be read.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
def command(rules: str, lang: str | None, quiet: bool, debug: bool) -> int:
    """Print the rules with their articles and sources.

    列出规则、条文和出处。
    """
    del debug
    from firelane.rules import load_rules, table

    text = table(load_rules(common.rule_names(rules)), common.console_lang(lang))
    if not quiet:
        common.say(text)
    return 0
