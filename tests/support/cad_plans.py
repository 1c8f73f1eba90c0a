"""Small plans drawn with ezdxf, in whatever unit a test asks for, and what is made of them."""

from __future__ import annotations

import ezdxf

from firelane.site.cad import read_plan
from firelane.site.config import Settings, read_settings
from firelane.site.journal import Journal

M, MM, CM, INCH, FOOT, NONE = 6, 4, 5, 1, 2, 0


class PlanFile:
    """A drawing to be filled: coordinates in metres, written in drawing units."""

    def __init__(self, *, code=M, per_metre=1.0, version="R2018"):
        self.doc = ezdxf.new(version, units=code)
        self.model = self.doc.modelspace()
        self.per_metre = per_metre

    def _space(self, space):
        return self.model if space is None else space  # an empty block counts as false

    def _at(self, points):
        return [(x * self.per_metre, y * self.per_metre) for x, y in points]

    def line(self, layer, *points, closed=False, width=0.0, space=None):
        """Draw a polyline."""
        attribs = {"layer": layer, "const_width": width * self.per_metre}
        return self._space(space).add_lwpolyline(self._at(points), close=closed, dxfattribs=attribs)

    def box(self, layer, x0, y0, x1, y1, **more):
        """Draw a closed rectangle."""
        return self.line(layer, (x0, y0), (x1, y0), (x1, y1), (x0, y1), closed=True, **more)

    def lines(self, layer, *points):
        """Draw single LINEs from point to point."""
        for a, b in zip(points, points[1:], strict=False):
            self.model.add_line(*self._at([a, b]), dxfattribs={"layer": layer})

    def hatch(self, layer, *rings):
        """Fill rings, the first with the others as holes."""
        hatch = self.model.add_hatch(dxfattribs={"layer": layer})
        for ring in rings:
            hatch.paths.add_polyline_path(self._at(ring), is_closed=True)

    def circle(self, layer, x, y, radius, space=None):
        """Draw a circle."""
        (centre,) = self._at([(x, y)])
        self._space(space).add_circle(centre, radius * self.per_metre, dxfattribs={"layer": layer})

    def text(self, layer, x, y, text):
        """Write a text that is centred on its place."""
        (at,) = self._at([(x, y)])
        self.model.add_text(text, height=self.per_metre, dxfattribs={"layer": layer, "insert": at})

    def block(self, name):
        """Return a new block."""
        return self.doc.blocks.new(name)

    def put(self, layer, name, x, y, turn_deg=0.0, **tags):
        """Place a block."""
        (at,) = self._at([(x, y)])
        insert = self.model.add_blockref(name, at, dxfattribs={"layer": layer, "rotation": turn_deg})
        for tag, value in tags.items():
            insert.add_attrib(tag, value, at)
        return insert

    def save(self, folder, name="plan.dxf"):
        """Write the file."""
        path = folder / name
        self.doc.saveas(path)
        return path


def taken(path, toml=None):
    """Return what is made of a plan, and the journal."""
    journal, settings = Journal(), Settings()
    if toml is not None:
        told = path.with_name("told.toml")
        told.write_text(toml, encoding="utf-8")
        settings = read_settings(told, journal)
    return read_plan(path, settings, journal), journal


def rows(intake, layer):
    """Return the geometries of a layer of ours, and its columns, all its tables joined."""
    geometry, columns = [], {}
    for _, table in intake.feeds.get(layer, ()):
        start = len(geometry)
        geometry += list(table.geometry)
        for name, values in table.columns.items():
            columns.setdefault(name, [None] * start).extend(values)
        for values in columns.values():
            values.extend([None] * (len(geometry) - len(values)))
    return geometry, columns
