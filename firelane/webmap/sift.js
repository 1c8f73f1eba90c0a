/* Which findings are listed, and in which order: search, filters, distance. */

/* Full-width letters and digits count as the plain ones. */
function plainText(text) {
  return text.normalize("NFKC").toLowerCase();
}

class Sift {
  /* `unfolded` is told when the filters open or close: they need room. */
  constructor(data, act, records, changed, unfolded) {
    Object.assign(this, { data, act, records, changed, unfolded });
    this.only = null; /* cards that share one marker, where that was tapped */
    this.on = new Set();
    this.picks = {};
    this.haystacks = data.cards.map(() => null);
  }

  /* ---------------------------------------------------------------- controls */

  build(parent) {
    const { data } = this;
    const { words } = data;
    this.node = el("div", "tools", null, parent);
    const find = el("div", "find", null, this.node);
    this.search = el("input", "search", null, find);
    this.search.type = "search";
    this.search.placeholder = words.search;
    this.search.setAttribute("aria-label", words.search);
    let later = 0;
    this.search.addEventListener("input", () => {
      if (data.findings.length < 2000) return this.changed();
      window.clearTimeout(later);
      later = window.setTimeout(() => this.changed(), 150);
    });
    this.chips(el("div", "chips", null, this.node));
    this.pick("rule", words.filter_rule, words.all_rules, [["", data.rules]], this.node).classList.add("rules");
    this.unfold = button("tool unfold", null, this.node, () => {
      const open = this.node.classList.toggle("unfolded");
      this.told();
      this.unfolded(open);
    });
    const fold = el("div", "fold", null, this.node);
    const { quantities, kinds, severities } = data.filters;
    const prefixed = (sign, rows) => rows.map(([key, label]) => [sign + key, label]);
    this.pick("kind", words.filter_kind, words.all_kinds, [
      [words.by_quantity, prefixed("q:", quantities)],
      [words.by_obstruction, prefixed("o:", kinds)],
    ], fold);
    this.pick("severity", words.filter_severity, words.all_severities, [["", severities]], fold);
    const states = new Map();
    for (const row of data.findings) {
      const mark = data.cards[row.c].cs;
      if (mark) states.set(mark.state, mark.word);
    }
    if (states.size)
      this.pick("state", words.filter_state, words.all_states, [["", [["-", words.without_case], ...prefixed("s:", [...states])]]], fold);
    const answers = ["confirmed", "fixed", "false_alarm"].map((key) => [key, words["answer_" + key]]);
    this.pick("answer", words.filter_answer, words.all_answers, [["", [["-", words.unanswered], ...answers]]], fold);
    this.clear = button("tool clear", words.clear_filters, fold, () => this.reset());
    this.told();
  }

  chips(parent) {
    const { data } = this;
    parent.setAttribute("role", "group");
    parent.setAttribute("aria-label", data.words.filter_verdict);
    this.chipNodes = new Map();
    for (const [code, label, n] of data.head.chips) {
      if (!n) continue;
      const chip = button("chip", null, parent, () => {
        this.on[this.on.has(code) ? "delete" : "add"](code);
        this.pressed();
        this.changed();
      });
      const dot = el("span", "dot", null, chip);
      dot.style.backgroundColor = data.colours[code === "look" ? "not_measured" : code];
      el("span", null, `${label} ${n}`, chip);
      this.chipNodes.set(code, chip);
    }
    this.usual = [...this.chipNodes.keys()].filter((code) => code === "fail" || code === "indeterminate" || code === "look");
    this.on = new Set(this.usual);
    this.pressed();
  }

  pressed() {
    for (const [code, chip] of this.chipNodes) chip.setAttribute("aria-pressed", String(this.on.has(code)));
  }

  pick(key, name, every, groups, parent) {
    const node = el("select", "pick", null, parent);
    node.dataset.pick = key;
    node.setAttribute("aria-label", name);
    el("option", null, every, node).value = "";
    for (const [label, rows] of groups) {
      if (!rows.length) continue;
      const home = label ? el("optgroup", null, null, node) : node;
      if (label) home.label = label;
      for (const [value, text] of rows) el("option", null, text, home).value = value;
    }
    node.addEventListener("change", () => {
      this.told();
      this.changed();
    });
    this.picks[key] = node;
    return node;
  }

