/* A page of very many points: panel, list, card, address. Texts of the data enter through textContent alone. */

const ROW_HEIGHT = 78; /* px, as in crowd.css: a list of any length needs rows of one height */

class Crowd extends Sifting {
  constructor(map, data) {
    super();
    this.map = map;
    this.data = data;
    this.words = data.words;
    this.rows = new Rows(data);
    this.preset = data.facets.map((_, k) => (k in data.preset ? this.rows.texts["f" + k].indexOf(data.preset[k]) : k === data.switch ? 0 : -1));
    if (data.switch >= 0 && this.rows.has.length) this.preset[data.switch] = Math.max(0, this.preset[data.switch]);
    this.rows.want = this.preset.slice();
    this.legends = [];
    this.within = -1; /* the area that is looked at alone */
    this.inView = false;
    this.list = new Int32Array(0);
    this.open = -1;
    this.view = "list";
    this.scrolled = 0; /* of the list, while something else is shown */
    this.from = "list"; /* where a card was opened */
    this.build();
    this.refit();
    this.drawing = new CrowdMap(map, data, this.rows, {
      select: (i, zoom) => this.select(i, zoom),
      area: (n) => this.showArea(n, false),
      several: (members) => this.several(members),
      covered: () => this.sheet.covered,
      legend: (box) => this.legend(box),
      bare: () => this.isBare,
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
    const listed = data.areas && data.areas.listed;
    document.body.classList.toggle("layered", !!listed);
    const names = [...(listed ? ["areas"] : []), "list", "about"];
    for (const name of names) {
      const tab = button("tab", name === "areas" ? listed : words[name], tabs, () => this.close(name));
      tab.setAttribute("role", "tab");
      this.tabs[name] = tab;
    }
    this.views = {};
    for (const name of ["list", "card", "picker", ...(listed ? ["areas"] : []), "about"]) {
      this.views[name] = el("div", `view view-${name}` + (name === "about" ? " view-legend" : ""), null, panel);
      this.views[name].hidden = name !== "list";
    }
    this.card = new Card(this, this.views.card);
    this.buildList();
    if (listed) this.areaList = new AreaList(this, this.views.areas);
    this.buildAbout();
    this.show(listed ? "areas" : "list");
  }

  buildList() {
    const { data, words, rows } = this;
    const view = this.views.list;
    const tools = el("div", "tools", null, view);
    this.buildSwitch(tools);
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
      if (!choose || k === data.switch || rows.texts["f" + k].length < 2) return null;
      const chip = button("chip choose", null, choices, () => this.pick(k));
      chip.dataset.facet = String(k);
      return chip;
    });
    const sort = el("select", "rules", null, tools);
    sort.setAttribute("aria-label", words.sort);
    this.sort = sort;
    sort.addEventListener("change", () => {
      this.by = sort.value === "status" || sort.value === "distance" ? sort.value : Number(sort.value);
      this.fillList();
    });
    this.hereChip = button("chip here-chip", null, tools, () => {
      rows.only = null;
      this.within = -1;
      this.sift();
    });
    this.hereChip.setAttribute("aria-pressed", "true");
    this.clear = button("tool", words.clear, tools, () => {
      rows.query = search.value = "";
      rows.only = null;
      this.within = -1;
      rows.on = data.statuses.map((status) => status[5]);
      rows.want = this.unfiltered();
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
    if (typeof this.by === "number" && data.numbers[this.by][4] && rows.number(this.by, i)) parts.push(`${data.numbers[this.by][0]} ${rows.number(this.by, i)}`);
    const told = data.facets.map(([, choose], k) => (choose && k !== data.switch && k !== data.related ? rows.facet(k, i) : "")).filter(Boolean);
    el("span", "rowsub", [...parts, ...told.slice(0, 2)].join(" · "), text);
    el("span", "rowmessage", rows.text("text", i), text);
    return node;
  }

  buildAbout() {
    const { data, words } = this;
    const view = this.views.about;
    el("h2", null, words.legend, view);
    this.legend(el("div", null, null, view));
    if (data.clustered) el("p", "small", words.cluster_legend, view);
    if (data.note.length) el("h2", null, words.about, view);
    for (const line of data.note) el("p", "note", line, view);
    button("tool wide", words.print, view, () => window.print());
  }

  show(name) {
    this.view = name;
    for (const key of Object.keys(this.views)) this.views[key].hidden = key !== name;
    for (const key of Object.keys(this.tabs)) this.tabs[key].setAttribute("aria-selected", String(key === name || (key === this.from && !(name in this.tabs))));
    document.body.classList.toggle("in-card", name === "card" || name === "picker");
    if (name in this.tabs) this.from = name;
    this.bare();
    if (name === "areas") this.areaList.listing.fill();
    if (name !== "list") return;
    this.views.list.scrollTop = this.scrolled;
    this.listing.fill();
  }

  /* Beside the list of areas the map shows the areas alone. */
  bare() {
    const bare = this.from === "areas" && this.open < 0;
    if (bare === this.isBare) return;
    this.isBare = bare;
    document.body.classList.toggle("bare", bare);
    if (this.drawing) this.drawing.draw();
  }

  /* ---------------------------------------------------------------- card */

  select(i, zoom, quiet) {
    if (this.view === "list") this.scrolled = this.views.list.scrollTop;
    const isNew = this.open < 0;
    this.open = i;
    this.card.show(i);
    this.show("card");
    this.views.card.scrollTop = 0; /* what is hidden does not scroll */
    this.sheet.notAboveHalf();
    this.sheet.atLeastHalf();
    this.drawing.select(i, zoom);
    if (!quiet) this.write(isNew);
  }

  showArea(n, zoom) {
    if (this.open >= 0) this.close(this.from);
    if (this.view === "list") this.scrolled = this.views.list.scrollTop;
    this.card.area(n);
    this.views.card.scrollTop = 0;
    this.drawing.outline(n, zoom);
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
    if (i >= 0 && this.rows.kind && this.rows.kind[i] !== this.kind) this.enter(this.rows.kind[i]);
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
    this.drawing.begin();
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
