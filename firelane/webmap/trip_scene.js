/* Vehicle tracking on the map: swept ground, drives, conflicts, and the vehicle that is played. */

class TripScene {
  /* `act`: open(trip, conflict) */
  constructor(drawing, tracking, act) {
    Object.assign(this, { drawing, tracking, act, map: drawing.map });
    this.words = tracking.words;
    this.frame = tracking.frame ? new TripFrame(tracking.frame, drawing.plane) : null;
    this.off = new Set();
    this.vehicle = 0;
    this.trip = -1;
    this.player = null;
    this.isShown = false;
    const pane = this.map.createPane("tracks");
    pane.style.zIndex = 430;
    this.renderer = L.svg({ pane: "tracks", padding: 0.3 });
    this.ground = L.layerGroup().addTo(this.map);
    const above = this.map.createPane("vehicle");
    above.style.zIndex = 470;
    above.style.pointerEvents = "none";
    /* drawn by itself: Leaflet rounds to whole pixels, and a moving outline would tremble */
    this.svg = svg("svg", { class: "trip-overlay leaflet-zoom-hide", width: 1, height: 1, "aria-hidden": "true" }, above);
    this.passed = svg("g", { class: "trip-passed" }, this.svg);
    this.edge = svg("path", { class: "trip-edge" }, this.passed);
    this.fill = svg("path", { class: "trip-fill" }, this.passed);
    this.flash = svg("g", { class: "trip-flash" }, this.svg);
    this.body = svg("g", { class: "trip-vehicle" }, this.svg);
    this.labels = new Map();
    this.map.on("zoomend viewreset", () => this.zoomed());
    this.map.on("moveend", () => this.declutter());
  }

  show(on) {
    if (on === this.isShown) return;
    this.isShown = on;
    this.draw();
  }

  toggle(layer, on) {
    this.off[on ? "delete" : "add"](layer);
    this.draw();
  }

  /* ---------------------------------------------------------------- what stands still */

  draw() {
    const { tracking, ground, drawing } = this;
    ground.clearLayers();
    this.labels.clear();
    this.zoomed();
    if (!this.isShown) return;
    const vehicle = tracking.vehicles[this.vehicle];
    const one = this.trip >= 0;
    const add = (shape, look, act) => {
      if (shape < 0) return null;
      const path = drawing.shape(shape, { pane: "tracks", renderer: this.renderer, smoothFactor: 0, interactive: !!act, bubblingMouseEvents: false, fixed: true, ...tracking.looks[look] });
      if (act) path.on("click", (event) => !drawing.act.measure(event.latlng) && act());
      return path.addTo(ground);
    };
    const trips = one ? [this.trip] : vehicle.trips;
    if (!this.off.has("swept") && !one) {
      add(vehicle.ground, "swept");
      for (const t of trips) add(tracking.trips[t].body, "over", () => this.act.open(t));
    }
    const looks = { proven: "line", overrun: "line_over", turning: "line_turn" };
    if (!this.off.has("lines")) for (const t of trips) add(tracking.trips[t].line, looks[tracking.trips[t].k], () => this.act.open(t));
    if (this.off.has("conflicts")) return;
    for (const t of trips)
      for (const [n, conflict] of tracking.trips[t].c.entries()) {
        add(conflict.g, "conflict", () => this.act.open(t, n));
        this.label(t, n, conflict);
      }
    this.pose();
  }

  label(t, n, conflict) {
    const node = el("span", "label label-conflict", conflict.l);
    const icon = L.divIcon({ html: node, className: "label-icon", iconSize: null });
    const marker = L.marker(this.drawing.shapes.first(conflict.p), { icon, keyboard: false, zIndexOffset: 950 });
    marker.on("click", () => this.act.open(t, n));
    marker.addTo(this.ground);
    this.labels.set(conflict, node);
  }

  /* Of labels that would cover each other the deepest stays; none but what happens now covers the vehicle. */
  declutter() {
    if (!this.labels.size) return;
    const meets = (b, c) => b[0] < c[2] && b[2] > c[0] && b[1] < c[3] && b[3] > c[1];
    const active = this.player && this.trip >= 0 ? this.player.active : [];
    const order = [...this.labels].sort(([a], [b]) => active.includes(b) - active.includes(a) || b.d - a.d);
    const taken = [];
    for (const [conflict, node] of order) {
      const now = active.includes(conflict);
      const { x, y } = this.map.latLngToContainerPoint(this.drawing.shapes.first(conflict.p));
      const [half, rise, high] = now ? [150, 44, 46] : [44, 12, 24];
      const box = [x - half, y - rise - high, x + half, y - rise];
      const free = (now && active[0] === conflict) || (!taken.some((other) => meets(other, box)) && !(this.box && meets(this.box, box)));
      node.classList.toggle("covered", !free);
      /* what is said now stays within the map as long as its place can be seen */
      const room = this.map.getSize().x;
      const wide = now ? node.offsetWidth / 2 + 4 : 0;
      node.style.left = now && x > 0 && x < room && 2 * wide < room ? `${Math.round(Math.min(Math.max(x, wide), room - wide) - x)}px` : "";
      if (free) taken.push(box);
    }
  }

