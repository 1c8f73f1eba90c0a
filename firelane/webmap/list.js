/* The list of findings. Of a long one only as much is in the page as has been scrolled to. */

class Chunks {
  /* Puts make(item) of every item into the list, a hundred at a time. */
  constructor(list, items, make, least = 0) {
    Object.assign(this, { list, items, make });
    this.at = 0;
    this.tail = null;
    list.chunks = this;
    this.more(Math.max(100, least));
  }

  more(n) {
    const part = this.items.slice(this.at, this.at + n).map(this.make);
    this.at += part.length;
    if (this.tail) this.tail.before(...part);
    else this.list.append(...part);
    if (this.at < this.items.length) this.wait();
    else if (this.tail) {
      this.watch && this.watch.disconnect();
      this.tail.remove();
      this.tail = null;
    }
  }

  wait() {
    if (!this.tail) {
      this.tail = el("li", "moretail", null, this.list);
      button("tool wide", "…", this.tail, () => this.more(100));
      if (typeof IntersectionObserver !== "undefined") {
        this.watch = new IntersectionObserver((seen) => {
          if (seen.some((entry) => entry.isIntersecting)) this.more(100);
        });
      }
    }
    if (this.watch) {
      /* observed anew: it may still be in sight, and then nothing would change */
      this.watch.unobserve(this.tail);
      this.watch.observe(this.tail);
    }
  }
}

class FindingList {
  constructor(data, panel, parent) {
    Object.assign(this, { data, panel });
    this.node = el("ol", "list", null, parent);
    this.things = el("div", "things", null, parent);
    /* Paper does not scroll: what would be read on it is put in first. */
    window.addEventListener("beforeprint", () => this.node.chunks && this.node.chunks.more(2000));
  }

  show(rows, away, least) {
    this.node.replaceChildren();
    const items = away ? rows.map((row) => [row]) : this.grouped(rows);
    new Chunks(this.node, items, (run) => (run.length > 1 ? this.group(run) : this.row(run[0].c, run[0].s, { away })), least);
  }

  /* Many findings of one rule and one verdict stand under one heading, which says once what they have in common. */
  grouped(rows) {
    const MOST = 4;
    const runs = [];
    for (let i = 0; i < rows.length; ) {
      const alike = (row) => row.rule === rows[i].rule && (row.f || row.v) === (rows[i].f || rows[i].v);
      let end = i + 1;
      while (end < rows.length && alike(rows[end])) end++;
      const run = rows.slice(i, end);
      i = end;
      if (run.length <= MOST) runs.push(...run.map((row) => [row]));
      else runs.push(run);
    }
    return runs;
  }

  group(run) {
    const LONG = 40;
    const group = el("li", "group");
    const chip = this.data.head.chips.find(([code]) => code === (run[0].f || run[0].v));
    const title = `${this.data.cards[run[0].c].t} · ${chip[1]}`;
    const head = button("grouphead", fill(this.data.words.group, { title, n: run.length }), group);
    const inner = el("ol", "list", null, group);
    inner.hidden = run.length > LONG;
    const show = () => {
      if (!inner.hidden && !inner.childElementCount) new Chunks(inner, run, (row) => this.row(row.c, row.s, { grouped: true }));
      head.setAttribute("aria-expanded", String(!inner.hidden));
    };
    head.addEventListener("click", () => {
      inner.hidden = !inner.hidden;
      show();
    });
    show();
    return group;
  }

  row(index, subtitle, { grouped = false, away = null } = {}) {
    const { data, panel } = this;
    const card = data.cards[index];
    const item = el("li");
    const line = button("row", null, item, () => panel.act.select(index));
    line.dataset.card = String(index);
    const mark = el("span", "mark", card.n ? String(card.n) : "", line);
    if (card.v) {
      mark.style.backgroundColor = data.colours[card.v];
      mark.classList.add("mark-" + card.v);
    } else mark.classList.add("mark-none");
    const words = el("span", "rowtext", null, line);
    if (!grouped || !card.m) el("span", "rowtitle", card.t, words);
    if (subtitle) el("span", "rowsub", subtitle, words);
    if (card.m) el("span", "rowmessage", card.m, words);
    const side = el("span", "rowside", null, line);
    if (away) el("span", "away", awayText(away.get(index)), side);
    if (card.cs) el("span", "state state-" + (["open", "fixed", "closed"].includes(card.cs.group) ? card.cs.group : "open"), card.cs.word, side);
    this.answered(line, card);
    if (panel.open === index) line.classList.add("current");
    return item;
  }

  answered(line, card) {
    const side = line.querySelector(".rowside");
    for (const old of side.querySelectorAll(".said")) old.remove();
    const answer = card.v ? this.panel.records.answer(card.i) : "";
    if (answer) el("span", "said said-" + answer, this.data.words["answer_" + answer], side);
  }

  /* What was answered, and which row is open, without a new list. */
  refresh(index) {
    for (const line of this.node.querySelectorAll(`.row[data-card="${index}"]`)) this.answered(line, this.data.cards[index]);
  }

  current(index) {
    for (const line of this.node.querySelectorAll(".row"))
      line.classList.toggle("current", line.dataset.card === String(index));
  }

  showThings(sift, query) {
    this.things.replaceChildren();
    if (!query.length || sift.only) return;
    const { data } = this;
    const listed = new Set(data.findings.map((row) => row.c));
    if (data.summary) listed.add(data.summary.c);
    const hits = data.cards.map((_, i) => i).filter((i) => !listed.has(i) && sift.matches(i, query));
    if (!hits.length) return;
    const MOST = 50;
    el("h2", null, data.words.objects, this.things);
    const list = el("ol", "list", null, this.things);
    for (const i of hits.slice(0, MOST)) list.append(this.row(i, data.cards[i].k));
    if (hits.length > MOST) el("p", "count", fill(data.words.more_objects, { n: hits.length - MOST }), this.things);
  }
}
