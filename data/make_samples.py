"""Write the sample sites anew: ``python data/make_samples.py [FOLDER]``.

Each sample is a folder with ``site.gpkg`` (or a plan, a map, laser points), ``site.toml`` and its known answers,
``expected.toml`` for programs and ``expected.md`` for people. The same script gives the same content.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parent))

import sample_compliant
import sample_district
import sample_district_answers
import sample_heping
import sample_registries
import sample_scan
import sample_turning
import sample_turning_answers
import sample_xinghe
from sample_answers import Answer, to_markdown, to_toml

HERE = Path(__file__).resolve().parent

SITE_TOML = """\
# {title}
# 图层与数据见同一文件夹的 site.gpkg；本文件补充数据中没有的内容。
# The layers are in site.gpkg beside this file; here stands what the data cannot tell.

crs = "EPSG:4550"          # CGCS2000 / 3-degree Gauss-Kruger CM 123E
datum = "cgcs2000"
accuracy_m = 0.0           # a constructed site: its coordinates are exact
default_kerb = "no"        # edges that neither `kerbs` nor the column `kerb` tells about
access_distance_m = 10.0

[site]
id = "{id}"
name = "{title}"
district = "{district}"
manager = "{manager}"
manager_kind = "property_company"
managed = true
"""

INTRO = (
    "由 `data/make_samples.py` 写出；坐标为 EPSG:4550 东、北（米）。车道名称见 `expected.toml` 的 `lane` 表。  \n"
    "Written by `data/make_samples.py`; coordinates are east and north in EPSG:4550 [m]. "
    "Lanes go by the names of the table `lane` in `expected.toml`."
)

SAMPLES = {
    "shenyang_district": (
        sample_district,
        sample_district_answers,
        "皇姑区（虚构地块）",
        "沈阳安和物业服务有限公司（虚构）",
    ),
    "shenyang_compliant": (
        sample_compliant,
        sample_compliant,
        "浑南区（虚构地块）",
        "沈阳和畅物业服务有限公司（虚构）",
    ),
}


def write(name: str, folder: Path) -> None:
    """Write one sample into ``folder``."""
    drawing, known, district, manager = SAMPLES[name]
    folder.mkdir(parents=True, exist_ok=True)
    layers = drawing.build()
    layers.write(folder / "site.gpkg", drawing.FRAME)
    answers = known.answers(layers)
    texts = {
        "site.toml": SITE_TOML.format(id=name, title=drawing.TITLE, district=district, manager=manager),
        "expected.toml": to_toml(name, answers, known.lane_points(), drawing.FRAME),
        "expected.md": to_markdown(drawing.TITLE, INTRO, answers, drawing.FRAME),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    print(f"{folder}: {sum(len(rows) for rows in layers.rows.values())} rows, {len(answers)} known answers")


YARD = "turning_yard"

VEHICLE_TOML = """
[vehicle]                  # 车辆轨迹：要检验的消防车 / the fire engine to track
id = "pump-8"              # 内置车型，各项尺寸为设定值，待确认 / a preset: its dimensions are assumed, to be confirmed
"""


def write_yard(folder: Path) -> None:
    """Write the yard for vehicle tracking: roads, things and buildings alone, no paint."""
    layers = sample_turning.build()
    layers.write(folder / "site.gpkg", sample_turning.FRAME, sample_turning.LAYERS)
    known, frame, title = sample_turning_answers, sample_turning.FRAME, sample_turning.TITLE
    site = SITE_TOML.format(
        id=YARD, title=title, district="于洪区（虚构地块）", manager="沈阳平安消防训练中心（虚构）"
    )
    _write(folder / "site.toml", site + VEHICLE_TOML)
    answers = known.answers(layers)
    programs = to_toml(YARD, answers, known.lane_points(), frame) + known.to_toml(frame)
    people = to_markdown(title, INTRO, answers, frame) + known.to_markdown(frame)
    _write(folder / "expected.toml", programs)
    _write(folder / "expected.md", people)


# --- plans, maps and points of others ------------------------------------------------------------------------------

FOREIGN_INTRO = (
    "由 `data/make_samples.py` 写出；{zh}。车道名称见 `expected.toml` 的 `lane` 表。  \n"
    "Written by `data/make_samples.py`; {en}. Lanes go by the names of the table `lane` in `expected.toml`."
)
PLAN_INTRO = FOREIGN_INTRO.format(
    zh="坐标为图纸坐标，换算为米；编号为图元句柄",
    en="coordinates are those of the drawing in metres, ids are the handles of its entities",
)
MAP_INTRO = FOREIGN_INTRO.format(
    zh="坐标为 EPSG:4550 东、北（米）；整张地图的结果，未截取",
    en="coordinates are east and north in EPSG:4550 [m]; of the whole map, nothing cut out",
)


def write_plan(folder: Path) -> None:
    """Write the CAD plan."""
    drawing = sample_xinghe.build()
    _write(folder / "xinghe_plan.dxf", drawing.content())
    _write(folder / "xinghe_plan.site.toml", sample_xinghe.SITE_TOML)
    _known(folder, "xinghe_plan", sample_xinghe, sample_xinghe.answers(drawing), PLAN_INTRO, "local metres")


def write_map(folder: Path) -> None:
    """Write the map in OpenStreetMap's format."""
    drawn = sample_heping.build()
    _write(folder / "heping.osm", drawn.map.content())
    _known(folder, "heping", sample_heping, sample_heping.answers(drawn), MAP_INTRO, "EPSG:4550")


def write_scan(folder: Path) -> None:
    """Write the laser points over the CAD plan, and what the plan's answers are with them."""
    drawing = sample_xinghe.build()
    drawing.content()
    sample_scan.write(folder / "xinghe_scan.laz")
    _write(folder / "xinghe_scan.toml", sample_xinghe.SITE_TOML + "\n" + sample_scan.SITE_TOML)
    answers = [*sample_scan.answers(), *sample_xinghe.answers(drawing)]
    _known(folder, "xinghe_plan", sample_xinghe, answers, PLAN_INTRO, "local metres")


FOREIGN = {YARD: write_yard, "plan_dxf": write_plan, "map_osm": write_map, "laser": write_scan, **sample_registries.REGISTRIES}


def _known(
    folder: Path, site_id: str, drawing: ModuleType, answers: Sequence[Answer], intro: str, system: str
) -> None:
    lanes = drawing.lane_points()
    _write(folder / "expected.toml", to_toml(site_id, answers, lanes, drawing.FRAME, system))
    _write(folder / "expected.md", to_markdown(drawing.TITLE, intro, answers, drawing.FRAME))


def _write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def main(argv: list[str]) -> int:
    """Write all samples beside this script, or into the folder given."""
    root = Path(argv[0]) if argv else HERE
    for name in SAMPLES:
        write(name, root / name)
    for name, make in FOREIGN.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        make(root / name)
        print(f"{root / name}: {', '.join(sorted(p.name for p in (root / name).iterdir()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
