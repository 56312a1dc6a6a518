// The watch page: one player, its menu, sheets and keys. A video that is still being prepared begins when it can.
import { listen } from "./keys.js";
import { Menu } from "./menu.js";
import { Player } from "./player.js";
import { Sheets } from "./sheets.js";
import "./touches.js";
import { ask, GoneError, ponder } from "./upgrade.js";

let player = new Player(document.querySelector("[data-player]"));
const current = () => player;
const sheets = new Sheets(current);
new Menu(current);

const seen = new IntersectionObserver(([entry]) => {
  if (!entry.isIntersecting) {
    if (document.pictureInPictureElement !== player.video) player.pause();
  } else if (!sheets.open) player.play();
}, { threshold: 0.35 });
seen.observe(player.root);
document.addEventListener("visibilitychange", () => {
  if (document.hidden && document.pictureInPictureElement !== player.video) player.pause();
});
listen(current, sheets, null);

if (player.root.querySelector("[data-waiting]")) ponder(begin, () => !document.hidden);

// Put the player of the page as it is now in the place of the note that asks to wait.
async function begin() {
  const { mp4 } = await ask(player.root).catch((failed) => {
    if (failed instanceof GoneError) location.reload(); // the page itself says why
    throw failed;
  });
  if (!mp4) return false;
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const root = page.querySelector("[data-player]:has([data-video])");
  if (!root) return false;
  seen.unobserve(player.root);
  player.root.replaceWith(root);
  player = new Player(root);
  sheets.reveal(root);
  seen.observe(root);
  return true;
}
