"""``firelane star``: Star Spaces from their application to evaluation, subsidy and exit."""

from __future__ import annotations

import click

from firelane.cli.groups import lazy

SUBCOMMANDS = {
    "init": "firelane.cli.star.keeping:init",
    "scheme": "firelane.cli.star.reading:scheme_of",
    "template": "firelane.cli.star.keeping:template",
    "import": "firelane.cli.star.keeping:take_in",
    "export": "firelane.cli.star.keeping:export",
    "list": "firelane.cli.star.records:list_records",
    "show": "firelane.cli.star.reading:show",
    "history": "firelane.cli.star.records:history",
    "record": "firelane.cli.star.records:record",
    "step": "firelane.cli.star.records:step",
    "decide": "firelane.cli.star.records:decide",
    "void": "firelane.cli.star.records:void",
    "conditions": "firelane.cli.star.reading:conditions",
    "applications": "firelane.cli.star.reading:applications",
    "rank": "firelane.cli.star.rounds:rank",
    "close": "firelane.cli.star.rounds:close",
    "subsidies": "firelane.cli.star.lists:subsidies",
    "exits": "firelane.cli.star.lists:exits",
    "progress": "firelane.cli.star.lists:progress",
    "notice": "firelane.cli.star.lists:notice",
    "table": "firelane.cli.star.rounds:table",
    "certificate": "firelane.cli.star.lists:certificate",
    "map": "firelane.cli.star.lists:star_map",
    "book": "firelane.cli.star.lists:book",
}

HELP = {
    "init": "Make a store; who makes it is its administrator. 新建登记库",
    "scheme": "Print the scheme: aims, conditions, steps, evaluation. 列出实施意见",
    "template": "Write a blank workbook to be filled in. 生成空白登记表",
    "import": "Take in records from XLSX or CSV, all or none. 导入登记表",
    "export": "Write all records as XLSX or CSV; nothing is lost. 导出全部登记",
    "list": "List records of a kind. 登记记录列表",
    "show": "Show a Star Space with all that happened to it. 查看星创天地",
    "history": "Show all versions of a record. 查看记录的各版本",
    "record": "Record one row of any kind. 登记一条记录",
    "step": "Take an application one step further. 办理申报的一步",
    "decide": "Approve or reject a record. 审核记录",
    "void": "Take a record back. 作废记录",
    "conditions": "Hold spaces against the basic conditions. 核查基本条件",
    "applications": "List applications and what may come next. 申报列表",
    "rank": "Score and rank a round by an indicator set. 考评评分排名",
    "close": "Publish the results of a round. 发布考评结果",
    "subsidies": "Who is to be paid, and who was. 后补助名单",
    "exits": "Who failed, has to leave, or has left. 不合格和退出名单",
    "progress": "How far the aims have come. 目标任务进展",
    "notice": "Write the public notice, or published results. 公示名单",
    "table": "Write the evaluation table of a round. 考评评分表",
    "certificate": "Write who decided what when. 决定证明",
    "map": "Write the map of all spaces (HTML). 地图",
    "book": "Write the workbook of the registry (XLSX). 台账",
}


@click.group(
    "star", cls=lazy(SUBCOMMANDS, HELP), epilog="Example: firelane star applications --store cases.sqlite --on 2021-06-30",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)  # fmt: skip
def command() -> None:
    """Keep the registry of Star Spaces (星创天地): applications, evaluations, subsidies, exits, every step on record.

    Records are entries of the store's journal, as those of ``firelane case`` are: nothing is ever overwritten, and every
    query can be asked as of a day (--on) and as known on a day (--known). The store is --store FILE|URL (or
    FIRELANE_CASES), who acts is --as NAME (or FIRELANE_USER); users are given roles by ``firelane case user``.
    The official indicators (annex 2) are not public: a set with weights comes as a file, --set FILE.
    Every subcommand takes --lang, --quiet and --debug.
    """
