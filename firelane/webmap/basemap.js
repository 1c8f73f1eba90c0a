/* Background tiles, and GCJ-02: where tiles bear its offset, everything drawn moves with them. [lat, lon] in degrees. */

class Offset {
  constructor(constants) {
    this.k = constants;
  }

  applies(lat, lon) {
    const { k } = this;
    return lon >= k.west_deg && lon <= k.east_deg && lat >= k.south_deg && lat <= k.north_deg;
  }

  moved(lat, lon) {
    const { k } = this;
    const { PI, sin } = Math;
    const x = lon - 105;
    const y = lat - 35;
    const root = Math.sqrt(Math.abs(x));
    const both = (2 / 3) * (20 * sin(6 * PI * x) + 20 * sin(2 * PI * x));
    let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + both;
    north += (2 / 3) * (20 * sin(PI * y) + 40 * sin((PI / 3) * y));
    north += (2 / 3) * (160 * sin((PI / 12) * y) + 320 * sin((PI / 30) * y));
    let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + both;
    east += (2 / 3) * (20 * sin(PI * x) + 40 * sin((PI / 3) * x));
    east += (2 / 3) * (150 * sin((PI / 12) * x) + 300 * sin((PI / 30) * x));
    const phi = (lat * PI) / 180;
    const w = Math.sqrt(1 - k.eccentricity_squared * sin(phi) ** 2);
    return [
      lat + (180 * north * w ** 3) / (PI * k.semi_major_axis_m * (1 - k.eccentricity_squared)),
      lon + (180 * east * w) / (PI * k.semi_major_axis_m * Math.cos(phi)),
    ];
  }

  /* WGS 84 → GCJ-02 */
  forward([lat, lon]) {
    return this.applies(lat, lon) ? this.moved(lat, lon) : [lat, lon];
  }

  /* and back; without the rectangle while it is sought, as an edge would throw the iteration to and fro */
  inverse([lat, lon]) {
    let found = [lat, lon];
    if (Math.abs(lat) >= 80) return found;
    for (let i = 0; i < this.k.iterations; i++) {
      const there = this.moved(found[0], found[1]);
      found = [found[0] + lat - there[0], found[1] + lon - there[1]];
    }
    return this.applies(found[0], found[1]) ? found : [lat, lon];
  }
}

/* Where things of the world (WGS 84) stand on the map that is shown. */
class Plane {
  constructor(constants) {
    this.offset = new Offset(constants);
    this.isMoved = false;
  }

  shown(point) {
    return this.isMoved ? this.offset.forward(point) : point;
  }

  world(point) {
    return this.isMoved ? this.offset.inverse(point) : point;
  }

  /* A table of shapes as the map shows them. */
  table(shapes) {
    const seen = Object.create(shapes);
    seen.vertex = (i) => this.shown(shapes.vertex(i));
    return seen;
  }
}

class Background {
  constructor(map, data, plane, act) {
    this.map = map;
    this.row = data.basemap || null;
    this.words = data.words;
    this.plane = plane;
    this.act = act; /* notice, moved, switched */
    this.on = false;
    this.told = false;
    this.loaded = 0;
    this.failed = 0;
    if (!this.row) return;
    this.layers = this.row.urls.map((url) => this.layer(url));
    this.credit = L.control({ position: "bottomright" });
    this.credit.onAdd = () => el("div", "credit", this.row.attribution);
    window.addEventListener("online", () => this.wanted && this.set(true));
  }

  layer(url) {
    const { row } = this;
    /* {-y} is for Leaflet a matter of an option as well */
    const layer = L.tileLayer(url, {
      subdomains: row.hosts, maxNativeZoom: row.max_zoom, maxZoom: 21, minZoom: 1, updateWhenZooming: false,
      keepBuffer: 1, className: "background",
    });
    layer.on("tileload", () => (this.loaded += 1));
    layer.on("tileerror", () => this.error());
    return layer;
  }

  start() {
    if (this.row) this.ask(true);
  }

  /* What the user wants is remembered: without a network it comes later. */
  ask(on) {
    this.wanted = on;
    if (!on) return this.set(false);
    this.told = false;
    /* asking the network for tiles all the same would only fill the browser's log with errors */
    if (navigator.onLine === false) return this.tell();
    this.set(true);
  }

  set(on) {
    if (on === this.on) return;
    const { map, plane, row } = this;
    const centre = plane.world([map.getCenter().lat, map.getCenter().lng]);
    this.on = on;
    this.loaded = this.failed = 0;
    if (row.gcj02) {
      plane.isMoved = on;
      map.setView(plane.shown(centre), map.getZoom(), { animate: false });
      this.act.moved();
    }
    for (const layer of this.layers) on ? layer.addTo(map) : layer.remove();
    on ? this.credit.addTo(map) : this.credit.remove();
    this.act.switched(on);
  }

  error() {
    this.failed += 1;
    if (this.loaded || this.failed < 4) return;
    this.tell();
    /* from within the layer's own event: taken away only when that is over */
    setTimeout(() => !this.loaded && this.set(false), 0);
  }

  tell() {
    this.act.switched(this.on);
    if (this.told) return;
    this.told = true;
    this.act.notice(fill(this.words.background_failed, { name: this.row.name }));
  }
}
