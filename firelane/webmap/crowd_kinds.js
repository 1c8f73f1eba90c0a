/* The part of the page that depends on which kind of rows is shown: switch, filters, orders, legend, the way from one kind to another. */

class Kinds {
  get kind() {
    const { switch: s } = this.data;
    return s < 0 ? 0 : this.rows.want[s];
  }

  /* What is wanted where nothing was chosen; the kind stays. */
  unfiltered() {
    const want = this.preset.slice();
    if (this.data.switch >= 0) want[this.data.switch] = this.kind;
    return want;
  }

  buildSwitch(parent) {
    const { data, words, rows } = this;
    this.kindTabs = [];
    if (data.switch < 0 || rows.has.length < 2) return;
    const box = el("div", "kinds", null, parent);
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", words.shown_kind);
    const order = rows.has.map((_, kind) => kind).sort((a, b) => (b === this.preset[data.switch]) - (a === this.preset[data.switch]) || a - b);
    for (const kind of order) this.kindTabs[kind] = button("kindtab", null, box, () => this.enter(kind));
  }

  countKinds() {
    const { data, rows } = this;
    this.kindTabs.forEach((tab, kind) => {
      tab.textContent = `${rows.texts["f" + data.switch][kind]} ${rows.has[kind].n}`;
      tab.setAttribute("aria-pressed", String(kind === this.kind));
    });
  }

  /* Shows another kind; filters that it does not have are lifted. */
  enter(kind) {
    const { rows, data } = this;
    if (kind !== this.kind) {
      rows.want[data.switch] = kind;
      if (this.within < 0) rows.only = null;
      rows.want = rows.want.map((code, k) => (k === data.switch || this.chosen(k) ? code : -1));
      this.refit();
    }
    this.sift();
  }

  chosen(k) {
    const has = this.rows.has[this.kind];
    return !!has && (has.facets[k][1] > 1 || (has.facets[k][1] === 1 && this.value(k, has.facets[k][0]) !== this.words.not_told));
  }

  /* Filters, orders and legend of the kind that is shown. */
  refit() {
    const { data, rows, words, sort } = this;
    const has = rows.has[this.kind];
    this.facetChips.forEach((chip, k) => chip && (chip.hidden = !has || has.facets[k][1] < 2 || (k === data.related && rows.apart(k, this.kind))));
    sort.replaceChildren();
    const ways = [["status", words.by_status], ["distance", words.by_distance]];
    data.numbers.forEach(([label], k) => (!has || has.numbers[k]) && ways.push([String(k), fill(words.by_number, { name: label })]));
    for (const [value, text] of ways) el("option", null, text, sort).value = value;
    const first = has ? data.order.find((k) => has.numbers[k]) : undefined;
    this.by = first === undefined ? "status" : first;
    sort.value = String(this.by);
    for (const box of this.legends) this.legend(box);
  }

  /* Rows of other kinds with the same value of the facet that ties them: [{ kind, members }]. */
  relatives(i) {
    const { data, rows } = this;
    if (data.related < 0 || data.switch < 0) return [];
    const codes = rows.facets[data.related];
    const found = new Map();
    for (let j = 0; j < rows.n; j++) {
      if (codes[j] !== codes[i] || rows.kind[j] === rows.kind[i] || !rows.on[rows.status[j]]) continue;
      if (!found.has(rows.kind[j])) found.set(rows.kind[j], []);
      found.get(rows.kind[j]).push(j);
    }
    return [...found].map(([kind, members]) => ({ kind, members }));
  }

  /* To the relatives of a row: the card of a single one, else the list of them. */
  lead(kind, i, members) {
    const { data, rows } = this;
    rows.query = this.search.value = "";
    rows.only = null;
    this.within = -1;
    if (kind !== this.kind) this.enter(kind);
    rows.want = this.unfiltered();
    if (members.length > 1) rows.want[data.related] = rows.facets[data.related][i];
    this.sift();
    if (members.length === 1) return this.select(members[0], true);
    this.close("list");
    this.drawing.show(members);
  }

  onlyArea(n) {
    const { rows } = this;
    rows.only = Uint8Array.from(rows.area, (area) => (area === n ? 1 : 0));
    this.within = n;
    this.close("list");
    this.sift();
    this.sheet.atLeastHalf();
  }

  swatch(parent, colour, sign, label) {
    const item = el("li", null, null, parent);
    const mark = el("span", sign === null ? "patch" : "sign", sign, item);
    mark.style.backgroundColor = colour;
    el("span", null, label, item);
  }

  /* A square in the colour of a class; stripes where there is none. */
  patch(parent, kind) {
    const node = el("span", kind < 0 ? "patch patch-none" : "patch", null, parent);
    if (kind >= 0) node.style.backgroundColor = this.data.areas.classes[kind][1];
  }

  legend(box) {
    const { data, rows } = this;
    box.replaceChildren();
    if (!this.legends.includes(box)) this.legends.push(box);
    const { status: used } = rows.has[this.kind] || { status: [] };
    const list = el("ul", "swatches of-points", null, box);
    data.statuses.forEach(([, label, colour, , sign], s) => used[s] && this.swatch(list, colour, sign, label));
    this.areaLegend(box);
    if (!data.places || !data.places.items.length) return;
    const item = el("li", null, null, el("ul", "swatches", null, box));
    el("span", "patch patch-outline", null, item);
    el("span", null, data.places.label, item);
  }

  areaLegend(box) {
    const { data, words } = this;
    if (!data.areas) return;
    el("strong", null, data.areas.label, box);
    const classes = el("ul", "swatches", null, box);
    const line = (kind, text) => {
      const item = el("li", null, null, classes);
      this.patch(item, kind);
      el("span", null, text, item);
    };
    data.areas.classes.forEach(([label], kind) => line(kind, label));
    if (data.areas.items.some((item) => item[3] < 0)) line(-1, data.areas.none || words.no_figure);
  }
}
