// Shows a picture of the place in a clip above its seek bar, while a person points at it, drags it or moves it by keys.
import { clock } from "./player-says.js";

const KEYS_MS = 1400;
const SVG = "http://www.w3.org/2000/svg";

// `range` is the seek bar, `vttUrl` the index of the storyboard.
export function attach(range, vttUrl) {
  const tip = build();
  let tiles = null;
  let timer = 0;
  let dragging = false;

  const load = () => (tiles ??= fetchTiles(vttUrl).catch(() => { tiles = null; return []; }));
  const hide = () => { clearTimeout(timer); tip.root.hidden = true; };
  const show = async (share) => {
    const found = await load();
    if (!found.length) return;
    const seconds = share * found.at(-1).end;
    draw(tip, found.find((tile) => seconds < tile.end) ?? found.at(-1), seconds);
    place(tip.root, range, share);
  };
  const point = (event) => {
    clearTimeout(timer);
    show(shareAt(range, event.clientX));
  };
  const type = () => {
    const { min, max, value } = range;
    show((value - min) / (max - min || 1));
    clearTimeout(timer);
    if (!dragging) timer = setTimeout(hide, KEYS_MS);
  };

  range.after(tip.root);
  range.addEventListener("pointerenter", load);
  range.addEventListener("focus", load);
  range.addEventListener("pointermove", point);
  range.addEventListener("pointerdown", (event) => { dragging = true; point(event); });
  range.addEventListener("pointerleave", () => { if (!dragging) hide(); });
  addEventListener("pointerup", () => { if (dragging) { dragging = false; hide(); } });
  addEventListener("pointercancel", () => { dragging = false; hide(); });
  range.addEventListener("input", type);
  range.addEventListener("blur", hide);
}

// The tiles of a storyboard's index: {start, end, sheet, across, down, x, y, width, height}, in seconds and pixels.
async function fetchTiles(vttUrl) {
  const answer = await fetch(vttUrl);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const blocks = (await answer.text()).split(/\r?\n\r?\n/).map((block) => block.match(/([\d:.]+) --> ([\d:.]+)\s+(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/));
  const tiles = blocks.filter(Boolean).map(([, start, end, sheet, ...area]) => {
    const [x, y, width, height] = area.map(Number);
    return { start: seconds(start), end: seconds(end), sheet: new URL(sheet, vttUrl).href, x, y, width, height };
  });
  const across = Math.max(...tiles.map((tile) => tile.x + tile.width));
  const down = Math.max(...tiles.map((tile) => tile.y + tile.height));
  return tiles.map((tile) => ({ ...tile, across, down }));
}

function seconds(stamp) {
  return stamp.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

function build() {
  const root = Object.assign(document.createElement("div"), { className: "storyboard", hidden: true });
  root.setAttribute("aria-hidden", "true");
  const picture = root.appendChild(document.createElementNS(SVG, "svg"));
  picture.setAttribute("class", "storyboard__tile");
  const sheet = picture.appendChild(document.createElementNS(SVG, "image"));
  sheet.setAttribute("preserveAspectRatio", "xMinYMin slice"); // a sheet may end in empty places
  const time = root.appendChild(Object.assign(document.createElement("span"), { className: "storyboard__time" }));
  return { root, picture, sheet, time };
}

// The sheet lies behind a window of one tile: nothing is cut out, so nothing is drawn twice.
function draw({ root, picture, sheet, time }, tile, at) {
  if (sheet.getAttribute("href") !== tile.sheet) sheet.setAttribute("href", tile.sheet);
  sheet.setAttribute("width", tile.across);
  sheet.setAttribute("height", tile.down);
  picture.setAttribute("viewBox", `${tile.x} ${tile.y} ${tile.width} ${tile.height}`);
  picture.setAttribute("width", tile.width);
  picture.setAttribute("height", tile.height);
  time.textContent = clock(at + 0.05); // a share of the bar is never quite the second that was meant
  root.hidden = false;
}

function place(root, range, share) {
  const around = (root.offsetParent ?? document.body).getBoundingClientRect();
  const bar = range.getBoundingClientRect();
  const half = root.offsetWidth / 2;
  const wanted = bar.left - around.left + share * bar.width;
  const left = Math.min(Math.max(wanted, half), Math.max(half, around.width - half));
  root.style.left = `${left - half}px`;
  root.style.bottom = `${around.bottom - bar.top + 6}px`;
}

function shareAt(range, x) {
  const bar = range.getBoundingClientRect();
  const share = (x - bar.left) / (bar.width || 1);
  return Math.min(1, Math.max(0, getComputedStyle(range).direction === "rtl" ? 1 - share : share));
}
