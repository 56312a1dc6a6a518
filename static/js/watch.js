// The watch page: one player, its sheets and keys.
import { listen } from "./keys.js";
import { Player } from "./player.js";
import { Sheets } from "./sheets.js";

const player = new Player(document.querySelector("[data-player]"));
const current = () => player;
const sheets = new Sheets(current);

const seen = new IntersectionObserver(([entry]) => {
  if (!entry.isIntersecting) player.pause();
  else if (!sheets.open) player.play();
}, { threshold: 0.35 });
seen.observe(player.root);
document.addEventListener("visibilitychange", () => { if (document.hidden) player.pause(); });
listen(current, sheets, null);

// A video that is still being prepared: look again until there is something to play.
const LOOK_AGAIN_MS = 4000;

async function lookAgain() {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    if (page.querySelector("[data-video]")) return location.reload();
  } catch {
    // the network will be back
  }
  setTimeout(lookAgain, LOOK_AGAIN_MS);
}

if (document.querySelector("[data-waiting]")) setTimeout(lookAgain, LOOK_AGAIN_MS);
