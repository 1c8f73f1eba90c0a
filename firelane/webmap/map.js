/* The map: paths on one canvas, labels and numbered markers as elements with textContent. */

class Drawing {
  constructor(map, data, plane, act) {
    this.map = map;
    this.data = data;
    this.shapes = plane.table(data.shapes); /* where the shapes stand on the map that is shown */
    this.at = -1; /* the station that was tapped last, in the station columns */
    this.act = act;
    this.off = new Set();
    this.visible = [];
    this.labels = new Map();
    this.markers = [];
    this.groups = [];
    this.rows = [];
    this.selected = -1;
    const coarse = window.matchMedia("(pointer: coarse)").matches;
    /* One canvas only: a second one above it would swallow the clicks meant for the first. */
    this.renderer = L.canvas({ padding: 0.3, tolerance: coarse ? 12 : 4 });
    const pane = map.createPane("highlight");
    pane.style.zIndex = 450;
    pane.style.pointerEvents = "none";
    this.light = L.svg({ pane: "highlight", padding: 0.3 });
    this.glow = L.layerGroup().addTo(map);
    this.deeds = L.layerGroup().addTo(map);
    this.spot = L.layerGroup().addTo(map);
    this.layers = data.layers.map(() => []);
    for (const [layer, shape, style, card] of data.paths) this.layers[layer].push(this.path(shape, style, card));
    this.controls();
    this.whole(false);
    map.on("zoomend", () => this.zoomed());
    map.on("moveend", () => {
      this.placeLabels();
      this.keepInSight();
    });
    map.on("click", (event) => act.measure(event.latlng) || act.select(-1));
    this.redraw();
  }

  shape(shape, options) {
    const { shapes } = this;
    const type = shapes.types[shape];
    if (type === 0) {
      const dot = L.circleMarker(shapes.first(shape), { radius: 4, ...options });
      if (!options.fixed) dot.whole = [dot.options.radius, dot.options.weight];
      return dot;
    }
    if (type === 1) return L.polyline(this.line(shape), options);
    return L.polygon(shapes.parts(shape), options);
  }

  line(shape) {
    return this.shapes.parts(shape).map((rings) => rings[0]);
  }

  /* Everything to where it now belongs, after the background's datum has changed. */
  reshape() {
    for (const paths of this.layers)
      for (const path of paths) {
        const type = this.shapes.types[path.number];
        if (type === 0) path.setLatLng(this.shapes.first(path.number));
        else path.setLatLngs(type === 1 ? this.line(path.number) : this.shapes.parts(path.number));
      }
    for (const marker of this.labels.values()) marker.remove();
    this.labels.clear();
    const at = this.at;
    this.select(this.selected, false);
    if (at >= 0) this.tell(this.selected, at);
    this.placeLabels();
  }

