/* Puts panel, map and tools together, and keeps the address that leads back to what is shown. */

/* #zoom/lat/lon/finding, of WGS 84 whatever the map shows; the older #finding is understood as well. */
class Address {
  constructor(map, data, plane) {
    this.map = map;
    this.data = data;
    this.plane = plane;
    this.framed = window.parent !== window;
  }

  card(id) {
    const row = id && this.data.findings.find((entry) => this.data.cards[entry.c].i === id);
    return row ? row.c : -1;
  }

  /* { card, view: [zoom, lat, lon] or null } */
  read() {
    const plain = (text) => {
      try {
        return decodeURIComponent(text);
      } catch (error) {
        return ""; /* a fragment that is no text names no finding */
      }
    };
    const text = location.hash.slice(1);
    const card = this.card(plain(text));
    if (card >= 0) return { card, view: null };
    const found = /^(\d{1,2}(?:\.\d+)?)\/(-?\d{1,2}(?:\.\d+)?)\/(-?\d{1,3}(?:\.\d+)?)(?:\/(.*))?$/.exec(text);
    if (!found) return { card: -1, view: null };
    const view = found.slice(1, 4).map(Number);
    const valid = view[0] <= 21 && Math.abs(view[1]) <= 85 && Math.abs(view[2]) <= 180;
    return { card: this.card(plain(found[4] || "")), view: valid ? view : null };
  }

  fragment(card) {
    const { map, plane, data } = this;
    const [lat, lon] = plane.world([map.getCenter().lat, map.getCenter().lng]);
    const id = card >= 0 && this.card(data.cards[card].i) === card ? "/" + encodeURIComponent(data.cards[card].i) : "";
    return `#${Number(map.getZoom().toFixed(2))}/${lat.toFixed(6)}/${lon.toFixed(6)}${id}`;
  }

  link(card) {
    return (this.data.link || location.href.split("#")[0]) + this.fragment(card);
  }

  /* A frame, or a browser that has had enough, may refuse: the page does without. */
  write(card, isNew) {
    try {
      const state = { card: card >= 0, pushed: isNew || !!(history.state && history.state.pushed && card >= 0) };
      history[isNew && !this.framed ? "pushState" : "replaceState"](state, "", this.fragment(card));
    } catch (error) {
      /* the address stays as it was */
    }
  }
}

