"""``firelane case``: violation cases from detection to closing."""

from __future__ import annotations

import click

from firelane.cli.groups import lazy

SUBCOMMANDS = {
    "init": "firelane.cli.case.keeping:init",
    "open": "firelane.cli.case.opening:open_cases",
    "import": "firelane.cli.case.opening:take_in",
    "list": "firelane.cli.case.reading:list_cases",
    "show": "firelane.cli.case.reading:show",
    "event": "firelane.cli.case.stepping:event",
    "notice": "firelane.cli.case.stepping:notice",
    "overdue": "firelane.cli.case.reading:overdue",
    "ledger": "firelane.cli.case.writing:ledger",
    "export": "firelane.cli.case.writing:export",
    "stats": "firelane.cli.case.writing:stats",
    "verify": "firelane.cli.case.keeping:verify",
    "user": "firelane.cli.case.keeping:user",
    "backup": "firelane.cli.case.keeping:backup",
    "upgrade": "firelane.cli.case.keeping:upgrade",
    "rebuild": "firelane.cli.case.keeping:rebuild",
}

HELP = {
    "init": "Make a store; who makes it is its administrator. 新建案件库",
    "open": "Open cases from an audit, or one from a report. 立案",
    "import": "Take in the records of the map, or reports of the hotline. 导入现场记录或举报",
    "list": "List cases. 案件列表",
    "show": "Show one case with all its events. 查看案件",
    "event": "Record what happened in a case. 记录办理过程",
    "notice": "Write the notice of a case. 生成责令改正通知书",
    "overdue": "List what is past its deadline. 逾期案件",
    "ledger": "Write the ledger (CSV, XLSX). 台账",
    "export": "Write cases as Open311 JSON, GeoPackage or map. 导出",
    "stats": "Write the figures by district and manager. 统计",
    "verify": "Check the chain of entries, the table and the evidence. 核验",
    "user": "Add, change or remove a user. 用户与角色",
    "backup": "Copy a store that is in use. 备份",
    "upgrade": "Bring an older store up to date. 升级",
    "rebuild": "Make the table of cases anew from the journal. 重建",
}


@click.group(
    "case", cls=lazy(SUBCOMMANDS, HELP), epilog="Example: firelane case open out/district --store cases.sqlite",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)  # fmt: skip
def command() -> None:
    """Keep violation cases (消防车通道违规案件) from detection to closing, every step on record.

    The store is a file by default (--store FILE, or FIRELANE_CASES), or a PostgreSQL database that several people
    share (--store postgresql://…). Who acts is the user --as NAME (or FIRELANE_USER, or the login name); what he may
    do is his role in the store: viewer, inspector or admin. Every subcommand takes --lang, --quiet and --debug.
    """
