/* What an inspector does on the spot: measure, see where he stands, hand a place over. Places are [lat, lon] of WGS 84;
   only `plane.shown` turns them into what the map shows. */

const AXIS_M = 6378137;
const SQUARE = 0.00669437999014; /* eccentricity squared of WGS 84 */

/* Geodesic distance [m] by the mean latitude: below 1e-6 of it for anything that fits on a site. */
function apart(a, b) {
  const rad = Math.PI / 180;
  const middle = ((a[0] + b[0]) / 2) * rad;
  const w = 1 - SQUARE * Math.sin(middle) ** 2;
  const north = ((AXIS_M * (1 - SQUARE)) / (w * Math.sqrt(w))) * (b[0] - a[0]) * rad;
  const east = (AXIS_M / Math.sqrt(w)) * Math.cos(middle) * (b[1] - a[1]) * rad;
  return Math.hypot(north, east);
}

/* Area [m²] of a ring on the ellipsoid: the area between an edge and the first point's parallel, summed. */
function areaOf(points) {
  const rad = Math.PI / 180;
  const e = Math.sqrt(SQUARE);
  const half = (AXIS_M * AXIS_M * (1 - SQUARE)) / 2;
  const strip = (lat) => {
    const s = Math.sin(lat * rad);
    return half * (s / (1 - SQUARE * s * s) + Math.atanh(e * s) / e);
  };
  const base = strip(points[0][0]);
  const high = points.map(([lat]) => strip(lat) - base);
  let sum = 0;
  points.forEach((point, i) => {
    const j = (i + 1) % points.length;
    sum += ((points[j][1] - point[1]) * rad * (high[i] + high[j])) / 2;
  });
  return Math.abs(sum);
}

/* Whether the closed ring crosses itself: it has no area then that anybody means. */
function crossesItself(points) {
  const n = points.length;
  const side = (a, b, c) => (b[1] - a[1]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[1] - a[1]);
  for (let i = 0; i < n; i++)
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      const [a, b, c, d] = [points[i], points[i + 1], points[j], points[(j + 1) % n]];
      if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) return true;
    }
  return false;
}

/* Down to the centimetre, like every length that is shown; 1e-6 m is the noise of the sums. */
function centimetres(m) {
  return `${(Math.floor((m + 1e-6) * 100) / 100).toFixed(2)} m`;
}

class Measuring {
  constructor(map, words, plane, switched) {
    this.map = map;
    this.words = words;
    this.plane = plane;
    this.switched = switched;
    this.on = false;
    this.points = [];
    this.drawn = L.layerGroup();
    this.control = L.control({ position: "bottomleft" });
    this.control.onAdd = () => this.box();
  }

  box() {
    const { words } = this;
    const box = el("section", "measure");
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    box.setAttribute("aria-label", words.measure);
    this.total = el("p", "measure-total", null, box);
    this.total.setAttribute("role", "status");
    el("p", "small", words.measure_note, box);
    const bar = el("div", "measure-bar", null, box);
    this.undoButton = button("tool", words.measure_undo, bar, () => this.undo());
    this.clearButton = button("tool", words.measure_clear, bar, () => this.clear());
    button("tool", words.measure_done, bar, () => this.set(false));
    return box;
  }

  set(on) {
    if (on === this.on) return;
    const { map } = this;
    this.on = on;
    map.getContainer().classList.toggle("measuring", on);
    map.doubleClickZoom[on ? "disable" : "enable"]();
    if (on) {
      this.control.addTo(map);
      this.drawn.addTo(map);
    } else {
      this.points = [];
      this.control.remove();
      this.drawn.remove();
    }
    this.draw();
    this.switched(on);
  }

  /* Takes a tap on the map; tells whether it did. */
  tap(latlng) {
    if (!this.on) return false;
    const point = this.plane.world([latlng.lat, latlng.lng]);
    const last = this.points[this.points.length - 1];
    if (!last || apart(last, point) > 1e-6) this.points.push(point); /* the second half of a double tap */
    this.draw();
    return true;
  }

  undo() {
    this.points.pop();
    this.draw();
  }

