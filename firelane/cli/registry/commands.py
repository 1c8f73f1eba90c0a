"""The commands that every registry has, made for one of them: init, import, export, list, history, decide, void."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from firelane.cli import common
from firelane.cli.case import keeping
from firelane.cli.case.options import day, store_options
from firelane.cli.registry import desk as desks
from firelane.cli.registry import showing
from firelane.cli.registry.asked import Work
from firelane.cli.registry.desk import Registry
from firelane.errors import UsageError


def make_init(registry: Registry) -> click.Command:
    """Return ``firelane NAME init``."""

    @click.command("init", epilog=f"Example: firelane {registry.name} init --store cases.sqlite --as 王敏")
    @store_options
    def init(*, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool) -> int:
        """Make a new store; whoever makes it is its administrator. It is the same as that of ``firelane case init``.

        新建登记库（与案件库相同），建库人为管理员。
        """
        made = keeping.init.callback
        assert made is not None
        made(store=store, user=user, lang=lang, quiet=quiet, debug=debug)
        return 0

    return init


def make_import(registry: Registry) -> click.Command:
    """Return ``firelane NAME import``."""
    text = (
        "Take in the records of FILE: a workbook, one CSV file, or a folder of them; all of them or none.\n\n"
        f"{registry.taking[0]}The same rows again change nothing. A row that says something else than what is recorded under its number "
        "is a correction and needs its reason; both versions stay.\n\n"
        f"导入 FILE 中的记录：工作簿、CSV 文件或其文件夹；有误时不导入任何内容。{registry.taking[1]}重复导入不产生变化；更正须写明原因，原有版本保留。"
    )

    @click.command("import", epilog=f"Example: firelane {registry.name} import records.xlsx --store cases.sqlite", help=text)
    @registry.work
    @click.option("--json", "as_json", is_flag=True, help="Print the number of every record, by what became of it, as JSON.")
    @click.argument("file", type=click.Path(path_type=Path))
    def take_in(asked: Work, *, as_json: bool, file: Path) -> int:
        from firelane.registry.tables_in import read_tables

        with asked.desk() as desk:
            taken = desk.register.take(read_tables(file, desk.register.kinds))
            if as_json:
                common.say(json.dumps(asdict(taken), ensure_ascii=False, indent=1))
            elif not asked.quiet:
                showing.say_taken(taken, desk.register, asked.console_lang)
        return 0

    return take_in


def make_export(registry: Registry) -> click.Command:
    """Return ``firelane NAME export``."""

    @click.command("export", epilog=f"Example: firelane {registry.name} export -o out/records.xlsx")
    @registry.work
    @click.option("--on", default=None, metavar="DATE", callback=day, help="Only records of this day or earlier [all].")
    @desks.known_option
    @common.folder_option("A workbook (.xlsx), or a folder for CSV files.", required=True)
    def export(asked: Work, *, on: date | None, known: date | None, out: Path) -> int:
        """Write every version of every record, with who recorded and decided it: an import of it loses nothing.

        导出全部记录的全部版本（含登记人、审核人），可原样再导入。
        """
        from firelane.files import ensure_writable_dir
        from firelane.registry.tables_out import write_tables, write_workbook

        file_lang = asked.file_lang
        if out.suffix and out.suffix.lower() != ".xlsx":
            raise click.BadParameter(f"'{out}' must end in .xlsx, or be a folder", param_hint="'-o' / '--out'")
        with asked.desk() as desk:
            state, title = desk.register.state(known_on=known), desk.title(file_lang)
        if out.suffix:
            write_workbook(state, out, file_lang, title=title, on=on)
        else:
            write_tables(state, ensure_writable_dir(out), file_lang, on=on)
        return asked.wrote(out, more=(f"；链尾 {state.head}", f"; head of the chain {state.head}"))

    return export


def make_list(registry: Registry) -> click.Command:
    """Return ``firelane NAME list``."""

    def filtered(command: Any) -> Any:
        for option, column, told in reversed(registry.filters):
            command = click.option(option, f"only_{column}", default=None, metavar="ID", help=told)(command)
        return command

    text = (
        f"List the records of KIND that count at a date ({registry.kind} …); without KIND how many there are of each.\n\n"
        "列出某类记录（可用中文类名）；不写类名时列出各类记录的数目。"
    )

    @click.command("list", epilog=f"Example: firelane {registry.name} list {registry.kind} --on 2022-12-31", help=text)
    @registry.work
    @desks.date_options
    @filtered
    @click.option("--rejected", is_flag=True, help="Those that were rejected too.")
    @click.option("--pending", is_flag=True, help="Only those that nobody has approved or rejected.")
    @click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
    @click.argument("kind", required=False)
    def list_records(
        asked: Work, *, on: date | None, known: date | None, rejected: bool, pending: bool, as_json: bool, kind: str | None, **filters: Any
    ) -> int:
        tongue = asked.console_lang
        only = {column: value for _, column, _ in registry.filters if (value := filters[f"only_{column}"]) is not None}
        with asked.desk() as desk:
            kinds, state, on = desk.register.kinds, desk.register.state(known_on=known), desks.today(desk.register, on)
        meant = list(kinds) if kind is None else [showing.kind_of(kind, kinds).id]
        names = [n for n in meant if set(only) <= {c.key for c in kinds[n].columns}]
        if kind is not None and not names:
            options, one = " ".join(f"--{c}" for c in only), kinds[meant[0]]
            raise UsageError(f"records of {one.en} cannot be picked by {options}", f"“{one.zh}”不能按 {options} 筛选")
        found = {
            n: [r for r in state.records(n, on=on, rejected=rejected, **only) if not pending or not r.decision] for n in names
        }
        if as_json and kind is None:
            common.say(json.dumps({n: len(rows) for n, rows in found.items()}, ensure_ascii=False, indent=1))
        elif as_json:
            common.say(json.dumps([showing.document(r, kinds[n]) for n, rows in found.items() for r in rows], ensure_ascii=False, indent=1))
        elif not asked.quiet:
            for n, rows in found.items():
                if kind is None:
                    common.say(f"  {n}  {kinds[n].name(tongue)}  {len(rows)}")
                else:
                    showing.print_records(rows, kinds[n], tongue)
        return 0

    return list_records


def make_history(registry: Registry) -> click.Command:
    """Return ``firelane NAME history``."""

    @click.command("history", epilog=f"Example: firelane {registry.name} history {registry.example}")
    @registry.work
    @desks.known_option
    @click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
    @click.argument("record_id", metavar="ID")
    def history(asked: Work, *, known: date | None, as_json: bool, record_id: str) -> int:
        """Show every version of a record: who recorded it when, why it was corrected, who decided.

        查看记录的全部版本：登记人、更正原因、审核情况。
        """
        with asked.desk() as desk:
            versions, kinds = desk.register.state(known_on=known).history(record_id), desk.register.kinds
        if not versions:
            raise showing.missing(record_id)
        kind = kinds[versions[0].kind]
        if as_json:
            common.say(json.dumps([showing.document(v, kind) for v in versions], ensure_ascii=False, indent=1))
        elif not asked.quiet:
            showing.print_versions(versions, kind, asked.console_lang)
        return 0

    return history


def make_decide(registry: Registry) -> click.Command:
    """Return ``firelane NAME decide``."""

    @click.command("decide", epilog=f"Example: firelane {registry.name} decide {registry.example} --approve --note 核对无误")
    @registry.work
    @click.option("--approve/--reject", "approve", default=None, help="What is decided.")
    @click.option("--note", default="", help="Why.")
    @click.argument("record_ids", metavar="ID...", nargs=-1, required=True)
    def decide(asked: Work, *, approve: bool | None, note: str, record_ids: tuple[str, ...]) -> int:
        """Approve or reject the last version of records (administrators only); all of them or none.

        审核记录的最新版本（限管理员）；不通过的记录不计入任何数字。
        """
        from firelane.registry.desk import Given

        if approve is None:
            raise click.UsageError("say --approve or --reject")
        decision = "approved" if approve else "rejected"
        with asked.desk() as desk:
            state, rows = desk.register.state(), []
            for name in dict.fromkeys(record_ids):
                found = state.latest(name)
                if found is None:
                    raise showing.missing(name)
                rows.append(Given(found.kind, found.values, name, found.version, decision=decision, decision_note=note.strip()))
            taken = desk.register.take(rows)
            if not asked.quiet:
                showing.say_taken(taken, desk.register, asked.console_lang)
        return 0

    return decide


def make_void(registry: Registry) -> click.Command:
    """Return ``firelane NAME void``."""

    @click.command("void", epilog=f"Example: firelane {registry.name} void {registry.example} --reason 重复登记")
    @registry.work
    @click.option("--reason", required=True, help="Why it is taken back.")
    @click.argument("record_id", metavar="ID")
    def void(asked: Work, *, reason: str, record_id: str) -> int:
        """Take a record back (administrators only); it stays in the journal and counts no longer. What rests on it goes first.

        作废记录（限管理员）；记录保留在日志中，不再计入。以它为据的记录须先作废。
        """
        with asked.desk() as desk:
            taken = desk.register.void(record_id, reason)
            if not asked.quiet:
                showing.say_taken(taken, desk.register, asked.console_lang)
        return 0

    return void
