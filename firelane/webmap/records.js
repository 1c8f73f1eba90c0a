/* Answers given on site: one for a finding, kept in the browser, handed over as JSON or CSV. */

const FIELD_SCHEMA = "firelane-field/1";
const ANSWERS = ["confirmed", "fixed", "false_alarm"];
const NOTE_LENGTH = 4000;
const PHOTOS_MOST = 20; /* of one record: the command line takes no more */

function randomId() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function finite(...values) {
  return values.every((value) => typeof value === "number" && Number.isFinite(value));
}

class Records {
  constructor(data) {
    this.data = data;
    const prefix = `firelane:${data.audit_id}:`;
    this.texts = new TextStore(prefix);
    this.photos = new PhotoStore(prefix);
    this.rowOf = new Map(data.findings.map((row) => [data.cards[row.c].i, row]));
    this.changed = () => {};
    this.load();
    this.photos.opened.then(() => this.changed(null));
    /* another tab with the same map has written */
    window.addEventListener("storage", (event) => {
      if (event.key !== null && !event.key.startsWith(prefix)) return;
      this.load();
      this.changed(null);
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.texts.kept && !this.texts.full) return;
      if (!this.counts().fresh) return;
      event.preventDefault();
      event.returnValue = ""; /* older browsers ask for this alone */
    });
  }

  load() {
    this.list = new Map();
    for (const key of this.texts.keys()) {
      if (!key.startsWith("r:")) continue;
      try {
        /* pages opened from disk share one store: what comes out of it is checked like a file */
        const record = this.clean(JSON.parse(this.texts.get(key)));
        if (record && "r:" + record.finding_id === key) this.list.set(record.finding_id, record);
      } catch (error) {
        continue;
      }
    }
  }

  /* A record with its own fields alone and of the right kinds; null where it is none. */
  clean(given) {
    if (!given || typeof given !== "object" || typeof given.finding_id !== "string") return null;
    if (given.answer && !ANSWERS.includes(given.answer)) return null;
    if (!isTime(given.answered_at)) return null;
    const place = given.position;
    const photos = (Array.isArray(given.photos) ? given.photos : []).slice(0, PHOTOS_MOST).filter(
      (photo) => photo && typeof photo === "object" && /^[0-9a-f]{64}$/.test(photo.sha256),
    );
    return {
      record_id: /^[\w.-]{1,64}$/.test(given.record_id) ? given.record_id : randomId(),
      finding_id: given.finding_id,
      answer: given.answer || "",
      note: typeof given.note === "string" ? given.note.slice(0, NOTE_LENGTH) : "",
      answered_at: given.answered_at,
      position: place && finite(place.lon, place.lat) && Math.abs(place.lon) <= 180 && Math.abs(place.lat) <= 90
        ? { lon: place.lon, lat: place.lat, accuracy_m: finite(place.accuracy_m) ? place.accuracy_m : null }
        : null,
      recorder: typeof given.recorder === "string" ? given.recorder.slice(0, 100) : "",
      case_id: typeof given.case_id === "string" ? given.case_id : null,
      exported: given.exported === true,
      photos: photos.map((photo) => ({
        name: typeof photo.name === "string" ? photo.name.slice(0, 200) : "",
        type: "image/jpeg",
        taken_at: isTime(photo.taken_at) ? photo.taken_at : null,
        sha256: photo.sha256,
        size: finite(photo.size) ? photo.size : 0,
      })),
    };
  }

  of(finding) {
    return this.list.get(finding);
  }

  answer(finding) {
    const record = this.list.get(finding);
    return record ? record.answer : "";
  }

  get recorder() {
    return this.texts.get("recorder") || "";
  }

  set recorder(name) {
    this.texts.set("recorder", name.slice(0, 100));
  }

  /* Records of findings that this page holds, oldest first. */
  all() {
    const known = [...this.list.values()].filter((record) => this.rowOf.has(record.finding_id));
    return known.sort((a, b) => Date.parse(a.answered_at) - Date.parse(b.answered_at) || (a.finding_id < b.finding_id ? -1 : 1));
  }

  answered() {
    return this.all().filter((record) => record.answer);
  }

  fresh() {
    return this.answered().filter((record) => !record.exported);
  }

  counts() {
    const all = this.all();
    const count = Object.fromEntries(ANSWERS.map((key) => [key, all.filter((record) => record.answer === key).length]));
    const drafts = all.filter((record) => !record.answer).length;
    return { ...count, drafts, total: all.length - drafts, fresh: this.fresh().length };
  }

  /* What the user must know about where answers are kept; "" where all is well. */
  warning() {
    const { words } = this.data;
    if (!this.texts.kept) return words.not_kept;
    if (this.texts.full || this.photos.full) return words.storage_full;
    if (!this.photos.kept) return words.photos_not_kept;
    return "";
  }

  /* ---------------------------------------------------------------- changes */

  put(record) {
    this.list.set(record.finding_id, record);
    this.texts.set("r:" + record.finding_id, JSON.stringify(record));
    if (!this.asked && navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    this.asked = true;
    this.changed(record.finding_id);
    return record;
  }

  /* What has been handed over stays as it was: a change after that is a record of its own. */
  save(finding, changes) {
    const old = this.list.get(finding);
    const fresh = { record_id: randomId(), finding_id: finding, answer: "", note: "", position: null, photos: [] };
    const mark = this.rowOf.has(finding) ? this.data.cards[this.rowOf.get(finding).c].cs : null;
    const record = {
      ...fresh, ...old, ...changes, recorder: this.recorder, case_id: mark ? mark.id : null,
      answered_at: localTime(new Date()), exported: false,
    };
    if (old && old.exported) record.record_id = randomId();
    return this.put(record);
  }

  remove(finding) {
    const record = this.list.get(finding);
    this.list.delete(finding);
    this.texts.remove("r:" + finding);
    this.changed(finding);
    return record;
  }

  async addPhoto(finding, photo) {
    const { bytes, ...told } = photo;
    await this.photos.put("p:" + told.sha256, bytes);
    const photos = (this.of(finding) || { photos: [] }).photos;
    if (photos.some((other) => other.sha256 === told.sha256)) return;
    this.save(finding, { photos: [...photos, told] });
  }

  /* Takes the bytes away that no record needs any more. */
  async forget(photos) {
    const needed = new Set([...this.list.values()].flatMap((record) => record.photos.map((photo) => photo.sha256)));
    for (const photo of photos) if (!needed.has(photo.sha256)) await this.photos.remove("p:" + photo.sha256);
  }

  bytes(photo) {
    return this.photos.get("p:" + photo.sha256);
  }

  handedOver(records) {
    for (const { record_id: id, finding_id: finding } of records) {
      const now = this.list.get(finding);
      if (now && now.record_id === id && !now.exported) this.put({ ...now, exported: true });
    }
  }

  /* ---------------------------------------------------------------- out */

  /* The document in pieces, photo by photo: together they may be too long for one text. */
  async pieces(records) {
    const { data } = this;
    const head = {
      schema: FIELD_SCHEMA, audit_id: data.audit_id, site: data.site,
      exported_at: localTime(new Date()), recorder: this.recorder,
    };
    const parts = [JSON.stringify(head).slice(0, -1), ',"records":['];
    let lost = 0;
    for (const [n, record] of records.entries()) {
      const row = this.rowOf.get(record.finding_id);
      const told = {
        record_id: record.record_id, finding_id: record.finding_id, rule_id: row.rule, owners: row.o || [],
        case_id: record.case_id, lonlat: row.ll || null, answer: record.answer, note: record.note,
        answered_at: record.answered_at, recorder: record.recorder, position: record.position,
      };
      parts.push((n ? ",\n" : "\n") + JSON.stringify(told).slice(0, -1), ',"photos":[');
      let first = true;
      for (const photo of record.photos) {
        const bytes = await this.bytes(photo);
        if (!bytes || (await sha256(bytes)) !== photo.sha256) {
          lost++;
          continue;
        }
        const { name, type, taken_at, sha256: hash } = photo;
        parts.push((first ? "" : ",") + JSON.stringify({ name, type, taken_at, sha256: hash, data: toBase64(bytes) }));
        first = false;
      }
      parts.push("]}");
    }
    parts.push("\n]}\n");
    return { parts, lost };
  }

  csv(records) {
    const { data } = this;
    const { words } = data;
    const cell = (value) => {
      let text = typeof value === "number" ? String(value) : String(value ?? "").replace(/[\0-\x08\x0b-\x1f\x7f]/g, " ");
      if (typeof value !== "number" && /^ *[=+\-@\t\r\n＝＋－＠]/.test(text)) text = "'" + text;
      return `"${text.replace(/"/g, '""')}"`;
    };
    const rows = [words.csv_head.split("|")];
    for (const record of records) {
      const row = this.rowOf.get(record.finding_id);
      const card = data.cards[row.c];
      const [lon, lat] = row.ll || ["", ""];
      const place = record.position || { lon: "", lat: "", accuracy_m: "" };
      rows.push([
        data.site.id, data.site.name, record.finding_id, record.case_id || "", row.rule, card.t, card.m || "",
        words["answer_" + record.answer], record.note, record.answered_at, record.recorder, lon, lat,
        place.lon, place.lat, place.accuracy_m ?? "", record.photos.length, record.photos.map((photo) => photo.name).join("; "),
      ]);
    }
    return "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
  }

  /* Made of fixed text, digits of a hash and of the clock: nothing of the data names a file. */
  fileName(ending) {
    const id = String(this.data.audit_id).replace(/[^0-9a-f]/g, "").slice(0, 8);
    const now = localTime(new Date()).slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
    return `firelane-field-${id}-${now}.${ending}`;
  }

  /* ---------------------------------------------------------------- in */

  /* Takes an exported document back → {taken, same, kept, refused}; throws a text for the user where it is none. */
  async take(text) {
    const { words, audit_id: audit } = this.data;
    let given;
    try {
      given = JSON.parse(text);
    } catch (error) {
      throw words.import_no_json;
    }
    if (!given || given.schema !== FIELD_SCHEMA || !Array.isArray(given.records)) throw words.import_no_schema;
    if (given.audit_id !== audit) throw words.import_other_audit;
    const count = { taken: 0, same: 0, kept: 0, refused: 0, photos: 0 };
    for (const entry of given.records) {
      const record = this.clean(entry);
      if (!record || !record.answer || !this.rowOf.has(record.finding_id)) {
        count.refused++;
        continue;
      }
      if (!record.recorder && typeof given.recorder === "string") record.recorder = given.recorder.slice(0, 100);
      const own = this.of(record.finding_id);
      if (own && own.record_id === record.record_id) {
        count.same++;
        continue;
      }
      /* an answer of one's own that nobody has yet is never replaced, a newer one never by an older */
      if (own && (!own.exported || Date.parse(own.answered_at) >= Date.parse(record.answered_at))) {
        count.kept++;
        continue;
      }
      const whole = [];
      for (const photo of record.photos) {
        const source = entry.photos.find((other) => other && other.sha256 === photo.sha256);
        try {
          const bytes = fromBase64(source.data);
          if ((await sha256(bytes)) !== photo.sha256) throw new TypeError("altered");
          await this.photos.put("p:" + photo.sha256, bytes);
          whole.push({ ...photo, size: bytes.length });
        } catch (error) {
          count.photos++;
        }
      }
      this.put({ ...record, photos: whole, exported: true });
      count.taken++;
    }
    return count;
  }
}