  clear() {
    this.points = [];
    this.draw();
  }

  result() {
    const { points } = this;
    const parts = points.slice(1).map((point, i) => apart(points[i], point));
    const isArea = points.length > 2;
    const crossed = isArea && crossesItself(points);
    return {
      parts,
      length: parts.reduce((a, b) => a + b, 0),
      area: isArea && !crossed ? areaOf(points) : null,
      crossed,
    };
  }

  draw() {
    const { points, drawn, words, plane } = this;
    drawn.clearLayers();
    if (!this.on) return;
    if (!this.pane) {
      this.pane = this.map.createPane("tools");
      this.pane.style.zIndex = 460;
      this.pane.style.pointerEvents = "none";
      this.renderer = L.svg({ pane: "tools", padding: 0.3 });
      /* lengths stand above the markers, which would cover them */
      const told = this.map.createPane("tools-told");
      told.style.zIndex = 640;
      told.style.pointerEvents = "none";
    }
    const seen = points.map((point) => plane.shown(point));
    const look = { pane: "tools", renderer: this.renderer, interactive: false };
    const found = this.result();
    if (seen.length > 2) {
      L.polygon(seen, { ...look, stroke: false, fillColor: "#6a1b9a", fillOpacity: 0.14 }).addTo(drawn);
      L.polyline([seen[seen.length - 1], seen[0]], { ...look, color: "#6a1b9a", weight: 2, dashArray: "3 6" }).addTo(drawn);
    }
    L.polyline(seen, { ...look, color: "#fff", weight: 6, opacity: 0.9 }).addTo(drawn);
    L.polyline(seen, { ...look, color: "#6a1b9a", weight: 3 }).addTo(drawn);
    for (const point of seen)
      L.circleMarker(point, { ...look, radius: 5, color: "#6a1b9a", weight: 2, fillColor: "#fff", fillOpacity: 1 }).addTo(drawn);
    found.parts.forEach((m, i) => {
      const middle = [(seen[i][0] + seen[i + 1][0]) / 2, (seen[i][1] + seen[i + 1][1]) / 2];
      const icon = L.divIcon({ html: el("span", "label label-measure", centimetres(m)), className: "label-icon still", iconSize: null });
      L.marker(middle, { pane: "tools-told", icon, interactive: false, keyboard: false }).addTo(drawn);
    });
    const told = [fill(words.measure_length, { length: centimetres(found.length) })];
    if (found.crossed) told.push(words.measure_crossed);
    else if (found.area !== null) told.push(fill(words.measure_area, { area: (Math.floor(found.area * 10 + 1e-6) / 10).toFixed(1) }));
    this.total.textContent = points.length < 2 ? words[points.length ? "measure_second" : "measure_first"] : told.join("\n");
    this.undoButton.disabled = this.clearButton.disabled = !points.length;
  }
}

/* Own position: off → followed → shown (once the map is dragged) → followed … → off. */
class Locating {
  constructor(map, data, plane, act) {
    this.map = map;
    this.words = data.words;
    this.plane = plane;
    this.act = act; /* notice, switched, arrived, centre */
    this.state = "off";
    this.here = null;
    this.drawn = L.layerGroup();
    map.on("locationfound", (event) => this.found(event));
    map.on("locationerror", (event) => this.failed(event.code));
    map.on("dragstart", () => this.state === "follow" && this.become("shown"));
  }

  become(state) {
    this.state = state;
    this.act.switched(state);
  }

  press() {
    if (this.state === "follow" || this.state === "wait") return this.stop();
    if (this.state === "shown") {
      this.become("follow");
      if (this.here) this.map.panTo(this.plane.shown(this.here.place));
      return undefined;
    }
    if (window.isSecureContext === false) return this.act.notice(this.words.locate_insecure);
    this.become("wait");
    this.act.notice(this.words.locate_wait);
    try {
      this.map.locate({ watch: true, enableHighAccuracy: true, maximumAge: 5000, timeout: 30000 });
    } catch (error) {
      this.failed(0); /* a frame may forbid even the asking */
    }
    return undefined;
  }

