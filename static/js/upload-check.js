// What a file's size and first bytes tell before anything is sent: "" (looks well), "empty", "large", "full" or
// "doubtful". The last is only a guess: the site decides what is a video.
const LOOKED_AT = 1024;
const STILL_BRANDS = /^(avif|avis|heic|heix|heim|heis|hevc|mif1|msf1|jxl )/;
const QUICKTIME = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"]);
const STARTS = [
  [0x1a, 0x45, 0xdf, 0xa3], // WebM, Matroska
  [0x00, 0x00, 0x01, 0xba], // MPEG programme stream
  [0x30, 0x26, 0xb2, 0x75], // Windows Media
  [0x46, 0x4c, 0x56], // FLV
  [0x4f, 0x67, 0x67, 0x53], // Ogg
];

export async function check(file, { most, room }) {
  if (!file.size) return "empty";
  if (file.size > most) return "large";
  if (file.size > room) return "full";
  try {
    const head = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
    return isFilm(head) ? "" : "doubtful";
  } catch {
    return ""; // it can't be read: sending it says so, and why
  }
}

function isFilm(head) {
  const text = (from, to) => String.fromCharCode(...head.subarray(from, to));
  if (QUICKTIME.has(text(4, 8))) return text(4, 8) !== "ftyp" || !STILL_BRANDS.test(text(8, 12));
  if (text(0, 4) === "RIFF") return text(8, 11) === "AVI";
  const isTransport = [188, 192].some((step) => head[step - 188] === 0x47 && head[2 * step - 188] === 0x47);
  return isTransport || STARTS.some((start) => start.every((byte, at) => head[at] === byte));
}
