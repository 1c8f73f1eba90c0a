/* The panel: list, one thing in full, records, legend, about. Texts of the data enter through textContent alone. */

class Panel {
  constructor(data, act, records) {
    this.data = data;
    this.words = data.words;
    this.act = act; /* what the panel asks of the map: select, hover, layers … */
    this.records = records;
    this.open = -1;
    this.rows = [];
    this.findingOf = new Map(data.findings.map((row) => [row.c, row]));
    this.build();
    this.filter();
    this.show("findings");
    records.changed = (finding) => this.recordsChanged(finding);
    this.recordsChanged(null);
  }

  build() {
    const { data, words } = this;
    this.node = el("aside", "panel", null, document.body);
    const handle = button("handle", null, this.node);
    handle.setAttribute("aria-label", words.panel_handle);
    el("span", "grip", null, handle);
    this.sheet = new Sheet(this.node, handle, () => this.act.resized());
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
    for (const name of ["findings", "records", "legend", "about"]) {
      const tab = button("tab", words["tab_" + name], tabs, () => this.show(name));
      tab.setAttribute("role", "tab");
      this.tabs[name] = tab;
      this.views[name] = el("section", "view view-" + name, null, this.node);
    }
    this.views.card = el("section", "view view-card", null, this.node);
    this.buildFindings(this.views.findings);
    this.page = new RecordsPage(this, this.views.records);
    legendPage(this.views.legend, data, this.act);
    aboutPage(this.views.about, data);
    this.bubble = el("div", "toast", null, this.node);
    this.bubble.setAttribute("role", "status");
    this.bubble.hidden = true;
    window.addEventListener("pagehide", () => this.settle && this.settle());
  }

  badge(code, word, parent) {
    const node = el("span", "badge", word, parent);
    node.style.backgroundColor = this.data.colours[code] || "#555";
    return node;
  }

  swatches(rows, parent) {
    swatches(rows, parent);
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
    if (name === "findings" && this.stale) this.filter(true);
    if (name === "records") this.page.update();
  }

  /* A sentence at the foot of the panel, with a way back where there is one; `done` once that is over. */
  toast(text, undo, done) {
    if (this.settle) this.settle();
    const { bubble } = this;
    bubble.replaceChildren();
    el("span", null, text, bubble);
    const close = () => {
      window.clearTimeout(timer);
      bubble.hidden = true;
      this.settle = null;
    };
    const timer = window.setTimeout(() => this.settle(), 10000);
    this.settle = () => {
      close();
      if (done) done();
    };
    if (undo)
      button("tool", this.words.undo, bubble, () => {
        close();
        undo();
      });
    bubble.hidden = false;
  }

  /* ---------------------------------------------------------------- bottom sheet of a phone */

  get phone() {
    return this.sheet.phone;
  }

  get covered() {
    return this.sheet.covered;
  }

  stops() {
    return this.sheet.stops();
  }

  setHeight(height) {
    this.sheet.setHeight(height);
  }

  atLeastHalf() {
    this.sheet.atLeastHalf();
  }

  notAboveHalf() {
    this.sheet.notAboveHalf();
  }

  /* ---------------------------------------------------------------- list */

  get only() {
    return this.sift.only;
  }

  set only(cards) {
    this.sift.only = cards;
  }

  buildFindings(view) {
    const { data } = this;
    this.keepwarn = el("p", "keepwarn", null, view);
    this.sift = new Sift(data, this.act, this.records, () => this.filter(), (open) => (open ? this.sheet.raise() : this.sheet.lower()));
    this.sift.build(view);
    this.here = button("here", null, view, () => {
      this.only = null;
      this.filter();
    });
    const total = data.summary ? el("ol", "list total", null, view) : null;
    const line = el("div", "countline", null, view);
    this.count = el("p", "count", null, line);
    this.count.setAttribute("role", "status");
    this.sift.buildOrder(line);
    this.list = new FindingList(data, this, view);
    if (total) total.append(this.list.row(data.summary.c, data.summary.s));
  }

  /* `still`: the same list again, which stays where it was scrolled to. */
  filter(still) {
    const { words, data, sift, list } = this;
    this.stale = false;
    const view = this.views.findings;
    const [top, least] = still && list.node.chunks ? [view.scrollTop, list.node.chunks.at] : [0, 0];
    const rows = sift.rows();
    this.rows = rows;
    this.here.hidden = !this.only;
    if (this.only) this.here.textContent = fill(words.several, { n: this.only.size }) + "　✕";
    const nothing = sift.narrowed ? words.nothing_found : words.no_violation;
    this.count.textContent = rows.length ? fill(words.shown, { n: rows.length, m: data.findings.length }) : nothing;
    list.show(rows, sift.away, least);
    list.showThings(sift, sift.query);
    if (still) view.scrollTop = top;
    this.act.filtered(rows);
  }

