/* What tells where one is: outlines with names, names of areas, names of points near by. Texts of the data enter through textContent alone. */

const MOST_LABELS = 60;
const NAMED_FROM = 14; /* zoom from which points are few enough to have their names */
/* Where a name may stand beside its place [px], the nearest first. */
const ROUND = Array.from({ length: 13 * 17 }, (_, n) => [20 * ((n % 13) - 6), 11 * (Math.floor(n / 13) - 8)]);
ROUND.sort((a, b) => Math.hypot(...a) - Math.hypot(...b) || a[0] - b[0] || a[1] - b[1]);
const COLUMN = [0, 24, -24, 48, -48].map((down) => [0, down]);
const BESIDE = [[0, 24], [0, -24]];

class Names {
  constructor(drawing) {
    const { data, rows } = drawing;
    this.drawing = drawing;
    this.places = data.places;
    this.kind = data.places && data.switch >= 0 ? rows.texts["f" + data.switch].indexOf(data.places.kind) : -1;
    this.layer = L.layerGroup();
  }

  /* Dashed, on white: seen on every colour, and no area that could be tapped. */
  outlines(map, renderer) {
    if (!this.places) return;
    const look = { renderer, interactive: false, fill: false, opacity: 1 };
    for (const [shape] of this.places.items) {
      const parts = this.drawing.data.shapes.parts(shape);
      L.polygon(parts, { ...look, color: "#fff", weight: 4, opacity: 0.8 }).addTo(map);
      L.polygon(parts, { ...look, color: "#4b545c", weight: 1.6, dashArray: "7 4" }).addTo(map);
    }
  }

  /* Where the name of an outline stands: at its own place, or in the middle of the part that is seen. */
  anchor([shape, , lat, lon], view) {
    if (view.contains([lat, lon])) return [lat, lon];
    const { shapes } = this.drawing.data;
    const box = shapes.bounds([shape]);
    if (!view.intersects(box)) return null;
    const middle = (low, high) => (low + high) / 2;
    const y = middle(Math.max(view.getSouth(), box.getSouth()), Math.min(view.getNorth(), box.getNorth()));
    const x = middle(Math.max(view.getWest(), box.getWest()), Math.min(view.getEast(), box.getEast()));
    return this.inside(shape, y, x) ? [y, x] : null;
  }

  inside(shape, y, x) {
    let inside = false;
    for (const ring of this.drawing.data.shapes.parts(shape).flat(1))
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
        if (ring[i][0] > y !== ring[j][0] > y && x < ring[i][1] + ((ring[j][1] - ring[i][1]) * (y - ring[i][0])) / (ring[j][0] - ring[i][0])) inside = !inside;
    return inside;
  }

  /* [name, figure, lat, lon, places beside, look, shape that it stays in], the most important first. */
  wanted(view) {
    const { drawing } = this;
    const { data, rows, groups } = drawing;
    const { areas } = data;
    const names = [];
    for (const item of this.places ? this.places.items : []) {
      const at = this.anchor(item, view);
      if (at) names.push([item[1], "", ...at, ROUND, "label-place", item[0]]);
    }
    if (areas && areas.named) for (const [, name, told, , lat, lon] of areas.items) names.push([name, told, lat, lon, COLUMN, "label-name"]);
    const known = new Set(names.map(([name]) => name));
    const point = (i) => {
      const name = rows.text("title", i);
      if (!known.has(name)) names.push([name, "", rows.lat[i] / 1e7, rows.lon[i] / 1e7, BESIDE, "label-name"]);
    };
    if (!data.clustered) for (const { n, row } of groups.slice().reverse()) n === 1 && point(row); /* each a thing of its own, the worst first */
    else if (this.kind >= 0 && drawing.map.getZoom() >= NAMED_FROM) this.near(view).forEach(point);
    return names;
  }

  /* The rows of the named kind in sight, the worst first. */
  near(view) {
    const { rows } = this.drawing;
    const [west, south, east, north] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map((degrees) => degrees * 1e7);
    const found = [];
    for (let i = 0; i < rows.placed; i++)
      if (rows.kind[i] === this.kind && rows.lon[i] > west && rows.lon[i] < east && rows.lat[i] > south && rows.lat[i] < north) found.push(i);
    return found.sort((a, b) => rows.rank[rows.status[a]] - rows.rank[rows.status[b]] || a - b).slice(0, 4 * MOST_LABELS);
  }

  draw() {
    this.layer.clearLayers();
    const { map, groups } = this.drawing;
    const view = map.getBounds();
    const names = this.wanted(view);
    if (!names.length) return;
    const corner = map.getPixelBounds().min;
    /* a name gives way to the points above it and to the controls, or is left out */
    const taken = groups.map((group) => {
      const { x, y, n } = group;
      const half = n > 1 ? this.drawing.size(group) / 2 : 10;
      return [x - corner.x - half, y - corner.y - half, x - corner.x + half, y - corner.y + half];
    });
    const frame = map.getContainer().getBoundingClientRect();
    for (const node of map.getContainer().querySelectorAll(".leaflet-control")) {
      const { left, top, right, bottom } = node.getBoundingClientRect();
      taken.push([left - frame.left, top - frame.top, right - frame.left, bottom - frame.top]);
    }
    const most = taken.length + MOST_LABELS;
    const size = map.getSize();
    const low = size.y - this.drawing.act.covered();
    for (const [name, told, lat, lon, shifts, look, home] of names) {
      if (taken.length >= most || !name || !view.contains([lat, lon])) continue;
      const text = told ? `${name.slice(0, 30)} ${told}` : name.slice(0, 30);
      const point = map.latLngToContainerPoint([lat, lon]);
      const wide = look === "label-place" ? 1.35 : 1;
      let half = 6;
      for (const sign of text) half += wide * (sign > "\u2e80" ? 6.5 : 3.8);
      half = Math.min(half, 75);
      const free = ([across, down]) => {
        const box = [point.x + across - half, point.y + down - 9, point.x + across + half, point.y + down + 9];
        if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) return null;
        if (home === undefined) return box;
        /* the name of an outline stays in it, and is not cut off: beside it, it would name the neighbour */
        if (box[0] < 4 || box[1] < 4 || box[2] > size.x - 4 || box[3] > low - 4) return null;
        const { lat: y, lng: x } = map.containerPointToLatLng([point.x + across, point.y + down]);
        return this.inside(home, y, x) ? box : null;
      };
      const shift = shifts.find(free);
      if (shift === undefined) continue;
      taken.push(free(shift));
      const icon = L.divIcon({ html: el("span", `label ${look}`, text), className: "label-icon still", iconSize: null, iconAnchor: [-shift[0], -shift[1]] });
      L.marker([lat, lon], { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(this.layer);
    }
  }
}