  stop() {
    try {
      this.map.stopLocate();
    } catch (error) {
      /* nothing was watched */
    }
    this.drawn.remove();
    this.become("off");
  }

  failed(code) {
    const { words } = this;
    /* a fix that is missed once, under a roof, ends nothing that was found before */
    if (code === 3 && this.here) return;
    this.stop();
    this.act.notice(code === 1 ? words.locate_refused : code === 3 ? words.locate_late : words.locate_none);
  }

  found(event) {
    if (this.state === "off") return;
    const first = this.state === "wait";
    const heading = Number.isFinite(event.heading) ? event.heading : null;
    this.here = { place: [event.latitude ?? event.latlng.lat, event.longitude ?? event.latlng.lng], accuracy: event.accuracy, heading };
    if (first) {
      this.become("follow");
      const away = apart(this.act.centre(), this.here.place);
      /* Who is elsewhere wants to see the site, not where he sits. */
      if (away > 3000) {
        this.become("shown");
        this.act.notice(fill(this.words.locate_far, { km: (away / 1000).toFixed(1) }));
      } else this.act.notice(fill(this.words.locate_found, { m: Math.ceil(event.accuracy) }));
    }
    this.draw();
    if (this.state === "follow") this.map.panTo(this.plane.shown(this.here.place));
    this.act.arrived();
  }

  draw() {
    this.drawn.clearLayers();
    if (!this.here || this.state === "off") return;
    const { place, accuracy, heading } = this.here;
    const seen = this.plane.shown(place);
    if (!this.map.getPane("position")) {
      const pane = this.map.createPane("position");
      pane.style.zIndex = 470;
      pane.style.pointerEvents = "none";
      this.renderer = L.svg({ pane: "position", padding: 0.3 });
    }
    const look = { pane: "position", renderer: this.renderer, interactive: false };
    L.circle(seen, { ...look, radius: accuracy, color: "#1a73e8", weight: 1, fillOpacity: 0.12, className: "accuracy" }).addTo(this.drawn);
    const picture = svg("svg", { width: 44, height: 44, viewBox: "-22 -22 44 44", class: "me", "aria-hidden": "true" });
    if (heading !== null) svg("path", { d: "M0 -20L9 -8L-9 -8Z", transform: `rotate(${heading.toFixed(1)})`, class: "heading" }, picture);
    svg("circle", { r: 8 }, picture);
    const icon = L.divIcon({ html: picture, className: "me-icon", iconSize: [44, 44] });
    L.marker(seen, { icon, interactive: false, keyboard: false, title: this.words.locate }).addTo(this.drawn);
    this.drawn.addTo(this.map);
  }
}

/* Addresses that open a place elsewhere. geo: is WGS 84 (RFC 5870); Amap reckons in GCJ-02. */
function handOver(place, name, offset) {
  const seven = (v) => v.toFixed(7);
  const [lat, lon] = place;
  const [north, east] = offset.forward(place);
  /* a comma or a sign of URLs in a name must not end it; a half surrogate would stop the encoding */
  const said = encodeURIComponent(name.replace(/[\ud800-\udfff,()]/g, (sign, at) => (/[,()]/.test(sign) ? " " : pair(name, at) ? sign : "?")).slice(0, 60).replace(/[\ud800-\udbff]$/, ""));
  return {
    geo: `geo:${seven(lat)},${seven(lon)}?q=${seven(lat)},${seven(lon)}(${said})`,
    amap: `https://uri.amap.com/navigation?to=${seven(east)},${seven(north)},${said}&mode=car&coordinate=gaode&src=firelane&callnative=1`,
  };
}

function pair(text, at) {
  const code = text.charCodeAt(at);
  const isHigh = code >= 0xd800 && code < 0xdc00;
  const other = text.charCodeAt(at + (isHigh ? 1 : -1));
  return isHigh ? other >= 0xdc00 && other < 0xe000 : other >= 0xd800 && other < 0xdc00;
}