  /* The order stands beside the count; "by distance" waits for a position, and says so. */
  buildOrder(parent) {
    const { words } = this.data;
    this.order = el("select", "pick order", null, parent);
    this.order.setAttribute("aria-label", words.order);
    el("option", null, words.by_severity, this.order).value = "severity";
    this.far = el("option", null, null, this.order);
    this.far.value = "distance";
    this.order.addEventListener("change", () => this.changed());
    this.located();
  }

  located() {
    const { words, unplaced } = this.data;
    const able = !unplaced && Boolean(this.act.position && this.act.position());
    this.far.disabled = !able;
    this.far.textContent = able ? words.by_distance : unplaced ? words.no_distance_unplaced : words.no_distance;
    this.order.title = able ? "" : this.far.textContent;
    if (!able) this.order.value = "severity";
  }

  told() {
    const n = Object.values(this.picks).filter((node) => node.value).length;
    const { words } = this.data;
    this.unfold.textContent = n ? `${words.filters} · ${n}` : words.filters;
    this.unfold.setAttribute("aria-expanded", String(this.node.classList.contains("unfolded")));
    for (const node of Object.values(this.picks)) node.classList.toggle("chosen", Boolean(node.value));
  }

  reset() {
    this.only = null;
    this.search.value = "";
    for (const node of Object.values(this.picks)) node.value = "";
    this.on = new Set(this.usual);
    this.pressed();
    this.told();
    this.changed();
  }

  get narrowed() {
    const other = Object.values(this.picks).some((node) => node.value) || this.query.length > 0;
    return other || this.usual.length !== this.on.size || this.usual.some((code) => !this.on.has(code));
  }

  /* ---------------------------------------------------------------- what matches */

  get query() {
    return plainText(this.search.value).split(/\s+/).filter((part) => part);
  }

  haystack(index) {
    if (this.haystacks[index] === null) {
      const { cards, remedies, site } = this.data;
      const c = cards[index];
      const parts = [c.k, c.t, c.i || "", c.m || ""].concat(...(c.r || []), ...(c.q || []));
      for (const i of c.rm || []) parts.push(remedies[i].h, remedies[i].t);
      if (c.cs) parts.push(c.cs.id, c.cs.word);
      if (c.v) parts.push(site.id, site.name);
      this.haystacks[index] = plainText(parts.join("\n"));
    }
    return this.haystacks[index];
  }

  matches(index, query) {
    if (!query.length) return true;
    const hay = this.haystack(index);
    const own = this.records.of(this.data.cards[index].i);
    const note = own && own.note ? plainText(own.note) : "";
    return query.every((part) => hay.includes(part) || note.includes(part));
  }

  keeps(row, query) {
    const { picks, data } = this;
    if (this.only ? !this.only.has(row.c) : !this.on.has(row.f || row.v)) return false;
    if (picks.rule.value && row.rule !== picks.rule.value) return false;
    if (picks.severity.value && row.sev !== picks.severity.value) return false;
    const kind = picks.kind.value;
    if (kind.startsWith("q:") && row.q !== kind.slice(2)) return false;
    if (kind.startsWith("o:") && !(row.ob || []).includes(kind.slice(2))) return false;
    const card = data.cards[row.c];
    const state = picks.state ? picks.state.value : "";
    if (state && (card.cs ? "s:" + card.cs.state : "-") !== state) return false;
    const answer = picks.answer.value;
    if (answer && (this.records.answer(card.i) || "-") !== answer) return false;
    return this.matches(row.c, query);
  }

  /* Rows in their order; `away` holds the distance [m] of each card where that is the order. */
  rows() {
    const query = this.query;
    const rows = this.data.findings.filter((row) => this.keeps(row, query));
    this.away = null;
    if (this.order.value === "distance") {
      this.away = new Map();
      for (const row of rows) {
        const metres = row.ll ? this.act.distance([row.ll[1], row.ll[0]]) : null;
        this.away.set(row.c, metres === null || metres === undefined ? Infinity : metres);
      }
      rows.sort((a, b) => {
        const [x, y] = [this.away.get(a.c), this.away.get(b.c)];
        return x === y ? a.c - b.c : x - y;
      });
    }
    return rows;
  }
}

function awayText(metres) {
  if (!Number.isFinite(metres)) return "";
  return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
}
