/* What is answered on site, as it is asked and shown: on a finding's card, and all together on a page of its own. */

function hiddenInput(parent, accept, { camera = false, many = false } = {}, chosen) {
  const input = el("input", null, null, parent);
  input.type = "file";
  input.accept = accept;
  input.hidden = true;
  input.multiple = many;
  if (camera) input.setAttribute("capture", "environment");
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) await chosen(files);
  });
  return input;
}

function ownPosition(act) {
  const place = act.position ? act.position() : null;
  if (!place) return null;
  const [lat, lon] = place;
  const accuracy = act.accuracy ? act.accuracy() : place[2] ?? place.accuracy;
  return finite(lat, lon) ? { lon, lat, accuracy_m: finite(accuracy) ? Math.round(accuracy * 10) / 10 : null } : null;
}

function shortTime(iso) {
  const date = new Date(iso);
  return localTime(date).slice(0, 16).replace("T", " ");
}

class AnswerBox {
  constructor(panel, card, parent) {
    Object.assign(this, { panel, card, words: panel.words, records: panel.records });
    this.node = el("section", "answer", null, parent);
    el("h3", null, this.words.on_site, this.node);
    const group = el("div", "answers", null, this.node);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", this.words.on_site);
    this.buttons = ANSWERS.map((key) => [key, button("tool say say-" + key, this.words["answer_" + key], group, () => this.say(key))]);
    this.open = button("tool open", this.words.note_open, this.node, () => {
      this.opened = true;
      this.update();
      this.note.focus();
    });
    this.more = el("div", "answermore", null, this.node);
    this.note = el("textarea", "note", null, this.more);
    this.note.rows = 2;
    this.note.maxLength = NOTE_LENGTH;
    this.note.placeholder = this.words.note;
    this.note.setAttribute("aria-label", this.words.note);
    const record = this.records.of(card.i);
    this.note.value = record ? record.note : "";
    this.note.addEventListener("input", () => {
      this.records.save(card.i, { note: this.note.value });
      this.update();
    });
    this.thumbs = el("div", "thumbs", null, this.more);
    const line = el("div", "answertools", null, this.more);
    const take = (files) => this.addPhotos(files);
    const camera = hiddenInput(this.more, "image/*", { camera: true }, take);
    const files = hiddenInput(this.more, "image/*", { many: true }, take);
    if (window.matchMedia("(pointer: coarse)").matches) button("tool", this.words.photo_take, line, () => camera.click());
    button("tool", this.words.photo_choose, line, () => files.click());
    this.bin = button("tool bin", this.words.answer_delete, line, () => this.remove());
    this.state = el("p", "small answerstate", null, this.more);
    this.state.setAttribute("role", "status");
    this.warn = el("p", "keepwarn", null, this.node);
    this.drawn = "";
    this.update();
  }

  say(key) {
    const now = this.records.answer(this.card.i);
    /* the same again takes it back; a position belongs to the moment of the answer */
    this.records.save(this.card.i, { answer: now === key ? "" : key, position: ownPosition(this.panel.act) });
    const record = this.records.of(this.card.i);
    if (!record.answer && !record.note && !record.photos.length) this.records.remove(this.card.i);
    this.update();
  }

  async addPhotos(files) {
    for (const file of files) {
      const record = this.records.of(this.card.i);
      if (record && record.photos.length >= PHOTOS_MOST) {
        this.panel.toast(fill(this.words.photo_most, { n: PHOTOS_MOST }));
        break;
      }
      this.state.textContent = this.words.photo_reading;
      try {
        await this.records.addPhoto(this.card.i, await readPhoto(file));
      } catch (error) {
        this.panel.toast(fill(this.words.photo_unreadable, { name: file.name }));
      }
    }
    this.update();
  }

  removePhoto(photo) {
    const { photos } = this.records.of(this.card.i);
    this.records.save(this.card.i, { photos: photos.filter((other) => other !== photo) });
    this.update();
    this.panel.toast(this.words.photo_deleted, () => {
      const now = this.records.of(this.card.i) || { photos: [] };
      this.records.save(this.card.i, { photos: [...now.photos, photo] });
      this.update();
    }, () => this.records.forget([photo]));
  }

