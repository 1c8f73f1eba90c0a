"""Lists, certificates, map and workbook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common
from firelane.cli.star import options

if TYPE_CHECKING:
    from firelane.registry.star_facts import Facts
    from firelane.registry.star_papers import Paper
    from firelane.registry.star_scheme import Scheme
    from firelane.vocabulary import Lang

    Maker = Callable[[Facts, Scheme, date, Lang], Paper]


def _list(make: Maker, asked: options.Question, out: Path | None) -> int:
    """Print a list, or write it."""
    with asked.desk() as desk:
        day, facts = desk.today(asked.on), asked.facts(desk)
    if out is None:
        if not asked.quiet:
            options.print_paper(make(facts, desk.scheme, day, asked.console_lang))
        return 0
    options.write(make(facts, desk.scheme, day, asked.file_lang), out, asked.file_lang)
    return asked.wrote(out)


def _with_round(write: Callable[..., None], asked: options.Question, round_id: str | None, out: Path) -> int:
    """Write what shows everything, and one round's ranking where it is named."""
    with asked.desk() as desk:
        day, facts = desk.today(asked.on), asked.facts(desk)
        ranking = None if round_id is None else desk.ranking(round_id, facts)
    write(facts, desk.scheme, day, out, asked.file_lang, ranking=ranking)
    return asked.wrote(out)


@click.command("subsidies", epilog="Example: firelane star subsidies --on 2022-12-31 -o out/subsidies.xlsx")
@options.question
@options.paper_option("Write it instead: PDF, XLSX or CSV.")
def subsidies(asked: options.Question, *, out: Path | None) -> int:
    """List who is to be paid for the best grade, and who was; a second time is named, and not paid.

    后补助名单：待拨付、已拨付；再次评为优秀的列出，不重复拨付。
    """
    from firelane.registry.star_lists import subsidies as make

    return _list(make, asked, out)


@click.command("exits", epilog="Example: firelane star exits --on 2022-12-31")
@options.question
@options.paper_option("Write it instead: PDF, XLSX or CSV.")
def exits(asked: options.Question, *, out: Path | None) -> int:
    """List who failed the last evaluation (and had guidance), who has to leave the register, and who has left.

    不合格名单（含技术指导情况）、应退出备案库的和已退出的。
    """
    from firelane.registry.star_lists import exits as make

    return _list(make, asked, out)


@click.command("progress", epilog="Example: firelane star progress --on 2021-12-31")
@options.question
@options.paper_option("Write it instead: PDF, XLSX or CSV.")
def progress(asked: options.Question, *, out: Path | None) -> int:
    """Tell how far the aims have come at a date: spaces, subjects, people, each counted once.

    目标任务进展：星创天地、主体、人才，去重统计。
    """
    from firelane.registry.star_lists import aims

    return _list(aims, asked, out)


@click.command("notice", epilog="Example: firelane star notice --on 2021-03-01 -o out/notice.pdf")
@options.question
@click.option("--batch", default="", help="Only this batch of the experts' review.")
@click.option("--round", "round_id", default=None, metavar="ROUND", help="The published results of this round instead.")
@options.paper_option("The list: PDF, XLSX or CSV.", required=True)
def notice(asked: options.Question, *, batch: str, round_id: str | None, out: Path) -> int:
    """Write the list of those in public notice at a date; with --round the published results.

    生成拟备案公示名单；加 --round 为已发布的考评结果。
    """
    from firelane.registry.star_lists import notice as make
    from firelane.registry.star_lists import results

    if batch and round_id is not None:
        raise click.UsageError("--batch is of an application, --round of an evaluation: give one of them")

    def maker(facts: Facts, scheme: Scheme, day: date, tongue: Lang) -> Paper:
        return make(facts, scheme, day, tongue, batch=batch) if round_id is None else results(facts, scheme, round_id, tongue)

    return _list(maker, asked, out)


@click.command("certificate", epilog="Example: firelane star certificate XC-7 -o out/XC-7.pdf")
@options.question
@options.paper_option("The certificate: PDF, XLSX or CSV.", required=True)
@click.argument("name", metavar="SPACE|ROUND")
def certificate(asked: options.Question, *, out: Path, name: str) -> int:
    """Write who decided what when about a SPACE or a ROUND, with the hash of each entry of the journal.

    With --set a round is shown as that set scores it; a set for rehearsal puts its watermark on every page.

    生成备案、考评的决定证明，逐条附日志哈希。
    """
    from firelane.registry.star_certificate import certificate as make

    with asked.desk() as desk:

        def maker(facts: Facts, scheme: Scheme, day: date, tongue: Lang) -> Paper:
            found = facts.one(name)
            scored = asked.sets and found is not None and found.kind == "round"
            return make(facts, scheme, name, day, tongue, ranking=desk.ranking(name, facts) if scored else None)

    return _list(maker, asked, out)


@click.command("map", epilog="Example: firelane star map --on 2022-12-31 -o out/star.html")
@options.question
@click.option("--round", "round_id", default=None, metavar="ROUND", help="Show ranks and scores of this round by its --set.")
@common.file_option((".html",), "The page.")
def star_map(asked: options.Question, *, round_id: str | None, out: Path) -> int:
    """Write a map of all spaces by where they stand: one page that opens without a network.

    生成星创天地地图，单个文件，离线可用。
    """
    from firelane.registry.star_map import write_star_map

    return _with_round(write_star_map, asked, round_id, out)


@click.command("book", epilog="Example: firelane star book --on 2022-12-31 -o out/star.xlsx")
@options.question
@click.option("--round", "round_id", default=None, metavar="ROUND", help="With the evaluation table of this round by its --set.")
@common.file_option((".xlsx",), "The workbook.")
def book(asked: options.Question, *, round_id: str | None, out: Path) -> int:
    """Write the workbook of the registry: spaces, applications, conditions, evaluations, money, exits, progress.

    生成星创天地台账（XLSX）：名录、申报、基本条件、考评、补助、退出、目标进展。
    """
    from firelane.registry.star_book import write_star_book

    return _with_round(write_star_book, asked, round_id, out)
