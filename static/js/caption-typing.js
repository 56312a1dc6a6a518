// Puts the film's time at the beginning of the line where somebody types captions, and shows which time that is.
const film = document.querySelector("[data-film]");
const lines = document.querySelector("[data-lines]");
const stamp = document.querySelector("[data-stamp]");

if (film && lines && stamp) {
  const now = stamp.querySelector("[data-now]");
  const show = () => { now.textContent = written(film.currentTime); };
  for (const name of ["timeupdate", "seeked", "loadedmetadata"]) film.addEventListener(name, show);
  stamp.addEventListener("click", write);
  stamp.hidden = false;
  show();
}

// A new line with the time, at the place of the cursor; a line that is empty is used as it is.
function write() {
  const at = lines.selectionEnd;
  const before = lines.value.slice(0, at);
  const fresh = before === "" || before.endsWith("\n") ? "" : "\n";
  lines.focus();
  lines.setRangeText(`${fresh}${written(film.currentTime)} `, at, at, "end");
  lines.dispatchEvent(new Event("input", { bubbles: true }));
}

function written(seconds) {
  const tenths = Math.floor(seconds * 10);
  const whole = Math.floor(tenths / 10);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}.${tenths % 10}`;
}
