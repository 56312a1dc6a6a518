// Keys of pages with a player; they can be switched off, and never get in the way of typing.
import { inPicture } from "./menu.js";
import { Player } from "./player.js";
import { clock, say } from "./player-says.js";
import { wishes } from "./player-wishes.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const SKIP_SECONDS = 5;
const TYPING = "input, textarea, select, [contenteditable], details[open]";

export function listen(current, sheets, step) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || sheets.open || sheets.keysOff) return;
    const onSlider = event.target.matches("input[type=range]"); // which moves by its arrows and takes no letters
    if (onSlider ? event.key.startsWith("Arrow") : event.target.closest(TYPING)) return;
    const player = current();
    const action = actionOf(event.key.length === 1 ? event.key.toLowerCase() : event.key, player, sheets, step);
    if (!action || (event.key === " " && event.target.closest("a, button, summary"))) return;
    event.preventDefault();
    action();
  });
}

function actionOf(key, player, sheets, step) {
  const ofVideo = player?.video && {
    " ": () => player.toggle(),
    m: () => {
      Player.sound(!Player.sounding);
      say(Player.sounding ? "soundOn" : "soundOff");
    },
    c: () => { if (player.captions.toggle()) say(player.captions.shown ? "captionsOn" : "captionsOff"); else say("captionsNone"); },
    p: () => inPicture(player),
    ArrowLeft: () => skip(player, -SKIP_SECONDS),
    ArrowRight: () => skip(player, SKIP_SECONDS),
    "<": () => speed(-1),
    ">": () => speed(1),
  };
  const ofPage = {
    s: () => sheets.openShare(),
    d: () => player?.root.closest("[data-stage]").querySelector("[data-donate]")?.click(),
    "?": () => sheets.openKeys(),
    ArrowDown: step && (() => step(1)),
    ArrowUp: step && (() => step(-1)),
  };
  return { ...ofVideo, ...ofPage }[key];
}

function skip(player, by) {
  player.skip(by);
  if (player.video.duration) say("place", { time: clock(player.video.currentTime), length: clock(player.video.duration) });
}

function speed(by) {
  const at = SPEEDS.findIndex((rate) => rate >= wishes.speed);
  const rate = SPEEDS[Math.min(Math.max(0, at + by), SPEEDS.length - 1)];
  Player.speed(rate);
  say("speed", { speed: `${rate}×` });
}
