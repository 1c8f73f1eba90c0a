/* A page of very many points: panel, filters, list, card, address. Texts of the data enter through textContent alone. */

const ROW_HEIGHT = 78; /* px, as in crowd.css: a list of any length needs rows of one height */
const VALUE_HEIGHT = 48;
const MOST_LISTED = 200000; /* higher elements than this makes are cut off by browsers */

class Crowd {
  constructor(map, data) {
    this.map = map;
    this.data = data;
    this.words = data.words;
    this.rows = new Rows(data);
    this.preset = data.facets.map((_, k) => (k in data.preset ? this.rows.texts["f" + k].indexOf(data.preset[k]) : -1));
    this.rows.want = this.preset.slice();
    this.used = data.statuses.map((_, s) => this.rows.status.includes(s));
    this.by = "status";
    this.inView = false;
    this.list = new Int32Array(0);
    this.open = -1;
    this.view = "list";
    this.scrolled = 0; /* of the list, while something else is shown */
    this.build();
    this.drawing = new CrowdMap(map, data, this.rows, {
      select: (i, zoom) => this.select(i, zoom),
      area: (n) => this.showArea(n),
      several: (members) => this.several(members),
      covered: () => this.sheet.covered,
      legend: (box) => this.legend(box),
    });
  }

  /* ---------------------------------------------------------------- panel */

  build() {
    const { data, words } = this;
    const panel = el("aside", "panel", null, document.body);
    const handle = button("handle", null, panel);
    handle.setAttribute("aria-label", words.panel);
    el("span", "grip", null, handle);
    this.sheet = new Sheet(panel, handle, () => {
      if (!this.listing) return;
      this.listing.fill();
      if (this.inView) this.fillList(); /* the sheet has uncovered or covered a part of the map */
    });
    const head = el("header", "head", null, panel);
    el("h1", null, data.title, head);
    const lines = el("div", "headlines", null, head);
    for (const line of data.head) el("p", null, line, lines);
    const tabs = el("div", "tabs", null, panel);
    tabs.setAttribute("role", "tablist");
    this.tabs = {};
    for (const name of ["list", "about"]) {
      const tab = button("tab", words[name], tabs, () => this.close(name));
      tab.setAttribute("role", "tab");
      this.tabs[name] = tab;
    }
    this.views = {};
    for (const name of ["list", "card", "picker", "about"]) {
      this.views[name] = el("div", `view view-${name}` + (name === "about" ? " view-legend" : ""), null, panel);
      this.views[name].hidden = name !== "list";
    }
    this.card = new Card(this, this.views.card);
    this.buildList();
    this.buildAbout();
    this.show("list");
  }