  remove() {
    const record = this.records.remove(this.card.i);
    if (!record) return;
    this.note.value = "";
    this.opened = false;
    this.update();
    this.panel.toast(this.words.answer_deleted, () => {
      this.records.put(record);
      this.note.value = record.note;
      this.update();
    }, () => this.records.forget(record.photos));
  }

  update() {
    const { words } = this;
    const record = this.records.of(this.card.i);
    for (const [key, node] of this.buttons) node.setAttribute("aria-pressed", String(Boolean(record) && record.answer === key));
    this.open.hidden = Boolean(record) || Boolean(this.opened);
    this.more.hidden = !this.open.hidden;
    this.bin.hidden = !record;
    this.warn.textContent = record || this.opened ? this.records.warning() : "";
    this.warn.hidden = !this.warn.textContent;
    const said = [];
    if (record) {
      said.push(shortTime(record.answered_at));
      const place = record.position;
      if (place) {
        const about = place.accuracy_m === null ? "" : ` ± ${Math.round(place.accuracy_m)} m`;
        said.push(`${words.own_position} ${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}${about}`);
      }
      if (!record.answer) said.push(words.draft);
      else said.push(record.exported ? words.is_exported : words.not_exported);
    }
    this.state.textContent = said.join(" · ");
    const photos = record ? record.photos : [];
    const drawn = photos.map((photo) => photo.sha256).join();
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.thumbs.replaceChildren(...photos.map((photo) => this.thumb(photo)));
  }

  thumb(photo) {
    const node = el("figure", "thumb");
    const canvas = el("canvas", null, null, node);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", photo.name);
    this.records.bytes(photo).then((bytes) => {
      if (bytes) drawThumbnail(canvas, bytes);
      else canvas.replaceWith(el("span", "gone", this.words.photo_lost));
    });
    const caption = el("figcaption", null, photo.name, node);
    if (photo.taken_at) caption.append(el("span", "taken", shortTime(photo.taken_at)));
    const bin = button("unphoto", "✕", node, () => this.removePhoto(photo));
    bin.setAttribute("aria-label", this.words.photo_delete);
    return node;
  }
}

class RecordsPage {
  constructor(panel, view) {
    Object.assign(this, { panel, view, words: panel.words, records: panel.records });
    this.outer = null; /* origin of a page that frames this one and has asked for the records */
    const { words } = this;
    this.warn = el("p", "keepwarn", null, view);
    const label = el("label", "recorder", null, view);
    el("span", null, words.recorder, label);
    this.name = el("input", null, null, label);
    this.name.type = "text";
    this.name.maxLength = 100;
    this.name.autocomplete = "name";
    this.name.value = this.records.recorder;
    this.name.addEventListener("input", () => {
      this.records.recorder = this.name.value;
    });
    this.sum = el("p", "sum", null, view);
    this.sum.setAttribute("role", "status");
    const tools = el("div", "handover", null, view);
    this.save = button("tool strong", null, tools, () => this.download(this.records.fresh()));
    this.whole = button("tool", words.export_all, tools, () => this.download(this.records.answered()));
    this.sheet = button("tool", words.export_csv, tools, () => this.table());
    this.shareButton = button("tool", words.share, tools, () => this.share());
    this.give = button("tool strong", null, tools, () => this.toOuter());
    const input = hiddenInput(view, ".json,.txt,application/json,text/plain", {}, ([file]) => this.take(file));
    button("tool", words.import, tools, () => input.click());
    this.told = el("p", "told", null, view);
    this.told.setAttribute("role", "status");
    el("p", "small", words.export_what, view);
    this.list = el("ol", "list", null, view);
    if (this.records.texts.kept) el("p", "small", words.kept_where, view);
    window.addEventListener("message", (event) => this.heard(event));
    this.update();
  }

  get sharing() {
    if (!navigator.canShare || typeof File === "undefined") return null;
    /* not every browser hands over JSON under its own type */
    for (const [ending, type] of [["json", "application/json"], ["json.txt", "text/plain"]])
      try {
        if (navigator.canShare({ files: [new File(["{}"], "a." + ending, { type })] })) return [ending, type];
      } catch (error) {
        continue;
      }
    return null;
  }

