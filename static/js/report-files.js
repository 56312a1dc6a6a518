// Files of reports: keeps the list fresh while something is being made, and says when a file is ready.
// A view to keep: the first and the last day are asked for only where the days are fixed ones.
const EVERY_MS = 1500;

const list = document.querySelector("[data-files]");
if (list && "busy" in list.dataset) setTimeout(look, EVERY_MS);

for (const days of document.querySelectorAll("[data-shown-for]")) {
  const choice = days.closest("form").elements.span;
  const show = () => { days.hidden = choice.value !== days.dataset.shownFor; };
  choice.addEventListener("change", show);
  show();
}

async function look() {
  if (!document.hidden) await refresh().catch(() => {});
  if ("busy" in list.dataset) setTimeout(look, EVERY_MS);
}

async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-files]");
  if (!fresh) return location.reload();
  const wasReady = ready(list);
  for (const file of fresh.querySelectorAll("[data-file]")) put(file);
  if (!("busy" in fresh.dataset)) delete list.dataset.busy;
  if (ready(list) > wasReady) say();
}

// A file in the same state only moves its bar, so that focus and what was opened stay.
function put(file) {
  const shown = list.querySelector(`[data-file="${file.dataset.file}"]`);
  if (!shown) return list.querySelector("ol").prepend(file);
  if (shown.dataset.state !== file.dataset.state) return shown.replaceWith(file);
  const [meter, now] = [shown, file].map((one) => one.querySelector(".meter"));
  if (meter && now) meter.innerHTML = now.innerHTML;
}

function ready(part) {
  return part.querySelectorAll('[data-state="ready"]').length;
}

function say() {
  const box = document.querySelector("[data-files-say]");
  box.textContent = "";
  setTimeout(() => { box.textContent = box.dataset.filesSay; }, 50);
}
