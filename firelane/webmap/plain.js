/* A plain page: groups, list, card, map. Texts of the data enter through textContent alone. */

const STEP = 200; /* rows that the list takes at a time */
const MOST_MARKERS = 400;

class Plain {
  constructor(map, data) {
    this.map = map;
    this.data = data;
    this.words = data.words;
    this.on = new Set(data.groups.map((group, i) => (group[4] ? i : -1)).filter((i) => i >= 0));
    this.sort = -1;
    this.text = "";
    this.only = null;
    this.rows = [];
    this.open = -1;
    this.limit = STEP;
    this.haystacks = data.items.map(() => null);
    this.markers = [];
    this.build();
    this.mapParts();
  }

  /* ---------------------------------------------------------------- panel */

  build() {
    const { data, words } = this;
    const panel = el("aside", "panel", null, document.body);
    this.panel = panel;
    const handle = button("handle", null, panel, () => this.sheet(this.high ? 46 : 88));
    handle.setAttribute("aria-label", words.panel);
    el("span", "grip", null, handle);
    const head = el("header", "head", null, panel);
    el("h1", null, data.title, head);
    const lines = el("div", "headlines", null, head);
    for (const line of data.head) el("p", null, line, lines);
    if (!data.placed) el("p", "unplaced", words.unplaced, head);
    this.list = el("div", "view view-list", null, panel);
    const tools = el("div", "tools", null, this.list);
    const chips = el("div", "chips", null, tools);
    data.groups.forEach(([key, label, colour, sign], i) => {
      const count = data.items.filter((item) => item.g === i).length;
      if (!count) return;
      const chip = button("chip", null, chips, () => {
        this.on[this.on.has(i) ? "delete" : "add"](i);
        chip.setAttribute("aria-pressed", String(this.on.has(i)));
        this.only = null;
        this.filter();
      });
      chip.dataset.group = key;
      chip.setAttribute("aria-pressed", String(this.on.has(i)));
      const mark = el("span", "sign", sign, chip);
      mark.style.backgroundColor = colour;
      el("span", null, `${label} ${count}`, chip);
    });
    if (data.sorts.length > 1) {
      const select = el("select", "rules", null, tools);
      select.setAttribute("aria-label", data.every_sort);
      el("option", null, data.every_sort, select).value = "-1";
      data.sorts.forEach((sort, i) => (el("option", null, sort, select).value = String(i)));
      select.addEventListener("change", () => {
        this.sort = Number(select.value);
        this.filter();
      });
    }
    const search = el("input", "search", null, tools);
    search.type = "search";
    search.placeholder = words.search;
    search.setAttribute("aria-label", words.search);
    search.addEventListener("input", () => {
      this.text = search.value.trim().toLowerCase();
      this.filter();
    });
    this.count = el("p", "count", null, this.list);
    this.count.setAttribute("role", "status");
    this.everything = button("tool wide", words.all, this.list, () => {
      this.only = null;
      this.filter();
    });
    this.entries = el("ul", "list", null, this.list);
    this.more = button("tool more", null, this.list, () => {
      this.limit += STEP;
      this.fillList();
    });
    const about = el("div", "view-about view", null, this.list);
    for (const line of data.about) el("p", "small", line, about);
    this.card = el("div", "view view-card", null, panel);
    this.card.hidden = true;
  }

  sheet(percent) {
    this.high = percent > 50;
    document.documentElement.style.setProperty("--sheet", `${percent}vh`);
  }

  haystack(i) {
    if (this.haystacks[i] === null) {
      const item = this.data.items[i];
      const parts = [item.i, item.t, item.u, this.data.sorts[item.s]];
      for (const row of [...(item.r || []), ...(item.x || [])]) parts.push(...row);
      this.haystacks[i] = parts.join("\n").toLowerCase();
    }
    return this.haystacks[i];
  }

  filter() {
    const { data } = this;
    this.rows = [];
    data.items.forEach((item, i) => {
      if (this.only ? !this.only.has(i) : !this.on.has(item.g)) return;
      if (this.sort >= 0 && item.s !== this.sort) return;
      if (this.text && !this.haystack(i).includes(this.text)) return;
      this.rows.push(i);
    });
    this.limit = STEP;
    this.count.textContent = this.rows.length
      ? fill(this.words.count, { n: this.rows.length, all: data.items.length })
      : this.words.none;
    this.everything.hidden = !this.only;
    this.fillList();
    this.draw();
  }

  fillList() {
    const { data } = this;
    const rows = this.rows.slice(0, this.limit).map((i) => {
      const item = data.items[i];
      const entry = el("li");
      const row = button("row" + (i === this.open ? " current" : ""), null, entry, () => this.select(i, true));
      row.dataset.item = String(i);
      const [, label, colour, sign] = data.groups[item.g];
      const mark = el("span", "sign", sign, row);
      mark.style.backgroundColor = colour;
      mark.title = label;
      const text = el("span", "rowtext", null, row);
      el("span", "rowtitle", item.t, text);
      el("span", "rowsub", `${label} · ${data.sorts[item.s]}`, text);
      if (item.u) el("span", "rowmessage", item.u, text);
      return entry;
    });
    this.entries.replaceChildren(...rows);
    const left = this.rows.length - rows.length;
    this.more.hidden = left <= 0;
    this.more.textContent = fill(this.words.more, { n: Math.min(left, STEP) });
  }