/* The bar of tools, and the one line in which they speak. */
class Tools {
  constructor(map, data, plane, act) {
    this.map = map;
    this.data = data;
    this.words = data.words;
    this.plane = plane;
    this.act = act; /* located, moved, measuring, centre */
    this.line = el("p", "notice", null, map.getContainer());
    this.line.setAttribute("role", "status");
    this.line.hidden = true;
    L.DomEvent.disableClickPropagation(this.line);
    this.line.addEventListener("click", () => (this.line.hidden = true));
    const notice = (text) => this.notice(text);
    this.measuring = new Measuring(map, this.words, plane, (on) => {
      this.pressed(this.measureButton, on);
      act.measuring(on);
    });
    this.locating = new Locating(map, data, plane, {
      notice, centre: act.centre, arrived: () => act.located(),
      switched: (state) => {
        this.pressed(this.locateButton, state !== "off");
        this.locateButton.classList.toggle("waiting", state === "wait");
        this.locateButton.classList.toggle("following", state === "follow");
      },
    });
    this.background = new Background(map, data, plane, {
      notice,
      moved: () => {
        act.moved();
        this.measuring.draw();
        this.locating.draw();
      },
      switched: (on) => this.pressed(this.backgroundButton, on),
    });
    const control = L.control({ position: "topleft" });
    control.onAdd = () => this.bar();
    control.addTo(map);
    this.background.start();
  }

  bar() {
    const { words, data } = this;
    const bar = el("div", "leaflet-bar tools-bar site-tools");
    L.DomEvent.disableClickPropagation(bar);
    const tool = (label, paths, act) => {
      const node = button("map-tool", null, bar, act);
      const picture = svg("svg", { width: 22, height: 22, viewBox: "0 0 22 22", "aria-hidden": "true" }, node);
      for (const d of paths) svg("path", { d, fill: "none", stroke: "currentColor", "stroke-width": 2 }, picture);
      node.title = label;
      node.setAttribute("aria-label", label);
      this.pressed(node, false);
      return node;
    };
    /* where nobody knows where the site lies, a position on its map would be a lie */
    const place = ["M11 5a6 6 0 1 0 .01 0Z", "M11 1v4M11 17v4M1 11h4M17 11h4"];
    if (!data.unplaced) this.locateButton = tool(words.locate, place, () => this.locating.press());
    const ruler = ["M2 15L15 2L20 7L7 20Z", "M6 11l2 2M9 8l3 3M12 5l2 2"];
    this.measureButton = tool(words.measure, ruler, () => this.measuring.set(!this.measuring.on));
    const sheets = ["M11 3L20 8L11 13L2 8Z", "M2 12L11 17L20 12"];
    if (data.basemap) {
      const label = fill(words.background, { name: data.basemap.name });
      this.backgroundButton = tool(label, sheets, () => this.background.ask(!this.background.on));
    }
    return bar;
  }

  pressed(node, on) {
    if (node) node.setAttribute("aria-pressed", String(on));
  }

  notice(text) {
    this.line.textContent = text;
    this.line.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.line.hidden = true), 9000);
  }

  position() {
    const { here, state } = this.locating;
    return here && state !== "off" ? here.place : null;
  }

  /* What can be done with a place: take its link, go there. */
  actions(link, place, name) {
    const { words } = this;
    const row = el("div", "actions");
    const copy = button("tool", words.copy_link, row, async () => {
      copy.textContent = (await copied(link())) ? words.copied : words.copy_failed;
      setTimeout(() => (copy.textContent = words.copy_link), 2500);
    });
    if (!place) return row;
    const { geo, amap } = handOver(place, name, this.plane.offset);
    const anchor = (href, text) => {
      const node = el("a", "tool", text, row);
      node.href = href;
      node.target = "_blank";
      node.rel = "noopener noreferrer";
    };
    anchor(amap, words.go_amap);
    anchor(geo, words.go_geo);
    return row;
  }
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    /* not there on a plain http address, and forbidden in a frame: the old way */
  }
  const box = el("textarea", "unseen", text, document.body);
  try {
    box.select();
    return document.execCommand("copy");
  } catch (error) {
    return false;
  } finally {
    box.remove();
  }
}
