/* The part of the page that sifts: what is shown, how many, the values of a filter. Texts of the data enter through textContent alone. */

const VALUE_HEIGHT = 48;
const MOST_LISTED = 200000; /* higher elements than this makes are cut off by browsers */

class Sifting extends Kinds {
  sift() {
    const { rows, data, words } = this;
    rows.sift();
    this.statusChips.forEach((chip, s) => {
      chip.setAttribute("aria-pressed", String(rows.on[s]));
      chip.lastChild.textContent = `${data.statuses[s][1]} ${rows.counts.status[s]}`;
      chip.hidden = !rows.has[this.kind] || !rows.has[this.kind].status[s];
    });
    this.facetChips.forEach((chip, k) => {
      if (!chip) return;
      const name = data.facets[k][0];
      const code = rows.want[k];
      chip.setAttribute("aria-pressed", String(code >= 0));
      chip.textContent = code < 0 ? name : fill(words.one_of, { name, value: this.value(k, code) });
    });
    this.hereChip.hidden = !rows.only;
    const n = rows.matched.length;
    if (rows.only) this.hereChip.textContent = this.within < 0 ? fill(words.here, { n }) : fill(words.within, { n, name: data.areas.items[this.within][1] || words.this_area });
    const usual = this.unfiltered();
    this.clear.hidden = !rows.only && !rows.query.trim() && rows.want.every((code, k) => code === usual[k]) && rows.on.every((on, s) => on === data.statuses[s][5]);
    this.countKinds();
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
    const all = rows.has[this.kind] ? rows.has[this.kind].n : 0;
    const said = [n ? fill(words.count, { n, all }) : all ? words.none : words.empty];
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
    this.within = -1;
    this.close("list");
    this.sift();
    this.sheet.atLeastHalf();
  }
}