  select(i, zoom) {
    this.open = i;
    const on = i >= 0;
    document.body.classList.toggle("in-card", on);
    this.card.hidden = !on;
    this.list.hidden = on;
    history.replaceState(null, "", location.pathname + location.search + (on ? "#" + encodeURIComponent(this.data.items[i].i) : ""));
    if (on) this.fillCard(i);
    else this.fillList();
    this.light(i, zoom);
  }

  fillCard(i) {
    const { data, words } = this;
    const item = data.items[i];
    const [, label, colour, sign] = data.groups[item.g];
    const card = this.card;
    card.replaceChildren();
    card.scrollTop = 0;
    const bar = el("div", "bar", null, card);
    button("tool back", words.back, bar, () => this.select(-1));
    const at = this.rows.indexOf(i);
    for (const [text, word, step] of [["‹", words.previous, -1], ["›", words.next, 1]]) {
      const next = at >= 0 ? this.rows[at + step] : undefined;
      const node = button("tool step", text, bar, () => this.select(next, true));
      node.setAttribute("aria-label", word);
      node.disabled = next === undefined;
    }
    const kind = el("div", "kind", null, card);
    const mark = el("span", "sign", sign, kind);
    mark.style.backgroundColor = colour;
    el("span", null, data.sorts[item.s], kind);
    const badge = el("span", "badge", label, kind);
    badge.style.backgroundColor = colour;
    el("h2", "title", item.t, card);
    if (item.u) el("p", "message", item.u, card);
    const table = el("table", "compare", null, card);
    const heads = data.columns_head;
    if (heads.length) {
      const row = el("tr", null, null, el("thead", null, null, table));
      el("td", "label-cell", "", row);
      for (const head of heads) el("th", null, head, row).scope = "col";
    }
    const body = el("tbody", null, null, table);
    for (const [name, ...values] of item.r || []) {
      const row = el("tr", null, null, body);
      el("th", "label-cell", name, row).scope = "row";
      const differs = values.length > 1 && values.some((value) => value !== values[0]);
      values.forEach((value, n) => {
        const cell = el("td", differs && n ? "differs" : null, value, row);
        if (values.length === 1 && heads.length > 1) cell.colSpan = heads.length;
      });
    }
    for (const [head, text] of item.x || []) {
      if (head) el("h3", null, head, card);
      el("p", "message", text, card);
    }
    if (item.p < 0 && !(item.l || []).length) el("p", "small", words.no_place, card);
  }

  /* ---------------------------------------------------------------- map */

