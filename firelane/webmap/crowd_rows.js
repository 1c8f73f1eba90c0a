/* Very many rows in typed arrays: texts by code, filters with counts, search, order. No element is made here. */

const NO_NUMBER = -2147483648;
const SPAN = 1 << 20; /* more than there are rows: key × SPAN + row is still a whole number, and sorts without a comparison function */

function running(steps) {
  const out = new Int32Array(steps.length);
  let value = 0;
  for (let i = 0; i < steps.length; i++) out[i] = value = (value + steps[i]) | 0;
  return out;
}

function folded(text) {
  return text.normalize("NFKC").toLowerCase();
}

/* Texts that are read one by one, when they are needed. */
class LongTexts {
  constructor(columns) {
    const { buffer, byteOffset, byteLength } = columns.long;
    this.bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.ends = running(columns.lengths);
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }

  get(code) {
    return this.decoder.decode(this.bytes.subarray(code ? this.ends[code - 1] : 0, this.ends[code]));
  }

  map(act) {
    return Array.from(this.ends, (_, code) => act(this.get(code)));
  }
}

class Rows {
  constructor(data) {
    const { columns } = data;
    this.data = data;
    this.n = data.count;
    this.placed = columns.x.length; /* those with a place come first */
    this.lon = running(columns.x);
    this.lat = running(columns.y);
    this.status = columns.status;
    this.texts = data.dictionaries;
    if (columns.long) this.texts.text = new LongTexts(columns);
    this.codes = {};
    for (const name of Object.keys(this.texts)) this.codes[name] = running(columns[name]);
    this.facets = data.facets.map((_, k) => this.codes["f" + k]);
    this.numbers = data.numbers.map((_, k) => columns["n" + k]);
    /* place on the world of 256 pixels */
    this.x = new Float64Array(this.placed);
    this.y = new Float64Array(this.placed);
    const turn = Math.PI / 180e7;
    for (let i = 0; i < this.placed; i++) {
      this.x[i] = 128 + (this.lon[i] * 128) / 180e7;
      this.y[i] = 128 - (Math.log(Math.tan(Math.PI / 4 + (this.lat[i] * turn) / 2)) * 128) / Math.PI;
    }
    const ranks = [...new Set(data.statuses.map((status) => status[3]))].sort((a, b) => a - b);
    this.rank = data.statuses.map((status) => ranks.indexOf(status[3])); /* 0 is the worst */
    this.ranks = ranks.length;
    this.on = data.statuses.map((status) => status[5]);
    this.area = columns.area ? running(columns.area) : null;
    this.kinds();
    this.want = data.facets.map(() => -1);
    this.query = this.searched = "";
    this.flags = null; /* what the search finds: one for each row, or null for all */
    this.only = null;
    this.folds = {};
    this.matched = new Int32Array(0);
    this.counts = { status: new Int32Array(0), facets: [] };
  }

  /* Rows of a kind are those with one value of the switch, or all: which statuses, values and numbers a kind has. */
  kinds() {
    const { data, n, status, facets, numbers } = this;
    const { switch: s } = data;
    this.kind = s < 0 ? null : facets[s];
    const count = s < 0 ? 1 : this.texts["f" + s].length;
    this.has = Array.from({ length: count }, () => ({
      n: 0,
      status: data.statuses.map(() => false),
      facets: facets.map(() => [-1, 0]), /* a value met, and how many different ones (2: or more) */
      numbers: numbers.map(() => false),
    }));
    for (let i = 0; i < n; i++) {
      const has = this.has[this.kind ? this.kind[i] : 0];
      has.n++;
      has.status[status[i]] = true;
      for (let k = 0; k < facets.length; k++) {
        const met = has.facets[k];
        if (met[1] < 2 && facets[k][i] !== met[0]) {
          met[0] = facets[k][i];
          met[1]++;
        }
      }
      for (let k = 0; k < numbers.length; k++) if (numbers[k][i] !== NO_NUMBER) has.numbers[k] = true;
    }
  }

  /* Whether no two rows of a kind have the same value: nothing to filter by. */
  apart(k, kind) {
    const met = new Uint8Array(this.texts["f" + k].length);
    for (let i = 0; i < this.n; i++) if (!this.kind || this.kind[i] === kind) if (met[this.facets[k][i]]++) return false;
    return true;
  }

  text(name, i) {
    const codes = this.codes[name];
    if (!codes) return "";
    const texts = this.texts[name];
    return texts instanceof LongTexts ? texts.get(codes[i]) : texts[codes[i]];
  }

  facet(k, i) {
    return this.texts["f" + k][this.facets[k][i]];
  }

