/* Puts panel and map together. */

async function start() {
  document.body.classList.add("firelane");
  if (!firelaneGate.able) return;
  let data;
  try {
    data = await readBlock();
  } catch (error) {
    return firelaneGate.damaged();
  }
  let drawing = null;
  const select = (index, place) => {
    if (index < 0) {
      if (panel.view === "card") panel.show("findings");
      return;
    }
    panel.notAboveHalf();
    panel.atLeastHalf();
    panel.showCard(index, drawing.station(index, place));
    drawing.select(index, !place);
    const finding = data.findings.some((row) => row.c === index);
    const fragment = finding ? "#" + encodeURIComponent(data.cards[index].i) : "";
    history.replaceState(null, "", location.pathname + location.search + fragment);
  };
  const panel = new Panel(data, {
    select,
    selected: (index) => drawing && drawing.select(index, false),
    remedy: (number) => {
      panel.notAboveHalf();
      drawing.remedies([number], true);
    },
    filtered: (rows) => drawing && drawing.show(rows),
    layer: (layer, on) => drawing.toggle(layer, on),
    resized: () => drawing && drawing.placeLabels(),
  });
  map_firelane.invalidateSize(false); /* the panel has taken its room from the map */
  drawing = new Drawing(map_firelane, data, {
    select,
    covered: () => panel.covered,
    legend: (parent) => panel.swatches(data.legend.widths, parent),
    several: (rows) => {
      panel.only = new Set(rows.map((row) => row.c));
      panel.filter();
      panel.show("findings");
      panel.atLeastHalf();
    },
  });
  drawing.show(panel.rows);
  /* Paper has another shape than the window: the same part of the map is fitted into it. */
  const paper = window.matchMedia("print");
  let view = map_firelane.getBounds();
  map_firelane.on("moveend", () => {
    if (!paper.matches) view = map_firelane.getBounds();
  });
  paper.addEventListener("change", () => {
    const wanted = view;
    map_firelane.invalidateSize({ animate: false, pan: false });
    map_firelane.fitBounds(wanted, { animate: false });
  });
  let wanted = "";
  try {
    wanted = decodeURIComponent(location.hash.slice(1));
  } catch (error) {
    wanted = ""; /* a fragment that is no text names no finding */
  }
  const row = wanted && data.findings.find((entry) => data.cards[entry.c].i === wanted);
  if (row) select(row.c);
  /* for a page that frames this one, and for tests */
  window.firelane = { cards: data.cards.length, select, map: map_firelane };
  document.documentElement.dataset.ready = "yes";
}

start();
