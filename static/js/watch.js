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
