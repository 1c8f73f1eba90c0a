"""The progress report of a programme as a Word document (进展报告)."""

from __future__ import annotations

from pathlib import Path

from firelane.registry.indicators import GrowthMethod, IndicatorKind
from firelane.registry.ip_board_money import ratio
from firelane.registry.ip_charts import chart_pictures
from firelane.registry.ip_standing import Standing
from firelane.registry.ip_tasks import URGENT, TaskStanding, tally
from firelane.registry.ip_word import Word
from firelane.registry.ip_words import (
    heading,
    joined,
    lead_text,
    method_text,
    progress_text,
    share_text,
    told,
    word,
    yuan_text,
)
from firelane.registry.judging import IndicatorStanding, Status, number_text, pct_text
from firelane.registry.kinds import kinds
from firelane.vocabulary import Lang

_LONGEST_NOTE = 300


def write_report(standing: Standing, path: Path, lang: Lang = "zh") -> None:
    """Write the report; the same standing gives the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    _Writer(standing, lang).document().save(path)


class _Writer:
    """Fills one report."""

    def __init__(self, s: Standing, lang: Lang) -> None:
        self.s, self.lang, self.zh = s, lang, lang == "zh"
        title = f"{s.plan.label(lang)} {word('report', lang)}"
        self.word = Word(lang, title, f"{s.plan.number}　{word('as_of', lang)} {s.on}")
        self.section = 0

    def document(self) -> Word:
        s, lang = self.s, self.lang
        self.word.heading(s.plan.label(lang), 0)
        self.word.heading(self.say("进展报告", "Progress report"), 1)
        self.word.table(
            [[self.say("项目", "item"), self.say("内容", "what it is")], *([a, b] for a, b in heading(s, lang))], [50, 120]
        )
        if s.empty:
            self.word.text(word("nothing", lang), bold=True)
        pictures = chart_pictures(s, lang)
        self._summary()
        self._urgent()
        self._units(pictures["lead_units"])
        self._tasks()
        self._indicators(pictures["indicators"])
        self._growth(pictures["growth"])
        self._funds(pictures["fund_shares"])
        self._loans()
        self._documents()
        self._open()
        return self.word

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def head(self, zh: str, en: str) -> None:
        self.section += 1
        numerals = "一二三四五六七八九十"
        self.word.heading(f"{numerals[self.section - 1]}、{zh}" if self.zh else f"{self.section}. {en[0].upper()}{en[1:]}", 1)

    # ------------------------------------------------------------------ sections

    def _summary(self) -> None:
        s, lang = self.s, self.lang
        self.head("总体情况", "overall")
        counts = tally(s.tasks)
        self.word.text(self.say(f"方案共 {len(s.tasks)} 项任务：", f"{len(s.tasks)} tasks: ") + self._counted(counts))
        figures = {x: sum(i.status is x for i in s.indicators) for x in Status}
        self.word.text(
            self.say(f"共 {len(s.indicators)} 项指标：", f"{len(s.indicators)} indicators: ") + self._counted(figures)
        )
        late = sum(t.late for t in s.tasks)
        self.word.text(self.say(f"期限已过、未完成的任务 {late} 项。", f"Tasks whose last day has gone by, not done: {late}."))
        for found in s.funds.rules:
            self.word.text(
                f"{found.rule.id} {found.rule.label(lang)}{self.say('：', ': ')}{found.ruling.label(lang)}{self.say('。', '.')}"
            )
        for tolerance, _, ruling in s.loans.tolerances:
            self.word.text(
                f"{tolerance.id} {tolerance.label(lang)} {ratio(s.loans)}{self.say('：', ': ')}{ruling.label(lang)}{self.say('。', '.')}"
            )
        pending = sum(s.pending.values())
        if pending:
            self.word.text(self.say(
                f"以上数字含未审核记录 {pending} 条；不通过和作废的记录不计。", f"{pending} of the records behind these figures are not approved yet; rejected ones never count.",
            ))  # fmt: skip

    def _counted(self, counts: dict[Status, int]) -> str:
        told_ = self.say("，", ", ").join(f"{x.label(self.lang)} {n}" for x, n in counts.items() if n)
        return told_ + self.say("。", ".")

    def _urgent(self) -> None:
        lang = self.lang
        self.head("逾期和有风险的事项", "late and at risk")
        tasks = sorted(
            (t for t in self.s.tasks if t.status in URGENT or t.late),
            key=lambda t: (not t.late, list(Status).index(t.status), t.task.number),
        )
        if not tasks:
            self.word.text(word("none", lang))
        for t in tasks:
            line = f"{t.status.label(lang)}　{self.say('任务', 'task')} {t.task.number} {t.task.label(lang)}"
            self.word.text(
                f"{line}　{lead_text(t, lang)}　{self.say('期限', 'last day')} {t.due.day}　{joined(t.reasons, lang)}",
                bullet=True,
            )
        for found in self.s.funds.rules:
            if found.ruling.value in ("broken", "undecided"):
                shares = joined(
                    (
                        (
                            f"{x.reading.zh} {self._share(x.share_pct, found.rule.share_pct)}",
                            f"{x.reading.en} {self._share(x.share_pct, found.rule.share_pct)}",
                        )
                        for x in found.shares
                    ),
                    lang,
                )
                self.word.text(
                    f"{found.ruling.label(lang)}　{found.rule.id} {found.rule.label(lang)} ≥ {found.rule.share_pct:g} %　{shares}",
                    bullet=True,
                )

    @staticmethod
    def _share(share: float | None, limit: float) -> str:
        return "—" if share is None else pct_text(share, limit)

    def _units(self, picture: bytes) -> None:
        s, lang = self.s, self.lang
        self.head("牵头单位", "lead units")
        used = [x for x in Status if any(t.status is x for t in s.tasks)]
        rows = [
            [
                self.say("牵头单位", "lead unit"),
                self.say("任务", "tasks"),
                *(x.label(lang) for x in used),
                self.say("期限已过", "past"),
            ]
        ]
        for u in s.units:
            name = u.lead.label(lang) + (f"（{word('unresolved', lang)}）" if u.lead.unresolved else "")
            rows.append([name, str(len(u.tasks)), *(str(u.count(x)) for x in used), str(u.late)])
        counts = tally(s.tasks)
        rows.append(
            [word("total", lang), str(len(s.tasks)), *(str(counts[x]) for x in used), str(sum(t.late for t in s.tasks))]
        )
        rest = 118.0 / (len(used) + 2)
        self.word.table(rows, [52.0, *[rest] * (len(used) + 2)])
        self.word.picture(picture)

    def _tasks(self) -> None:
        lang = self.lang
        self.head("各项任务", "the tasks")
        for project in self.s.plan.projects:
            mine = [t for t in self.s.tasks if t.task.project == project.id]
            if mine:
                self.word.heading(f"{project.number}{project.label(lang)}", 2)
                heads = [
                    self.say("任务", "task"),
                    self.say("牵头单位", "lead"),
                    self.say("状态", "status"),
                    self.say("进展", "progress"),
                ]
                self.word.table([heads, *(self._task(t) for t in mine)], [42, 34, 22, 72], size_pt=8.5)

    def _task(self, t: TaskStanding) -> list[str]:
        lang = self.lang
        parts = [
            f"{self.say('期限', 'last day')} {t.due.day}（{told(t.due.basis, lang)}）"
            if self.zh
            else f"last day {t.due.day} ({told(t.due.basis, lang)})"
        ]
        if t.report is not None:
            share = "" if t.report["share_pct"] is None else f" {t.report['share_pct']:g} %"
            state = t.state_label(lang, kinds("ip")["task_state"].column("state").choices)
            pending = "" if t.report.decision == "approved" else f"（{word('pending_word', lang)}）"
            note = (t.report["note"] or "")[:_LONGEST_NOTE]
            parts.append(
                f"{t.report.day} {self.say('填报', 'reported')}{self.say('：', ': ')}{state}{share}{pending} {note}".strip()
            )
        parts += [
            f"{i.indicator.id} {i.indicator.label(lang)}{self.say('：', ': ')}{progress_text(i, lang)}"
            for i in t.indicators
            if i.indicator.kind is not IndicatorKind.QUALITATIVE
        ]
        parts += [told(w, lang) for w in (*t.reasons, *t.flags)]
        return [f"{t.task.number} {t.task.label(lang)}", lead_text(t, lang), t.status.label(lang), "\n".join(parts)]

    def _indicators(self, picture: bytes) -> None:
        self.head("指标", "indicators")
        self.word.picture(picture)
        heads = [
            self.say("指标", "indicator"),
            self.say("目标", "target"),
            self.say("实际", "value"),
            self.say("份额", "share"),
            self.say("状态", "status"),
            self.say("说明", "remarks"),
        ]
        rows = [heads, *(self._indicator(i) for i in self.s.indicators if i.growth is None)]
        self.word.table(rows, [46, 22, 22, 14, 20, 46], size_pt=8.5)
        self.word.text(
            self.say(
                f"目标均出自 {self.s.plan.number}，逐项出处见看板和进展表。",
                f"Targets are those of {self.s.plan.number}; the board and the tables cite each.",
            ),
            small=True,
        )

    def _indicator(self, i: IndicatorStanding) -> list[str]:
        lang = self.lang
        x = i.indicator
        as_of = "" if i.as_of is None else f"\n{i.as_of}"
        share = "—" if x.kind is IndicatorKind.QUALITATIVE else share_text(i.share)
        return [
            f"{x.id} {x.label(lang)}",
            x.target_text(lang),
            f"{i.value_text(lang)}{as_of}",
            share,
            i.status.label(lang),
            joined((*i.reasons, *i.flags), lang),
        ]

    def _growth(self, picture: bytes) -> None:
        s, lang = self.s, self.lang
        self.head("年均增幅", "growth")
        self.word.text(self.say(
            "“年均增幅”可读作复合年均增长率，也可读作逐年增长率的算术平均，原文没有写明；以下两种算法并列，未满一年的数值不折算、不计入。",
            "年均增幅 can mean the compound rate or the mean of the yearly rates, and the text does not say which: both stand here; parts of a year are neither scaled up nor counted.",
        ))  # fmt: skip
        heads = [
            self.say("指标", "indicator"),
            self.say("期间", "span"),
            *(m.label(lang) for m in GrowthMethod),
            self.say("状态", "status"),
        ]
        rows = [heads]
        for i in s.indicators:
            g = i.growth
            if g is None:
                continue
            if g.computed and g.base_value is not None and g.last_value is not None:
                span = f"{g.base_year} {number_text(g.base_value)} → {g.last_year} {number_text(g.last_value)} {i.indicator.actual_unit_label(lang)}"
            else:
                span = told(g.reason, lang)
            both = [method_text(i, m, lang) if g.computed else "—" for m in GrowthMethod]
            rows.append(
                [
                    f"{i.indicator.id} {i.indicator.label(lang)} {i.indicator.target_text(lang)}",
                    span,
                    *both,
                    i.status.label(lang),
                ]
            )
        self.word.table(rows, [50, 44, 28, 28, 20], size_pt=8.5)
        for i in s.indicators:
            if i.growth is not None and i.flags:
                self.word.text(f"{i.indicator.id}{self.say('：', ': ')}{joined(i.flags, lang)}", small=True)
        self.word.picture(picture)

    def _funds(self, picture: bytes) -> None:
        s, lang = self.s, self.lang
        self.head("资金", "funds")
        heads = [
            self.say("规则", "rule"),
            self.say("读法", "reading"),
            self.say("分子", "numerator"),
            self.say("分母", "denominator"),
            self.say("比例", "share"),
            self.say("结论", "ruling"),
        ]
        rows = [heads]
        for f in s.funds.rules:
            rows += [
                [f"{f.rule.id} {f.rule.label(lang)} ≥ {f.rule.share_pct:g} %", x.reading.label(lang), yuan_text(x.numerator_yuan, lang), yuan_text(x.denominator_yuan, lang),
                 self._share(x.share_pct, f.rule.share_pct), f.ruling.label(lang)]
                for x in f.shares
            ]  # fmt: skip
        self.word.table(rows, [48, 32, 25, 25, 16, 24], size_pt=8.5)
        for f in s.funds.rules:
            self.word.text(f"{f.rule.id}{self.say('：', ': ')}{f.rule.note_zh if self.zh else f.rule.note_en}", small=True)
        t = s.funds.total
        names = {n.id: n.label(lang) for n in s.plan.fund_sources}
        rows = [
            [
                self.say("资金来源", "source"),
                self.say("下达", "received"),
                self.say("已安排", "committed"),
                self.say("已支付", "paid"),
            ]
        ]
        rows += [
            [names.get(b.source, b.source), *(yuan_text(v, lang) for v in (b.received_yuan, b.committed_yuan, b.paid_yuan))]
            for b in s.funds.balances
        ]
        rows.append([word("sum", lang), *(yuan_text(v, lang) for v in (t.received_yuan, t.committed_yuan, t.paid_yuan))])
        self.word.table(rows, [50, 40, 40, 40])
        for flag in s.funds.flags:
            self.word.text(told(flag, lang), bullet=True)
        self.word.picture(picture)

    def _loans(self) -> None:
        s, lang = self.s, self.lang
        self.head("质押融资", "pledge loans")
        x = s.loans
        self.word.text(self.say(
            f"登记贷款 {x.number} 笔，累计放款 {yuan_text(x.lent_yuan, lang)}，余额 {yuan_text(x.outstanding_yuan, lang)}，不良 {yuan_text(x.non_performing_yuan, lang)}，不良率 {ratio(x)}。",
            f"{x.number} loans are recorded: lent {yuan_text(x.lent_yuan, lang)}, outstanding {yuan_text(x.outstanding_yuan, lang)}, non-performing {yuan_text(x.non_performing_yuan, lang)}, ratio {ratio(x)}.",
        ))  # fmt: skip
        for tolerance, found, ruling in x.tolerances:
            self.word.text(
                f"{tolerance.id} {tolerance.label(lang)} ≤ {tolerance.limit_pct:g} %{self.say('：', ': ')}{ruling.label(lang)}",
                bold=True,
            )
            for r in found:
                verdict = "—" if r.met is None else word("yes" if r.met else "no", lang)
                self.word.text(f"{r.reading.label(lang)}{self.say('：', ': ')}{verdict}　{told(r.reason, lang)}", bullet=True)
            self.word.text(tolerance.note_zh if self.zh else tolerance.note_en, small=True)
        for flag in x.flags:
            self.word.text(told(flag, lang), bullet=True)
        if s.agencies is not None:
            self.word.text(
                self.say(
                    f"在驻服务机构 {len(s.agencies.members)} 家。",
                    f"{len(s.agencies.members)} service agencies are in the carriers.",
                )
            )

    def _documents(self) -> None:
        lang = self.lang
        self.head("拟出台的文件和制度", "documents to be issued")
        rows = [[self.say("文件或制度", "document"), self.say("任务", "task"), self.say("出台", "issued")]]
        for d in self.s.documents:
            found = (
                word("not_found", lang) if d.record is None else f"{d.record.day} {d.record['name']} {d.record['number'] or ''}"
            )
            rows.append([d.document.label(lang), "、".join(d.document.tasks), found])
        self.word.table(rows, [80, 20, 70])

    def _open(self) -> None:
        self.head("待确认", "to be confirmed")
        for q in self.s.plan.questions:
            self.word.text(f"{q.id} {q.label(self.lang)}", bullet=True)
        self.word.text(self.s.plan.horizon.note_zh if self.zh else self.s.plan.horizon.note_en, small=True)
