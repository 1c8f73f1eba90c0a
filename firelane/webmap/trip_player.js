/* Plays a drive: play and pause, a scrubber by chainage, speed; what the vehicle does and strikes is told in words. */

class TripPlayer {
  constructor(scene, tracking, columns, index, padding) {
    Object.assign(this, { scene, map: scene.map, tracking, padding, words: tracking.words, index });
    this.row = tracking.trips[index];
    this.source = tracking.vehicles.find((vehicle) => vehicle.trips.includes(index));
    this.path = new TripPath(this.row, columns);
    this.vehicle = new TripVehicle(this.source.size);
    this.chainage = 0;
    this.active = [];
    this.grows = true;
    this.follows = true;
    this.rate = 4;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.frameId = 0;
    this.timer = 0;
    this.build();
  }

  get playing() {
    return this.frameId !== 0 || this.timer !== 0;
  }

  build() {
    const { words, row } = this;
    this.node = el("section", "player");
    this.node.setAttribute("aria-label", row.t);
    const line = el("div", "player-line", null, this.node);
    this.button = button("tool strong player-play", null, line, () => this.toggle());
    this.icon = svg("svg", { width: 18, height: 18, viewBox: "0 0 18 18", "aria-hidden": "true" }, this.button);
    this.shape = svg("path", { fill: "currentColor" }, this.icon);
    this.word = el("span", null, null, this.button);
    const told = el("div", "player-told", null, line);
    this.place = el("span", "player-at", null, told);
    this.state = el("span", "player-state", null, told);
    this.pick = el("select", "pick player-speed", null, line);
    this.pick.title = fill(words.speed, { v: Math.round(this.source.speed * 36) / 10 });
    this.pick.setAttribute("aria-label", this.pick.title);
    for (const n of [1, 2, 4, 8, 16]) {
      const option = el("option", null, `${n}×`, this.pick);
      option.value = String(n);
      option.selected = n === this.rate;
    }
    this.pick.addEventListener("change", () => (this.rate = Number(this.pick.value)));
    const rail = el("div", "player-rail", null, this.node);
    this.slider = el("input", "player-slider", null, rail);
    this.slider.type = "range";
    Object.assign(this.slider, { min: "0", max: String(this.path.length.toFixed(2)), step: "0.01" });
    this.slider.setAttribute("aria-label", words.along);
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.slider.addEventListener("keydown", (event) => this.key(event));
    for (const conflict of row.c) {
      const tick = el("span", "player-tick", null, rail);
      const [from, to] = [conflict.from, conflict.to].map((m) => (100 * m) / (this.path.length || 1));
      tick.style.left = `calc(11px + (100% - 22px) * ${(from / 100).toFixed(5)})`;
      tick.style.width = `max(4px, calc((100% - 22px) * ${((to - from) / 100).toFixed(5)}))`;
    }
    this.said = el("p", "player-said", null, this.node);
    this.said.setAttribute("role", "status");
    const choices = el("div", "player-choices", null, this.node);
    const choice = (label, on, change) => {
      const node = el("label", "player-choice", null, choices);
      const box = el("input", null, null, node);
      box.type = "checkbox";
      box.checked = on;
      box.addEventListener("change", () => change(box.checked));
      el("span", null, label, node);
    };
    choice(words.grow, this.grows, (on) => {
      this.grows = on;
      this.scene.pose();
    });
    choice(words.follow, this.follows, (on) => (this.follows = on));
    this.node.addEventListener("keydown", (event) => {
      /* where space already means something it keeps that */
      if (event.key !== " " || event.target.closest("button, select, label, input:not([type=range])")) return;
      event.preventDefault();
      this.toggle();
    });
    this.tell();
  }

