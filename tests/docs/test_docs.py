"""The documents say what is true: commands, options, names, links, examples."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

import firelane
from firelane.cli import COMMANDS, app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "CHANGELOG.md"])
README = ROOT / "README.md"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="([^"]+)">')


def every_page():
    return [*PAGES, README] if README.exists() else PAGES


def page_ids(path):
    return path.relative_to(ROOT).as_posix()


def text_of(path):
    return path.read_text(encoding="utf-8")


def blocks(path, language):
    return [body for word, body in FENCE.findall(text_of(path)) if word == language]


def command(name):
    found = app.get_command(click.Context(app), name)
    assert found is not None, name
    return found


def group():
    return click.Context(app, **app.context_settings)


def options_of(name, *more):
    known = {"-h", "--help"}
    found = command(name)
    if more and isinstance(found, click.Group):
        found = found.get_command(click.Context(found), more[0])
        assert found is not None, (name, more[0])
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            known.update([*parameter.opts, *parameter.secondary_opts])
    return known


def subcommands(name):
    found = command(name)
    return found.list_commands(click.Context(found)) if isinstance(found, click.Group) else []


def command_lines(text):
    """Every line of a code block, and every `…` in a sentence, that begins with ``firelane``."""
    found = []
    for word, body in FENCE.findall(text):
        if word in ("", "bash", "sh", "console"):
            found += [line.strip() for line in body.splitlines()]
    found += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    lines = []
    for raw in found:
        line = re.sub(r"^\$ |^(\.venv/bin/|python -m )(?=firelane)", "", raw)
        if re.match(r"firelane( |$)", line):
            lines.append(line.split("  #")[0])
    return lines


# ------------------------------------------------------------------ commands and options


@pytest.mark.parametrize("path", every_page(), ids=page_ids)
def test_commands_and_options_in_the_text_exist(path):
    for line in command_lines(text_of(path)):
        words = shlex.split(line.replace("…", "").replace("\\|", "|"))[1:]
        if not words or words[0] in ("COMMAND", "[OPTIONS]"):
            continue
        if words[0].startswith("-"):
            assert words[0] in ("--version", "--help", "-h"), line
            continue
        assert words[0] in COMMANDS, line
        below = [w for w in words[1:2] if subcommands(words[0]) and not w.startswith("-") and w.islower()]
        unknown = {w.split("=")[0] for w in words[1:] if w.startswith("-")} - options_of(words[0], *below)
        assert not unknown, (line, unknown)


def test_complete_command_lines_of_the_tutorial_parse():
    """Nothing is run: click only has to accept the words."""
    checked = 0
    for page in (
        DOCS / "tutorial.md",
        DOCS / "reference" / "command_line.md",
        *(DOCS / "how-to").glob("*.md"),
    ):
        for body in blocks(page, ""):
            for line in body.splitlines():
                words = shlex.split(line)
                if words[:1] != ["firelane"] or "COMMAND" in words or words[1].startswith("-"):
                    continue
                # A file that the reader has, and this test has not.
                words = [
                    w if w != "amsterdam.site.toml" else "tests/acceptance/amsterdam.site.toml" for w in words
                ]
                words = [str(ROOT / w) if w.startswith("tests/") else w for w in words]
                # With the group above it: a command that is asked alone first keeps `--help` as its only help.
                command(words[1]).make_context(words[1], words[2:], parent=group())
                checked += 1
    assert checked >= 15


def test_the_command_line_page_names_every_command_and_option():
    page = text_of(DOCS / "reference" / "command_line.md")
    for name in COMMANDS:
        assert f"| `firelane {name}" in page, name
    rows = [row.split(" | ") for row in page.splitlines() if row.startswith("| `-")]
    header = next(row for row in page.splitlines() if row.startswith("| Option |"))
    columns = [cell.strip("| `") for cell in header.split(" | ")][1:-1]
    assert columns == list(COMMANDS)
    told = {name: set() for name in COMMANDS}
    for row in rows:
        cells = [cell.strip("| ") for cell in "|".join(row).replace("\\|", "/").split("|")][1:]
        names = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", cells[0])
        for column, cell in zip(columns, cells[1:], strict=False):
            if cell:
                told[column].update(names)
    for name in COMMANDS:
        assert told[name] == options_of(name), name


PAGE_OF_GROUP = {"case": "cases", "ip": "registries", "star": "registries"}


@pytest.mark.parametrize("name", [name for name in COMMANDS if subcommands(name)])
def test_the_page_of_a_group_names_every_subcommand_and_option(name):
    page = text_of(DOCS / "reference" / f"{PAGE_OF_GROUP[name]}.md")
    for sub in subcommands(name):
        row = next((line for line in page.splitlines() if line.startswith(f"| `firelane {name} {sub}")), None)
        assert row, sub
        told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row))
        shared = {"--store", "--as", "--lang", "--quiet", "--debug", "-h", "--help"}
        assert told == options_of(name, sub) - shared, sub


def test_required_options_are_told():
    page = text_of(DOCS / "reference" / "command_line.md")
    row = next(line for line in page.splitlines() if line.startswith("| `-o`"))
    cells = [cell.strip() for cell in row.split("|")][2:]
    for name, cell in zip(COMMANDS, cells, strict=False):
        out = next((p for p in command(name).params if "--out" in p.opts), None)
        assert (cell == "required") == bool(out is not None and out.required), name


def test_the_documents_name_every_command():
    tutorial = text_of(DOCS / "tutorial.md")
    for name in COMMANDS:
        assert f"firelane {name}" in tutorial, name


# ------------------------------------------------------------------ links and names


def anchors(path):
    """Return the anchors of a page, by GitHub's rule."""
    found = set(ANCHOR.findall(text_of(path)))
    for heading in HEADING.findall(FENCE.sub("", text_of(path))):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        found.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", every_page(), ids=page_ids)
