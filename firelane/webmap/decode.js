/* The data block: base64 → gzip → header (JSON) and columns of 32-bit integers. */

async function readBlock() {
  const text = document.getElementById("data").textContent;
  let bytes;
  if (Uint8Array.fromBase64) {
    bytes = Uint8Array.fromBase64(text);
  } else {
    const raw = atob(text);
    bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const columns = {};
  for (const [name, count] of data.columns) {
    columns[name] = new Int32Array(buffer, at, count);
    at += 4 * count;
  }
  data.columns = columns;
  data.shapes = new ShapeTable(columns);
  return data;
}

/* Geometries by number. Counts are summed once; coordinates are made when a shape is asked for. */
class ShapeTable {
  constructor(columns) {
    const sums = (counts) => {
      const out = new Uint32Array(counts.length + 1);
      for (let i = 0; i < counts.length; i++) out[i + 1] = out[i] + counts[i];
      return out;
    };
    const running = (steps) => {
      const out = new Int32Array(steps.length);
      let value = 0;
      for (let i = 0; i < steps.length; i++) out[i] = value = (value + steps[i]) | 0;
      return out;
    };
    this.types = columns.types;
    this.partsOf = sums(columns.parts);
    this.ringsOf = sums(columns.rings);
    this.verticesOf = sums(columns.vertices);
    this.lon = running(columns.lon);
    this.lat = running(columns.lat);
  }

  vertex(i) {
    return [this.lat[i] / 1e7, this.lon[i] / 1e7];
  }

  ring(i) {
    const out = [];
    for (let v = this.verticesOf[i]; v < this.verticesOf[i + 1]; v++) out.push(this.vertex(v));
    return out;
  }

  /* Parts → rings → [lat, lon]. */
  parts(shape) {
    const out = [];
    for (let p = this.partsOf[shape]; p < this.partsOf[shape + 1]; p++) {
      const rings = [];
      for (let r = this.ringsOf[p]; r < this.ringsOf[p + 1]; r++) rings.push(this.ring(r));
      out.push(rings);
    }
    return out;
  }

  points(shape) {
    return this.parts(shape).flat(2);
  }

  first(shape) {
    return this.vertex(this.verticesOf[this.ringsOf[this.partsOf[shape]]]);
  }

  bounds(shapes) {
    const box = L.latLngBounds([]);
    for (const shape of shapes) for (const point of this.points(shape)) box.extend(point);
    return box;
  }
}
