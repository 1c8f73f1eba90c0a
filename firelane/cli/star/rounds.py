"""Evaluation rounds: ranked, published, their table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common
from firelane.cli.case.options import day
from firelane.cli.star import options
from firelane.errors import UsageError

if TYPE_CHECKING:
    from firelane.registry.star_papers import Paper
    from firelane.registry.star_rounds import Ranking
    from firelane.vocabulary import Lang


@click.command("rank", epilog="Example: firelane star rank LP-2022 --set official.toml")
@options.question
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.argument("round_id", metavar="ROUND")
def rank(asked: options.Question, *, as_json: bool, round_id: str) -> int:
    """Score and rank ROUND by its indicator set (--set FILE): ties, the quota and its rounding, who is undecided.

    A provisional set is not scored; a set for rehearsal is scored with a watermark and without grades; only an official
    set yields grades. Exit code 1 while an official ranking has something to be settled.

    按指标体系（--set FILE）评分排名：并列、优秀名额及取整、待裁定者。暂定的不评分，演练的带水印、无等次，正式的产生等次。
    """
    from firelane.registry.star_lists import evaluation

    tongue = asked.console_lang
    with asked.desk() as desk:
        facts = asked.facts(desk)
        ranking = desk.ranking(round_id, facts)
    if as_json:
        common.say(json.dumps(_json(ranking, tongue), ensure_ascii=False, indent=1))
    elif not asked.quiet:
        options.print_paper(_narrow(evaluation(facts, desk.scheme, ranking, tongue)))
    return 1 if ranking.indicators.status.grades and ranking.blocks else 0


def _narrow(paper: Paper) -> Paper:
    """Leave the first-level columns out: a terminal has no room for them."""
    block = paper.blocks[0]
    kept = [0, 1, 2, *range(len(block.heads) - 3, len(block.heads))]
    short = replace(block, heads=[block.heads[k] for k in kept], rows=[[row[k] for k in kept] for row in block.rows])
    return replace(paper, blocks=[short])


def _json(ranking: Ranking, lang: Lang) -> dict[str, object]:
    from firelane.registry.star_scoring import told, watermark

    mark = watermark(ranking.indicators, lang)
    return {
        "round": ranking.round.record_id, "set": ranking.indicators.id, "status": ranking.indicators.status.value, **({"watermark": mark} if mark else {}),
        "final": ranking.final, "quotas": [{"grade": q.grade, "evaluated": q.evaluated, "most": q.most} for q in ranking.quotas],
        "edge": list(ranking.edge), "places": ranking.places, "undecided": list(ranking.undecided),
        "blocks": [{"zh": zh, "en": en} for zh, en in ranking.blocks],
        "rows": [
            {"space": r.space, "rank": r.rank, "tied": r.tied, "total": None if r.score.total is None else told(r.score.total), "grade": r.grade,
             "missing": [p.indicator.id for p in r.score.missing], "vetoes": [v[0 if lang == "zh" else 1] for v in r.score.vetoes], **({"watermark": mark} if mark else {})}
            for r in ranking.rows
        ],
    }  # fmt: skip


@click.command("close", epilog="Example: firelane star close LP-2022 --set official.toml --on 2022-11-30 --document 沈科发〔2022〕40号")
@options.work
@click.option("--on", required=True, metavar="DATE", callback=day, help="When the results are published.")
@click.option("--document", "number", default="", help="Number of the document.")
@click.argument("round_id", metavar="ROUND")
def close(asked: options.Work, *, on: date, number: str, round_id: str) -> int:
    """Publish the results of ROUND (administrators only): each space's grade goes into the journal, with the set's SHA-256.

    It is refused while a score is missing, a tie at the quota's edge is undecided, or the set is not official.

    发布考评结果（限管理员）：各单位的等次和指标体系校验值记入日志。有缺项、并列未裁定或指标体系不是正式的，不能发布。
    """
    from firelane.registry.star_desk import digest_of

    tongue = asked.console_lang
    with asked.desk() as desk:
        name, indicators = desk.set_for(round_id, desk.register.facts())
        path = Path(name) if name else None
        digest = digest_of(path.read_bytes()) if path is not None and path.is_file() else ""
        ranking = desk.register.close_round(round_id, indicators, on, document=number, digest=digest)
    if not asked.quiet:
        for grade in desk.scheme.grades:
            common.say(f"  {grade.label(tongue)} {sum(r.grade == grade.id for r in ranking.rows)}")
    return 0


@click.command("table", epilog="Example: firelane star table LP-2022 --set official.toml -o out/evaluation.pdf")
@options.question
@options.paper_option("The table: PDF, XLSX or CSV.", required=True)
@click.argument("round_id", metavar="ROUND", required=False)
def table(asked: options.Question, *, out: Path, round_id: str | None) -> int:
    """Write the evaluation table of ROUND [the last one called]: ranks, points of each first-level and of every indicator.

    生成考评评分表（默认为最近一轮）：名次、各一级指标得分、逐项得分。
    """
    from firelane.registry.star_lists import evaluation

    tongue = asked.file_lang
    with asked.desk() as desk:
        facts = asked.facts(desk)
        rounds = facts.of("round")
        if round_id is None and not rounds:
            raise UsageError("there is no round yet", "还没有考评轮次")
        ranking = desk.ranking(round_id or rounds[-1].record_id, facts)
    options.write(evaluation(facts, desk.scheme, ranking, tongue), out, tongue)
    return asked.wrote(out)
