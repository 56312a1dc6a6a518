// Tells the site what was watched and what was opened: each once a page, and only of visitors who have agreed.
// Six seconds of a video, or nearly all of a shorter one, is a view.
const VIEW_SECONDS = 6;
// How far a clip was played; of its end a little may be missing.
const STAGES = { quarter: 0.25, half: 0.5, most: 0.75, whole: 0.95 };
const MOST = 20;
const AFTER_MS = 4000;

// The share that this page was opened by.
export const through = new URLSearchParams(location.search).get("r") ?? "";

const told = new Set();
const played = new WeakMap();
let waiting = [];
let timer;

// `moment` is the second of the clip at which it happened, where that matters.
export function touched(code, kind, moment) {
  if (!met(code, kind, moment)) return;
  clearTimeout(timer);
  if (waiting.length >= MOST) unlessAsking();
  else timer = setTimeout(unlessAsking, AFTER_MS);
}

// What waits alone is not worth a request of its own.
function met(code, kind, moment) {
  if (!code || told.has(code + kind)) return false;
  told.add(code + kind);
  waiting.push([code, kind, Date.now(), ...(moment >= 0 ? [Math.floor(moment)] : [])]);
  return true;
}

// While the question of consent is open, what was met stays on the page: a yes that comes late is a yes to it, too.
function unlessAsking() {
  if (!document.querySelector("[data-consent]")) send();
}

function send() {
  const now = Date.now();
  while (waiting.length) {
    const batch = waiting.splice(0, MOST).map(([code, kind, at, ...moment]) => [code, kind, now - at, ...moment]);
    navigator.sendBeacon("/touches", JSON.stringify({ told: batch, through }));
  }
}

if (through) touched(document.querySelector("[data-player]")?.dataset.code, "arrive");

// Media events do not bubble; they are caught on their way down.
document.addEventListener("playing", ({ target }) => touched(target.closest("[data-player]")?.dataset.code, "shown"), true);
document.addEventListener("timeupdate", ({ target: video }) => {
  const player = video.closest("[data-player]");
  if (!player) return;
  const before = played.get(player) ?? { at: video.currentTime, seconds: 0 };
  const step = video.currentTime - before.at;
  const seconds = before.seconds + (step > 0 && step < 2 ? step : 0);
  played.set(player, { at: video.currentTime, seconds }); // a better picture comes in another <video>
  const { code } = player.dataset;
  if (seconds >= Math.min(VIEW_SECONDS, video.duration * 0.9)) touched(code, "view");
  for (const [stage, part] of Object.entries(STAGES)) if (seconds >= video.duration * part) met(code, stage);
}, true);
document.addEventListener("answered", send);
document.addEventListener("visibilitychange", () => { if (document.hidden) send(); });
addEventListener("pagehide", send);
