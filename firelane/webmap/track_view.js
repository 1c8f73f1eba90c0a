/* The panel's page of vehicle tracking: what a vehicle reaches, and the drives to be played. Loaded only where a vehicle was
   tracked; it extends panel and drawing, so that a page without tracking carries nothing of it. */

let tracks = null; /* the page of tracking, as panel and drawing are made one after the other */

class TrackView {
  constructor(panel) {
    const tracking = panel.data.tracking;
    Object.assign(this, { panel, tracking, words: tracking.words, data: panel.data });
    this.only = new Set();
    this.number = 0;
    this.view = el("section", "view view-tracking");
    this.page = el("section", "view view-trip");
    this.player = null;
    this.cards = new Map(tracking.links);
    this.build();
  }

  get vehicle() {
    return this.tracking.vehicles[this.number];
  }

  attach(drawing) {
    this.drawing = drawing;
    drawing.tracks = this;
    this.scene = new TripScene(drawing, this.tracking, { open: (trip, conflict) => this.open(trip, conflict) });
    this.scene.show(this.isOn);
  }

  get isOn() {
    return this.panel.view === "tracking" || this.panel.view === "trip";
  }

  /* ---------------------------------------------------------------- list */

  build() {
    const { view, words, tracking } = this;
    view.replaceChildren();
    const { vehicles } = tracking;
    if (vehicles.length > 1) {
      const label = el("label", "track-choose", null, view);
      el("span", "small", words.choose, label);
      const pick = el("select", "pick", null, label);
      vehicles.forEach((vehicle, n) => {
        const option = el("option", null, vehicle.name, pick);
        option.value = String(n);
        option.selected = n === this.number;
      });
      pick.addEventListener("change", () => this.choose(Number(pick.value)));
    }
    const { vehicle } = this;
    if (vehicles.length === 1) el("h2", "title", vehicle.name, view);
    if (vehicle.assumed) el("p", "track-assumed", vehicle.assumed, view);
    if (vehicle.why) el("p", "message", vehicle.why, view);
    this.switches(view);
    if (vehicle.targets.length) {
      el("h2", null, words.targets, view);
      this.chips(el("div", "chips", null, view));
      this.list = el("ol", "list track-list", null, view);
      this.none = el("p", "count", words.none_here, view);
      this.fill();
    }
    if (vehicle.turnings.length) {
      el("h2", null, words.dead_ends, view);
      const list = el("ol", "list track-list", null, view);
      for (const row of vehicle.turnings) list.append(this.row(row));
    }
    if (vehicle.bends.length) {
      const more = el("details", "more track-bends", null, view);
      more.open = !vehicle.targets.length;
      el("summary", null, fill(words.bends, { n: vehicle.bends.length }), more);
      const list = el("ol", "list track-list", null, more);
      new Chunks(list, vehicle.bends, (row) => this.row(row));
    }
    if (vehicle.notes.length) {
      el("h2", null, words.notes, view);
      const list = el("ul", "notes", null, view);
      for (const note of vehicle.notes) el("li", null, note, list);
    }
    el("h2", null, words.vehicle, view);
    facts(vehicle.r, view, "facts");
  }

  switches(view) {
    const { words, tracking, vehicle } = this;
    if (!vehicle.trips.length) return;
    const box = el("fieldset", "track-layers", null, view);
    el("legend", "small", words.layers, box);
    const used = {
      swept: true, lines: true, conflicts: vehicle.trips.some((t) => tracking.trips[t].c.length),
    };
    const looks = { swept: ["area", "swept"], lines: ["line", "line"], conflicts: ["area", "conflict"] };
    for (const key of ["swept", "lines", "conflicts"]) {
      if (!used[key]) continue;
      const label = el("label", "switch", null, box);
      const tick = el("input", null, null, label);
      tick.type = "checkbox";
      tick.checked = !this.scene || !this.scene.off.has(key);
      tick.dataset.track = key;
      tick.addEventListener("change", () => this.scene.toggle(key, tick.checked));
      label.append(swatch({ shape: looks[key][0], look: tracking.looks[looks[key][1]] }));
      el("span", null, words[key], label);
    }
  }

