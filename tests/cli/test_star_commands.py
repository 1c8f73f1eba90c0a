"""``firelane star`` from the command line: forty spaces through filing, two evaluations, a tie, money, an exit."""

import csv
import json
import re
import subprocess

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from star_scenes import KINDS, called, day, direct, evidence, filing, form, marks, part, set_text, space, step

from firelane.cli.star import HELP, SUBCOMMANDS, command
from firelane.errors import InputError, UsageError
from firelane.registry.tables_out import headings
from firelane.store import PermissionRefused

HOSTILE = '=1+1"<script>alert(1)</script>'
EIGHTY_UP = [95, 94, 93, 92, 91, 90, 89, 88, 87, 86, 85]  # eleven clear ones; 12 to 14 are tied for the twelfth place
FIRST = dict(enumerate([*EIGHTY_UP, 84, 84, 84, *[75 - k / 10 for k in range(22)], 55, 50, 45, 40], 1))
SECOND = {1: 91, 2: 70, 13: 69, 30: 65, 39: 61, 40: 30}


def write_rows(folder, rows):
    """Write records as a folder of CSV files, as somebody hands them in."""
    folder.mkdir()
    for kind in {row.kind for row in rows}:
        own = KINDS[kind]
        with (folder / f"{own.zh}.csv").open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(headings(own, "zh")[: 2 + len(own.columns)])
            for row in rows:
                if row.kind == kind:
                    writer.writerow([row.record_id, "", *(own.column(c.key).spelt(row.values.get(c.key), "zh") for c in own.columns)])
    return folder


