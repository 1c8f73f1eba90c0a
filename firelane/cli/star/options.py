"""What the subcommands of ``firelane star`` share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from firelane.cli import common
from firelane.cli.case import options as case_options
from firelane.cli.console import harmless, room, table
from firelane.cli.registry import desk as desks
from firelane.cli.registry.asked import Asked, gathered, plain_options
from firelane.cli.registry.asked import Work as AnyWork
from firelane.errors import UsageError

if TYPE_CHECKING:
    from firelane.registry.star_desk import StarRegister
    from firelane.registry.star_facts import Facts
    from firelane.registry.star_papers import Paper
    from firelane.registry.star_rounds import Ranking
    from firelane.registry.star_scheme import Scheme
    from firelane.registry.star_sets import IndicatorSet
    from firelane.vocabulary import Lang

F = TypeVar("F", bound=Callable[..., Any])
PAPERS = (".pdf", ".xlsx", ".csv")
REGISTRY_NAME = "star"


def scheme_option(command: F) -> F:
    """Add the scheme that is meant."""
    return click.option(
        "--scheme", "scheme_name", default="shenyang_star_2020", show_default=True, metavar="NAME|FILE", help="The scheme (TOML)."
    )(command)


def desk_options(command: F) -> F:
    """Add store, user, scheme and indicator sets."""
    command = click.option(
        "--set", "sets", multiple=True, metavar="FILE", help="An indicator set (TOML) beside the scheme's own; may be repeated."
    )(command)
    return case_options.store_options(scheme_option(command))


def paper_option(text: str, *, required: bool = False) -> Callable[[F], F]:
    """Add ``-o FILE`` for a list: PDF, XLSX or CSV."""
    if required:
        return common.file_option(PAPERS, text)

    def checked(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
        if value is not None and value.suffix.lower() not in PAPERS:
            raise click.BadParameter(f"'{value}' must end in {' or '.join(PAPERS)}")
        return value

    return click.option("-o", "--out", type=click.Path(path_type=Path), default=None, help=text, callback=checked)


@dataclass(frozen=True)
class Desk:
    """A register with its scheme, and the sets that were given."""

    register: StarRegister
    scheme: Scheme
    given: tuple[tuple[str, IndicatorSet], ...]

    def title(self, lang: Lang) -> str:
        """Return the name of the scheme."""
        return self.scheme.label(lang)

    def today(self, on: date | None) -> date:
        """Return the day that is asked about; by default today, Beijing time."""
        return desks.today(self.register, on)

    def facts(self, on: date | None, known: date | None) -> Facts:
        """Return what is recorded as of a day."""
        return self.register.facts(self.today(on), known_on=known)

    def set_for(self, round_id: str, facts: Facts) -> tuple[str, IndicatorSet]:
        """Return the file and the set that a round is scored by: the one given, else the one that it was called with."""
        called = facts.one(round_id)
        if called is None or called.kind != "round":
            told = harmless(round_id)
            raise UsageError(f"there is no round {told!r}", f"没有考评轮次 {told}")
        own = [(name, s) for name, s in self.given if s.id == called["set"]]
        if own or self.given:
            return (own or list(self.given))[-1]
        found = self.register.sets.get(str(called["set"]))
        if found is None:
            raise UsageError(
                f"give the indicator set {called['set']} of the round: --set FILE", f"请提供本轮的指标体系 {called['set']}：--set FILE"
            )
        return "", found

    def ranking(self, round_id: str, facts: Facts) -> Ranking:
        """Return the ranking of a round by the set that is meant."""
        from firelane.registry.star_rounds import rank_round

        return rank_round(facts, round_id, self.set_for(round_id, facts)[1])


@dataclass(frozen=True, kw_only=True)
class Look(Asked):
    """A look at a scheme, without records.

    Attributes
    ----------
    scheme_name : str
    """

    scheme_name: str

    def scheme(self) -> Scheme:
        """Return the scheme.

        Raises
        ------
        InputError
            Every problem of its file.
        """
        from firelane.registry.star_scheme import load_scheme

        return load_scheme(self.scheme_name)


@dataclass(frozen=True, kw_only=True)
class Work(AnyWork, Look):
    """Work at the register of a scheme.

    Attributes
    ----------
    sets : tuple of str
        Files of indicator sets.
    """

    sets: tuple[str, ...]

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Open the register."""
        from firelane.registry.star_desk import StarRegister
        from firelane.registry.star_scheme import load_indicator_set

        scheme = self.scheme()
        given = tuple((name, load_indicator_set(name, scheme)) for name in self.sets)
        with desks.opened(self.store, REGISTRY_NAME) as found:
            register = StarRegister(found, case_options.user_name(self.user), scheme, [s for _, s in given])
            yield Desk(register, scheme, given)


@dataclass(frozen=True, kw_only=True)
class Question(Work):
    """A question to the register of a scheme at a date.

    Attributes
    ----------
    on, known : date or None
    """

    on: date | None
    known: date | None

    def facts(self, desk: Desk) -> Facts:
        """Return what is recorded as of the date."""
        return desk.facts(self.on, self.known)


look = gathered(Look, plain_options, scheme_option)
work = gathered(Work, desk_options)
question = gathered(Question, desk_options, desks.date_options)
REGISTRY = desks.Registry(
    REGISTRY_NAME, work, example="XC-1a2b3c4d5e", kind="resident",
    filters=(("--space", "space", "Only those of this space."), ("--round", "round", "Only those of this round.")),
    taking=(
        "Steps and rounds are taken in the order of their days, whatever that of the rows; none that the scheme forbids is recorded. ",
        "流程记录按日期先后核对，不合流程的不予登记。",
    ),
)  # fmt: skip


def print_paper(paper: Paper) -> None:
    """Print a list on the console, without the tables that are too long for a page."""
    from firelane.registry.star_papers import shown

    if paper.watermark:
        common.say(f"*** {paper.watermark} ***")
    common.say(harmless(paper.title))
    for line in paper.lines:
        common.say(f"  {harmless(line)}")
    blocks = [b for b in paper.blocks if b.on_page]
    for block in blocks:
        if len(blocks) > 1:
            common.say(harmless(block.title))
        if block.rows:
            numbers = [k for k in range(len(block.heads)) if all(isinstance(r[k], (int, float)) or r[k] is None for r in block.rows)]
            for line in table([harmless(h) for h in block.heads], [[harmless(shown(v)) for v in r] for r in block.rows], width=room(), right=numbers):
                common.say(line)
        elif block.empty:
            common.say(f"  {harmless(block.empty)}")
    for line in paper.remarks:
        common.say(f"  {harmless(line)}")
    if paper.watermark:
        common.say(f"*** {paper.watermark} ***")


def write(paper: Paper, out: Path, lang: Lang) -> None:
    """Write a list as its file's ending says."""
    if out.suffix.lower() == ".pdf":
        from firelane.cli.star.sheets import write_pdf

        write_pdf(paper, out, lang)
        return
    from firelane.registry.star_papers import write_paper

    write_paper(paper, out, lang)
