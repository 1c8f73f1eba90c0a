"""Hands that spoil a drawing of ours: hatches are read, changed and written again with ezdxf alone."""

from __future__ import annotations

import shapely


def tags(entity):
    """Kind and mark that a piece of paint bears."""
    if not entity.has_xdata("FIRELANE"):
        return "", ""
    values = [str(tag.value) for tag in entity.get_xdata("FIRELANE") if tag.code == 1000]
    return (values[0], values[1]) if len(values) > 1 else ("", "")


def pieces(doc, kind, mark=""):
    """Hatches of some kind, of marks whose name begins so."""
    return [e for e in doc.modelspace().query("HATCH") if tags(e)[0] == kind and tags(e)[1].startswith(mark)]


def area(hatch):
    """The polygon of a hatch."""
    rings = [[(v[0], v[1]) for v in path.vertices] for path in hatch.paths]
    rings.sort(key=lambda ring: -shapely.Polygon(ring).area)
    return shapely.Polygon(rings[0], rings[1:])


def change(doc, hatches, work):
    """Put what ``work`` makes of their areas in the place of hatches."""
    model = doc.modelspace()
    for hatch in hatches:
        shape = work(area(hatch))
        for part in shapely.get_parts(shape) if shape is not None else ():
            if part.geom_type != "Polygon" or part.is_empty:
                continue
            new = model.add_hatch(dxfattribs={k: v for k, v in hatch.dxfattribs().items() if k in ("layer", "color", "true_color")})
            for n, ring in enumerate(shapely.get_rings(part)):
                new.paths.add_polyline_path(list(ring.coords)[:-1], is_closed=True, flags=1 if n == 0 else 16)
            new.set_xdata("FIRELANE", [(tag.code, tag.value) for tag in hatch.get_xdata("FIRELANE") if tag.code != 1001])
        model.delete_entity(hatch)


def southern(hatches):
    """The one of some hatches that lies farthest south."""
    return [min(hatches, key=lambda hatch: area(hatch).centroid.y)]
