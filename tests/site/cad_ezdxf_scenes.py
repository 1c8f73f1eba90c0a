"""DXF plans written with ezdxf or by hand, as draughtsmen and other programs leave them."""

from __future__ import annotations

import math
from pathlib import Path

import ezdxf
from ezdxf.document import Drawing

from firelane.site.cad.open import load_plan
from firelane.site.cad.plan import Plan
from firelane.site.journal import Journal

ARC_STEP = math.radians(0.5)


def fan_area(radius: float, angle: float) -> float:
    """Area of a circle's sector of the given angle, its arc drawn in chords of at most half a degree."""
    count = math.ceil(angle / ARC_STEP - 1e-9)
    return 0.5 * radius * radius * count * math.sin(angle / count)


def saved(doc: Drawing, folder: Path, name: str = "plan.dxf", **options: object) -> Path:
    path = folder / name
    doc.saveas(path, **options)
    return path


def read(path: Path) -> Plan:
    """The plan of a file that must be readable."""
    journal = Journal()
    plan = load_plan(path, journal)
    assert journal.problems == []
    assert plan is not None
    return plan


def read_doc(doc: Drawing, folder: Path) -> Plan:
    return read(saved(doc, folder))


def geometries(plan: Plan, kind: str) -> list:
    return list(plan.geometry[plan.kind == kind])


def plain_text(entities: str, *, version: str | None = "AC1015", page: str | None = "ANSI_936") -> str:
    """A DXF text as small programs write it: a header, if any, and entities."""
    header = ""
    if version is not None or page is not None:
        header = "  0\nSECTION\n  2\nHEADER\n"
        header += f"  9\n$ACADVER\n  1\n{version}\n" if version else ""
        header += f"  9\n$DWGCODEPAGE\n  3\n{page}\n" if page else ""
        header += "  0\nENDSEC\n"
    return f"{header}  0\nSECTION\n  2\nENTITIES\n{entities}  0\nENDSEC\n  0\nEOF\n"


def line_text(layer: str, *ends: float) -> str:
    x1, y1, x2, y2 = ends
    return f"  0\nLINE\n  8\n{layer}\n 10\n{x1}\n 20\n{y1}\n 11\n{x2}\n 21\n{y2}\n"


def nasty_plan() -> Drawing:
    """The file of facts/dxf_drawing.md §10, in millimetres: six areas, none drawn in a simple way."""
    doc = ezdxf.new("R2010", units=4)
    space = doc.modelspace()
    # 1. A road 20 x 4 m with fillets of 3 m, as bulges.
    b = math.tan(math.radians(90.0) / 4.0)
    space.add_lwpolyline(
        [(3000, 0, b * 0), (17000, 0, b), (20000, 3000, 0), (20000, 7000, b), (17000, 10000, 0), (3000, 10000, b),
         (0, 7000, 0), (0, 3000, b)],
        format="xyb", close=True, dxfattribs={"layer": "道路"},
    )  # fmt: skip
    # 2. A ring of LINE and ARC with gaps of 2 and 3 mm.
    at = 30000
    space.add_line((at, 0), (at + 10000, 0), {"layer": "ring"})
    space.add_arc((at + 10000, 2002), 2000, 270, 90, dxfattribs={"layer": "ring"})
    space.add_line((at + 10000, 4002), (at, 4002), {"layer": "ring"})
    space.add_line((at - 3, 4002), (at, 3), {"layer": "ring"})
    # 3. A building in a block, mirrored and turned in another block.
    house = doc.blocks.new("HOUSE", base_point=(1000, 0))
    house.add_lwpolyline([(1000, 0), (9000, 0), (9000, 5000), (1000, 4000)], close=True, dxfattribs={"layer": "0"})
    yard = doc.blocks.new("YARD")
    yard.add_blockref("HOUSE", (2000, 1000), {"xscale": -1.0, "rotation": 90.0, "layer": "0"})
    space.add_blockref("YARD", (60000, 0), {"rotation": 30.0, "xscale": 2.0, "yscale": 2.0, "layer": "建筑"})
    # 4. A polyline open by 8 mm.
    space.add_lwpolyline([(80000, 0), (90000, 0), (90000, 6000), (80000, 6000), (80000, 8)], dxfattribs={"layer": "open"})
    # 5. An ellipse.
    space.add_ellipse((105000, 5000), (5000, 0), 0.6, dxfattribs={"layer": "pond"})
    # 6. A hatch with an arc among its edges.
    hatch = space.add_hatch(dxfattribs={"layer": "green"})
    path = hatch.paths.add_edge_path()
    path.add_line((120000, 0), (130000, 0))
    path.add_arc((130000, 2500), 2500, 270, 90)
    path.add_line((130000, 5000), (120000, 5000))
    path.add_line((120000, 5000), (120000, 0))
    return doc
