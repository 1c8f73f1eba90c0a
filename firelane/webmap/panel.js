/* The panel: list, one thing in full, legend, about. Texts of the data enter through textContent alone. */

function el(tag, look, text, parent) {
  const node = document.createElement(tag);
  if (look) node.className = look;
  if (text !== undefined && text !== null) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

function button(look, text, parent, act) {
  const node = el("button", look, text, parent);
  node.type = "button";
  if (act) node.addEventListener("click", act);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, parent) {
  const node = document.createElementNS(SVG, tag);
  for (const key of Object.keys(attributes)) node.setAttribute(key, attributes[key]);
  if (parent) parent.append(node);
  return node;
}

function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

class Panel {
  constructor(data, act) {
    this.data = data;
    this.words = data.words;
    this.act = act; /* what the panel asks of the map: select, hover, layers … */
    this.open = -1;
    this.only = null;
    this.haystacks = data.cards.map(() => null);
    this.build();
    this.filter();
    this.show("findings");
  }

  build() {
    const { data, words } = this;
    this.node = el("aside", "panel", null, document.body);
    this.handle = button("handle", null, this.node, () => this.cycle());
    this.handle.setAttribute("aria-label", words.panel_handle);
    el("span", "grip", null, this.handle);
    this.dragging();
    const head = el("header", "head", null, this.node);
    el("h1", null, data.head.title, head);
    const line = el("div", "headline", null, head);
    this.badge(data.head.verdict, data.head.word, line);
    const fails = data.head.counts.filter(([code, , n]) => n && (code === "fail" || code === "indeterminate"));
    for (const [code, label, n] of fails) {
      // What is told for information alone breaks no rule: it is counted apart.
      const told = code === "fail" ? data.head.told : 0;
      el("span", "tally", `${label} ${n - told}`, line);
      if (told) el("span", "tally", `${words.told} ${told}`, line);
    }
    if (data.unplaced) el("p", "unplaced", data.unplaced, head);
    const tabs = el("nav", "tabs", null, this.node);
    tabs.setAttribute("role", "tablist");
    this.tabs = {};
    this.views = {};
    for (const name of ["findings", "legend", "about"]) {
      const tab = button("tab", words["tab_" + name], tabs, () => this.show(name));
      tab.setAttribute("role", "tab");
      this.tabs[name] = tab;
      this.views[name] = el("section", "view view-" + name, null, this.node);
    }
    this.views.card = el("section", "view view-card", null, this.node);
    this.buildFindings(this.views.findings);
    this.buildLegend(this.views.legend);
    this.buildAbout(this.views.about);
  }

  badge(code, word, parent) {
    const node = el("span", "badge", word, parent);
    node.style.backgroundColor = this.data.colours[code] || "#555";
    return node;
  }

  show(name) {
    for (const key of Object.keys(this.views)) this.views[key].hidden = key !== name;
    for (const key of Object.keys(this.tabs)) {
      const on = key === name || (name === "card" && key === "findings");
      this.tabs[key].setAttribute("aria-selected", String(on));
    }
    this.node.classList.toggle("in-card", name === "card");
    this.view = name;
    if (name !== "card" && this.open >= 0) {
      this.open = -1;
      this.act.selected(-1);
    }
  }

  /* ---------------------------------------------------------------- list */

  buildFindings(view) {
    const { data, words } = this;
    const tools = el("div", "tools", null, view);
    const find = el("div", "find", null, tools);
    this.search = el("input", "search", null, find);
    this.search.type = "search";
    this.search.placeholder = words.search;
    this.search.setAttribute("aria-label", words.search);
    this.search.addEventListener("input", () => this.filter());
    const chips = el("div", "chips", null, tools);
    chips.setAttribute("role", "group");
    chips.setAttribute("aria-label", words.filter_verdict);
    this.on = new Set();
    for (const [code, label, n] of data.head.chips) {
      if (!n) continue;
      const chip = button("chip", null, chips, () => {
        this.on[this.on.has(code) ? "delete" : "add"](code);
        chip.setAttribute("aria-pressed", String(this.on.has(code)));
        this.filter();
      });
      const dot = el("span", "dot", null, chip);
      dot.style.backgroundColor = data.colours[code === "look" ? "not_measured" : code];
      el("span", null, `${label} ${n}`, chip);
      if (code === "fail" || code === "indeterminate" || code === "look") this.on.add(code);
      chip.setAttribute("aria-pressed", String(this.on.has(code)));
    }
    this.usual = [...this.on].join();
    this.rule = el("select", "rules", null, tools);
    this.rule.setAttribute("aria-label", words.filter_rule);
    for (const [value, label] of [["", words.all_rules], ...data.rules]) {
      const option = el("option", null, label, this.rule);
      option.value = value;
    }
    this.rule.addEventListener("change", () => this.filter());
    this.here = button("here", null, view, () => {
      this.only = null;
      this.filter();
    });
    if (data.summary) el("ol", "list total", null, view).append(this.row(data.summary.c, data.summary.s));
    this.count = el("p", "count", null, view);
    this.count.setAttribute("role", "status");
    this.list = el("ol", "list", null, view);
    this.things = el("div", "things", null, view);
  }

  haystack(card) {
    if (this.haystacks[card] === null) {
      const c = this.data.cards[card];
      const parts = [c.k, c.t, c.i || "", c.m || ""].concat(...(c.r || []));
      for (const i of c.rm || []) parts.push(this.data.remedies[i].h, this.data.remedies[i].t);
      this.haystacks[card] = parts.join("\n").toLowerCase();
    }
    return this.haystacks[card];
  }

  filter() {
    const query = this.search.value.trim().toLowerCase();
    const rule = this.rule.value;
    const rows = this.data.findings.filter(
      (row) =>
        (this.only ? this.only.has(row.c) : this.on.has(row.f || row.v)) &&
        (!rule || row.rule === rule) &&
        (!query || this.haystack(row.c).includes(query)),
    );
    this.rows = rows;
    const { words, data } = this;
    this.here.hidden = !this.only;
    if (this.only) this.here.textContent = fill(words.several, { n: this.only.size }) + "　✕";
    const nothing = query || rule || [...this.on].join() !== this.usual ? words.nothing_found : words.no_violation;
    this.count.textContent = rows.length
      ? fill(words.shown, { n: rows.length, m: data.findings.length })
      : nothing;
    this.list.replaceChildren(...this.grouped(rows));
    this.things.replaceChildren();
    if (query && !this.only) this.listThings(query);
    this.act.filtered(rows);
  }

  /* Many findings of one rule and one verdict stand under one heading, which says once what they have in common. */
  grouped(rows) {
    const MOST = 4;
    const LONG = 40;
    const items = [];
    for (let i = 0; i < rows.length; ) {
      const alike = (row) => row.rule === rows[i].rule && (row.f || row.v) === (rows[i].f || rows[i].v);
      let end = i + 1;
      while (end < rows.length && alike(rows[end])) end++;
      const run = rows.slice(i, end);
      i = end;
      if (run.length <= MOST) {
        items.push(...run.map((row) => this.row(row.c, row.s)));
        continue;
      }
      const group = el("li", "group");
      const chip = this.data.head.chips.find(([code]) => code === (run[0].f || run[0].v));
      const title = `${this.data.cards[run[0].c].t} · ${chip[1]}`;
      const head = button("grouphead", fill(this.words.group, { title, n: run.length }), group);
      const inner = el("ol", "list", null, group);
      inner.hidden = run.length > LONG;
      const show = () => {
        if (!inner.hidden && !inner.childElementCount) inner.append(...run.map((row) => this.row(row.c, row.s, true)));
        head.setAttribute("aria-expanded", String(!inner.hidden));
      };
      head.addEventListener("click", () => {
        inner.hidden = !inner.hidden;
        show();
      });
      show();
      items.push(group);
    }
    return items;
  }

  listThings(query) {
    const listed = new Set(this.data.findings.map((row) => row.c));
    if (this.data.summary) listed.add(this.data.summary.c);
    const hits = this.data.cards.map((_, i) => i).filter((i) => !listed.has(i) && this.haystack(i).includes(query));
    if (!hits.length) return;
    const MOST = 50;
    el("h2", null, this.words.objects, this.things);
    const list = el("ol", "list", null, this.things);
    for (const i of hits.slice(0, MOST)) list.append(this.row(i, this.data.cards[i].k));
    if (hits.length > MOST) el("p", "count", fill(this.words.more_objects, { n: hits.length - MOST }), this.things);
  }

  row(index, subtitle, grouped) {
    const card = this.data.cards[index];
    const item = el("li");
    const line = button("row", null, item, () => this.act.select(index));
    line.dataset.card = String(index);
    const mark = el("span", "mark", card.n ? String(card.n) : "", line);
    if (card.v) {
      mark.style.backgroundColor = this.data.colours[card.v];
      mark.classList.add("mark-" + card.v);
    } else mark.classList.add("mark-none");
    const words = el("span", "rowtext", null, line);
    if (!grouped || !card.m) el("span", "rowtitle", card.t, words);
    if (subtitle) el("span", "rowsub", subtitle, words);
    if (card.m) el("span", "rowmessage", card.m, words);
    return item;
  }

  /* ---------------------------------------------------------------- one thing */

  showCard(index, extra) {
    const { data, words } = this;
    const card = data.cards[index];
    const view = this.views.card;
    view.replaceChildren();
    const bar = el("div", "bar", null, view);
    button("tool back", "‹ " + words.back, bar, () => this.show("findings"));
    const place = this.rows.findIndex((row) => row.c === index);
    if (place >= 0) {
      const step = (by) => this.act.select(this.rows[(place + by + this.rows.length) % this.rows.length].c);
      const before = button("tool step", "‹", bar, () => step(-1));
      before.setAttribute("aria-label", words.previous);
      el("span", "place", fill(words.of, { n: place + 1, m: this.rows.length }), bar);
      const after = button("tool step", "›", bar, () => step(1));
      after.setAttribute("aria-label", words.next);
    }
    const head = el("div", "cardhead", null, view);
    const kind = el("div", "kind", null, head);
    if (card.n) {
      const mark = el("span", "mark mark-" + card.v, String(card.n), kind);
      mark.style.backgroundColor = data.colours[card.v];
    }
    el("span", null, card.k, kind);
    if (card.b) this.badge(card.v, card.b, kind);
    el("h2", "title", card.t, head);
    if (card.m) el("p", "message", card.m, head);
    if (extra && extra.length) this.table(extra, view, "facts here");
    if (card.rm) this.remedies(card.rm, view);
    this.table(card.r || [], view, "facts");
    for (const [heading, body] of card.q || []) {
      el("h3", null, heading, view);
      el("blockquote", null, body, view);
    }
    if (card.see) {
      el("h3", null, words.related, view);
      const list = el("div", "related", null, view);
      for (const other of card.see) {
        const seen = data.cards[other];
        /* four cars of one name are told apart by their ids */
        const twins = card.see.filter((i) => data.cards[i].k === seen.k && data.cards[i].t === seen.t).length > 1;
        button("chip", `${seen.k}　${seen.t}${twins ? "　" + seen.i : ""}`, list, () => this.act.select(other));
      }
    }
    this.show("card");
    this.open = index;
    view.scrollTop = 0;
    for (const line of this.list.querySelectorAll(".row"))
      line.classList.toggle("current", line.dataset.card === String(index));
  }

  remedies(numbers, parent) {
    const { data, words } = this;
    const box = el("section", "remedies", null, parent);
    el("h3", null, words.remedy, box);
    for (const i of numbers) {
      const { h, t, g } = data.remedies[i];
      const head = el("div", "remedyhead", null, box);
      const looks = [...new Set(g.map(([, look]) => look))].filter((look) => look !== "moved" && look !== "arrow");
      for (const look of looks)
        head.append(this.swatch({ shape: look === "kerb" ? "line" : "area", look: data.looks[look] }));
      el("strong", null, h, head);
      if (g.length) button("tool", words.remedy_show, head, () => this.act.remedy(i));
      el("p", "remedytext", t, box);
    }
    el("p", "small", data.disc, box);
  }

  table(rows, parent, look) {
    const list = el("dl", look, null, parent);
    for (const [label, value] of rows) {
      el("dt", null, label, list);
      el("dd", null, value, list);
    }
    return list;
  }

  /* ---------------------------------------------------------------- legend, about */

  swatch(row) {
    const { shape, look } = row;
    if (shape === "marker") {
      const mark = el("span", "mark mark-" + look.key, "1");
      mark.style.backgroundColor = look.color;
      return mark;
    }
    const picture = svg("svg", { width: 34, height: 18, viewBox: "0 0 34 18", "aria-hidden": "true" });
    const lines = { stroke: look.color, "stroke-width": look.weight || 1 };
    if (look.dashArray) lines["stroke-dasharray"] = look.dashArray;
    if (shape === "dot")
      svg("circle", { cx: 17, cy: 9, r: 6, ...lines, "stroke-width": 3, fill: look.fillColor }, picture);
    else if (shape === "line") svg("line", { x1: 2, y1: 9, x2: 32, y2: 9, ...lines }, picture);
    else
      svg("rect", {
        x: 4, y: 3, width: 26, height: 12, ...lines,
        fill: look.fillColor || "none", "fill-opacity": look.fillOpacity ?? 0.2,
      }, picture);
    return picture;
  }

  swatches(rows, parent) {
    const list = el("ul", "swatches", null, parent);
    for (const row of rows) {
      const item = el("li", null, null, list);
      item.append(this.swatch(row));
      el("span", null, row.label, item);
    }
  }

  buildLegend(view) {
    const { data, words } = this;
    el("h2", null, words.legend_width, view);
    el("p", "lead", data.legend.limit, view);
    this.swatches(data.legend.widths, view);
    if (data.legend.markers.length) {
      el("h2", null, words.legend_findings, view);
      this.swatches(data.legend.markers, view);
    }
    el("h2", null, words.objects, view);
    this.swatches(data.legend.objects, view);
    el("h2", null, words.layers, view);
    data.layers.forEach((layer, i) => {
      if (!layer.used) return;
      const label = el("label", "switch", null, view);
      const box = el("input", null, null, label);
      box.type = "checkbox";
      box.checked = true;
      box.dataset.layer = layer.key;
      box.addEventListener("change", () => this.act.layer(i, box.checked));
      el("span", null, layer.label, label);
    });
  }

  buildAbout(view) {
    const { data, words } = this;
    el("h2", null, words.how_to_read, view);
    el("p", "lead", words.how_to_read_text, view);
    el("h2", "unmeasured-title", words.unmeasured, view);
    if (data.unmeasured.length) {
      el("p", "lead", words.unmeasured_lead, view);
      const list = el("ul", "unmeasured", null, view);
      for (const row of data.unmeasured) {
        const item = el("li", null, null, list);
        el("div", "rowtitle", `${row.a}　${row.t}`, item);
        el("div", "rowsub", row.w, item);
      }
    } else el("p", "lead", words.unmeasured_none, view);
    el("h2", null, words.site, view);
    this.table(data.about, view, "facts");
    if (data.notes.length) {
      el("h2", null, words.notes, view);
      const MOST = 6;
      const list = el("ul", "notes", null, view);
      for (const note of data.notes.slice(0, MOST)) el("li", null, note, list);
      if (data.notes.length > MOST) {
        const more = el("details", "more", null, view);
        el("summary", null, fill(words.show_rest, { n: data.notes.length - MOST }), more);
        const rest = el("ul", "notes", null, more);
        for (const note of data.notes.slice(MOST)) el("li", null, note, rest);
      }
    }
    button("tool wide", words.print, view, () => window.print());
    el("p", "small", words.leaflet, view);
  }

  /* ---------------------------------------------------------------- bottom sheet of a phone */

  get phone() {
    return window.matchMedia("(max-width: 760px)").matches;
  }

  stops() {
    const all = window.innerHeight;
    return [112, Math.round(all * 0.46), Math.round(all * 0.9)];
  }

  /* Height that the sheet covers, 0 beside the map. */
  get covered() {
    return this.phone ? Math.min(this.node.getBoundingClientRect().height, window.innerHeight) : 0;
  }

  setHeight(height) {
    document.documentElement.style.setProperty("--sheet", `${height}px`);
    this.act.resized();
  }

  cycle() {
    if (this.dragged) return;
    const stops = this.stops();
    const now = this.node.getBoundingClientRect().height;
    const next = stops.find((stop) => stop > now + 8);
    this.setHeight(next === undefined ? stops[0] : next);
  }

  atLeastHalf() {
    if (this.phone && this.covered < this.stops()[1] - 8) this.setHeight(this.stops()[1]);
  }

  notAboveHalf() {
    if (this.phone && this.covered > this.stops()[1] + 8) this.setHeight(this.stops()[1]);
  }

  dragging() {
    let from = null;
    this.dragged = false;
    this.handle.addEventListener("pointerdown", (event) => {
      from = { y: event.clientY, height: this.node.getBoundingClientRect().height };
      this.dragged = false;
      this.handle.setPointerCapture(event.pointerId);
    });
    this.handle.addEventListener("pointermove", (event) => {
      if (!from) return;
      if (Math.abs(event.clientY - from.y) > 6) this.dragged = true;
      if (this.dragged) {
        const height = from.height + from.y - event.clientY;
        this.setHeight(Math.max(this.stops()[0], Math.min(this.stops()[2], height)));
      }
    });
    const end = () => {
      if (from && this.dragged) {
        const now = this.node.getBoundingClientRect().height;
        const nearest = this.stops().reduce((a, b) => (Math.abs(b - now) < Math.abs(a - now) ? b : a));
        this.setHeight(nearest);
      }
      from = null;
    };
    this.handle.addEventListener("pointerup", end);
    this.handle.addEventListener("pointercancel", end);
  }
}