  /* A position has come: "by distance" can be chosen, and is kept up where it is. */
  located() {
    this.sift.located();
    if (this.sift.order.value !== "distance") return;
    const now = Date.now();
    if (this.view !== "findings") this.stale = true;
    else if (!(now - this.sorted < 5000)) {
      this.sorted = now;
      this.filter(true);
    }
  }

  /* Somebody answered (or another tab did: null). The list under an open card waits, so that "next" still leads on. */
  recordsChanged(finding) {
    const { fresh } = this.records.counts();
    const tab = this.tabs.records;
    tab.textContent = this.words.tab_records;
    if (fresh) {
      const bubble = el("span", "fresh", String(fresh), tab);
      bubble.title = fill(this.words.fresh, { n: fresh });
    }
    this.keepwarn.textContent = this.records.warning();
    this.keepwarn.hidden = !this.keepwarn.textContent;
    this.stale = true;
    if (this.view === "records") this.page.update();
    if (finding === null) {
      if (this.view === "findings") this.filter(true);
      if (this.box) this.box.update();
    } else if (this.records.rowOf.has(finding)) this.list.refresh(this.records.rowOf.get(finding).c);
  }

  /* ---------------------------------------------------------------- one thing */

  showCard(index, extra, place) {
    const { data, words } = this;
    const card = data.cards[index];
    const view = this.views.card;
    view.replaceChildren();
    this.box = null;
    const bar = el("div", "bar", null, view);
    button("tool back", "‹ " + words.back, bar, () => this.show("findings"));
    this.steps(index, bar);
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
    if (card.cs) this.caseLine(card.cs, view);
    const finding = this.findingOf.get(index);
    if (finding && (finding.v === "fail" || finding.v === "indeterminate" || finding.v === "not_measured"))
      this.box = new AnswerBox(this, card, view);
    if (extra && extra.length) facts(extra, view, "facts here");
    const chart = this.act.profile ? this.act.profile(index, place) : null;
    if (chart) view.append(chart);
    if (card.rm) this.remedies(card.rm, view);
    facts(card.r || [], view, "facts");
    for (const [heading, body] of card.q || []) {
      el("h3", null, heading, view);
      el("blockquote", null, body, view);
    }
    if (card.see) this.related(card.see, view);
    this.show("card");
    this.open = index;
    view.scrollTop = 0;
    this.list.current(index);
  }

  /* "n of N" within what the filter has left, and the way to the neighbours. */
  steps(index, bar) {
    const { words } = this;
    const place = this.rows.findIndex((row) => row.c === index);
    if (place < 0) return;
    const step = (by) => this.act.select(this.rows[(place + by + this.rows.length) % this.rows.length].c);
    const before = button("tool step", "‹", bar, () => step(-1));
    before.setAttribute("aria-label", words.previous);
    el("span", "place", fill(words.of, { n: place + 1, m: this.rows.length }), bar);
    const after = button("tool step", "›", bar, () => step(1));
    after.setAttribute("aria-label", words.next);
  }

  caseLine(mark, view) {
    const { words } = this;
    const line = el("p", "caseline", null, view);
    el("span", null, `${words.case} ${mark.id}`, line);
    el("span", "state state-" + (["open", "fixed", "closed"].includes(mark.group) ? mark.group : "open"), mark.word, line);
    if (!mark.deadline) return;
    const late = mark.group === "open" && mark.deadline < localTime(new Date()).slice(0, 10);
    el("span", late ? "late" : null, fill(late ? words.case_late : words.case_deadline, { day: mark.deadline }), line);
  }

  related(others, view) {
    const { data, words } = this;
    el("h3", null, words.related, view);
    const list = el("div", "related", null, view);
    for (const other of others) {
      const seen = data.cards[other];
      /* four cars of one name are told apart by their ids */
      const twins = others.filter((i) => data.cards[i].k === seen.k && data.cards[i].t === seen.t).length > 1;
      button("chip", `${seen.k}　${seen.t}${twins ? "　" + seen.i : ""}`, list, () => this.act.select(other));
    }
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
        head.append(swatch({ shape: look === "kerb" ? "line" : "area", look: data.looks[look] }));
      el("strong", null, h, head);
      if (g.length) button("tool", words.remedy_show, head, () => this.act.remedy(i));
      el("p", "remedytext", t, box);
    }
    el("p", "small", data.disc, box);
  }
}
