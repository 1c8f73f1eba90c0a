/* The map of very many points: a grid of world pixels gathers them, so nothing jumps while the map is moved. */

/* From a zoom on: the side of a cell, and how near two means may come [px]. Nearer by, only what would cover each other is gathered. */
const GATHERED = [
  { zoom: 18.5, side: 24, apart: 20 },
  { zoom: 16, side: 36, apart: 32 },
  { zoom: 0, side: 60, apart: 46 },
];
const SPECK = 6; // pixels
const SINGLE = { side: 8, apart: 6 };

/* A circle with a sign in it, both on the canvas. */
const Spot = L.CircleMarker.extend({
  _updatePath() {
    L.CircleMarker.prototype._updatePath.call(this);
    const { sign, signSize } = this.options;
    const canvas = this._renderer;
    if (!sign || !canvas._drawing || this._empty()) return;
    const pen = canvas._ctx;
    pen.globalAlpha = 1;
    pen.fillStyle = "#fff";
    pen.font = `bold ${signSize}px "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(sign, this._point.x, this._point.y + 0.5);
  },
});

class CrowdMap {
  constructor(map, data, rows, act) {
    this.map = map;
    this.data = data;
    this.rows = rows;
    this.act = act;
    const coarse = window.matchMedia("(pointer: coarse)").matches;
    /* One canvas only: a second one above it would swallow the clicks meant for the first. */
    this.canvas = L.canvas({ padding: 0.2, tolerance: coarse ? 10 : 3 });
    const pane = map.createPane("highlight");
    pane.style.zIndex = 620; /* above the clusters */
    pane.style.pointerEvents = "none";
    this.glow = L.layerGroup().addTo(map);
    this.light = L.svg({ pane: "highlight", padding: 0.2 });
    this.layer = L.layerGroup();
    this.groups = [];
    this.names = new Names(this);
    this.areas();
    this.names.outlines(map, this.canvas);
    this.layer.addTo(map);
    this.names.layer.addTo(map);
    this.controls();
  }

  areas() {
    const { areas, shapes } = this.data;
    if (!areas) return;
    const none = stripes();
    const line = areas.named ? { color: "#4b545c", weight: 1.2 } : { color: "#8d969e", weight: 0.6 };
    this.paths = areas.items.map(([shape, , , kind], n) => {
      const fill = kind < 0 ? none : areas.classes[kind][1];
      const look = { renderer: this.canvas, ...line, opacity: 1, fillColor: fill, fillOpacity: 0.75 };
      const path = L.polygon(shapes.parts(shape), look);
      path.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        this.act.area(n);
      });
      return path.addTo(this.map);
    });
  }

  controls() {
    const { map, data } = this;
    const { words } = data;
    map.getContainer().setAttribute("aria-label", words.map_label);
    L.control.zoom({ position: "topright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    const add = (position, make) => {
      const control = L.control({ position });
      control.onAdd = () => {
        const node = make();
        L.DomEvent.disableClickPropagation(node);
        return node;
      };
      control.addTo(map);
    };
    add("topright", () => {
      const box = el("div", "leaflet-bar tools-bar");
      const whole = button("map-tool", null, box, () => this.whole(true));
      const picture = svg("svg", { width: 20, height: 20, viewBox: "0 0 20 20", "aria-hidden": "true" }, whole);
      svg("path", { d: "M2 7V2h5M13 2h5v5M18 13v5h-5M7 18H2v-5", fill: "none", stroke: "#1d2329", "stroke-width": 2 }, picture);
      whole.title = words.whole;
      whole.setAttribute("aria-label", words.whole);
      return box;
    });
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
    add("bottomright", () => {
      const box = el("div", "mini-legend");
      this.act.legend(box);
      return box;
    });
  }

  padding() {
    return { paddingTopLeft: [36, 36], paddingBottomRight: [64, this.act.covered() + 36] };
  }

  whole(animate) {
    const { rows, data } = this;
    const box = L.latLngBounds([]);
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < rows.placed; i++) {
      west = Math.min(west, rows.lon[i]);
      east = Math.max(east, rows.lon[i]);
      south = Math.min(south, rows.lat[i]);
      north = Math.max(north, rows.lat[i]);
    }
    if (rows.placed) box.extend([south / 1e7, west / 1e7]).extend([north / 1e7, east / 1e7]);
    if (data.areas) box.extend(data.shapes.bounds(data.areas.items.map(([shape]) => shape)));
    this.fit(box, animate);
  }

  /* Where the page begins: everything, but for what lies far off; that is told, and a tap leads to it. */
  begin() {
    const { begin, beyond } = this.data.places || {};
    if (!begin) return this.whole(false);
    this.fit(L.latLngBounds(begin.slice(0, 2), begin.slice(2)), false);
    const node = button("beyond", beyond, null, () => this.whole(true));
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => node;
    control.addTo(this.map);
    L.DomEvent.disableClickPropagation(node);
    const from = this.map.getZoom();
    this.map.on("zoomend", () => (node.hidden = this.map.getZoom() !== from)); /* nearer by it would only be in the way */
  }

  fit(box, animate) {
    const padding = this.padding();
    const legend = this.map.getContainer().querySelector(".mini-legend");
    /* beside the legend where there is room, above it nowhere */
    if (legend && legend.offsetWidth && this.map.getSize().x > 700) padding.paddingBottomRight[0] = Math.max(64, legend.offsetWidth + 36);
    if (box.isValid()) this.map.fitBounds(box, { ...padding, maxZoom: 18, animate });
    else this.map.setView([35, 105], 4, { animate: false });
  }

  /* ---------------------------------------------------------------- clusters */

  /* Gathers the matched points of the view: [{ n, x, y, worst, row, box }], x and y in pixels of the world. */
  gather() {
    const { rows, map } = this;
    const zoom = map.getZoom();
    const { side, apart } = this.data.clustered ? GATHERED.find((step) => zoom >= step.zoom) : SINGLE;
    const scale = map.options.crs.scale(zoom) / 256;
    const frame = map.getPixelBounds();
    /* whole cells, two more on every side: what is drawn does not depend on where the view ends */
    const left = Math.floor(frame.min.x / side) - 2;
    const top = Math.floor(frame.min.y / side) - 2;
    const wide = Math.floor(frame.max.x / side) + 3 - left;
    const high = Math.floor(frame.max.y / side) + 3 - top;
    const grid = new Int32Array(wide * high).fill(-1);
    const groups = [];
    const statuses = this.data.statuses.length;
    for (const i of rows.matched) {
      if (i >= rows.placed) break; /* the matched are in order, and those without a place come last */
      const x = rows.x[i] * scale;
      const y = rows.y[i] * scale;
      const column = Math.floor(x / side) - left;
      const line = Math.floor(y / side) - top;
      if (column < 0 || line < 0 || column >= wide || line >= high) continue;
      const cell = line * wide + column;
      let g = grid[cell];
      if (g < 0) {
        g = grid[cell] = groups.length;
        groups.push({ cell, n: 0, x: 0, y: 0, worst: rows.status[i], row: i, box: [x, y, x, y], into: null, of: new Int32Array(statuses) });
      }
      const group = groups[g];
      group.n++;
      group.of[rows.status[i]]++;
      group.x += x;
      group.y += y;
      const { box } = group;
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
      if (rows.rank[rows.status[i]] < rows.rank[group.worst]) group.worst = rows.status[i];
    }
    for (const group of groups) {
      group.x /= group.n;
      group.y /= group.n;
    }
    /* a neighbour whose mean is too near joins the greater one */
    for (const group of groups.slice().sort((a, b) => b.n - a.n || a.cell - b.cell)) {
      if (group.into) continue;
      const column = group.cell % wide;
      for (let down = -1; down <= 1; down++)
        for (let across = -1; across <= 1; across++) {
          if (column + across < 0 || column + across >= wide) continue;
          const g = grid[group.cell + down * wide + across]; /* undefined beyond the grid */
          const other = g >= 0 ? groups[g] : null;
          if (!other || other === group || other.into || other.host) continue;
          if (Math.hypot(other.x - group.x, other.y - group.y) >= apart) continue;
          other.into = group;
          group.host = true;
          group.x = (group.x * group.n + other.x * other.n) / (group.n + other.n);
          group.y = (group.y * group.n + other.y * other.n) / (group.n + other.n);
          group.n += other.n;
          other.of.forEach((n, s) => (group.of[s] += n));
          group.box = [
            Math.min(group.box[0], other.box[0]), Math.min(group.box[1], other.box[1]),
            Math.max(group.box[2], other.box[2]), Math.max(group.box[3], other.box[3]),
          ];
          if (rows.rank[other.worst] < rows.rank[group.worst]) group.worst = other.worst;
        }
    }
    this.grid = { side, left, top, wide, high, scale, grid, groups };
    return groups.filter((group) => !group.into);
  }

  /* The rows of a group as it was gathered last. */
  members(group) {
    const { rows } = this;
    const { side, left, top, wide, high, scale, grid, groups } = this.grid;
    const out = [];
    for (const i of rows.matched) {
      if (i >= rows.placed) break;
      const column = Math.floor((rows.x[i] * scale) / side) - left;
      const line = Math.floor((rows.y[i] * scale) / side) - top;
      if (column < 0 || line < 0 || column >= wide || line >= high) continue;
      const own = groups[grid[line * wide + column]];
      if (own === group || own.into === group) out.push(i);
    }
    return out;
  }

  /* Whether the largest area is more than a speck: sites far apart would leave the page empty. */
  areasShow(zoom) {
    if (this.tallest === undefined) {
      const heights = this.data.areas.items.map(([shape]) => {
        const box = this.data.shapes.bounds([shape]);
        return box.getNorth() - box.getSouth();
      });
      this.tallest = heights.reduce((most, height) => Math.max(most, height), 0);
    }
    return (this.tallest * 256 * 2 ** zoom) / 360 >= SPECK;
  }

  draw() {
    const { map, rows } = this;
    this.layer.clearLayers();
    const zoom = map.getZoom();
    const frame = map.getPixelBounds();
    const margin = 40;
    /* near by, an area is no more than a tint below what lies in it */
    const strength = !this.act.bare() && zoom >= 15 ? 0.25 : 0.75;
    if (this.paths && strength !== this.strength) for (const path of this.paths) path.setStyle({ fillOpacity: strength });
    this.strength = strength;
    const groups = this.act.bare() && this.areasShow(zoom) ? [] : this.gather();
    this.groups = groups.filter(
      ({ x, y }) => x > frame.min.x - margin && y > frame.min.y - margin && x < frame.max.x + margin && y < frame.max.y + margin
    );
    /* the worst are drawn last, above the others */
    this.groups.sort((a, b) => rows.rank[b.worst] - rows.rank[a.worst] || a.cell - b.cell);
    for (const group of this.groups) {
      const place = map.unproject(L.point(group.x, group.y), zoom);
      if (group.n === 1) this.spot(group, place).addTo(this.layer);
      else this.cluster(group, place).addTo(this.layer);
    }
    this.names.draw();
  }

  spot(group, place) {
    const [, , colour, , sign] = this.data.statuses[group.worst];
    const mark = this.rows.text("mark", group.row).slice(0, 5);
    const look = { radius: mark ? 9 + 3 * mark.length : 9, sign: mark || sign, signSize: mark ? 13 : 11 };
    const spot = new Spot(place, { ...look, renderer: this.canvas, color: "#fff", weight: 1.5, opacity: 1, fillColor: colour, fillOpacity: 1 });
    spot.on("click", (event) => {
      L.DomEvent.stopPropagation(event);
      this.act.select(group.row, false);
    });
    return spot;
  }

  told({ n }) {
    return !this.data.clustered ? `×${n}` : n < 10000 ? String(n) : `${Math.floor(n / 1000)}k`;
  }

  size(group) {
    return Math.min(30 + 6 * Math.log10(group.n) + (this.told(group).length > 3 ? 4 : 0), 50);
  }

  cluster(group, place) {
    const { data } = this;
    const text = this.told(group);
    const node = el("span", "cluster");
    node.style.width = node.style.height = `${this.size(group)}px`;
    node.style.background = this.ring(group);
    el("span", "cluster-count", text, node).style.backgroundColor = data.statuses[group.worst][2];
    const title = `${fill(data.words.cluster, { n: group.n })} · ${data.statuses[group.worst][1]}`;
    const marker = L.marker(place, { icon: L.divIcon({ html: node, className: "cluster-icon", iconSize: null }), title, alt: title, riseOnHover: true });
    marker.on("click", () => this.into(group));
    return marker;
  }

  /* The share of each status, the worst first. */
  ring(group) {
    const { data, rows } = this;
    let turned = 0;
    const parts = data.statuses.map((_, s) => s).sort((a, b) => rows.rank[a] - rows.rank[b]).filter((s) => group.of[s]);
    const slices = parts.map((s) => {
      const from = turned;
      turned += (360 * group.of[s]) / group.n;
      return `${data.statuses[s][2]} ${from.toFixed(1)}deg ${turned.toFixed(1)}deg`;
    });
    return parts.length > 1 ? `conic-gradient(${slices.join(", ")})` : data.statuses[parts[0]][2];
  }

  into(group) {
    const { map } = this;
    const zoom = map.getZoom();
    const [left, top, right, bottom] = group.box;
    const grow = map.options.crs.scale(21) / map.options.crs.scale(zoom);
    if (Math.hypot(right - left, bottom - top) * grow < 40 || zoom > 20.5) return this.act.several(this.members(group));
    const box = L.latLngBounds(map.unproject([left, bottom], zoom), map.unproject([right, top], zoom));
    const { paddingTopLeft: a, paddingBottomRight: b } = this.padding();
    const fitting = map.getBoundsZoom(box, false, L.point(a).add(b));
    const to = Math.min(21, Math.max(fitting, zoom + 1));
    /* the middle of what the sheet leaves free */
    const middle = map.project(box.getCenter(), to).add(L.point(b).subtract(a).divideBy(2));
    map.setView(map.unproject(middle, to), to);
  }

  /* ---------------------------------------------------------------- selection */

  select(i, zoom) {
    this.glow.clearLayers();
    if (i < 0 || i >= this.rows.placed) return;
    const place = [this.rows.lat[i] / 1e7, this.rows.lon[i] / 1e7];
    const mark = this.rows.text("mark", i).slice(0, 5);
    const look = { pane: "highlight", renderer: this.light, interactive: false, color: "#d6006c", weight: 4, fill: false };
    L.circleMarker(place, { ...look, radius: 14 + 3 * mark.length }).addTo(this.glow);
    if (zoom) this.toward(place, Math.max(this.map.getZoom(), this.data.clustered ? 17 : 13));
    else this.keepInSight(place);
  }

  /* The map so that rows are in sight. */
  show(members) {
    const { rows } = this;
    const box = L.latLngBounds([]);
    for (const i of members) if (i < rows.placed) box.extend([rows.lat[i] / 1e7, rows.lon[i] / 1e7]);
    if (box.isValid()) this.map.fitBounds(box, { ...this.padding(), maxZoom: 18, animate: false });
  }

  /* An area, outlined and in sight. */
  outline(n, zoom) {
    this.glow.clearLayers();
    const { areas, shapes } = this.data;
    const shape = areas.items[n][0];
    const look = { pane: "highlight", renderer: this.light, interactive: false, color: "#d6006c", weight: 3, fill: false };
    L.polygon(shapes.parts(shape), look).addTo(this.glow);
    if (zoom) this.map.fitBounds(shapes.bounds([shape]), { ...this.padding(), maxZoom: 15, animate: false });
  }

  toward(place, zoom) {
    const { paddingTopLeft: a, paddingBottomRight: b } = this.padding();
    const middle = this.map.project(place, zoom).add(L.point(b).subtract(a).divideBy(2));
    this.map.setView(this.map.unproject(middle, zoom), zoom, { animate: false });
  }

  keepInSight(place) {
    const { paddingTopLeft: a, paddingBottomRight: b } = this.padding();
    this.map.panInside(place, { paddingTopLeft: a, paddingBottomRight: b });
  }
}