  /* ---------------------------------------------------------------- what moves */

  /* The trip that is played; `player` tells where it is. */
  play(trip, player) {
    this.trip = trip;
    this.player = player;
    this.map.getContainer().classList.toggle("trip-open", trip >= 0);
    this.draw();
  }

  zoomed() {
    this.map.getContainer().classList.toggle("trips-far", this.map.getZoom() < 18.5 && this.trip < 0);
    this.rings = [];
    this.last = null;
    this.pose();
  }

  pixel([x, y]) {
    const origin = this.map.getPixelOrigin();
    const p = this.map.project(L.latLng(this.frame.shown(x, y)));
    return `${(p.x - origin.x).toFixed(2)} ${(p.y - origin.y).toFixed(2)}`;
  }

  outline(points, open) {
    return `M${points.map((point) => this.pixel(point)).join("L")}${open ? "" : "Z"}`;
  }

  /* Vehicle, swept ground so far and conflicts as they are at the player's place. */
  pose() {
    const { player } = this;
    const on = this.isShown && this.trip >= 0 && player && this.frame;
    this.svg.style.display = on ? "" : "none";
    if (!on) {
      this.box = null;
      return this.declutter();
    }
    const { path, vehicle } = player;
    const pose = path.at(player.chainage);
    this.sweep(path, vehicle, player.grows ? pose : path.at(path.length));
    this.body.replaceChildren();
    const part = (look, points, open) => svg("path", { class: look, d: this.outline(points, open) }, this.body);
    for (const wheel of vehicle.wheels(pose)) part("trip-wheel", wheel);
    part("trip-body", vehicle.put(pose, vehicle.body));
    part("trip-cab", vehicle.put(pose, vehicle.cab), true);
    part("trip-glass", vehicle.put(pose, vehicle.glass));
    for (const wheel of vehicle.wheels(pose).slice(0, 2)) part("trip-wheel trip-steered", wheel);
    for (const lamp of vehicle.lamps) part(pose.gear < 0 ? "trip-lamp trip-reversing" : "trip-lamp", vehicle.put(pose, lamp), true);
    this.body.classList.toggle("trip-hits", player.active.length > 0);
    this.flash.replaceChildren();
    for (const conflict of this.off.has("conflicts") ? [] : player.active) {
      const rings = this.drawing.shapes.parts(conflict.g).flat();
      const origin = this.map.getPixelOrigin();
      const d = rings.map((ring) => `M${ring.map((point) => {
        const p = this.map.project(L.latLng(point));
        return `${(p.x - origin.x).toFixed(2)} ${(p.y - origin.y).toFixed(2)}`;
      }).join("L")}Z`);
      svg("path", { class: "trip-struck", d: d.join(""), "fill-rule": "evenodd" }, this.flash);
    }
    for (const [conflict, node] of this.labels) {
      const now = player.active.includes(conflict);
      node.classList.toggle("now", now);
      const text = now ? conflict.t : conflict.l;
      if (node.textContent !== text) node.textContent = text;
    }
    const corners = vehicle.put(pose, vehicle.body).map(([x, y]) => this.map.latLngToContainerPoint(this.frame.shown(x, y)));
    const [xs, ys] = ["x", "y"].map((axis) => corners.map((corner) => corner[axis]));
    this.box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    this.declutter();
  }

  sweep(path, vehicle, pose) {
    const whole = pose.chainage >= path.length - 1e-9 ? path.steps : pose.step;
    const part = (rings) => rings.map((ring) => this.outline(ring)).join("");
    if (!this.rings.length) {
      const start = vehicle.put(path.at(0), vehicle.body);
      this.rings.push(part([ringArea(start) < 0 ? start.reverse() : start]));
    }
    const own = (i) => ({ x: path.x[i], y: path.y[i], heading: path.heading[i] });
    for (let i = this.rings.length - 1; i < whole; i++) this.rings.push(part(vehicle.passed(own(i), own(i + 1))));
    const d = this.rings.slice(0, whole + 1).join("") + (whole < path.steps ? part(vehicle.passed(own(whole), pose)) : "");
    if (d === this.last) return;
    this.last = d;
    const hidden = this.off.has("swept") ? "" : d;
    this.edge.setAttribute("d", hidden);
    this.fill.setAttribute("d", hidden);
  }

  /* The box of the vehicle with room around it. */
  around(pose, vehicle, room) {
    const box = L.latLngBounds([]);
    const { front, rear, half } = vehicle;
    const corners = [[front + room, half + room], [front + room, -half - room], [-rear - room, -half - room], [-rear - room, half + room]];
    for (const [x, y] of vehicle.put(pose, corners)) box.extend(this.frame.shown(x, y));
    return box;
  }
}
