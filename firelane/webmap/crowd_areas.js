/* Areas: the hatching of those without a figure, their list, the card of one. Texts of the data enter through textContent alone. */

const NO_FIGURE = "#c9ced2";

/* Stripes for a canvas: an area without a figure is not one with a small figure. */
function stripes() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#e9ebec";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#8d969e";
  pen.lineWidth = 1.4;
  pen.beginPath();
  for (const at of [-4, 4, 12]) {
    pen.moveTo(at - 5, 5);
    pen.lineTo(at + 5, -5);
    pen.moveTo(at - 5, 13);
    pen.lineTo(at + 5, 3);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

class AreaList {
  constructor(page, view) {
    const { data, words } = page;
    this.page = page;
    this.view = view;
    const { items } = data.areas;
    this.order = items.map((_, n) => n).sort((a, b) => (items[b][6] ?? -1) - (items[a][6] ?? -1) || a - b);
    el("p", "small areashead", `${data.areas.label} · ${words.areas_order}`, view);
    this.listing = new Windowed(view, view, ROW_HEIGHT, (n) => this.row(this.order[n]));
    this.listing.show(items.length);
  }

  row(n) {
    const { page } = this;
    const [, name, told, kind, , , value, sub] = page.data.areas.items[n];
    const node = button("row areas-row", null, null, () => page.showArea(n, true));
    node.dataset.area = String(n);
    page.patch(node, kind);
    const text = el("span", "rowtext", null, node);
    const head = el("span", "areahead", null, text);
    el("span", "rowtitle", name || page.words.not_told, head);
    el("span", "areafigure", told || page.data.areas.none || page.words.no_figure, head);
    const rail = el("span", "rail", null, text);
    const most = page.data.areas.items.reduce((most, item) => Math.max(most, item[6] ?? 0), 0);
    const bar = el("span", "railbar", null, rail);
    bar.style.width = most > 0 && value !== null ? `${(100 * value) / most}%` : "0";
    bar.style.backgroundColor = kind < 0 ? NO_FIGURE : page.data.areas.classes[kind][1];
    el("span", "rowsub", sub, text);
    return node;
  }
}

/* The card of an area: its figures, and the way to what lies in it. */
function areaCard(card, n) {
  const { page, view, words } = card;
  const { areas } = page.data;
  const [, name, told, kind, , , , , facts] = areas.items[n];
  view.replaceChildren();
  view.scrollTop = 0;
  card.bar();
  el("h2", "title", name || words.not_told, view);
  const pairs = [[areas.label, told || areas.none || words.no_figure]];
  if (kind >= 0) pairs.push([words.class, areas.classes[kind][0]]);
  card.facts([...pairs, ...facts]);
  if (!page.rows.area) return;
  const actions = el("div", "actions", null, view);
  button("tool only-area", words.only_area, actions, () => page.onlyArea(n));
}
