/* The clear width along a lane, drawn to be read on a phone: limit, gaps where nothing was measured, the place tapped. */

function metresOf(mm) {
  return `${Math.trunc(mm / 1000)}.${String(mm % 1000).padStart(3, "0")} m`;
}

class Profile {
  /* `station` counts along the lane, -1 for none; `moved` is told the station that is tapped. */
  constructor(data, card, station, moved) {
    const [, first, count] = card.st;
    this.words = data.words;
    this.chainage = data.columns.chainage.subarray(first, first + count);
    this.width = data.columns.clear_width.subarray(first, first + count);
    this.limit = data.limit_mm;
    this.count = count;
    this.moved = moved;
    this.node = el("section", "profile");
    el("h3", null, this.words.profile, this.node);
    this.draw();
    this.told = el("p", "small profile-told", null, this.node);
    this.told.setAttribute("role", "status");
    if (this.width.some((mm) => mm < 0)) el("p", "small", this.words.profile_gap, this.node);
    this.set(station);
  }

  draw() {
    const W = 340;
    const H = 186;
    const box = { left: 34, right: W - 10, top: 24, bottom: H - 30 };
    const { chainage, width, limit } = this;
    this.box = box;
    this.from = chainage[0];
    this.to = Math.max(chainage[chainage.length - 1], this.from + 1000);
    let most = 0;
    for (const mm of width) most = Math.max(most, mm);
    /* A junction may be 20 m wide: what matters lies about the limit, and wider places touch the upper edge. */
    this.most = Math.ceil(Math.min(Math.max(most, 2000) * 1.08, limit ? Math.max(limit * 2.5, 8000) : 20000) / 1000) * 1000;
    this.x = (mm) => box.left + ((mm - this.from) / (this.to - this.from)) * (box.right - box.left);
    this.y = (mm) => box.bottom - (Math.min(Math.max(mm, 0), this.most) / this.most) * (box.bottom - box.top);
    const chart = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "chart", role: "slider", tabindex: "0" });
    this.chart = chart;
    chart.setAttribute("aria-label", this.words.profile);
    chart.setAttribute("aria-valuemin", "0");
    chart.setAttribute("aria-valuemax", String(this.count - 1));
    svg("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, class: "chart-ground" }, chart);
    this.axes(chart);
    for (const [a, b] of this.runs(false)) {
      const left = this.x(a > 0 ? (chainage[a - 1] + chainage[a]) / 2 : chainage[a]);
      const right = this.x(b < this.count - 1 ? (chainage[b + 1] + chainage[b]) / 2 : chainage[b]);
      svg("rect", { x: left, y: box.top, width: Math.max(right - left, 1.5), height: box.bottom - box.top, class: "chart-gap" }, chart);
    }
    for (const [a, b] of this.runs(true)) {
      const line = [];
      const short = [];
      for (let i = a; i <= b; i++) {
        line.push(`${this.x(chainage[i]).toFixed(2)} ${this.y(width[i]).toFixed(2)}`);
        if (limit) short.push(`${this.x(chainage[i]).toFixed(2)} ${this.y(Math.min(width[i], limit)).toFixed(2)}`);
      }
      if (limit) {
        const base = this.y(limit).toFixed(2);
        const [p, q] = [this.x(chainage[a]).toFixed(2), this.x(chainage[b]).toFixed(2)];
        svg("path", { d: `M${p} ${base}L${short.join("L")}L${q} ${base}Z`, class: "chart-short" }, chart);
      }
      if (a === b) svg("circle", { cx: this.x(chainage[a]), cy: this.y(width[a]), r: 2, class: "chart-dot" }, chart);
      else svg("path", { d: `M${line.join("L")}`, class: "chart-line" }, chart);
    }
    if (limit) {
      const y = this.y(limit);
      svg("line", { x1: box.left, y1: y, x2: box.right, y2: y, class: "chart-limit" }, chart);
      const text = svg("text", { x: box.right - 2, y: y - 4, "text-anchor": "end", class: "chart-limit-text" }, chart);
      text.textContent = fill(this.words.profile_limit, { limit: Number((limit / 1000).toFixed(3)) });
    }
    this.here = svg("g", { class: "chart-here" }, chart);
    this.listen(chart);
    this.node.append(chart);
  }

  /* First and last station of each stretch that was measured, or that was not. */
  runs(measured) {
    const found = [];
    for (let i = 0; i < this.count; i++) {
      if (this.width[i] >= 0 !== measured) continue;
      const last = found[found.length - 1];
      if (last && last[1] === i - 1) last[1] = i;
      else found.push([i, i]);
    }
    return found;
  }

  axes(chart) {
    const { box } = this;
    const step = (range, most) => [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((s) => range / s <= most) || 10000;
    const text = (x, y, words, anchor) => {
      const node = svg("text", { x, y, "text-anchor": anchor, class: "chart-text" }, chart);
      node.textContent = words;
    };
    const high = step(this.most / 1000, 5);
    for (let m = 0; m * 1000 <= this.most; m += high) {
      const y = this.y(m * 1000);
      svg("line", { x1: box.left, y1: y, x2: box.right, y2: y, class: "chart-grid" }, chart);
      text(box.left - 4, y + 4, String(m), "end");
    }
    text(2, 11, this.words.profile_width, "start");
    const length = (this.to - this.from) / 1000;
    const along = step(length, 6);
    const start = Math.ceil(this.from / 1000 / along) * along;
    for (let m = start; m * 1000 <= this.to; m += along) {
      const x = this.x(m * 1000);
      svg("line", { x1: x, y1: box.bottom, x2: x, y2: box.bottom + 4, class: "chart-tick" }, chart);
      if (x < box.right - 28 || m === start) text(x, box.bottom + 15, String(m), "middle");
    }
    text(box.right, box.bottom + 26, this.words.profile_along, "end");
  }

  listen(chart) {
    let held = false;
    const at = (event) => {
      const frame = chart.getBoundingClientRect();
      if (!frame.width) return;
      const x = ((event.clientX - frame.left) / frame.width) * 340;
      const mm = this.from + ((x - this.box.left) / (this.box.right - this.box.left)) * (this.to - this.from);
      this.pick(this.nearest(mm));
    };
    chart.addEventListener("pointerdown", (event) => {
      held = true;
      try {
        chart.setPointerCapture(event.pointerId);
      } catch (error) {
        /* the pointer has gone already */
      }
      at(event);
    });
    chart.addEventListener("pointermove", (event) => held && at(event));
    for (const name of ["pointerup", "pointercancel"]) chart.addEventListener(name, () => (held = false));
    const keys = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    chart.addEventListener("keydown", (event) => {
      if (!(event.key in keys)) return;
      event.preventDefault();
      this.pick(Math.max(0, Math.min(this.count - 1, Math.max(this.station, 0) + keys[event.key])));
    });
  }

  nearest(mm) {
    let best = 0;
    for (let i = 1; i < this.count; i++)
      if (Math.abs(this.chainage[i] - mm) < Math.abs(this.chainage[best] - mm)) best = i;
    return best;
  }

  pick(station) {
    if (station === this.station) return;
    this.set(station);
    this.moved(station);
  }

  set(station) {
    this.station = station;
    this.here.replaceChildren();
    if (station < 0) {
      this.told.textContent = this.words.profile_tap;
      this.chart.setAttribute("aria-valuetext", this.words.profile_tap);
      return;
    }
    const [along, mm] = [this.chainage[station], this.width[station]];
    const x = this.x(along);
    svg("line", { x1: x, y1: this.box.top, x2: x, y2: this.box.bottom }, this.here);
    if (mm >= 0) svg("circle", { cx: x, cy: this.y(mm), r: 4.5 }, this.here);
    const value = mm < 0 ? this.words.not_measured_value : metresOf(mm);
    const told = fill(this.words.profile_here, { at: metresOf(along), value });
    this.told.textContent = told;
    this.chart.setAttribute("aria-valuenow", String(station));
    this.chart.setAttribute("aria-valuetext", told);
  }
}
