"""``firelane ip``: the programme of the intellectual-property operation service system."""

from __future__ import annotations

import click

from firelane.cli.groups import lazy

SUBCOMMANDS = {
    "init": "firelane.cli.ip.keeping:init",
    "plan": "firelane.cli.ip.reading:plan",
    "template": "firelane.cli.ip.keeping:template",
    "import": "firelane.cli.ip.keeping:take_in",
    "export": "firelane.cli.ip.keeping:export",
    "list": "firelane.cli.ip.records:list_records",
    "history": "firelane.cli.ip.records:history",
    "decide": "firelane.cli.ip.records:decide",
    "void": "firelane.cli.ip.records:void",
    "status": "firelane.cli.ip.reading:status",
    "tasks": "firelane.cli.ip.reading:tasks",
    "funds": "firelane.cli.ip.reading:funds",
    "board": "firelane.cli.ip.writing:board",
    "book": "firelane.cli.ip.writing:book",
    "charts": "firelane.cli.ip.writing:charts",
    "report": "firelane.cli.ip.writing:report",
}

HELP = {
    "init": "Make a store; who makes it is its administrator. 新建登记库",
    "plan": "Print the plan: goals, tasks, targets, lead units. 列出方案",
    "template": "Write a blank workbook to be filled in. 生成空白登记表",
    "import": "Take in records from XLSX or CSV, all or none. 导入登记表",
    "export": "Write all records as XLSX or CSV; nothing is lost. 导出全部登记",
    "list": "List records of a kind. 登记记录列表",
    "history": "Show all versions of a record. 查看记录的各版本",
    "decide": "Approve or reject a record. 审核记录",
    "void": "Take a record back. 作废记录",
    "status": "Where the programme stands. 总体进展",
    "tasks": "The tasks by lead unit. 任务进展",
    "funds": "The fund rules, the money, the loans. 资金与质押融资",
    "board": "Write the dashboard (HTML). 生成进展看板",
    "book": "Write the tables (XLSX or CSV). 生成进展表",
    "charts": "Write the charts (PNG, PDF). 生成图表",
    "report": "Write the progress report (DOCX). 生成进展报告",
}


@click.group(
    "ip", cls=lazy(SUBCOMMANDS, HELP), epilog="Example: firelane ip status --store cases.sqlite --on 2022-12-31",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)  # fmt: skip
def command() -> None:
    """Keep a programme of the IP operation service system (知识产权运营服务体系建设实施方案): plan, records, judgements.

    Records are entries of the store's journal, as those of ``firelane case`` are: nothing is ever overwritten, and every
    query can be asked as of a day (--on) and as known on a day (--known). The store is --store FILE|URL (or
    FIRELANE_CASES), who acts is --as NAME (or FIRELANE_USER); users are given roles by ``firelane case user``.
    Every subcommand takes --lang, --quiet and --debug.
    """
