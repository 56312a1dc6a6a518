// Keys of pages with a player; they can be switched off, and never get in the way of typing.
import { Player } from "./player.js";

export function listen(current, sheets, step) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || sheets.open || sheets.keysOff) return;
    if (event.target.closest("input, textarea, select, [contenteditable], details[open]")) return;
    const onButton = event.target.closest("a, button, summary");
    const player = current();
    const action = {
      " ": () => !onButton && player?.toggle(),
      m: () => Player.sound(!Player.sounding),
      s: () => sheets.openShare(),
      d: () => player?.root.closest("[data-stage]").querySelector("[data-donate]")?.click(),
      "?": () => sheets.openKeys(),
      ArrowDown: step && (() => step(1)),
      ArrowUp: step && (() => step(-1)),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || (event.key === " " && onButton)) return;
    event.preventDefault();
    action();
  });
}
