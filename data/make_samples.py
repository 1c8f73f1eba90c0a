"""Write the sample sites anew: ``python data/make_samples.py [FOLDER]``.

Each sample is a folder with ``site.gpkg``, ``site.toml`` and its known answers, ``expected.toml``
for programs and ``expected.md`` for people. The same script gives the same content.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import sample_compliant
import sample_district
import sample_district_answers
from sample_answers import to_markdown, to_toml

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


def main(argv: list[str]) -> int:
    """Write all samples beside this script, or into the folder given."""
    root = Path(argv[0]) if argv else HERE
    for name in SAMPLES:
        write(name, root / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
