"""Small OpenStreetMap files drawn in metres around a place in Shenyang."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import numpy as np
import osmium
import pyproj
import shapely

from firelane.site.config import Settings
from firelane.site.journal import Journal
from firelane.site.osm import read_osm

ORIGIN = (123.4, 41.8)
_FROM_M = pyproj.Transformer.from_crs(
    f"+proj=tmerc +lon_0={ORIGIN[0]} +lat_0={ORIGIN[1]} +ellps=WGS84 +units=m", "EPSG:4326", always_xy=True
)


def lonlat(x, y):
    """Turn metres from the origin into degrees with the seven digits that OpenStreetMap keeps."""
    lon, lat = _FROM_M.transform(x, y)
    return round(lon, 7), round(lat, 7)


def metres(geometry):
    """Turn degrees back into metres from the origin."""
    return shapely.transform(
        geometry, lambda xy: np.column_stack(_FROM_M.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
    )


class Scene:
    """Nodes, ways and relations; the numbers count from 1 within each kind."""

    def __init__(self, first=1):
        self.nodes, self.ways, self.relations, self.first, self.drawn = {}, {}, {}, first, 0

    def node(self, x, y, **tags):
        self.drawn += 1  # a test may take nodes away: their numbers are not given again
        number = self.first * self.drawn
        self.nodes[number] = (lonlat(x, y), _tags(tags))
        return number

    def way(self, *places, closed=False, missing=(), **tags):
        """Draw a way through places in metres or numbers of nodes."""
        refs = [place if isinstance(place, int) else self.node(*place) for place in places]
        refs += [refs[0]] if closed else []
        number = self.first * (len(self.ways) + 1)
        self.ways[number] = ([r for r in refs if r not in missing], _tags(tags))
        return number

    def relation(self, *members, **tags):
        """Members are (number of a way, role)."""
        number = len(self.relations) + 1
        self.relations[number] = (members, _tags({"type": "multipolygon"} | tags))
        return number

    def xml(self):
        out = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="hand">']
        for number, ((lon, lat), tags) in self.nodes.items():
            out.append(f'<node id="{number}" lat="{lat:.7f}" lon="{lon:.7f}">{_xml(tags)}</node>')
        for number, (refs, tags) in self.ways.items():
            out.append(f'<way id="{number}">' + "".join(f'<nd ref="{r}"/>' for r in refs) + _xml(tags) + "</way>")
        for number, (members, tags) in self.relations.items():
            inner = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
            out.append(f'<relation id="{number}">{inner}{_xml(tags)}</relation>')
        return "\n".join([*out, "</osm>"])

    def write(self, path):
        path.write_text(self.xml(), encoding="utf-8")
        return path

    def write_pbf(self, path):
        writer = osmium.SimpleWriter(str(path))
        for number, (place, tags) in self.nodes.items():
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place, tags=tags))
        for number, (refs, tags) in self.ways.items():
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
        for number, (members, tags) in self.relations.items():
            inner = [("w", ref, role) for ref, role in members]
            writer.add_relation(osmium.osm.mutable.Relation(id=number, members=inner, tags=tags))
        writer.close()
        return path


def _tags(raw):
    """``building__levels`` stands for ``building:levels``."""
    return {key.replace("__", ":").rstrip("_"): str(value) for key, value in raw.items()}


def _xml(tags):
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def take(scene, tmp_path, settings=None, window=None):
    """Read a scene; return the intake and the journal."""
    journal = Journal()
    intake = read_osm(scene.write(tmp_path / "map.osm"), settings or Settings(), journal, window=window)
    return intake, journal


def rows(intake, layer):
    """Return id → (geometry in metres, columns) of a layer."""
    if layer not in intake.feeds:
        return {}
    ((_, table),) = intake.feeds[layer]
    names = [name for name in table.columns if name != "id"]
    return {
        table.columns["id"][n]: (metres(table.geometry[n]), {name: table.columns[name][n] for name in names})
        for n in range(len(table))
    }


def codes(journal):
    return {note.code for note in journal.notes}


def reading(intake, source):
    return next(entry for entry in intake.readings if entry.source == source)
