"""The notebooks run from start to end, and are saved without outputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

SLOW = ("02", "04")
SITE_FILES = ("audit.json", "findings.csv", "findings.geojson", "map.html", "results.gpkg")
FILES = {
    "04": (*SITE_FILES, "city.gpkg", "city.xlsx", "city_map.html", "failed.csv", "findings.parquet", "sites.parquet", "changes.html"),
    "06": ("board.html", "progress.xlsx", "report.docx", "star.xlsx", "star_map.html"),
}
"""What a notebook has to show that it wrote, by its number."""

# In a process of its own: the kernel's client starts threads and loops that outlive a test.
RUN = """
import sys
import nbformat
from nbclient import NotebookClient

book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=900, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(book, sys.argv[3])
"""


def test_there_is_a_notebook():
    names = [
        "01_audit_a_district.ipynb", "02_any_site_file.ipynb", "03_draw_the_markings.ipynb", "04_audit_a_city.ipynb",
        "05_can_the_fire_engine_turn.ipynb", "06_the_registries.ipynb",
    ]  # fmt: skip
    assert [n.name for n in NOTEBOOKS] == names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_saved_without_outputs(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [], cell.id
            assert cell.execution_count is None, cell.id


@pytest.mark.parametrize("folder", ["notebooks"])
@pytest.mark.parametrize(
    "path", [pytest.param(p, marks=pytest.mark.slow) if p.name[:2] in SLOW else p for p in NOTEBOOKS], ids=lambda p: p.name
)
def test_runs(path, folder, tmp_path):
    """The text of the outputs is looked at too: a chart that was not drawn leaves no picture."""
    done = tmp_path / "executed.ipynb"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = dict(
        os.environ,
        PYTHONPATH=os.pathsep.join(p for p in (str(ROOT), os.environ.get("PYTHONPATH")) if p),
        TMPDIR=str(temporary),
        TEMP=str(temporary),
        TMP=str(temporary),
    )
    environment.pop("MPLBACKEND", None)  # the kernel sets its own, which keeps the pictures in the notebook
    told = subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(ROOT / folder), str(done)],
        env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=1200, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-4000:]
    cells = nbformat.read(done, as_version=4).cells
    outputs = [o for cell in cells if cell.cell_type == "code" for o in cell.outputs]
    noise = [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    assert not noise, noise  # a warning in a guided tour is a fault of the program or of the tour
    charts = [cell for cell in cells if cell.cell_type == "code" and "plt.show()" in cell.source]
    for cell in charts:
        assert any("image/png" in o.get("data", {}) for o in cell.outputs), cell.id
    printed = "".join(o.text for o in outputs if o.output_type == "stream")
    for name in FILES.get(path.name[:2], (*SITE_FILES, "markings.dxf")):
        assert name in printed, name
