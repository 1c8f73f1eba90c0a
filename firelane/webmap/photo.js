/* A photo as it is kept: at most 1600 pixels, with the time at which the camera says it was taken. */

const PHOTO_SIDE = 1600;
const PHOTO_BYTES = 1500000; /* a JPEG no larger than both stays as the camera wrote it */
const PHOTO_MOST = 80000000;

function twoDigits(n) {
  return String(n).padStart(2, "0");
}

/* A time with the offset of this device's clock. */
function localTime(date) {
  const east = -date.getTimezoneOffset();
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  const time = `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
  const offset = `${east < 0 ? "-" : "+"}${twoDigits(Math.floor(Math.abs(east) / 60))}:${twoDigits(Math.abs(east) % 60)}`;
  return `${day}T${time}${offset}`;
}

/* A day and time that exist, with an offset; what the browser's own parser takes is wider. */
function isTime(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/.exec(typeof text === "string" ? text : "");
  if (!found || Number.isNaN(Date.parse(text))) return false;
  const [year, month, day, hour] = found.slice(1, 5).map(Number);
  return year > 1 && year < 9999 && hour < 24 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/* When a JPEG was taken, from its EXIF; null where it does not say. */
function takenAt(bytes) {
  try {
    return exifTime(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    return null; /* cut off or wrong: nobody told */
  }
}

function exifTime(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda) return null;
    if (marker !== 0xe1 || view.getUint32(at + 4) !== 0x45786966) continue;
    const base = at + 10;
    const little = view.getUint16(base) === 0x4949;
    const short = (i) => view.getUint16(base + i, little);
    const long = (i) => view.getUint32(base + i, little);
    const entry = (table, tag) => {
      for (let n = 0; n < short(table); n++) if (short(table + 2 + 12 * n) === tag) return table + 2 + 12 * n;
      return 0;
    };
    const text = (table, tag) => {
      const place = entry(table, tag);
      if (!place) return "";
      const length = long(place + 4);
      const start = length > 4 ? long(place + 8) : place + 8;
      let out = "";
      for (let i = 0; i < Math.min(length, 40); i++) out += String.fromCharCode(view.getUint8(base + start + i));
      return out.replace(/\0.*$/s, "").trim();
    };
    const first = long(4);
    const pointer = entry(first, 0x8769);
    if (!pointer) return null;
    const table = long(pointer + 8);
    const found = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text(table, 0x9003));
    if (!found) return null;
    const [, year, month, day, hour, minute, second] = found;
    const offset = text(table, 0x9011);
    if (/^[+-]\d\d:\d\d$/.test(offset)) {
      const told = `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
      return isTime(told) ? told : null;
    }
    /* without an offset the camera's clock is taken for this device's */
    const date = new Date(+year, +month - 1, +day, +hour, +minute, +second);
    return date.getMonth() === +month - 1 && date.getDate() === +day ? localTime(date) : null;
  }
  return null;
}

async function decodeImage(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch (error) {
    return createImageBitmap(blob);
  }
}

/* → {name, type, taken_at, sha256, bytes}; throws where the file is no picture that this browser reads. */
async function readPhoto(file) {
  if (file.size > PHOTO_MOST) throw new RangeError("too large");
  const own = new Uint8Array(await file.arrayBuffer());
  const picture = await decodeImage(file);
  const longest = Math.max(picture.width, picture.height);
  let bytes = own;
  const jpeg = own[0] === 0xff && own[1] === 0xd8;
  if (!jpeg || longest > PHOTO_SIDE || own.length > PHOTO_BYTES) {
    const share = Math.min(1, PHOTO_SIDE / longest);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * share));
    canvas.height = Math.max(1, Math.round(picture.height * share));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff"; /* JPEG knows no transparency */
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    if (!blob) throw new TypeError("not drawn");
    bytes = new Uint8Array(await blob.arrayBuffer());
  }
  if (picture.close) picture.close();
  return { name: file.name.slice(0, 200), type: "image/jpeg", taken_at: takenAt(own), sha256: await sha256(bytes), size: bytes.length, bytes };
}

/* Draws a photo small; a canvas, since the page's policy loads no pictures from elsewhere. */
async function drawThumbnail(canvas, bytes) {
  try {
    const picture = await decodeImage(new Blob([bytes], { type: "image/jpeg" }));
    const share = Math.min(1, 192 / Math.max(picture.width, picture.height));
    canvas.width = Math.max(1, Math.round(picture.width * share));
    canvas.height = Math.max(1, Math.round(picture.height * share));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    if (picture.close) picture.close();
  } catch (error) {
    canvas.width = canvas.height = 1;
  }
}