  update() {
    const { words, records } = this;
    const count = records.counts();
    this.warn.textContent = records.warning();
    this.warn.hidden = !this.warn.textContent;
    this.sum.textContent = count.total ? fill(words.records_sum, count) : words.records_none;
    if (count.drafts) this.sum.textContent += fill(words.records_drafts, count);
    this.save.textContent = fill(words.export_fresh, { n: count.fresh });
    this.save.disabled = !count.fresh;
    this.whole.disabled = this.sheet.disabled = this.shareButton.disabled = !count.total;
    this.shareButton.hidden = !this.sharing;
    this.give.hidden = !this.outer;
    if (this.outer) this.give.textContent = fill(words.give_outer, { origin: this.outer, n: count.total });
    this.list.replaceChildren();
    const rows = records.all().reverse();
    new Chunks(this.list, rows, (record) => this.row(record));
  }

  row(record) {
    const { panel, words } = this;
    const index = this.records.rowOf.get(record.finding_id).c;
    const card = panel.data.cards[index];
    const item = el("li");
    const line = button("row", null, item, () => panel.act.select(index));
    const mark = el("span", "mark mark-" + card.v, card.n ? String(card.n) : "", line);
    mark.style.backgroundColor = panel.data.colours[card.v];
    const text = el("span", "rowtext", null, line);
    el("span", "rowtitle", card.t, text);
    if (record.note) el("span", "rowsub", record.note, text);
    const told = [shortTime(record.answered_at), record.recorder, record.photos.length ? fill(words.photos_n, { n: record.photos.length }) : "",
      !record.answer ? words.draft : record.exported ? words.is_exported : words.not_exported];
    el("span", "rowmessage", told.filter((part) => part).join(" · "), text);
    const side = el("span", "rowside", null, line);
    if (record.answer) el("span", "said said-" + record.answer, words["answer_" + record.answer], side);
    return item;
  }

  /* ---------------------------------------------------------------- handing over */

  async download(records) {
    const { parts, lost } = await this.records.pieces(records);
    if (!this.hand(new Blob(parts, { type: "application/json" }), this.records.fileName("json"))) return;
    this.records.handedOver(records);
    this.say(fill(this.words.exported, { n: records.length }), lost);
  }

  table() {
    const blob = new Blob([this.records.csv(this.records.answered())], { type: "text/csv;charset=utf-8" });
    if (this.hand(blob, this.records.fileName("csv"))) this.say(this.words.exported_csv, 0);
  }

  hand(blob, name) {
    const link = el("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.hidden = true;
    document.body.append(link);
    link.click();
    link.remove();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return true;
  }

  async share() {
    const [ending, type] = this.sharing;
    const records = this.records.answered();
    const { parts, lost } = await this.records.pieces(records);
    try {
      await navigator.share({ files: [new File(parts, this.records.fileName(ending), { type })] });
    } catch (error) {
      if (error && error.name !== "AbortError") this.say(this.words.share_failed, 0);
      return;
    }
    this.records.handedOver(records);
    this.say(fill(this.words.exported, { n: records.length }), lost);
  }

  async take(file) {
    try {
      const count = await this.records.take(await file.text());
      this.say(fill(this.words.imported, count), 0);
      if (count.photos) this.told.textContent += fill(this.words.imported_photos, count);
    } catch (error) {
      this.say(typeof error === "string" ? error : this.words.import_no_json, 0);
    }
  }

  say(text, lost) {
    this.told.textContent = text + (lost ? fill(this.words.photos_lost, { n: lost }) : "");
  }

  /* A page that frames this one asks by naming the audit. Nothing goes out before the user says so, and then to the
     page that asked alone; a page without an origin of its own (a file) is never answered. */
  heard(event) {
    if (window.parent === window || event.source !== window.parent || !/^https?:\/\//.test(event.origin)) return;
    const said = event.data;
    if (!said || typeof said !== "object" || said.audit_id !== this.panel.data.audit_id) return;
    if (said.type === "firelane-field-ask") {
      this.outer = event.origin;
      this.update();
    } else if (said.type === "firelane-field-taken" && event.origin === this.outer && Array.isArray(said.record_ids)) {
      const taken = new Set(said.record_ids);
      const records = this.records.answered().filter((record) => taken.has(record.record_id));
      this.records.handedOver(records);
      this.say(fill(this.words.exported, { n: records.length }), 0);
    }
  }

  async toOuter() {
    const { parts, lost } = await this.records.pieces(this.records.answered());
    window.parent.postMessage({ type: "firelane-field", document: JSON.parse(parts.join("")) }, this.outer);
    this.say(this.words.given, lost);
  }
}
