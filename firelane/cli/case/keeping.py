"""The store itself: made, checked, copied, brought up to date; and who may use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common
from firelane.cli.case import options

if TYPE_CHECKING:
    from firelane.vocabulary import Lang


@click.command("init", epilog="Example: firelane case init --store cases.sqlite --as 王敏")
@options.store_options
def init(*, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool) -> int:
    """Make a new store; whoever makes it is its administrator.

    新建案件库，建库人为管理员。
    """
    del debug
    from firelane.store import Store
    from firelane.store.times import utc_now

    tongue = common.console_lang(lang)
    name = options.user_name(user)
    with Store.create(store, admin=name, now=utc_now()) as made:
        if not quiet:
            common.say(
                f"已建立案件库 {made.target}，管理员 {name}" if tongue == "zh" else f"made {made.target}; administrator: {name}"
            )
    return 0


@click.command("verify", epilog="Example: firelane case verify --store cases.sqlite")
@options.store_options
@click.option("--head", default=None, metavar="HASH", help="A hash noted earlier (it stands on every ledger): it must be in the chain.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, head: str | None, as_json: bool
) -> int:
    """Check the chain of entries, the table of cases and the evidence files; exit code 1 if anything is wrong.

    核验记录链、案件表和证据文件；有问题时退出码为 1。
    """
    del debug
    tongue = common.console_lang(lang)
    with options.book(store, user) as cases:
        report = cases.verify(head=head)
    if as_json:
        common.say(json.dumps({
            "ok": report.ok, "entries": report.entries, "head": report.head, "cases": report.cases, "evidence": report.evidence,
            "faults": [{"seq": seq, "zh": zh, "en": en} for seq, zh, en in report.faults],
        }, ensure_ascii=False, indent=1))  # fmt: skip
    elif not quiet or not report.ok:
        for seq, zh, en in report.faults:
            where = "" if seq is None else (f"第 {seq} 条：" if tongue == "zh" else f"entry {seq}: ")
            common.say(f"  ✗ {where}{zh if tongue == 'zh' else en}")
        common.say(_told(report.ok, report.entries, report.cases, report.evidence, report.head, tongue))
    return 0 if report.ok else 1


def _told(ok: bool, entries: int, cases: int, evidence: int, head: str, lang: Lang) -> str:
    if lang == "zh":
        word = "完好" if ok else "有问题"
        return f"案件库{word}：{entries} 条记录，{cases} 个案件，{evidence} 个证据文件；链尾 {head}"
    word = "is whole" if ok else "is damaged"
    return f"the store {word}: {entries} entries, {cases} cases, {evidence} evidence files; head of the chain {head}"


@click.command("user", epilog="Example: firelane case user 李强 --role inspector --plates")
@options.store_options
@click.argument("name", required=False)
@click.option("--role", type=click.Choice(["viewer", "inspector", "admin"]), default=None, help="Give this role.")
@click.option("--plates/--no-plates", default=False, help="May see number plates in full.")
@click.option("--remove", is_flag=True, help="Take the user's role away; what he recorded stays.")
def user(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, name: str | None, role: str | None, plates: bool, remove: bool,
) -> int:  # fmt: skip
    """List the users, or give NAME a role (administrators only).

    列出用户，或设置用户 NAME 的角色（限管理员）。
    """
    del debug
    from firelane.store import Role, Store
    from firelane.store.times import utc_now

    if name is not None and bool(role) == remove:
        raise click.UsageError("give NAME a --role, or --remove it")
    if name is None and (role or remove):
        raise click.UsageError("say whom: NAME")
    tongue = common.console_lang(lang)
    with Store.open(store) as opened:
        if name is not None:
            opened.set_user(
                options.user_name(user), name, None if remove else Role(str(role)), sees_plates=plates, now=utc_now()
            )
        else:
            opened.user(options.user_name(user))  # strangers are not told who works here
        if not quiet:
            seen = ("可见车牌", "sees number plates")
            for found in opened.users():
                more = f"　{seen[0] if tongue == 'zh' else seen[1]}" if found.sees_plates else ""
                common.say(f"  {found.name}　{found.role.label(tongue)}{more}")
    return 0


@click.command("backup", epilog="Example: firelane case backup -o out/cases_backup.sqlite")
@options.store_options
@common.file_option((".sqlite", ".db"), "The copy; its evidence is copied beside it.")
def backup(*, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, out: Path) -> int:
    """Copy a store that may be in use, with its evidence (administrators only).

    备份案件库及证据（限管理员）。
    """
    del debug
    tongue = common.console_lang(lang)
    with options.book(store, user) as cases:
        cases.backup(out)
    if not quiet:
        common.say(f"已备份到 {out}" if tongue == "zh" else f"copied to {out}")
    return 0


@click.command("upgrade", epilog="Example: firelane case upgrade --store cases.sqlite")
@options.store_options
def upgrade(*, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool) -> int:
    """Bring a store that an older version made up to date (administrators only); a file is copied first.

    升级旧版本建立的案件库（限管理员），升级前自动备份。
    """
    del debug
    from firelane.store import Store

    tongue = common.console_lang(lang)
    before, after = Store.upgrade(store, by=options.user_name(user))
    if not quiet:
        same = before == after
        if tongue == "zh":
            common.say(f"案件库已是最新版本 {after}" if same else f"已从版本 {before} 升级到 {after}")
        else:
            common.say(f"the store is up to date: {after}" if same else f"upgraded from {before} to {after}")
    return 0


@click.command("rebuild", epilog="Example: firelane case rebuild --store cases.sqlite")
@options.store_options
def rebuild(*, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool) -> int:
    """Make the table of cases anew from the journal (administrators only).

    由记录重建案件表（限管理员）。
    """
    del debug
    tongue = common.console_lang(lang)
    with options.book(store, user) as cases:
        number = cases.rebuild()
    if not quiet:
        common.say(f"已重建 {number} 个案件" if tongue == "zh" else f"{number} cases made anew")
    return 0
