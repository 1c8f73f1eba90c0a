"""What a plan wants to see: indicators, how their figures are compared, and where each is printed (指标、目标值、出处)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from firelane.vocabulary import Lang, Term


class Mark(Term):
    """How far a statement can be trusted."""

    TEXT = "T", "原文", "official text"
    READ = "R", "公开网页所载", "read on a public page"
    CODE = "K", "开源代码所载", "read in open source code"
    MEMORY = "M", "凭记忆", "from memory"
    COMPUTED = "C", "推算", "computed"
    PROPOSED = "P", "本项目建议，待确认", "proposed – to be confirmed"


class IndicatorKind(Term):
    """What the figures of an indicator are, and therefore how they are judged."""

    GROWTH = "growth", "年均增幅", "average yearly growth"
    CUMULATIVE = "cumulative", "累计数", "cumulative count"
    STOCK = "stock", "时点数", "number at a date"
    MILESTONE = "milestone", "里程碑", "milestone"
    QUALITATIVE = "qualitative", "定性", "qualitative"


class Comparator(Term):
    """How an actual figure is held against the target."""

    AT_LEAST = ">=", "不少于（以上，含本数）", "at least"
    AT_MOST = "<=", "不超过（以内，含本数）", "at most"
    PLAIN = "=", "达到（原文只写数目，未写“以上”）", "reach (a bare number in the text)"
    NONE = "none", "无数值", "no figure"

    def met(self, value: float, target: float) -> bool:
        """Tell whether ``value`` reaches ``target``; a bare number is reached by more of it too.

        >>> Comparator.AT_LEAST.met(5, 5), Comparator.PLAIN.met(6, 5), Comparator.AT_MOST.met(3.1, 3)
        (True, True, False)

        Raises
        ------
        ValueError
            For an indicator that has no figure: it is never met by one.
        """
        if self is Comparator.NONE:
            raise ValueError("an indicator without a figure is not compared")
        return value <= target if self is Comparator.AT_MOST else value >= target


class BaseStatus(Term):
    """What is known of the base year of a growth."""

    STATED = "stated", "文件载明", "stated in the text"
    TO_CONFIRM = "to_be_confirmed", "文件未载明，暂用，待确认", "not in the text, assumed, to be confirmed"
    NOT_STATED = "not_stated", "文件未载明", "not stated"
    NOT_NEEDED = "not_needed", "不需要", "not needed"


class GrowthMethod(Term):
    """How 年均增幅 is read."""

    COMPOUND = "compound", "复合年均增长率", "compound rate"
    MEAN = "mean", "逐年增长率的算术平均", "mean of the yearly rates"


@dataclass(frozen=True)
class Citation:
    """Where something is printed, word by word.

    Parameters
    ----------
    document : str
        Number of the document (文号).
    article : str
        Section inside it, e.g. ``一·（三）``.
    verbatim : str
        The words, apart from line breaks of the layout.
    mark : Mark
    """

    document: str
    article: str
    verbatim: str
    mark: Mark = Mark.TEXT

    def text(self, lang: Lang = "zh") -> str:
        """Return document, section and words on one line; the words stay Chinese."""
        joint = "：" if lang == "zh" else ": "
        return f"{self.document} {self.article}{joint}「{self.verbatim}」"


@dataclass(frozen=True)
class Indicator:
    """One thing that a plan wants to see, with its target.

    Parameters
    ----------
    id : str
    zh, en : str
        Names.
    kind : IndicatorKind
    unit, unit_en : str
        Unit of ``target`` as printed (家, 项, %), and in English.
    comparator : Comparator
    target : float or None
        In ``unit``; None for a qualitative one.
    due : date or None
        Last day.
    due_text : str
        The words it comes from.
    base_year : int or None
        Of a growth.
    base_status : BaseStatus
    distinct : str or None
        What is counted once only: ``usci`` (unified social credit code), ``subject`` (code or name), ``person``.
    method : GrowthMethod
        How the growth is computed unless a user asks otherwise.
    citations : tuple of Citation
        Every wording, that of the goal first.
    goal : str
        Id of the goal; "" for a figure that stands at a task alone.
    tasks : tuple of str
        Ids of the tasks that name it.
    to_confirm : tuple of str
        Names of those fields that the text does not settle.
    series_unit, series_unit_en : str
        Unit of the yearly actuals of a growth or of a qualitative one with a series; "" where there is none.
    counts_from : date or None
        Only what came about on or after this day counts (新增).
    national_id : str
        The national indicator that it answers.
    note_zh, note_en : str
    """

    id: str
    zh: str
    en: str
    kind: IndicatorKind
    unit: str
    unit_en: str
    comparator: Comparator
    target: float | None
    due: date | None
    due_text: str
    base_year: int | None
    base_status: BaseStatus
    distinct: str | None
    method: GrowthMethod
    citations: tuple[Citation, ...]
    goal: str = ""
    tasks: tuple[str, ...] = ()
    to_confirm: tuple[str, ...] = ()
    series_unit: str = ""
    series_unit_en: str = ""
    counts_from: date | None = None
    national_id: str = ""
    note_zh: str = ""
    note_en: str = ""

    def label(self, lang: Lang = "zh") -> str:
        """Return the name in ``lang``."""
        return self.zh if lang == "zh" else self.en

    def unit_label(self, lang: Lang = "zh") -> str:
        """Return the unit of the target in ``lang``."""
        return self.unit if lang == "zh" else self.unit_en

    def note(self, lang: Lang = "zh") -> str:
        """Return the note in ``lang``."""
        return self.note_zh if lang == "zh" else self.note_en

    @property
    def actual_unit(self) -> str:
        """Unit of the figures that are reported."""
        return self.series_unit or self.unit

    def actual_unit_label(self, lang: Lang = "zh") -> str:
        """Return the unit of the figures that are reported, in ``lang``."""
        return self.actual_unit if lang == "zh" else (self.series_unit_en or self.unit_en)

    def target_text(self, lang: Lang = "zh") -> str:
        """Return the target as a reader expects it; what is not settled says so.

        The words that settle it stand in ``citations``.
        """
        if self.target is None:
            return "定性" if lang == "zh" else "qualitative"
        signs = {Comparator.AT_LEAST: "≥ ", Comparator.AT_MOST: "≤ ", Comparator.PLAIN: ""}
        unit = self.unit_label(lang)
        return f"{signs[self.comparator]}{self.target:g} {unit}"
