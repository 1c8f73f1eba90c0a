"""A scheme of Star Spaces as data: aims, conditions, functions, filing, evaluation, money, exit (星创天地实施意见)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from firelane.registry.documents import Document, Misprint, Named, Question
from firelane.registry.indicators import Citation, Comparator, Indicator, Mark
from firelane.registry.kinds import Kind, Words, word_lists
from firelane.registry.numerals import numeral
from firelane.registry.own_records import Additions
from firelane.registry.star_flowfile import Flow
from firelane.registry.star_sets import IndicatorSet, load_indicator_set
from firelane.vocabulary import Lang, Term

__all__ = [
    "Basis", "Condition", "Criterion", "CriterionKind", "DirectBasis", "Duty", "Evaluation", "ExitRule", "Function",
    "Grade", "IndicatorSet", "Scheme", "Step", "Subsidy", "Variant", "Vocabulary", "load_indicator_set", "load_scheme",
]  # fmt: skip


_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


class CriterionKind(Term):
    """How a criterion is checked."""

    PRESENCE = "presence", "有无材料", "presence of evidence"
    COUNT = "count", "数量", "count"
    JUDGEMENT = "judgement", "评审判断", "a reviewer's judgement"
    ABSENCE = "absence", "核查无记录", "a check that found nothing"


@dataclass(frozen=True)
class Variant:
    """A document number as it is printed in one place."""

    number: str
    citation: Citation


@dataclass(frozen=True)
class Basis(Named):
    """A document that the scheme rests on, with its number as printed in each place."""

    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class Vocabulary(Named):
    """A list as printed; ``open`` where it ends in 等."""

    open: bool
    items: tuple[Named, ...]
    citation: Citation


@dataclass(frozen=True)
class Criterion(Named):
    """One thing that a condition asks for, checkable.

    Parameters
    ----------
    kind : CriterionKind
    comparator, threshold, unit, unit_en
        Of a count; ``threshold`` None for the others.
    per : str
        ``calendar_year`` where every calendar year counts for itself, else "".
    years : str
        Of a date: the full years ``since`` it, or ``until`` it, are what is counted; else "".
    alternative : str
        Criteria of one condition that share this word stand for each other: one is enough. "" for none.
    decides : bool
        Whether the condition depends on it; what does not is recorded only.
    record, field, where
        The kind of record it is looked up in, the column that must be filled ("" for none), and what columns must hold.
    evidence : tuple of str
        Kinds of documents that prove it (Chinese).
    mark : Mark
        T where the threshold is printed, P where it is proposed.
    """

    condition: str
    kind: CriterionKind
    comparator: Comparator
    threshold: float | None
    unit: str
    unit_en: str
    per: str
    years: str
    alternative: str
    decides: bool
    record: str
    field: str
    where: Mapping[str, tuple[str, ...]]
    evidence: tuple[str, ...]
    mark: Mark
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class Condition(Named):
    """A basic condition (基本条件), word by word, with its criteria."""

    number: str
    citation: Citation
    text_en: str
    criteria: tuple[Criterion, ...]

    @property
    def groups(self) -> tuple[tuple[Criterion, ...], ...]:
        """Criteria that decide, those that stand for each other together: every group must be met by one of it."""
        found: dict[str, list[Criterion]] = {}
        for item in self.criteria:
            if item.decides:
                found.setdefault(item.alternative or item.id, []).append(item)
        return tuple(tuple(group) for group in found.values())


@dataclass(frozen=True)
class Function(Named):
    """A service function (服务功能), word by word, and what is recorded of it (proposed)."""

    number: str
    citations: tuple[Citation, ...]
    records_zh: str
    records_en: str


@dataclass(frozen=True)
class Step(Named):
    """A step of filing as the text tells it; ``transitions`` are those of the flow that stand for it."""

    actor_zh: str
    actor_en: str
    transitions: tuple[str, ...]
    citations: tuple[Citation, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class DirectBasis(Named):
    """What entitles to filing without review."""

    citation: Citation


@dataclass(frozen=True)
class Grade(Named):
    """A grade; ``share_max`` is the share of those evaluated that it must not exceed, rounded down to whole spaces."""

    share_max: float | None
    citations: tuple[Citation, ...]
    consequence_zh: str
    consequence_en: str


@dataclass(frozen=True)
class Evaluation:
    """Who is evaluated, when, by what."""

    trigger_zh: str
    trigger_en: str
    first_level: tuple[Named, ...]
    first_level_count: int
    second_level_count: int
    citations: tuple[Citation, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class Subsidy:
    """Money for a grade: ``once`` as printed; what a later round gives is not stated."""

    grade: str
    amount_yuan: float
    once: bool
    uses: tuple[Named, ...]
    budget_line: str
    budget_line_en: str
    levels: tuple[str, ...]
    to_confirm: tuple[str, ...]
    citations: tuple[Citation, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class ExitRule:
    """Which row of grades ends the filing."""

    grade: str
    consecutive: int
    citations: tuple[Citation, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class Duty(Named):
    """A duty that the safeguards name."""

    unit_zh: str
    unit_en: str
    citation: Citation


@dataclass(frozen=True)
class Scheme(Document):
    """A scheme of a city, complete."""

    bases: tuple[Basis, ...]
    annexes: tuple[Duty, ...]
    vocabularies: Mapping[str, Vocabulary]
    aims: tuple[Indicator, ...]
    conditions: tuple[Condition, ...]
    functions: tuple[Function, ...]
    steps: tuple[Step, ...]
    flow: Flow
    direct_bases: tuple[DirectBasis, ...]
    evaluation: Evaluation
    grades: tuple[Grade, ...]
    subsidy: Subsidy | None
    exit_rule: ExitRule | None
    duties: tuple[Duty, ...]
    misprints: tuple[Misprint, ...]
    open_questions: tuple[Question, ...]
    indicator_set: str
    place: str = ""
    additions: Additions = field(default_factory=Additions)
    folder: str = field(default="", compare=False)  # of the user's file, "" where it comes with firelane

    @property
    def set_file(self) -> str:
        """Name of the packaged set, or path of the user's, which is told as seen from the scheme's file."""
        return str(Path(self.folder) / self.indicator_set) if self.folder and self.indicator_set.endswith(".toml") else self.indicator_set

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """Kinds of records: words and headings are those of the scheme, columns of its own stand behind the others."""
        best = self.grades[0]
        lists: dict[str, Words] = {"grade": {g.id: (g.zh, g.en) for g in self.grades}}
        if self.direct_bases:
            lists["direct"] = {b.id: (b.zh, b.en) for b in self.direct_bases}
        if self.exit_rule is not None:
            rule, words = self.exit_rule, dict(word_lists("star")["exit"])
            failed = self.grade[rule.grade]
            number = _NUMBERS.get(rule.consecutive, str(rule.consecutive))
            words["two_fails"] = (
                f"连续{numeral(rule.consecutive, counting=True)}次考核{failed.zh}", f"{number} consecutive {failed.en}{'s' if rule.consecutive > 1 else ''}"
            )
            lists["exit"] = words
        found = dict(self.additions.kinds("star", lists))
        column = found["edge"].column("excellent")
        named = replace(column, zh=f"评为{best.zh}", en=f"graded {best.en}")
        found["edge"] = replace(found["edge"], columns=tuple(named if c is column else c for c in found["edge"].columns))
        return found

    def paid_levels(self, lang: Lang = "zh") -> str:
        """Return the names of the levels whose spaces the subsidy is for beyond doubt; "" where all are."""
        words = self.kinds["space"].column("level").choices
        told = [words.get(key, (key, key)) for key in (self.subsidy.levels if self.subsidy is not None else ())]
        return ("、" if lang == "zh" else " or ").join(w[0 if lang == "zh" else 1] for w in told)

    @cached_property
    def criteria(self) -> Mapping[str, Criterion]:
        """Criteria of all conditions by id."""
        return {item.id: item for condition in self.conditions for item in condition.criteria}

    @cached_property
    def grade(self) -> Mapping[str, Grade]:
        """Grades by id, the best first."""
        return {item.id: item for item in self.grades}


def load_scheme(name_or_path: str | Path = "shenyang_star_2020") -> Scheme:
    """Return a packaged scheme, or that of a file of the user's.

    Raises
    ------
    InputError
        Every problem of the file at once.

    >>> scheme = load_scheme()
    >>> len(scheme.conditions), len(scheme.functions), scheme.grade["excellent"].share_max
    (7, 7, 0.3)
    """
    from firelane.registry.star_scheme_rows import read_scheme  # noqa: PLC0415  (it builds what is declared here)

    return read_scheme(name_or_path)
