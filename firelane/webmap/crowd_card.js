/* One row in full, or one area. Texts of the data enter through textContent alone. */

class Card {
  constructor(page, view) {
    this.page = page;
    this.view = view;
    this.words = page.words;
  }

  bar() {
    const bar = el("div", "bar", null, this.view);
    button("tool back", this.words.back, bar, () => this.page.close(this.page.from));
    return bar;
  }

  facts(pairs) {
    const list = el("dl", "facts", null, this.view);
    for (const [label, value] of pairs) {
      el("dt", null, label, list);
      el("dd", null, value, list);
    }
  }

  show(i) {
    const { page, view, words } = this;
    const { data, rows, list } = page;
    view.replaceChildren();
    view.scrollTop = 0;
    const bar = this.bar();
    const at = list.indexOf(i);
    for (const [text, word, step] of [["‹", words.previous, -1], ["›", words.next, 1]]) {
      const next = at >= 0 ? list[at + step] : undefined;
      const node = button("tool step", text, bar, () => page.select(next, true));
      node.setAttribute("aria-label", word);
      node.disabled = next === undefined;
      if (step < 0) el("span", "place", at < 0 ? "" : fill(words.of, { n: at + 1, m: list.length }), bar);
    }
    const [, label, colour, , sign] = data.statuses[rows.status[i]];
    const kind = el("div", "kind", null, view);
    const mark = el("span", "sign", sign, kind);
    mark.style.backgroundColor = colour;
    el("span", "ident", rows.text("ident", i), kind);
    el("span", "badge", label, kind).style.backgroundColor = colour;
    el("h2", "title", rows.text("title", i) || rows.text("ident", i), view);
    if (rows.text("text", i)) el("p", "message", rows.text("text", i), view);
    const pairs = data.facets.map(([name], k) => [name, k === data.switch || (k === data.related && rows.facet(k, i) === rows.text("title", i)) ? "" : rows.facet(k, i)]);
    pairs.push(...data.numbers.map(([name, , , , told], k) => [name, told ? rows.number(k, i) : ""]));
    const lonlat = { lon: (rows.lon[i] / 1e7).toFixed(6), lat: (rows.lat[i] / 1e7).toFixed(6) };
    pairs.push([words.place, i < rows.placed ? fill(words.lonlat, lonlat) : words.no_place]);
    const actions = el("div", "actions", null, view);
    this.facts(pairs.filter(([, value]) => value));
    if (!data.link) view.append(actions); /* where there is more to do than to copy, it stands first */
    const link = rows.text("link", i);
    if (link && this.harmless(link)) {
      const node = el("a", "tool", data.link || words.open_link, actions);
      node.href = link;
      node.rel = "noopener noreferrer";
      node.target = "_blank";
    }
    for (const { kind, members } of page.relatives(i)) {
      const name = rows.texts["f" + data.switch][kind];
      const to = fill(words.leads_to, { name, n: members.length });
      button("tool leads", to, actions, () => page.lead(kind, i, members));
    }
    const copy = button("tool copy", words.copy, actions, async () => {
      try {
        await navigator.clipboard.writeText(location.href.split("#")[0] + page.fragment());
        copy.textContent = words.copied;
      } catch (error) {
        copy.textContent = words.not_copied;
      }
    });
  }

  /* The maker of the page has sorted the links; a page that somebody altered is no reason to follow others. */
  harmless(link) {
    try {
      const { protocol } = new URL(link, location.href);
      return protocol === "https:" || (protocol === location.protocol && !/^[a-z][a-z0-9+.-]*:/i.test(link));
    } catch (error) {
      return false;
    }
  }

  area(n) {
    areaCard(this, n);
  }
}