  number(k, i) {
    const value = this.numbers[k][i];
    const [, unit, decimals] = this.data.numbers[k];
    return value === NO_NUMBER ? "" : `${(value / 10 ** decimals).toFixed(decimals)} ${unit}`.trim();
  }

  /* The row of an id: the first, where several have the same. */
  find(ident) {
    if (!this.codes.ident || !ident) return -1;
    const code = this.texts.ident.indexOf(ident);
    return code < 0 ? -1 : this.codes.ident.indexOf(code);
  }

  /* Whether every word of the query stands in one of a row's texts. */
  found() {
    const words = folded(this.query).split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    const flags = new Uint8Array(this.n).fill(1);
    const names = Object.keys(this.texts).filter((name) => name !== "link" && name !== "mark");
    for (const name of names) if (!this.folds[name]) this.folds[name] = this.texts[name].map(folded);
    for (const word of words) {
      const here = new Uint8Array(this.n);
      for (const name of names) {
        const hit = Uint8Array.from(this.folds[name], (text) => (text.includes(word) ? 1 : 0));
        const codes = this.codes[name];
        if (hit.includes(1)) for (let i = 0; i < this.n; i++) here[i] |= hit[codes[i]];
      }
      for (let i = 0; i < this.n; i++) flags[i] &= here[i];
    }
    return flags;
  }

  /* What passes every filter, in one pass; a value's count is that of the rows which pass all *other* filters. */
  sift() {
    const { n, status, facets, want, on, only } = this;
    if (this.query !== this.searched) {
      this.searched = this.query;
      this.flags = this.found();
    }
    const { flags } = this;
    const active = want.map((code, k) => (code >= 0 ? k : -1)).filter((k) => k >= 0);
    const counted = this.data.facets.map(([, choose], k) => (choose ? k : -1)).filter((k) => k >= 0);
    const byStatus = new Int32Array(on.length);
    const byFacet = facets.map((_, k) => new Int32Array(counted.includes(k) ? this.texts["f" + k].length : 0));
    const matched = new Int32Array(n);
    let m = 0;
    for (let i = 0; i < n; i++) {
      if ((flags && !flags[i]) || (only && !only[i])) continue;
      let fails = 0;
      let which = -1;
      if (!on[status[i]]) fails = 1;
      for (const k of active)
        if (facets[k][i] !== want[k]) {
          fails++;
          which = k;
        }
      if (fails > 1) continue;
      if (fails === 0) {
        matched[m++] = i;
        byStatus[status[i]]++;
        for (const k of counted) byFacet[k][facets[k][i]]++;
      } else if (which < 0) byStatus[status[i]]++;
      else byFacet[which][facets[which][i]]++;
    }
    this.matched = matched.slice(0, m);
    this.counts = { status: byStatus, facets: byFacet };
  }

  /* Those of the matched that lie within west, south, east, north [1e-7 degree]. */
  within([west, south, east, north]) {
    return this.matched.filter(
      (i) => i < this.placed && this.lon[i] >= west && this.lon[i] <= east && this.lat[i] >= south && this.lat[i] <= north
    );
  }

  /* Metres from a place, as on a plane that touches the globe there: for an order, and a rounded figure. */
  metres(i, [lat, lon]) {
    const east = (this.lon[i] / 1e7 - lon) * Math.cos((lat * Math.PI) / 180);
    return Math.hypot(east, this.lat[i] / 1e7 - lat) * 111195;
  }

  /* Rows in order: "status", "distance" from a place, or the number of a column of numbers: the greatest first, or the least. */
  ordered(rows, by, centre) {
    if (by === "status") {
      const from = new Int32Array(this.ranks + 1);
      for (const i of rows) from[this.rank[this.status[i]] + 1]++;
      for (let r = 0; r < this.ranks; r++) from[r + 1] += from[r];
      const out = new Int32Array(rows.length);
      for (const i of rows) out[from[this.rank[this.status[i]]]++] = i;
      return out;
    }
    const keys = new Float64Array(rows.length);
    const column = this.numbers[by];
    const least = by !== "distance" && this.data.numbers[by][3];
    for (let r = 0; r < rows.length; r++) {
      const i = rows[r];
      const key = by === "distance" ? (i < this.placed ? Math.round(this.metres(i, centre)) : 1e8) : least && column[i] !== NO_NUMBER ? column[i] + 2147483648 : 2147483648 - column[i];
      keys[r] = key * SPAN + i;
    }
    keys.sort();
    return Int32Array.from(keys, (key) => key % SPAN);
  }
}
