/* The panel's pages that stay as they are: legend with the switches of layers, and what the page says about itself. */

function swatch(row) {
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

function swatches(rows, parent) {
  const list = el("ul", "swatches", null, parent);
  for (const row of rows) {
    const item = el("li", null, null, list);
    item.append(swatch(row));
    el("span", null, row.label, item);
  }
}

/* Label and value, one below the other. */
function facts(rows, parent, look) {
  const list = el("dl", look, null, parent);
  for (const [label, value] of rows) {
    el("dt", null, label, list);
    el("dd", null, value, list);
  }
  return list;
}

function legendPage(view, data, act) {
  const { words } = data;
  el("h2", null, words.legend_width, view);
  el("p", "lead", data.legend.limit, view);
  swatches(data.legend.widths, view);
  if (data.legend.markers.length) {
    el("h2", null, words.legend_findings, view);
    swatches(data.legend.markers, view);
  }
  el("h2", null, words.objects, view);
  swatches(data.legend.objects, view);
  el("h2", "layers-title", words.layers, view);
  data.layers.forEach((layer, i) => {
    if (!layer.used) return;
    const label = el("label", "switch", null, view);
    const box = el("input", null, null, label);
    box.type = "checkbox";
    box.checked = true;
    box.dataset.layer = layer.key;
    box.addEventListener("change", () => act.layer(i, box.checked));
    el("span", null, layer.label, label);
  });
}

function aboutPage(view, data) {
  const { words } = data;
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
  facts(data.about, view, "facts");
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
  el("h2", null, words.tab_records, view);
  el("p", "lead", words.kept_where, view);
  button("tool wide", words.print, view, () => window.print());
  el("p", "small", words.leaflet, view);
}