  chips(parent) {
    this.chipNodes = new Map();
    // by its label: two classes share the colour of what is not measured
    for (const [key, label, n] of this.vehicle.counts) {
      if (!n) continue;
      const chip = button("chip", null, parent, () => {
        this.only[this.only.has(label) ? "delete" : "add"](label);
        this.fill();
      });
      const dot = el("span", "dot", null, chip);
      dot.style.backgroundColor = this.data.colours[key];
      el("span", null, `${label} ${n}`, chip);
      this.chipNodes.set(label, chip);
    }
  }

  fill() {
    const { only, list, vehicle } = this;
    for (const [label, chip] of this.chipNodes) chip.setAttribute("aria-pressed", String(!only.size || only.has(label)));
    list.replaceChildren();
    const rows = vehicle.targets.filter(([, label]) => !only.size || only.has(label));
    new Chunks(list, rows, (row) => this.row(row));
    this.none.hidden = rows.length > 0;
  }

  row([key, label, name, told, trip, card]) {
    const item = el("li");
    const act = trip >= 0 ? () => this.open(trip) : card >= 0 ? () => this.panel.act.select(card) : null;
    const line = act ? button("row", null, item, act) : el("div", "row", null, item);
    const mark = el("span", "mark track-mark mark-" + key, { pass: "✓", fail: "✕", indeterminate: "?", not_measured: "–" }[key], line);
    mark.style.backgroundColor = this.data.colours[key];
    const text = el("span", "rowtext", null, line);
    el("span", "rowtitle", name, text);
    el("span", "rowsub", label, text);
    if (told.length) el("span", "rowmessage", told.join(" · "), text);
    if (trip < 0) return item;
    line.dataset.trip = String(trip);
    const side = el("span", "rowside track-play", null, line);
    const picture = svg("svg", { width: 30, height: 30, viewBox: "0 0 30 30", role: "img" }, side);
    picture.setAttribute("aria-label", this.words.show);
    svg("circle", { cx: 15, cy: 15, r: 13, fill: "none", stroke: "currentColor", "stroke-width": 2 }, picture);
    svg("path", { d: "M12 9l9 6l-9 6Z", fill: "currentColor" }, picture);
    return item;
  }

  choose(number) {
    this.number = number;
    this.only.clear();
    this.build();
    this.scene.vehicle = number;
    this.scene.draw();
  }

  /* ---------------------------------------------------------------- one drive */