  buildList() {
    const { data, words, rows } = this;
    const view = this.views.list;
    const tools = el("div", "tools", null, view);
    const search = el("input", "search", null, tools);
    search.type = "search";
    search.placeholder = words.search;
    search.setAttribute("aria-label", words.search);
    let waiting = 0;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        rows.query = search.value;
        this.sift();
      }, 150);
    });
    this.search = search;
    const chips = el("div", "chips statuses", null, tools);
    this.statusChips = data.statuses.map(([key, , colour, , sign], s) => {
      const chip = button("chip", null, chips, () => {
        rows.on[s] = !rows.on[s];
        this.sift();
      });
      chip.dataset.status = key;
      const mark = el("span", "sign", sign, chip);
      mark.style.backgroundColor = colour;
      el("span", "chip-text", null, chip);
      return chip;
    });
    const choices = el("div", "chips choices", null, tools);
    this.viewChip = button("chip in-view", words.in_view, choices, () => {
      this.inView = !this.inView;
      this.viewChip.setAttribute("aria-pressed", String(this.inView));
      this.fillList();
    });
    this.viewChip.setAttribute("aria-pressed", "false");
    this.facetChips = data.facets.map(([, choose], k) => {
      if (!choose || rows.texts["f" + k].length < 2) return null;
      const chip = button("chip choose", null, choices, () => this.pick(k));
      chip.dataset.facet = String(k);
      return chip;
    });
    const sort = el("select", "rules", null, tools);
    sort.setAttribute("aria-label", words.sort);
    const ways = [["status", words.by_status], ["distance", words.by_distance]];
    data.numbers.forEach(([label], k) => ways.push([String(k), fill(words.by_number, { name: label })]));
    for (const [value, text] of ways) el("option", null, text, sort).value = value;
    sort.addEventListener("change", () => {
      this.by = sort.value === "status" || sort.value === "distance" ? sort.value : Number(sort.value);
      this.fillList();
    });
    this.hereChip = button("chip", null, tools, () => {
      rows.only = null;
      this.sift();
    });
    this.hereChip.setAttribute("aria-pressed", "true");
    this.clear = button("tool", words.clear, tools, () => {
      rows.query = search.value = "";
      rows.only = null;
      rows.on = data.statuses.map(() => true);
      rows.want = this.preset.slice();
      this.sift();
    });
    this.count = el("p", "count", null, view);
    this.count.setAttribute("role", "status");
    this.listing = new Windowed(view, view, ROW_HEIGHT, (n) => this.row(this.list[n]));
    this.printed = el("p", "printed count", null, view);
  }

  row(i) {
    const { data, rows, words } = this;
    const [, label, colour, , sign] = data.statuses[rows.status[i]];
    const node = button("row" + (i === this.open ? " current" : ""), null, null, () => this.select(i, true));
    node.dataset.row = String(i);
    const mark = el("span", "sign", sign, node);
    mark.style.backgroundColor = colour;
    const text = el("span", "rowtext", null, node);
    el("span", "rowtitle", rows.text("title", i) || rows.text("ident", i), text);
    const parts = [label];
    if (i >= rows.placed) parts.push(words.no_place);
    else if (this.by === "distance") parts.push(away(rows.metres(i, this.centre())));
    if (typeof this.by === "number" && rows.number(this.by, i)) parts.push(`${data.numbers[this.by][0]} ${rows.number(this.by, i)}`);
    const told = data.facets.map(([, choose], k) => (choose ? rows.facet(k, i) : "")).filter(Boolean);
    el("span", "rowsub", [...parts, ...told.slice(0, 2)].join(" · "), text);
    el("span", "rowmessage", rows.text("text", i), text);
    return node;
  }

  swatch(parent, colour, sign, label) {
    const item = el("li", null, null, parent);
    const mark = el("span", sign === null ? "patch" : "sign", sign, item);
    mark.style.backgroundColor = colour;
    el("span", null, label, item);
  }

  legend(box) {
    const { data, words } = this;
    const list = el("ul", "swatches", null, box);
    data.statuses.forEach(([, label, colour, , sign], s) => this.used[s] && this.swatch(list, colour, sign, label));
    if (!data.areas) return;
    el("strong", null, data.areas.label, box);
    const classes = el("ul", "swatches", null, box);
    for (const [label, colour] of data.areas.classes) this.swatch(classes, colour, null, label);
    if (data.areas.items.some((item) => item[3] < 0)) this.swatch(classes, "#c9ced2", null, words.no_figure);
  }

  buildAbout() {
    const { data, words } = this;
    const view = this.views.about;
    el("h2", null, words.legend, view);
    this.legend(view);
    if (data.clustered) el("p", "small", words.cluster_legend, view);
    if (data.note.length) el("h2", null, words.about, view);
    for (const line of data.note) el("p", "note", line, view);
    button("tool wide", words.print, view, () => window.print());
  }

  show(name) {
    this.view = name;
    for (const key of Object.keys(this.views)) this.views[key].hidden = key !== name;
    for (const key of Object.keys(this.tabs)) this.tabs[key].setAttribute("aria-selected", String(key === name || (key === "list" && name !== "about")));
    document.body.classList.toggle("in-card", name === "card" || name === "picker");
    if (name !== "list") return;
    this.views.list.scrollTop = this.scrolled;
    this.listing.fill();
  }

  /* ---------------------------------------------------------------- filters */

  sift() {
    const { rows, data, words } = this;
    rows.sift();
    this.statusChips.forEach((chip, s) => {
      chip.setAttribute("aria-pressed", String(rows.on[s]));
      chip.lastChild.textContent = `${data.statuses[s][1]} ${rows.counts.status[s]}`;
      chip.hidden = !this.used[s];
    });
    this.facetChips.forEach((chip, k) => {
      if (!chip) return;
      const name = data.facets[k][0];
      const code = rows.want[k];
      chip.setAttribute("aria-pressed", String(code >= 0));
      chip.textContent = code < 0 ? name : fill(words.one_of, { name, value: this.value(k, code) });
    });
    this.hereChip.hidden = !rows.only;
    if (rows.only) this.hereChip.textContent = fill(words.here, { n: rows.matched.length });
    this.clear.hidden = !rows.only && !rows.query.trim() && rows.want.every((code, k) => code === this.preset[k]) && rows.on.every(Boolean);
    this.views.list.scrollTop = this.scrolled = 0;
    this.fillList();
    this.drawing.draw();
  }

  value(k, code) {
    return this.rows.texts["f" + k][code] || this.words.not_told;
  }

  centre() {
    const { paddingTopLeft: a, paddingBottomRight: b } = this.drawing.padding();
    const size = this.map.getSize();
    const { lat, lng } = this.map.containerPointToLatLng([size.x / 2, (size.y - b[1] + a[1]) / 2]);
    return [lat, lng];
  }

  /* What can be seen of the map: above the sheet. */
  seen() {
    const size = this.map.getSize();
    const a = this.map.containerPointToLatLng([0, 0]);
    const b = this.map.containerPointToLatLng([size.x, size.y - this.sheet.covered]);
    return [a.lng * 1e7, b.lat * 1e7, b.lng * 1e7, a.lat * 1e7];
  }

  fillList() {
    const { rows, words } = this;
    const listed = this.inView ? rows.within(this.seen()) : rows.matched;
    this.list = rows.ordered(listed, this.by, this.by === "distance" ? this.centre() : null);
    const n = this.list.length;
    let unplaced = 0;
    for (const i of listed) if (i >= rows.placed) unplaced++;
    const said = [n ? fill(words.count, { n, all: rows.n }) : rows.n ? words.none : words.empty];
    if (unplaced) said.push(fill(words.unplaced_count, { n: unplaced }));
    if (n > MOST_LISTED) said.push(fill(words.only_first, { n: MOST_LISTED }));
    this.count.textContent = said.join(words.between);
    this.printed.textContent = n > MOST_PRINTED ? fill(words.printed, { n: MOST_PRINTED, all: n }) : "";
    this.listing.show(Math.min(n, MOST_LISTED));
  }

  /* The values of a facet, those with the most rows first. */
  pick(k) {
    const { rows, words, data } = this;
    const name = data.facets[k][0];
    const view = this.views.picker;
    view.replaceChildren();
    const bar = el("div", "bar", null, view);
    button("tool back", words.back, bar, () => this.show("list"));
    el("h2", null, fill(words.choose, { name }), view);
    const search = el("input", "search", null, view);
    search.type = "search";
    search.placeholder = fill(words.find_value, { name });
    search.setAttribute("aria-label", search.placeholder);
    const counts = rows.counts.facets[k];
    const texts = rows.texts["f" + k];
    const codes = texts.map((_, code) => code).sort((a, b) => counts[b] - counts[a] || (texts[a] < texts[b] ? -1 : 1));
    let shown = codes;
    const take = (code) => {
      rows.want[k] = code;
      this.show("list");
      this.sift();
    };
    const values = new Windowed(view, view, VALUE_HEIGHT, (n) => {
      const code = n ? shown[n - 1] : -1;
      const node = button("value" + (code === rows.want[k] ? " current" : ""), null, null, () => take(code));
      el("span", "value-text", n ? this.value(k, code) : words.any, node);
      el("span", "value-count", String(n ? counts[code] : counts.reduce((sum, one) => sum + one, 0)), node);
      return node;
    });
    const sieve = () => {
      const wanted = folded(search.value.trim());
      shown = codes.filter((code) => (counts[code] || code === rows.want[k]) && folded(this.value(k, code)).includes(wanted));
      values.show(shown.length + 1);
    };
    search.addEventListener("input", sieve);
    this.scrolled = this.views.list.scrollTop;
    this.show("picker");
    this.sheet.atLeastHalf();
    view.scrollTop = 0;
    sieve();
  }

  several(members) {
    const only = new Uint8Array(this.rows.n);
    for (const i of members) only[i] = 1;
    this.rows.only = only;
    this.close("list");
    this.sift();
    this.sheet.atLeastHalf();
  }

  /* ---------------------------------------------------------------- card */

  select(i, zoom, quiet) {
    if (this.view === "list") this.scrolled = this.views.list.scrollTop;
    const isNew = this.open < 0;
    this.open = i;
    this.card.show(i);
    this.show("card");
    this.sheet.notAboveHalf();
    this.sheet.atLeastHalf();
    this.drawing.select(i, zoom);
    if (!quiet) this.write(isNew);
  }

  showArea(n) {
    if (this.open >= 0) this.close("list");
    this.card.area(n);
    this.show("card");
    this.sheet.atLeastHalf();
  }

  /* Leaves the card; the address goes back as well. */
  close(name) {
    const wasOpen = this.open >= 0;
    this.open = -1;
    this.drawing.select(-1);
    if (this.view === "list" && name !== "list") this.scrolled = this.views.list.scrollTop;
    this.show(name);
    if (!wasOpen) return;
    this.listing.show(this.listing.count);
    this.write(false);
  }

  /* ---------------------------------------------------------------- address: #zoom/lat/lon/id */

  fragment() {
    const { lat, lng } = this.map.getCenter();
    const ident = this.open < 0 ? "" : this.rows.text("ident", this.open);
    const told = ident && this.rows.find(ident) === this.open ? "/" + encodeURIComponent(ident.replace(/[\ud800-\udfff]/gu, "")) : "";
    return `#${Number(this.map.getZoom().toFixed(2))}/${lat.toFixed(6)}/${lng.toFixed(6)}${told}`;
  }

  /* A frame, or a browser that has had enough, may refuse: the page does without. */
  write(isNew) {
    try {
      history[isNew && window.parent === window ? "pushState" : "replaceState"](null, "", this.fragment());
    } catch (error) {
      /* the address stays as it was */
    }
  }

  follow() {
    const found = /^#(\d{1,2}(?:\.\d+)?)\/(-?\d{1,2}(?:\.\d+)?)\/(-?\d{1,3}(?:\.\d+)?)(?:\/(.*))?$/.exec(location.hash);
    let ident = "";
    try {
      ident = decodeURIComponent(found ? found[4] || "" : location.hash.slice(1));
    } catch (error) {
      ident = ""; /* a fragment that is no text names nothing */
    }
    const i = this.rows.find(ident);
    if (found && Number(found[1]) <= 21 && Math.abs(found[2]) <= 85 && Math.abs(found[3]) <= 180)
      this.map.setView([Number(found[2]), Number(found[3])], Number(found[1]), { animate: false });
    if (i >= 0) this.select(i, !found, true);
    else if (this.open >= 0) {
      this.open = -1;
      this.drawing.select(-1);
      this.show("list");
      this.listing.show(this.listing.count);
    }
  }

  /* ---------------------------------------------------------------- start */

  start() {
    const { map } = this;
    map.invalidateSize(false); /* the panel has taken its room from the map */
    this.drawing.whole(false);
    this.sift();
    /* Paper has another shape than the window: the same part of the map is fitted into it, and rows stand one below the other. */
    const paper = window.matchMedia("print");
    let view = map.getBounds();
    let waiting = 0;
    map.on("moveend", () => {
      this.drawing.draw();
      if (paper.matches) return;
      view = map.getBounds();
      clearTimeout(waiting); /* browsers allow only so many changes of the address in a while */
      waiting = setTimeout(() => {
        this.write(false);
        if (this.view === "list" && (this.inView || this.by === "distance")) this.fillList();
      }, 300);
    });
    map.on("click", () => this.view === "card" && this.close("list"));
    paper.addEventListener("change", () => {
      const wanted = view;
      map.invalidateSize({ animate: false, pan: false });
      map.fitBounds(wanted, { animate: false });
      this.listing.all = paper.matches;
      this.listing.fill();
    });
    window.addEventListener("popstate", () => this.follow());
    window.addEventListener("resize", () => this.listing.fill());
    this.follow();
  }
}

async function start() {
  document.body.classList.add("firelane", "crowd");
  if (!firelaneGate.able) return;
  let data;
  try {
    data = await readBlock();
  } catch (error) {
    return firelaneGate.damaged();
  }
  const page = new Crowd(map_firelane, data);
  page.start();
  /* for a page that frames this one, and for tests */
  window.firelane = { page, map: map_firelane, rows: page.rows, drawing: page.drawing, cards: page.rows.n, select: (i) => page.select(i, true) };
  document.documentElement.dataset.ready = "yes";
}

start();
