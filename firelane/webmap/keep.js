/* Where answers stay: texts in localStorage, photos in IndexedDB, in memory where the browser refuses either. */

class TextStore {
  constructor(prefix) {
    this.prefix = prefix;
    this.memory = new Map();
    this.kept = true; /* false: everything is lost when the page is closed */
    this.full = false; /* the last text did not fit */
    try {
      window.localStorage.getItem(prefix);
    } catch (error) {
      this.kept = false;
    }
    if (this.kept && !window.localStorage) this.kept = false;
  }

  keys() {
    const keys = new Set(this.memory.keys());
    if (this.kept)
      for (let i = 0; i < window.localStorage.length; i++) {
        const key = window.localStorage.key(i);
        if (key.startsWith(this.prefix)) keys.add(key.slice(this.prefix.length));
      }
    return [...keys];
  }

  get(key) {
    if (this.memory.has(key)) return this.memory.get(key);
    return this.kept ? window.localStorage.getItem(this.prefix + key) : null;
  }

  set(key, text) {
    if (this.kept)
      try {
        window.localStorage.setItem(this.prefix + key, text);
        this.memory.delete(key);
        this.full = this.memory.size > 0;
        return;
      } catch (error) {
        this.full = true;
      }
    this.memory.set(key, text);
  }

  remove(key) {
    this.memory.delete(key);
    if (this.kept) window.localStorage.removeItem(this.prefix + key);
    this.full = this.kept && this.memory.size > 0;
  }
}

class PhotoStore {
  constructor(prefix) {
    this.prefix = prefix;
    this.memory = new Map();
    this.kept = true;
    this.full = false;
    this.opened = this.open();
  }

  open() {
    return new Promise((resolve) => {
      const refused = () => {
        this.kept = false;
        resolve(null);
      };
      try {
        const ask = window.indexedDB.open("firelane-field", 1);
        ask.onupgradeneeded = () => ask.result.createObjectStore("photos");
        ask.onsuccess = () => resolve(ask.result);
        ask.onerror = refused;
        ask.onblocked = refused;
      } catch (error) {
        refused();
      }
    });
  }

  /* Runs one request and waits until what it did is written. */
  async run(mode, request) {
    const base = await this.opened;
    if (!base) return null;
    return new Promise((resolve, reject) => {
      const deal = base.transaction("photos", mode, { durability: "strict" });
      const asked = request(deal.objectStore("photos"));
      deal.oncomplete = () => resolve(asked.result);
      deal.onabort = deal.onerror = () => reject(deal.error || asked.error);
    });
  }

  async put(key, bytes) {
    if (await this.opened)
      try {
        await this.run("readwrite", (photos) => photos.put(bytes.slice().buffer, this.prefix + key));
        return;
      } catch (error) {
        this.full = true;
      }
    this.memory.set(key, bytes);
  }

  async get(key) {
    if (this.memory.has(key)) return this.memory.get(key);
    try {
      const found = await this.run("readonly", (photos) => photos.get(this.prefix + key));
      return found instanceof ArrayBuffer ? new Uint8Array(found) : null;
    } catch (error) {
      return null;
    }
  }

  async remove(key) {
    this.memory.delete(key);
    if (!this.memory.size) this.full = false;
    try {
      await this.run("readwrite", (photos) => photos.delete(this.prefix + key));
    } catch (error) {
      /* it stays behind, unseen: no harm but the room it takes */
    }
  }
}

/* ---------------------------------------------------------------- bytes as text */

function toBase64(bytes) {
  if (bytes.toBase64) return bytes.toBase64();
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

function fromBase64(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

async function sha256(bytes) {
  let digest;
  if (window.crypto && window.crypto.subtle) digest = new Uint8Array(await window.crypto.subtle.digest("SHA-256", bytes));
  else digest = plainSha256(bytes); /* an address that begins with http:// has no crypto.subtle */
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* FIPS 180-4. Its constants are the fractions of the square and cube roots of the first primes. */
function plainSha256(bytes) {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  /* thirty-two bits after the point of a root, exactly: floor(root(p) · 2^32) mod 2^32 by whole numbers */
  const fraction = (p, k) => {
    const wanted = BigInt(p) << BigInt(32 * k);
    let low = 0n;
    let high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** BigInt(k) <= wanted) low = middle;
      else high = middle;
    }
    return Number(low & 0xffffffffn) | 0;
  };
  const state = Int32Array.from(primes.slice(0, 8), (p) => fraction(p, 2));
  const rounds = Int32Array.from(primes, (p) => fraction(p, 3));
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
  const w = new Int32Array(64);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15], w[i - 2]];
      w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i] + w[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] += value));
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((value, i) => out.setInt32(4 * i, value));
  return new Uint8Array(out.buffer);
}