  open(trip, conflict) {
    const { tracking, words, page, panel } = this;
    this.close();
    const owner = tracking.vehicles.findIndex((vehicle) => vehicle.trips.includes(trip));
    if (owner !== this.number) this.choose(owner);
    const row = tracking.trips[trip];
    page.replaceChildren();
    const bar = el("div", "bar", null, page);
    button("tool back", "‹ " + words.back, bar, () => panel.show("tracking"));
    const head = el("div", "cardhead", null, page);
    el("span", "badge", row.b, bar).style.backgroundColor = { proven: tracking.looks.line.color, overrun: tracking.looks.line_over.color, turning: tracking.looks.line_turn.color }[row.k];
    el("h2", "title", row.t, head);
    const player = new TripPlayer(this.scene, tracking, this.data.columns, trip, () => this.drawing.padding());
    this.player = player;
    page.append(player.node);
    if (this.vehicle.assumed) el("p", "track-assumed", this.vehicle.assumed, page);
    if (row.c.length) {
      el("h3", null, words.conflict_list, page);
      const list = el("ol", "list track-conflicts", null, page);
      row.c.forEach((entry, n) => {
        const line = button("row", null, el("li", null, null, list), () => this.toConflict(n));
        line.dataset.conflict = String(n);
        el("span", "mark track-mark mark-fail", "!", line).style.backgroundColor = tracking.looks.conflict.color;
        const text = el("span", "rowtext", null, line);
        el("span", "rowtitle", entry.t, text);
        el("span", "rowsub", fill(words.at, { at: entry.at.toFixed(1), all: player.path.length.toFixed(1) }), text);
      });
    }
    if (row.m.length) {
      el("h3", null, row.m.length > 1 ? words.mends_all : words.mends, page);
      const list = el("ul", "notes track-mends", null, page);
      for (const [text, sure, proven] of row.m) {
        const item = el("li", null, text, list);
        el("span", proven ? "track-sure" : "track-unsure", sure, item);
      }
    }
    el("h3", null, words.facts, page);
    facts(row.r, page, "facts");
    const see = [...new Set([...row.see, ...row.c.flatMap((entry) => entry.o)])];
    if (see.length) panel.related(see, page);
    el("p", "small track-keys", words.keys, page);
    panel.notAboveHalf();
    panel.atLeastHalf();
    panel.show("trip");
    page.scrollTop = 0;
    this.scene.play(trip, player);
    this.scene.show(true);
    if (conflict === undefined && row.c.length) conflict = row.c.reduce((best, entry, n) => (entry.d > row.c[best].d ? n : best), 0);
    if (conflict !== undefined) player.toConflict(conflict);
    else {
      const box = this.drawing.shapes.bounds([row.line]);
      this.drawing.map.fitBounds(box, { ...this.drawing.padding(), maxZoom: 20 });
    }
    player.button.focus({ preventScroll: true });
  }

  toConflict(n) {
    this.panel.notAboveHalf();
    this.player.toConflict(n);
    this.page.scrollTop = 0;
  }

  close() {
    if (!this.player) return;
    this.player.pause();
    this.player = null;
    this.scene.play(-1, null);
  }

  /* On the card of a lane or a building: what each vehicle makes of it. */
  onCard(index, parent) {
    const rows = this.cards.get(index);
    if (!rows) return;
    const box = el("section", "track-card");
    el("h3", null, this.words.of_card, box);
    for (const [said, trip] of rows)
      if (trip >= 0) {
        const node = button("tool track-open", null, box, () => this.open(trip));
        el("span", null, said, node);
        el("span", "track-go", "▶ " + this.words.show, node);
      } else el("p", "track-said", said, box);
    const before = parent.querySelector(".facts:not(.here)");
    if (before) before.before(box);
    else parent.append(box);
  }
}

Panel = class TrackedPanel extends Panel {
  build() {
    super.build();
    tracks = new TrackView(this);
    this.tabs.tracking = button("tab", tracks.words.tab, null, () => this.show("tracking"));
    this.tabs.tracking.setAttribute("role", "tab");
    this.tabs.findings.after(this.tabs.tracking);
    this.views.tracking = tracks.view;
    this.views.trip = tracks.page;
    this.views.findings.after(tracks.view, tracks.page);
    el("h2", null, tracks.words.tab, this.views.legend);
    swatches(tracks.tracking.legend, this.views.legend);
  }

  show(name) {
    super.show(name);
    this.node.classList.toggle("in-card", name === "card" || name === "trip");
    if (name === "trip") this.tabs.tracking.setAttribute("aria-selected", "true");
    if (!tracks || !tracks.scene) return;
    if (name !== "trip") tracks.close();
    tracks.scene.show(tracks.isOn);
  }

  showCard(index, extra, place) {
    super.showCard(index, extra, place);
    tracks.onCard(index, this.views.card);
  }
};

Drawing = class TrackedDrawing extends Drawing {
  constructor(...given) {
    super(...given);
    this.plane = given[2];
    tracks.attach(this);
  }

  reshape() {
    super.reshape();
    tracks.scene.draw();
  }
};