  mapParts() {
    const { map, data, words } = this;
    const coarse = window.matchMedia("(pointer: coarse)").matches;
    this.canvas = L.canvas({ padding: 0.3, tolerance: coarse ? 12 : 5 });
    const pane = map.createPane("highlight");
    pane.style.zIndex = 450;
    pane.style.pointerEvents = "none";
    this.svg = L.svg({ pane: "highlight", padding: 0.3 });
    this.glow = L.layerGroup().addTo(map);
    this.lines = L.layerGroup().addTo(map);
    map.getContainer().setAttribute("aria-label", words.map_label);
    L.control.zoom({ position: "topright", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    const whole = L.control({ position: "topright" });
    whole.onAdd = () => {
      const box = el("div", "leaflet-bar tools-bar");
      const node = button("map-tool", null, box, () => this.whole());
      const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      for (const [key, value] of [["width", 20], ["height", 20], ["viewBox", "0 0 20 20"], ["aria-hidden", "true"]]) picture.setAttribute(key, value);
      const frame = document.createElementNS("http://www.w3.org/2000/svg", "path");
      for (const [key, value] of [["d", "M2 7V2h5M13 2h5v5M18 13v5h-5M7 18H2v-5"], ["fill", "none"], ["stroke", "#1d2329"], ["stroke-width", 2]])
        frame.setAttribute(key, value);
      picture.append(frame);
      node.append(picture);
      node.title = words.whole_site;
      node.setAttribute("aria-label", words.whole_site);
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    whole.addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
    for (const shape of data.ground)
      L.polyline(this.path(shape), { renderer: this.canvas, interactive: false, color: "#b9b9b2", weight: 5, opacity: 1 }).addTo(map);
    this.whole();
    map.on("zoomend moveend", () => this.placeMarkers());
    map.on("click", () => this.open >= 0 && this.select(-1));
  }

  path(shape) {
    return this.data.shapes.parts(shape).map((rings) => rings[0]);
  }

  padding() {
    const small = window.matchMedia("(max-width: 760px)").matches;
    return { paddingTopLeft: [28, 44], paddingBottomRight: [64, small ? this.panel.offsetHeight + 20 : 28] };
  }

  whole() {
    const { data } = this;
    const box = L.latLngBounds([]);
    for (let i = 0; i < data.shapes.types.length; i++) for (const point of data.shapes.points(i)) box.extend(point);
    if (box.isValid()) this.map.fitBounds(box, { ...this.padding(), maxZoom: 20, animate: false });
    else this.map.setView([0, 0], 2, { animate: false });
  }

  draw() {
    const { data } = this;
    this.lines.clearLayers();
    for (const i of this.rows.slice().reverse()) {
      const item = data.items[i];
      const colour = data.groups[item.g][2];
      for (const shape of item.l || []) {
        const line = L.polyline(this.path(shape), { renderer: this.canvas, color: colour, weight: 5, opacity: 0.9 });
        line.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          this.select(i, false);
        });
        line.addTo(this.lines);
      }
    }
    this.placeMarkers();
  }

  placeMarkers() {
    const { map, data } = this;
    for (const marker of this.markers) marker.remove();
    this.markers = [];
    const view = map.getBounds().pad(0.1);
    const SIDE = 40;
    const cells = new Map(); /* a grid: one look at each thing, however many there are */
    for (const i of this.rows) {
      const item = data.items[i];
      if (item.p < 0) continue;
      const place = L.latLng(data.shapes.first(item.p));
      if (!view.contains(place)) continue;
      const point = map.project(place);
      const key = `${Math.floor(point.x / SIDE)},${Math.floor(point.y / SIDE)}`;
      if (cells.has(key)) cells.get(key).rows.push(i);
      else cells.set(key, { place, rows: [i] });
    }
    for (const { place, rows } of [...cells.values()].slice(0, MOST_MARKERS).reverse()) this.markers.push(this.marker(place, rows));
  }

  marker(place, rows) {
    const { data, map } = this;
    const first = data.items[rows[0]];
    const [, label, colour, sign] = data.groups[first.g];
    const node = el("span", "pin", rows.length > 1 ? `${sign} ${rows.length}` : sign);
    node.style.backgroundColor = colour;
    if (rows.includes(this.open)) node.classList.add("current");
    const title = rows.length > 1 ? fill(this.words.several, { n: rows.length }) : `${label}: ${first.t}`;
    const icon = L.divIcon({ html: node, className: "pin-icon", iconSize: null });
    const marker = L.marker(place, { icon, title, alt: title, riseOnHover: true });
    marker.on("click", () => {
      if (rows.length === 1) return this.select(rows[0], false);
      const box = data.shapes.bounds(rows.map((i) => data.items[i].p));
      const apart = map.project(box.getNorthEast(), 21).distanceTo(map.project(box.getSouthWest(), 21));
      if (apart > 60 && map.getZoom() < 20.5) return map.fitBounds(box, { ...this.padding(), maxZoom: 21 });
      this.only = new Set(rows);
      this.select(-1);
      this.filter();
    });
    return marker.addTo(map);
  }

  light(i, zoom) {
    const { data } = this;
    this.glow.clearLayers();
    if (i >= 0) {
      const item = data.items[i];
      const look = { pane: "highlight", renderer: this.svg, interactive: false, color: "#d6006c" };
      for (const shape of item.l || []) L.polyline(this.path(shape), { ...look, weight: 14, opacity: 0.35 }).addTo(this.glow);
      if (item.p >= 0) L.circleMarker(data.shapes.first(item.p), { ...look, radius: 12, weight: 3, fill: false }).addTo(this.glow);
      const focus = [...(item.l || []), ...(item.p >= 0 ? [item.p] : [])];
      if (zoom && focus.length) this.map.fitBounds(data.shapes.bounds(focus), { ...this.padding(), maxZoom: 20, animate: false });
    }
    this.placeMarkers();
  }
}

async function start() {
  document.body.classList.add("firelane", "plain");
  if (!firelaneGate.able) return;
  let data;
  try {
    data = await readBlock();
  } catch (error) {
    return firelaneGate.damaged();
  }
  const page = new Plain(map_firelane, data);
  map_firelane.invalidateSize(false);
  page.whole();
  page.filter();
  const follow = () => {
    let wanted = "";
    try {
      wanted = decodeURIComponent(location.hash.slice(1));
    } catch (error) {
      wanted = ""; /* a fragment that is no text names nothing */
    }
    const i = wanted ? data.items.findIndex((item) => item.i === wanted) : -1;
    if (i >= 0 && i !== page.open) page.select(i, true);
  };
  window.addEventListener("hashchange", follow);
  follow();
  window.firelane = { items: data.items.length, select: (i) => page.select(i, true), map: map_firelane };
  document.documentElement.dataset.ready = "yes";
}

start();