async function start() {
  document.body.classList.add("firelane");
  if (!firelaneGate.able) return;
  let data;
  try {
    data = await readBlock();
  } catch (error) {
    return firelaneGate.damaged();
  }
  const map = map_firelane;
  const plane = new Plane(data.offset);
  const address = new Address(map, data, plane);
  let drawing = null;
  let tools = null;
  let profile = null;
  let leaving = false; /* the card was closed by hand: its entry in the history goes as well */
  let ready = false;
  const open = () => (panel.view === "card" ? panel.open : -1);

  const select = (index, place, quiet) => {
    if (index < 0) {
      if (panel.view === "card") panel.show("findings");
      return;
    }
    const isNew = open() < 0;
    profile = null;
    panel.notAboveHalf();
    panel.atLeastHalf();
    panel.showCard(index, drawing.station(index, place));
    const card = data.cards[index];
    const row = data.findings.find((entry) => entry.c === index);
    const actions = tools.actions(() => address.link(index), worldOf(index, row, place), card.t || card.i || "");
    const head = panel.views.card.querySelector(".cardhead");
    if (head) head.after(actions);
    else panel.views.card.append(actions);
    drawing.select(index, !place && !quiet);
    if (!quiet) address.write(index, isNew);
  };

  /* Where one goes: the place of a finding, the place that was tapped, else the middle of the thing. */
  const worldOf = (index, row, place) => {
    if (data.unplaced) return null;
    if (row && row.ll) return [row.ll[1], row.ll[0]];
    if (place) return plane.world([L.latLng(place).lat, L.latLng(place).lng]);
    const card = data.cards[index];
    const box = data.shapes.bounds((card.z && card.z.length ? card.z : card.g) || []);
    return box.isValid() ? [box.getCenter().lat, box.getCenter().lng] : null;
  };

  const records = typeof Records === "undefined" ? null : new Records(data);
  const act = {
    select,
    selected: (index) => {
      if (drawing) drawing.select(index, false);
      if (index >= 0 || !ready) return;
      if (history.state && history.state.pushed && !address.framed) {
        leaving = true;
        history.back();
      } else address.write(-1, false);
    },
    remedy: (number) => {
      panel.notAboveHalf();
      drawing.remedies([number], true);
    },
    filtered: (rows) => drawing && drawing.show(rows),
    layer: (layer, on) => drawing.toggle(layer, on),
    resized: () => drawing && drawing.placeLabels(),
    position: () => tools && tools.position(),
    accuracy: () => (tools && tools.position() ? tools.locating.here.accuracy : null),
    distance: (point) => {
      const here = tools && tools.position();
      const there = L.latLng(point);
      return here ? apart(here, [there.lat, there.lng]) : null;
    },
    profile: (index) => {
      const card = data.cards[index];
      if (!card.st || card.st[2] < 2 || !data.columns.clear_width.subarray(card.st[1], card.st[1] + card.st[2]).some((mm) => mm >= 0))
        return null;
      profile = new Profile(data, card, drawing.at < 0 ? -1 : drawing.at - card.st[1], (station) => {
        const rows = drawing.tell(index, card.st[1] + station);
        const list = panel.views.card.querySelector(".facts.here");
        if (list) list.querySelectorAll("dd").forEach((node, i) => (node.textContent = rows[i][1]));
      });
      return profile.node;
    },
  };
  const panel = new Panel(data, act, records);
  map.invalidateSize(false); /* the panel has taken its room from the map */
  drawing = new Drawing(map, data, plane, {
    select,
    measure: (latlng) => !!tools && tools.measuring.tap(latlng),
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
  const middle = data.shapes.bounds(data.whole);
  tools = new Tools(map, data, plane, {
    moved: () => drawing.reshape(),
    located: () => typeof panel.located === "function" && panel.located(),
    centre: () => (middle.isValid() ? [middle.getCenter().lat, middle.getCenter().lng] : [0, 0]),
    measuring: (on) => {
      if (on && panel.sheet.phone) panel.sheet.setHeight(panel.sheet.stops()[0]);
      drawing.placeLabels();
    },
  });
  /* Paper has another shape than the window: the same part of the map is fitted into it. */
  const paper = window.matchMedia("print");
  let view = map.getBounds();
  let waiting = 0;
  map.on("moveend", () => {
    if (paper.matches) return;
    view = map.getBounds();
    clearTimeout(waiting); /* browsers allow only so many changes of the address in a while */
    waiting = setTimeout(() => ready && !leaving && address.write(open(), false), 300);
  });
  paper.addEventListener("change", () => {
    const wanted = view;
    map.invalidateSize({ animate: false, pan: false });
    map.fitBounds(wanted, { animate: false });
  });

  const go = () => {
    const { card, view: seen } = address.read();
    if (card >= 0) select(card, undefined, !!seen);
    else if (open() >= 0) panel.show("findings");
    if (seen) map.setView(plane.shown([seen[1], seen[2]]), seen[0], { animate: false });
    else if (card >= 0) drawing.select(card, true);
  };
  go();
  ready = true;
  window.addEventListener("popstate", () => {
    if (leaving) {
      leaving = false;
      address.write(open(), false);
      return;
    }
    ready = false; /* what happens now is told by the address, and changes it no further */
    go();
    ready = true;
  });
  /* for a page that frames this one, and for tests */
  window.firelane = {
    cards: data.cards.length, select: (index, place) => select(index, place), map, tools, act,
    measured: () => tools.measuring.result(), position: () => tools.position(), offset: plane.offset, plane,
    handOver: (place, name) => handOver(place, name, plane.offset), drawing, data,
  };
  document.documentElement.dataset.ready = "yes";
}

start();
