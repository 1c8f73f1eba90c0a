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


def _list(
    make: Maker, store: str, user: str | None, lang: str | None, scheme_name: str, sets: tuple[str, ...], on: date | None, known: date | None,
    out: Path | None, *, quiet: bool,
) -> int:  # fmt: skip
    """Print a list, or write it."""
    with options.desk(store, user, scheme_name, sets) as desk:
        day, facts = desk.today(on), desk.facts(on, known)
    if out is None:
        tongue = common.console_lang(lang)
        if not quiet:
            options.print_paper(make(facts, desk.scheme, day, tongue))
        return 0
    options.write(make(facts, desk.scheme, day, common.file_lang(lang)), out, common.file_lang(lang))
    options.wrote(out, lang, quiet=quiet)
    return 0


@click.command("subsidies", epilog="Example: firelane star subsidies --on 2022-12-31 -o out/subsidies.xlsx")
@options.desk_options
@options.date_options
@options.paper_option("Write it instead: PDF, XLSX or CSV.")
def subsidies(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, scheme_name: str, sets: tuple[str, ...], on: date | None,
    known: date | None, out: Path | None,
) -> int:  # fmt: skip
    """List who is to be paid for the best grade, and who was; a second time is named, and not paid.

    后补助名单：待拨付、已拨付；再次评为优秀的列出，不重复拨付。
    """
    del debug
    from firelane.registry.star_lists import subsidies as make

    return _list(make, store, user, lang, scheme_name, sets, on, known, out, quiet=quiet)


@click.command("exits", epilog="Example: firelane star exits --on 2022-12-31")
@options.desk_options
@options.date_options
@options.paper_option("Write it instead: PDF, XLSX or CSV.")
def exits(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, scheme_name: str, sets: tuple[str, ...], on: date | None,
    known: date | None, out: Path | None,
) -> int:  # fmt: skip
    """List who failed the last evaluation (and had guidance), who has to leave the register, and who has left.

    不合格名单（含技术指导情况）、应退出备案库的和已退出的。
    """
    del debug
    from firelane.registry.star_lists import exits as make

    return _list(make, store, user, lang, scheme_name, sets, on, known, out, quiet=quiet)


@click.command("progress", epilog="Example: firelane star progress --on 2021-12-31")
@options.desk_options
@options.date_options
@options.paper_option("Write it instead: PDF, XLSX or CSV.")
def progress(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, scheme_name: str, sets: tuple[str, ...], on: date | None,
    known: date | None, out: Path | None,
) -> int:  # fmt: skip
    """Tell how far the aims have come at a date: spaces, subjects, people, each counted once.

    目标任务进展：星创天地、主体、人才，去重统计。
    """
    del debug
    from firelane.registry.star_lists import aims

    return _list(aims, store, user, lang, scheme_name, sets, on, known, out, quiet=quiet)


@click.command("notice", epilog="Example: firelane star notice --on 2021-03-01 -o out/notice.pdf")
@options.desk_options
@options.date_options
@click.option("--batch", default="", help="Only this batch of the experts' review.")
@click.option("--round", "round_id", default=None, metavar="ROUND", help="The published results of this round instead.")
@options.paper_option("The list: PDF, XLSX or CSV.", required=True)
def notice(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, scheme_name: str, sets: tuple[str, ...], on: date | None,
    known: date | None, batch: str, round_id: str | None, out: Path,
) -> int:  # fmt: skip
    """Write the list of those in public notice at a date; with --round the published results.

    生成拟备案公示名单；加 --round 为已发布的考评结果。
    """
    del debug
    from firelane.registry.star_lists import notice as make
    from firelane.registry.star_lists import results

    if batch and round_id is not None:
        raise click.UsageError("--batch is of an application, --round of an evaluation: give one of them")

    def maker(facts: Facts, scheme: Scheme, day: date, tongue: Lang) -> Paper:
        return make(facts, scheme, day, tongue, batch=batch) if round_id is None else results(facts, scheme, round_id, tongue)

    return _list(maker, store, user, lang, scheme_name, sets, on, known, out, quiet=quiet)


@click.command("certificate", epilog="Example: firelane star certificate XC-7 -o out/XC-7.pdf")
@options.desk_options
@options.date_options
@options.paper_option("The certificate: PDF, XLSX or CSV.", required=True)
@click.argument("name", metavar="SPACE|ROUND")
def certificate(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, scheme_name: str, sets: tuple[str, ...], on: date | None,
    known: date | None, out: Path, name: str,
) -> int:  # fmt: skip
    """Write who decided what when about a SPACE or a ROUND, with the hash of each entry of the journal.

    With --set a round is shown as that set scores it; a set for rehearsal puts its watermark on every page.

    生成备案、考评的决定证明，逐条附日志哈希。
    """
    del debug
    from firelane.registry.star_certificate import certificate as make

    with options.desk(store, user, scheme_name, sets) as desk:

        def maker(facts: Facts, scheme: Scheme, day: date, tongue: Lang) -> Paper:
            found = facts.one(name)
            scored = sets and found is not None and found.kind == "round"
            return make(facts, scheme, name, day, tongue, ranking=desk.ranking(name, facts) if scored else None)

    return _list(maker, store, user, lang, scheme_name, sets, on, known, out, quiet=quiet)


@click.command("map", epilog="Example: firelane star map --on 2022-12-31 -o out/star.html")
@options.desk_options
@options.date_options
@click.option("--round", "round_id", default=None, metavar="ROUND", help="Show ranks and scores of this round by its --set.")
@common.file_option((".html",), "The page.")
def star_map(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, scheme_name: str, sets: tuple[str, ...], on: date | None,
    known: date | None, round_id: str | None, out: Path,
) -> int:  # fmt: skip
    """Write a map of all spaces by where they stand: one page that opens without a network.

    生成星创天地地图，单个文件，离线可用。
    """
    del debug
    from firelane.registry.star_map import write_star_map

    with options.desk(store, user, scheme_name, sets) as desk:
        day, facts = desk.today(on), desk.facts(on, known)
        ranking = None if round_id is None else desk.ranking(round_id, facts)
    write_star_map(facts, desk.scheme, day, out, common.file_lang(lang), ranking=ranking)
    options.wrote(out, lang, quiet=quiet)
    return 0


@click.command("book", epilog="Example: firelane star book --on 2022-12-31 -o out/star.xlsx")
@options.desk_options
@options.date_options
@click.option("--round", "round_id", default=None, metavar="ROUND", help="With the evaluation table of this round by its --set.")
@common.file_option((".xlsx",), "The workbook.")
def book(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, scheme_name: str, sets: tuple[str, ...], on: date | None,
    known: date | None, round_id: str | None, out: Path,
) -> int:  # fmt: skip
    """Write the workbook of the registry: spaces, applications, conditions, evaluations, money, exits, progress.

    生成星创天地台账（XLSX）：名录、申报、基本条件、考评、补助、退出、目标进展。
    """
    del debug
    from firelane.registry.star_book import write_star_book

    with options.desk(store, user, scheme_name, sets) as desk:
        day, facts = desk.today(on), desk.facts(on, known)
        ranking = None if round_id is None else desk.ranking(round_id, facts)
    write_star_book(facts, desk.scheme, day, out, common.file_lang(lang), ranking=ranking)
    options.wrote(out, lang, quiet=quiet)
    return 0
