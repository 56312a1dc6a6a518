// One line that says, to eyes and to screen readers, what a key or a choice has just done. Its words stand in the page.
const SHOWN_MS = 1600;
const line = document.querySelector("[data-says]");
let timer = 0;

// `what` names a sentence of the line's data-*; `values` fill its {places}.
export function say(what, values = {}) {
  if (!line) return;
  line.textContent = filled(line.dataset[what], values);
  line.dataset.shown = "";
  clearTimeout(timer);
  timer = setTimeout(() => { delete line.dataset.shown; }, SHOWN_MS);
}

export function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