  key(event) {
    const by = { ArrowLeft: -0.5, ArrowDown: -0.5, ArrowRight: 0.5, ArrowUp: 0.5, PageDown: -5, PageUp: 5, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.seek(this.chainage + by);
  }

  /* ---------------------------------------------------------------- moving */

  toggle() {
    this.playing ? this.pause() : this.start();
  }

  start() {
    if (this.playing) return;
    if (this.lead !== undefined) this.move(this.lead); /* a conflict was shown: it is played from a little before */
    if (this.chainage >= this.path.length - 0.005) this.move(0);
    this.lead = undefined;
    this.near();
    if (this.calm) {
      /* no motion asked for: one pose after the other, two metres apart */
      this.timer = window.setInterval(() => this.forward(2), 900);
    } else {
      let last = performance.now();
      const frame = (now) => {
        const gone = Math.min(Math.max(now - last, 0), 100) / 1000;
        last = now;
        this.frameId = window.requestAnimationFrame(frame);
        this.forward(gone * this.source.speed * this.rate * (this.active.length ? 0.35 : 1));
      };
      this.frameId = window.requestAnimationFrame(frame);
    }
    this.tell();
  }

  forward(way) {
    this.move(this.chainage + way);
    if (this.chainage >= this.path.length) this.pause();
  }

  pause() {
    window.cancelAnimationFrame(this.frameId);
    window.clearInterval(this.timer);
    this.frameId = this.timer = 0;
    this.tell();
  }

  /* By hand: what plays stops. */
  seek(chainage) {
    if (this.playing) this.pause();
    this.lead = undefined;
    this.move(chainage);
  }

  /* To a conflict, as it is deepest. */
  toConflict(n) {
    const conflict = this.row.c[n];
    this.seek(conflict.at);
    this.lead = Math.max(0, conflict.from - 12);
    const { map } = this;
    const box = this.scene.around(this.path.at(conflict.at), this.vehicle, 3).extend(this.scene.drawing.shapes.bounds([conflict.g]));
    map.fitBounds(box, { ...this.padding(), maxZoom: 20.5, animate: !this.calm });
  }

  move(chainage) {
    this.chainage = Math.min(Math.max(chainage, 0), this.path.length);
    this.active = this.row.c.filter((conflict) => conflict.from - 0.05 <= this.chainage && this.chainage <= conflict.to + 0.05);
    this.scene.pose();
    if (this.follows) this.keep();
    this.tell();
  }

  /* Near enough to see the wheels. */
  near() {
    const { map } = this;
    if (!this.follows || map.getZoom() >= 19.25) return;
    const box = this.scene.around(this.path.at(this.chainage), this.vehicle, 9);
    map.fitBounds(box, { ...this.padding(), maxZoom: 19.75, animate: false });
  }

  keep() {
    const { map, scene } = this;
    if (this.panning) return;
    const { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] } = this.padding();
    const size = map.getSize();
    const box = scene.around(this.path.at(this.chainage), this.vehicle, 0.5);
    const corners = [box.getNorthWest(), box.getSouthEast()].map((point) => map.latLngToContainerPoint(point));
    const inside = corners[0].x >= left && corners[0].y >= top && corners[1].x <= size.x - right && corners[1].y <= size.y - bottom;
    const room = corners[1].x - corners[0].x < size.x - left - right && corners[1].y - corners[0].y < size.y - top - bottom;
    if (inside || !room) return;
    const middle = map.latLngToContainerPoint(box.getCenter());
    const wanted = L.point((left + size.x - right) / 2, (top + size.y - bottom) / 2);
    const smooth = this.playing && !this.calm;
    if (smooth) {
      this.panning = true;
      map.once("moveend", () => (this.panning = false));
    }
    map.panBy(middle.subtract(wanted).round(), smooth ? { animate: true, duration: 0.6, easeLinearity: 0.6 } : { animate: false });
  }

  /* ---------------------------------------------------------------- words */

  motion(pose) {
    const { words } = this;
    const degrees = Math.round((this.vehicle.steering(pose) * 180) / Math.PI);
    const wheels = degrees === 0 ? words.straight : fill(degrees > 0 ? words.left : words.right, { n: Math.abs(degrees) });
    return [pose.gear < 0 ? words.reverse : words.forward, wheels];
  }

  tell() {
    const { words, playing } = this;
    const done = this.chainage >= this.path.length - 0.005;
    this.shape.setAttribute("d", playing ? "M3 2h4v14H3ZM11 2h4v14h-4Z" : "M4 1.5L16 9L4 16.5Z");
    this.word.textContent = playing ? words.pause : done ? words.again : words.play;
    const pose = this.path.at(this.chainage);
    const [gear, wheels] = this.motion(pose);
    this.place.textContent = fill(words.at, { at: this.chainage.toFixed(1), all: this.path.length.toFixed(1) });
    this.state.textContent = `${gear} · ${wheels}`;
    this.state.classList.toggle("reversing", pose.gear < 0);
    this.slider.value = String(this.chainage);
    this.slider.style.setProperty("--gone", String(this.path.length ? this.chainage / this.path.length : 0));
    const said = this.active.map((conflict) => conflict.t).join("\n");
    this.slider.setAttribute("aria-valuetext", [`${this.chainage.toFixed(1)} m`, gear, wheels, said].filter((part) => part).join(" · "));
    const text = said || (this.row.c.length ? words.no_conflict : "");
    if (this.said.textContent !== text) this.said.textContent = text; /* read aloud once, not at every frame */
    this.said.hidden = !text;
    this.said.classList.toggle("struck", !!said);
  }
}