  path(shape, style, card) {
    const look = this.data.styles[style];
    const options = { renderer: this.renderer, smoothFactor: 0.5, opacity: 1, ...look, interactive: card >= 0 };
    const path = this.shape(shape, options);
    path.number = shape;
    if (card >= 0)
      path.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        if (!this.act.measure(event.latlng)) this.act.select(card, event.latlng);
      });
    return path;
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
      whole.title = words.whole_site;
      whole.setAttribute("aria-label", words.whole_site);
      return box;
    });
    add("topright", () => {
      if (data.unplaced) return el("div", "unplaced on-map", words.unplaced_short); /* nobody knows where north is */
      const box = el("div", "north");
      const picture = svg("svg", { width: 20, height: 30, viewBox: "0 0 20 30", "aria-hidden": "true" }, box);
      svg("path", { d: "M10 1 L17 28 L10 23 Z", fill: "#222" }, picture);
      svg("path", { d: "M10 1 L3 28 L10 23 Z", fill: "#fff", stroke: "#222" }, picture);
      el("span", null, words.north, box);
      return box;
    });
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
    if (data.credit) add("bottomright", () => el("div", "credit", data.credit));
    add("bottomright", () => {
      const box = el("div", "mini-legend");
      el("strong", null, words.legend_width, box);
      this.act.legend(box);
      return box;
    });
  }

  padding() {
    const covered = this.act.covered();
    return { paddingTopLeft: [28, 28], paddingBottomRight: [64, covered + 28] };
  }

  whole(animate) {
    const box = this.shapes.bounds(this.data.whole);
    if (!box.isValid()) return;
    const padding = this.padding();
    const legend = this.map.getContainer().querySelector(".mini-legend");
    /* beside the legend where there is room, above it nowhere */
    if (legend && legend.offsetWidth && this.map.getSize().x > 700) padding.paddingBottomRight[0] = legend.offsetWidth + 28;
    this.map.fitBounds(box, { ...padding, animate });
  }

  /* ---------------------------------------------------------------- layers */

  zoomed() {
    this.redraw();
  }

  redraw() {
    const zoom = this.map.getZoom();
    const want = this.data.layers.map((layer, i) => !this.off.has(i) && zoom >= layer.zoom);
    const same = want.every((on, i) => on === this.visible[i]);
    if (!same) {
      /* Taken out and put back in order, so that what lies below stays below. */
      const first = want.findIndex((on, i) => on !== this.visible[i]);
      for (let i = first; i < want.length; i++) for (const path of this.layers[i]) path.remove();
      for (let i = first; i < want.length; i++) if (want[i]) for (const path of this.layers[i]) path.addTo(this.map);
      this.visible = want;
    }
    /* From afar a row of trees or signs must not cover the lane. */
    const share = zoom < 17.5 ? 0.4 : zoom < 18.5 ? 0.6 : 1;
    if (share !== this.share) {
      for (const paths of this.layers)
        for (const path of paths)
          if (path.whole) path.setStyle({ radius: path.whole[0] * share, weight: Math.max(0.6, path.whole[1] * share) });
      this.share = share;
    }
    this.placeMarkers();
    this.placeLabels();
  }

  toggle(layer, on) {
    this.off[on ? "delete" : "add"](layer);
    this.redraw();
  }

  /* ---------------------------------------------------------------- labels */

  placeLabels() {
    const { map, data } = this;
    const zoom = map.getZoom();
    const view = map.getBounds().pad(0.05);
    const taken = this.groups.map(({ place, rows }) => {
      const tip = map.latLngToContainerPoint(place);
      const half = rows.length > 1 ? 30 : 16;
      return [tip.x - half, tip.y - 40, tip.x + half, tip.y];
    });
    const frame = map.getContainer().getBoundingClientRect();
    for (const node of map.getContainer().querySelectorAll(".leaflet-control")) {
      const { left, top, right, bottom } = node.getBoundingClientRect();
      taken.push([left - frame.left, top - frame.top, right - frame.left, bottom - frame.top]);
    }
    const keep = new Set();
    const MOST = 250;
    if (!this.order) this.order = data.labels.map((_, i) => i).sort((a, b) => data.labels[a][4] - data.labels[b][4] || a - b);
    for (const i of this.order) {
      const [layer, shape, text, from, , card, look] = data.labels[i];
      if (zoom < from || !this.visible[layer] || keep.size >= MOST) continue;
      const ends = this.shapes.points(shape);
      const place = L.latLngBounds(ends).getCenter();
      if (!view.contains(place)) continue;
      const point = map.latLngToContainerPoint(place);
      const half = Math.abs(map.latLngToContainerPoint(ends[0]).y - point.y);
      let width = 12;
      for (const sign of text.slice(0, 24)) width += sign > "\u2e80" ? 13 : 7.5;
      width = Math.min(width, 150);
      /* A name stands in its building, a width beside its pinch; a neighbour or a marker moves it. */
      for (const shift of look === "name" ? [0, 22, -22] : [half + 15, -half - 15]) {
        const y = point.y + shift;
        const box = [point.x - width / 2, y - 11, point.x + width / 2, y + 11];
        if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) continue;
        taken.push(box);
        keep.add(i);
        if (!this.labels.has(i)) this.labels.set(i, this.label(place, text, card, look).addTo(map));
        this.labels.get(i).getElement().firstChild.style.top = `${shift}px`;
        break;
      }
    }
    for (const [i, marker] of this.labels)
      if (!keep.has(i)) {
        marker.remove();
        this.labels.delete(i);
      }
  }

  label(place, text, card, look) {
    const node = el("span", "label label-" + look, text);
    const still = look === "name";
    const icon = L.divIcon({ html: node, className: "label-icon" + (still ? " still" : ""), iconSize: null });
    const marker = L.marker(place, { icon, interactive: !still, keyboard: false, zIndexOffset: -500 });
    if (!still) marker.on("click", () => this.act.select(card));
    return marker;
  }

  /* ---------------------------------------------------------------- markers of findings */

  show(rows) {
    this.rows = rows.filter((row) => row.p >= 0);
    this.placeMarkers();
    this.placeLabels();
  }

  placeMarkers() {
    const { map, data } = this;
    for (const marker of this.markers) marker.remove();
    this.markers = [];
    this.groups = [];
    const layer = data.layers.length - 1;
    if (this.off.has(layer)) return;
    const NEAR = map.getSize().x < 760 ? 46 : 36;
    const { groups } = this;
    for (const row of this.rows) {
      const place = L.latLng(this.shapes.first(row.p));
      const point = map.project(place);
      const group = groups.find((g) => g.point.distanceTo(point) < NEAR);
      if (group) group.rows.push(row);
      else groups.push({ place, point, rows: [row] });
    }
    for (const group of groups.slice().reverse()) this.markers.push(this.marker(group).addTo(map));
  }

  marker({ place, rows }) {
    const { data } = this;
    const cards = rows.map((row) => data.cards[row.c]);
    const numbers = cards.map((card) => card.n);
    const text = numbers.length <= 2 ? numbers.join("·") : `${numbers[0]} +${numbers.length - 1}`;
    const node = el("span", "pin mark-" + cards[0].v, text);
    node.style.backgroundColor = data.colours[cards[0].v];
    if (rows.some((row) => row.c === this.selected)) node.classList.add("current");
    const icon = L.divIcon({ html: node, className: "pin-icon", iconSize: null });
    const title =
      rows.length === 1
        ? fill(data.words.marker, { n: numbers[0], title: cards[0].t })
        : fill(data.words.several, { n: rows.length });
    const marker = L.marker(place, { icon, title, alt: title, riseOnHover: true });
    marker.on("click", () => {
      if (rows.length === 1) return this.act.select(rows[0].c);
      const box = this.shapes.bounds(rows.map((row) => row.p));
      const apart = this.map.project(box.getNorthEast(), 21).distanceTo(this.map.project(box.getSouthWest(), 21));
      if (apart > 40 && this.map.getZoom() < 20.5) this.map.fitBounds(box, { ...this.padding(), maxZoom: 21 });
      else this.act.several(rows);
    });
    return marker;
  }

  /* ---------------------------------------------------------------- selection */

  select(index, zoom) {
    const { data } = this;
    if (index < 0) this.unspot();
    this.selected = index;
    this.glow.clearLayers();
    this.remedies([]);
    this.placeMarkers();
    if (index < 0) return;
    const card = data.cards[index];
    this.remedies(card.rm || [], false, card.z || card.g || []);
    for (const shape of card.g || []) {
      const type = data.shapes.types[shape];
      const look = { pane: "highlight", renderer: this.light, interactive: false, color: "#d6006c" };
      if (type === 0) this.shape(shape, { ...look, radius: 14, weight: 3, fill: false }).addTo(this.glow);
      else if (type === 1) this.shape(shape, { ...look, weight: 16, opacity: 0.3 }).addTo(this.glow);
      else this.shape(shape, { ...look, weight: 4, opacity: 0.8, fillOpacity: 0.12 }).addTo(this.glow);
    }
    const focus = card.z || card.g || [];
    if (zoom && focus.length) {
      const box = this.shapes.bounds(focus);
      if (box.isValid()) this.map.fitBounds(box, { ...this.padding(), maxZoom: 20 });
    }
  }

  /* What has to go, move or be raised; of one remedy alone, zoomed to, where it is asked for. */
  remedies(numbers, zoom, near = []) {
    const { data } = this;
    this.deeds.clearLayers();
    const drawn = new Map();
    for (const i of numbers) for (const [shape, look] of data.remedies[i].g) drawn.set(shape, look);
    for (const [shape, look] of drawn) {
      const options = { pane: "highlight", renderer: this.light, interactive: false, ...data.looks[look] };
      if (data.shapes.types[shape] === 0) Object.assign(options, { radius: 11, fill: false });
      this.shape(shape, options).addTo(this.deeds);
    }
    const told = new Set(); /* lane and building often share what has to go */
    for (const i of numbers) {
      const { l, g } = data.remedies[i];
      if (!l || !g.length || told.has(l + JSON.stringify(g))) continue;
      told.add(l + JSON.stringify(g));
      const place = this.above(g.map(([shape]) => shape), zoom ? [] : near);
      const icon = L.divIcon({ html: el("span", "label label-deed", l), className: "label-icon still", iconSize: null });
      L.marker(place, { icon, interactive: false, keyboard: false, zIndexOffset: 900 }).addTo(this.deeds);
    }
    this.keepInSight();
    if (!zoom || !drawn.size) return;
    this.map.fitBounds(this.shapes.bounds([...drawn.keys()]), { ...this.padding(), maxZoom: 20.5 });
  }

  /* The top of the shapes, or of the one of them that lies nearest to what is looked at. */
  above(shapes, near) {
    let box = this.shapes.bounds(shapes);
    const from = near.length ? this.shapes.bounds(near) : null;
    if (from && from.isValid()) {
      const here = this.map.project(from.getCenter(), 21);
      const boxes = shapes.map((shape) => this.shapes.bounds([shape]));
      const away = boxes.map((one) => this.map.project(one.getCenter(), 21).distanceTo(here));
      box = boxes[away.indexOf(Math.min(...away))];
    }
    return L.latLng(box.getNorth(), box.getCenter().lng);
  }

  /* A sentence at the edge of the map is moved inwards as long as what it is about can be seen; one that would cover a
     marker or another sentence stands higher. */
  keepInSight() {
    const width = this.map.getSize().x;
    const taken = this.groups.map(({ place }) => {
      const tip = this.map.latLngToContainerPoint(place);
      return [tip.x - 20, tip.y - 38, tip.x + 20, tip.y];
    });
    this.deeds.eachLayer((marker) => {
      const node = marker instanceof L.Marker && marker.getElement() && marker.getElement().firstChild;
      if (!node) return;
      const { x, y } = this.map.latLngToContainerPoint(marker.getLatLng());
      const half = node.offsetWidth / 2 + 4;
      const middle = x < 0 || x > width || 2 * half > width ? x : Math.min(Math.max(x, half), width - half);
      let rise = 20;
      const box = () => [middle - half, y - rise - 13, middle + half, y - rise + 13];
      const meets = (b, c) => b[0] < c[2] && b[2] > c[0] && b[1] < c[3] && b[3] > c[1];
      while (rise < 90 && taken.some((other) => meets(other, box()))) rise += 6;
      if (rise >= 90) rise = 46; /* far from what it is about it would say nothing */
      taken.push(box());
      node.style.left = `${middle - x}px`;
      node.style.top = `${-rise}px`;
    });
  }

  /* The station of a lane nearest to a place on the map: rows of label and value. */
  station(index, place) {
    const card = this.data.cards[index];
    this.unspot();
    if (!card.st || !place) return [];
    const [shape, first] = card.st;
    const here = this.map.project(place, 21);
    let best = -1;
    let least = Infinity;
    this.shapes.points(shape).forEach((point, i) => {
      const apart = this.map.project(L.latLng(point), 21).distanceTo(here);
      if (apart < least) [best, least] = [first + i, apart];
    });
    return this.tell(index, best);
  }

  /* Shows a station on the map and tells what was measured there, lengths in whole millimetres. */
  tell(index, station) {
    const { data } = this;
    const [shape, first] = data.cards[index].st;
    this.unspot();
    this.at = station;
    const place = this.shapes.points(shape)[station - first];
    const look = { pane: "highlight", renderer: this.light, interactive: false };
    L.circleMarker(place, { ...look, radius: 9, color: "#fff", weight: 5, fill: false }).addTo(this.spot);
    L.circleMarker(place, { ...look, radius: 9, color: "#111", weight: 2.5, fill: false, className: "spot" }).addTo(this.spot);
    if (!this.map.getBounds().contains(place)) this.map.panTo(place);
    const rows = [[data.words.here, metresOf(data.columns.chainage[station])]];
    for (const name of ["clear_width", "section_width", "clear_height"]) {
      const mm = data.columns[name][station];
      rows.push([data.words[name], mm < 0 ? data.words.not_measured_value : metresOf(mm)]);
    }
    return rows;
  }

  unspot() {
    this.at = -1;
    this.spot.clearLayers();
  }
}