def test_relative_links_resolve(path):
    for target in LINK.findall(FENCE.sub("", text_of(path))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        file = path if not place else (path.parent / unquote(place)).resolve()
        assert file.is_relative_to(ROOT), target
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            assert unquote(anchor) in anchors(file), target


def test_every_page_is_reached_from_the_index():
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        targets = [target.partition("#")[0] for target in LINK.findall(text_of(page)) if "://" not in target]
        waiting += [(page.parent / target).resolve() for target in targets if target.endswith(".md")]
    assert set(DOCS.rglob("*.md")) <= reached


def test_every_public_name_is_told():
    told = "\n".join(text_of(p) for folder in ("how-to", "reference") for p in (DOCS / folder).glob("*.md"))
    for name in firelane.__all__:
        assert re.search(rf"`{name}[`(]", told), name


def test_told_names_and_parameters_exist():
    """The table of public names gives signatures: each parameter must be there, in that order."""
    import inspect

    page = text_of(DOCS / "how-to" / "audit_in_python.md")
    rows = re.findall(r"^\| `(\w+)\(([^`]*)\)`", page, re.MULTILINE)
    assert len(rows) >= 9
    for name, told in rows:
        names = [part.split("=")[0].strip(" *") for part in re.split(r",\s*(?![^()]*\))", told)]
        real = inspect.signature(getattr(firelane, name)).parameters
        assert [n for n in names if n] == list(real), name
    for name in re.findall(r"^\| `(\w+)`", page, re.MULTILINE):
        assert name in firelane.__all__, name


def test_told_attributes_exist():
    import dataclasses

    page = text_of(DOCS / "how-to" / "audit_in_python.md")
    for name in ("Site", "Audit", "LaneNetwork", "Rule", "MarkingPlan", "RunResult", "Finding", "Problem"):
        kind = getattr(firelane, name)
        row = re.search(rf"^\| `{name}` \|(.*)\|$", page, re.MULTILINE)
        assert row, name
        known = {field.name for field in dataclasses.fields(kind)} | set(dir(kind)) | {"audit.network"}
        for word in re.findall(r"`([\w.]+)(?:\([\w, ]*\))?`", row[1]):
            assert word in known, (name, word)


# ------------------------------------------------------------------ examples


def test_python_examples_run(tmp_path, monkeypatch):
    (tmp_path / "data").symlink_to(ROOT / "data", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    space = {}
    for body in blocks(DOCS / "how-to" / "audit_in_python.md", "python"):
        exec(compile(body, "audit_in_python.md", "exec"), space)
    names = {p.name for p in (tmp_path / "out" / "python").iterdir() if not re.search(r"-(wal|shm)$|[.]evidence$", p.name)}
    assert names == {
        "audit.json", "findings.csv", "findings.geojson", "map.html", "map.png", "markings.dxf", "results.gpkg",
        "lane.png", "profiles.pdf", "report.pdf", "cases.sqlite",
    }  # fmt: skip


def example_pack(tmp_path):
    text = next(b for b in blocks(DOCS / "how-to" / "add_a_citys_rules.md", "toml") if "[pack]" in b)
    path = tmp_path / "examplecity.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_city_is_judged(tmp_path):
    rules = firelane.load_rules([str(example_pack(tmp_path))])
    assert [r.threshold for r in rules] == [3.5, 3.8, None]
    site = firelane.read_site(ROOT / "data" / "shenyang_compliant")
    audit = firelane.audit(site, rules=[str(tmp_path / "examplecity.toml")])
    assert {f.threshold for f in audit.findings if f.quantity == "clear_width"} == {3.5}
    assert audit.summary["verdict"] == "pass"


def test_quantities_of_the_how_to_are_those_that_are_judged():
    """What the page says a rule needs is what the packaged catalogue gives such a rule."""
    page = text_of(DOCS / "how-to" / "add_a_citys_rules.md")
    table = page.partition("## Quantities that are judged")[2]
    needs = {}
    for row in re.findall(r"^\| (`.*?) \| (.*) \|$", table, re.MULTILINE)[1:]:
        for quantity in re.findall(r"`(\w+)`", row[0]):
            needs[quantity] = set(re.findall(r"`(?:words\.)?(\w+)`", row[1]))
    rules = [r for r in firelane.load_rules(["shenyang-2020", "gb55037", "gb50016"]) if r.measured]
    assert {str(r.quantity) for r in rules} == set(needs)
    for quantity in set(needs) - {"obstruction", "parking", "sign"}:
        given = [set(r.params) | set(r.words) for r in rules if r.quantity == quantity]
        # Rules of some quantities need more than others: see what the ends of their ids ask.
        varies = quantity in ("turning_area", "connectivity")
        missing = needs[quantity] - (set.union(*given) if varies else set.intersection(*given))
        assert not missing, (quantity, missing)


def test_site_toml_examples_are_parts_of_the_configuration():
    whole = tomllib.loads(text_of(ROOT / "tests" / "acceptance" / "amsterdam.site.toml"))
    parts = [tomllib.loads(b) for b in blocks(DOCS / "how-to" / "prepare_a_site_from_city_gis.md", "toml")]
    assert len(parts) == 3

    def within(part, full):
        if isinstance(part, dict):
            return all(key in full and within(value, full[key]) for key, value in part.items())
        return part == full

    for part in parts:
        assert within(part, whole), part
    told = {layer for part in parts for layer in part.get("layers", {})}
    assert told == set(whole["layers"]) - {"buildings"}


def test_keys_of_audit_json_are_told(tmp_path):
    site = firelane.read_site(ROOT / "data" / "shenyang_compliant")
    folder = tmp_path / "audit"
    folder.mkdir()
    firelane.write_audit(firelane.audit(site), folder)
    document = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    page = text_of(DOCS / "reference" / "audit_json.md")
    keys = set(document)
    for value in document.values():
        row = value[0] if isinstance(value, list) and value else value
        keys |= set(row) if isinstance(row, dict) else set()
    keys |= set(document["site"]["input"][0])
    for key in sorted(keys):
        assert f"`{key}`" in page, key
    for column in (folder / "findings.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(","):
        assert f"`{column}`" in page + text_of(DOCS / "tutorial.md"), column


# ------------------------------------------------------------------ changelog and decisions


def test_the_changelog_has_the_version():
    headings = re.findall(r"^## (\S+)", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert firelane.__version__ in headings


def test_decisions_are_numbered_without_gaps():
    files = sorted(p.name for p in (DOCS / "decisions").glob("*.md"))
    assert [name[:4] for name in files] == [f"{n:04d}" for n in range(1, len(files) + 1)]
    index = text_of(DOCS / "index.md")
    for name in files:
        text = text_of(DOCS / "decisions" / name)
        assert text.startswith(f"# {name[:4]} "), name
        assert "**Decision.**" in text, name
        assert "**Why" in text, name
        assert f"[{name[:4]}](decisions/{name})" in index, name


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = text_of(DOCS / "decisions" / "0002-dependencies.md").lower()
    for requirement in project["dependencies"]:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower()
        assert name in page, name


def test_decisions_named_in_the_code_exist():
    numbers = {p.name[:4] for p in (DOCS / "decisions").glob("*.md")}
    for path in (ROOT / "firelane").rglob("*.py"):
        for number in re.findall(r"docs/decisions/(\d{4})", text_of(path)):
            assert number in numbers, path


def test_chinese_summaries_stand_at_the_top():
    for name in ("index.md", "tutorial.md"):
        top = text_of(DOCS / name)[:400]
        assert "中文摘要" in top, name