class Shell:
    """Runs the commands on one store."""

    def __init__(self, store):
        self.store = store

    def __call__(self, *words, user="boss", lang="zh", store=True):
        more = ["--store", self.store, "--as", user] if store else []
        done = CliRunner().invoke(command, [str(w) for w in (*words, *more, "--lang", lang)], standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        self.code = done.return_value
        return done.output


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Forty spaces filed, a first evaluation scored, nothing of it published."""
    folder = tmp_path_factory.mktemp("story")
    star = Shell(folder / "s.sqlite")
    star("init")
    (folder / "official.toml").write_text(set_text(), encoding="utf-8")
    (folder / "trial.toml").write_text(set_text("rehearsal", "TEST-TRIAL"), encoding="utf-8")
    rows = [r for n in range(1, 7) for r in direct(n)]
    rows += [r for n in range(7, 38) if n not in (8, 9) for r in filing(n)]
    rows += [*filing(8)[:-1], step(8, "object", day(9)), step(8, "dismiss", day(12)), step(8, "announce", day(20), objections=1)]
    back = [step(9, "submit", day(2)), step(9, "return", day(3))]
    rows += [space(9, name=HOSTILE), *evidence(9), form(9), *back, *(r for r in filing(9) if r.kind == "step" and r.values["step"] != "submit" and r.values["step"] != "announce")]
    rows = [r for r in rows if not (r.kind == "step" and r.values["application"] == "SB-9" and r.values["step"] not in ("submit", "return"))]
    rows += [r for n in (38, 39, 40) for r in filing(n)]
    star("import", write_rows(folder / "filing", rows))
    return star, folder


def test_every_subcommand_has_its_help():
    assert list(SUBCOMMANDS) == list(HELP)
    for name in SUBCOMMANDS:
        out = CliRunner().invoke(command, [name, "--help"]).output
        assert "Example: firelane star" in out
        assert re.search("[一-龥]", out)


def test_scheme_and_template(tmp_path):
    star = Shell(tmp_path / "none.sqlite")
    out = star("scheme", store=False)
    for told in ("沈科发〔2020〕33号", "≥ 80 家", "C5.1  在孵企业（农民专业合作社）  数量  >= 3 个", "100,000 元", "附件2"):
        assert told in out
    assert "Annex 2" in star("scheme", store=False, lang="en")
    star("template", "-o", tmp_path / "t.xlsx", store=False)
    assert load_workbook(tmp_path / "t.xlsx").sheetnames == [k.zh for k in KINDS.values()]


def test_the_story(story, tmp_path):
    star, folder = story
    official, trial = folder / "official.toml", folder / "trial.toml"

    # --- filing
    assert "已有" in star("import", folder / "filing")
    assert "新登记" not in star("import", folder / "filing")
    out = star("applications", "--open")
    assert "SB-9  XC-9" in out
    assert "已退回" in out
    assert "→ submit withdraw" in out
    assert "共 1 件申报" in out
    assert "共 40 件申报" in star("applications")
    with pytest.raises(InputError, match="“accept” cannot follow"):
        star("step", "SB-9", "accept", "--on", day(30), "--by", "市科技局")
    assert "已申报" in star("step", "SB-9", "submit", "--on", day(30), "--by", "申报主体", "--evidence", "补正后的表")
    for name, more in (("local_review", ["--opinion", "同意"]), ("accept", []), ("expert_review", ["--opinion", "同意", "--batch", "2021-2"]), ("site_visit", ["--opinion", "属实"])):
        star("step", "SB-9", name, "--on", day(31), "--by", "市科技局", *more)
    star("step", "SB-9", "publicise", "--on", day(32), "--by", "市科技局", "--until", day(39))
    star("notice", "--on", day(35), "-o", tmp_path / "notice.csv")
    told = (tmp_path / "notice.csv").read_text(encoding="utf-8-sig")
    assert told.count("\n") == 2
    assert "'=1+1" in told
    star("notice", "--on", day(10), "--batch", "2021-1", "-o", tmp_path / "early.csv")
    assert (tmp_path / "early.csv").read_text(encoding="utf-8-sig").count("2021-01-18") == 33  # 34 by review, one of them returned
    star("step", "SB-9", "announce", "--on", day(40), "--by", "市科技局", "--document", "沈科发〔2021〕7号", "--objections", "0")
    assert "共 40 件申报" in star("applications", "--state", "filed")
    assert "共 39 件申报" in star("applications", "--state", "filed", "--on", day(39))
    assert "共 0 件申报" in star("applications", "--known", "2020-12-31")

    # --- an evaluation: provisional, rehearsal, official
    first = [called("LP-1", day(100)), *(part("LP-1", n, day(100)) for n in FIRST), *(m for n, p in FIRST.items() for m in marks("LP-1", n, p, day(101)))]
    first += [m for n, p in FIRST.items() for m in marks("LP-1", n, 96 if n == 1 else p, day(101), experts=("乙",))]
    with pytest.raises(InputError, match="there is no '10'"):
        star("import", write_rows(folder / "first", first))  # the set that it names has to be there
    star("import", folder / "first", "--set", official)
    with pytest.raises(UsageError, match="give the indicator set TEST-OFFICIAL"):
        star("rank", "LP-1")
    with pytest.raises(UsageError, match="provisional"):
        star("rank", "LP-1", "--set", "shenyang_star_2020_provisional")
    out = star("rank", "LP-1", "--set", trial)
    assert star.code == 0
    assert out.count("演练：自拟指标和权重的试算，不是考评结果，不产生等次") >= 2
    assert "优秀" not in out.replace("优秀名额", "")
    rehearsal = json.loads(star("rank", "LP-1", "--set", trial, "--json"))
    assert all(r["watermark"] and not r["grade"] for r in rehearsal["rows"])
    found = json.loads(star("rank", "LP-1", "--set", official, "--json"))
    assert star.code == 1
    assert found["quotas"] == [{"grade": "excellent", "evaluated": 40, "most": 12}]
    assert (found["undecided"], found["places"]) == (["XC-12", "XC-13", "XC-14"], 1)
    assert found["rows"][0]["total"] == "95.5"  # the mean of two experts
    out = star("rank", "LP-1", "--set", official)
    assert "优秀名额：参评 40 家 × 30 % = 12，最多 12 家" in out
    assert "并列待裁定" in out
    with pytest.raises(UsageError, match="only an official set"):
        star("close", "LP-1", "--set", trial, "--on", day(120))
    with pytest.raises(UsageError, match="tied at the edge"):
        star("close", "LP-1", "--set", official, "--on", day(120))
    for n, chosen in ((12, "否"), (13, "是"), (14, "否")):
        star("record", "edge", "round=LP-1", f"space=XC-{n}", f"excellent={chosen}", f"on={day(110)}", "basis=局务会纪要", "--set", official)
    out = star("close", "LP-1", "--set", official, "--on", day(120), "--document", "沈科发〔2021〕20号")
    assert out.split() == ["优秀", "12", "合格", "24", "不合格", "4"]

    # --- money, guidance, a second evaluation
    with pytest.raises(InputError, match="was graded pass"):
        star("record", "subsidy", "round=LP-1", "space=XC-12", "amount_yuan=100000", f"on={day(130)}")
    star("record", "subsidy", "round=LP-1", "space=XC-1", "amount_yuan=100000", f"on={day(130)}", "document=沈财〔2021〕1号")
    star("record", "guidance", "round=LP-1", "space=XC-40", "experts=甲、乙", f"on={day(131)}")
    out = star("subsidies", "--on", day(140))
    assert "待拨付 600,000 元，待确认 500,000 元，已拨付 100,000 元" in out  # 1 to 6 are national ones, 1 is paid
    assert "待拨付 0 元" in star("subsidies", "--on", day(119))
    second = [called("LP-2", day(400)), *(part("LP-2", n, day(400)) for n in SECOND), *(m for n, p in SECOND.items() for m in marks("LP-2", n, p, day(401)))]
    star("import", write_rows(folder / "second", second), "--set", official)
    star("close", "LP-2", "--set", official, "--on", day(420), "--document", "沈科发〔2022〕8号")
    with pytest.raises(InputError, match="never twice"):
        star("record", "subsidy", "round=LP-2", "space=XC-1", "amount_yuan=100000", f"on={day(430)}", "document=沈财〔2022〕1号")
    out = star("subsidies", "--on", day(430))
    assert "一次性：曾于2021-05-14获补助（LP-1），不重复拨付" in _solid(out)
    out = star("exits", "--on", day(430))
    assert "连续 2 次不合格，应退出备案库" in out.replace("\n", "")
    with pytest.raises(InputError, match="no 2 failed evaluations"):
        star("record", "exit", "space=XC-39", "ground=two_fails", f"on={day(440)}")
    star("record", "exit", "space=XC-40", "ground=two_fails", f"on={day(440)}", "document=沈科发〔2022〕9号")
    assert "已退出备案库" in star("applications", "--state", "exited")
    assert "40 家 / ≥ 80 家" in _progress(star, day(439))
    assert "39 家 / ≥ 80 家" in _progress(star, day(440))
    assert "逾期未达到" in star("progress", "--on", "2023-01-01").replace("\n", "")
    with pytest.raises(PermissionRefused):
        star("record", "exit", "space=XC-39", "ground=revoked", f"on={day(440)}", "document=x", user=_clerk(star))

    _outputs(star, folder, tmp_path)
    _back(star, folder, tmp_path)


def _solid(text):
    """Return a text without the breaks that a narrow table puts into its cells; cells of one row keep their order."""
    return re.sub(r"\s+", "", text)


def _progress(star, on):
    path = star.store.parent / "progress.csv"
    star("progress", "--on", on, "-o", path)
    row = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))[1]
    return f"{row[3]} 家 / {row[2]}"


def _clerk(star):
    from firelane.store import Role, Store
    from firelane.store.times import utc_now

    with Store.open(star.store) as store:
        store.set_user("boss", "clerk", Role.INSPECTOR, now=utc_now())
    return "clerk"


def _text(pdf):
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True, text=True).stdout


def _outputs(star, folder, out):
    """Everything that is written, in both languages; the watermark is on all that a rehearsal touches."""
    official, trial = folder / "official.toml", folder / "trial.toml"
    mark = "不是考评结果"
    star("notice", "--round", "LP-1", "-o", out / "results.pdf")
    assert "沈科发〔2021〕20号" in _text(out / "results.pdf")
    star("table", "LP-1", "--set", official, "-o", out / "table.pdf")
    assert mark not in _text(out / "table.pdf")
    for ending in ("pdf", "xlsx", "csv"):
        star("table", "LP-1", "--set", trial, "-o", out / f"trial.{ending}")
    assert _text(out / "trial.pdf").replace("\n", "").count("演练") >= 2
    lines = (out / "trial.csv").read_text(encoding="utf-8-sig").splitlines()
    assert all(mark in line for line in lines if re.match(r"\d+,XC-", line))
    book = load_workbook(out / "trial.xlsx")
    assert all("演练" in name for name in book.sheetnames)
    assert all(mark in str(row[-1].value) for row in list(book.worksheets[0].rows)[1:41])
    star("map", "--round", "LP-1", "--set", trial, "-o", out / "trial.html")
    star("map", "-o", out / "map.html")
    assert "（演练）" in (out / "trial.html").read_text(encoding="utf-8")
    page = (out / "map.html").read_text(encoding="utf-8")
    assert "（演练）" not in page
    assert "<script>alert(1)" not in page
    assert "Content-Security-Policy" in page
    star("book", "--round", "LP-1", "--set", trial, "-o", out / "book.xlsx")
    names = load_workbook(out / "book.xlsx").sheetnames
    assert names[:3] == ["星创天地", "申报", "基本条件"]
    assert names[-2:] == ["评分表（演练）", "逐项得分（演练）"]
    star("certificate", "XC-40", "-o", out / "xc40.pdf")
    told = _text(out / "xc40.pdf")
    assert "已退出备案库" in told
    star("certificate", "LP-1", "--set", trial, "-o", out / "trial_cert.pdf")
    assert "演练" in _text(out / "trial_cert.pdf")
    star("certificate", "LP-1", "-o", out / "lp1.csv")
    told = (out / "lp1.csv").read_text(encoding="utf-8-sig")
    assert "并列裁定：测试星创天地13 评为优秀" in told
    assert len(re.findall(r"[0-9a-f]{64}", told)) >= 5
    shown = star("show", "XC-40", "--on", day(130))
    assert "考评 LP-1：不合格" in shown.replace("\n", "")
    assert "已退出" not in shown
    assert "met" in star("conditions", "XC-10", "--on", day(50), lang="en")
    every = json.loads(star("conditions", "--all", "--on", day(50), "--json"))
    assert [e["result"] for e in every].count("met") == 34  # those filed directly never handed their evidence in
    for name, words in (("subsidies", []), ("exits", []), ("progress", []), ("notice", ["--on", day(35)]), ("certificate", ["XC-1"])):
        star(name, *words, "-o", out / f"{name}_en.pdf", lang="en")
        assert not re.search("[。]", _text(out / f"{name}_en.pdf").split("Shenyang")[0])
    assert "v1" in star("history", "XC-40")
    assert "XC-40" in star("list", "result", "--space", "XC-40", "--json")


def _back(star, folder, out):
    """What leaves comes back the same, in another store, and changes nothing in its own."""
    star("export", "-o", out / "all.xlsx")
    assert "新登记" not in star("import", out / "all.xlsx", "--set", folder / "official.toml")
    other = Shell(out / "other.sqlite")
    other("init")
    other("import", out / "all.xlsx", "--set", folder / "official.toml")
    for query in (("applications", "--json"), ("conditions", "--all", "--json")):
        assert json.loads(other(*query)) == json.loads(star(*query))
    (out / "again").mkdir()
    other("export", "-o", out / "again")
    star("export", "-o", out / "csv")
    for path in sorted((out / "csv").iterdir()):
        assert _told(path) == _told(out / "again" / path.name), path.name


def _told(path):
    """Return a table but for who brought its rows into this store, and when."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{k: v for k, v in row.items() if k not in ("导入人", "导入时间")} for row in csv.DictReader(file)]


def test_queries_that_name_nothing(story):
    star, *_ = story
    for words in (("show", "XC-999"), ("certificate", "XC-999", "-o", star.store.parent / "x.pdf"), ("rank", "LP-9"), ("history", "nobody")):
        with pytest.raises(UsageError, match="there is no"):
            star(*words)
