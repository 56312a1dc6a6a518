// Keeps the states of videos fresh while something works on them, and suggests projects for the tag.
import { localise } from "./local-time.js";

const EVERY_MS = 1500;
const TYPING_MS = 200;
const IN_USE_MS = 2000;

for (const list of document.querySelectorAll("[data-poll]")) watch(list);
for (const field of document.querySelectorAll("[data-projects]")) suggest(field);
localise(document);

function watch(list) {
  const working = () => [...list.querySelectorAll("[data-video][data-working]")];
  const look = async () => {
    if (!document.hidden) await refresh(list, working()).catch(() => {});
    if (working().length) setTimeout(look, EVERY_MS);
  };
  if (working().length) setTimeout(look, EVERY_MS);
}

async function refresh(list, takes) {
  const codes = takes.map((take) => take.dataset.video);
  const answer = await fetch(`${list.dataset.poll}?codes=${codes}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { videos } = await answer.json();
  const changed = takes.filter((take) => {
    const now = videos.find((video) => video.code === take.dataset.video);
    if (!now || isNew(take, now)) return true;
    move(take, now);
    return false;
  });
  if (changed.length) await replace(list, changed);
}

// Something else has to stand there: another state, another audience, another picture, or nothing runs any more.
function isNew(take, now) {
  const { state, publishing } = take.dataset;
  const shown = take.querySelector("[data-poster]");
  const isOtherPicture = shown && shown.dataset.poster !== (now.poster ?? "");
  const isOtherChoice = "pictureAt" in take.dataset && take.dataset.pictureAt !== String(now.poster_ms ?? "");
  const hasEnded = !now.stage && take.querySelector(".meter");
  const isForOthers = now.publishing !== (publishing ?? now.publishing);
  return now.state !== state || isForOthers || isOtherPicture || isOtherChoice || hasEnded;
}

function move(take, now) {
  const meter = take.querySelector(".meter");
  if (!meter) return;
  const bar = meter.querySelector("progress");
  if (now.percent) bar.value = now.percent;
  else bar.removeAttribute("value");
  meter.querySelector("[data-meter-note]").textContent = now.note;
  meter.querySelector("[data-meter-label]").textContent = now.stage;
}

// A video in a new state looks different: its part of the page is taken from the server's own rendering.
async function replace(list, takes) {
  const answer = await fetch(list.dataset.page ?? location.href);
  if (!answer.ok && answer.status !== 404) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const take of takes) {
    const found = fresh.querySelector(`[data-video="${take.dataset.video}"]`);
    if (!found) take.remove();
    else if (take.querySelector("[data-part]")) renew(take, found);
    else {
      localise(found);
      take.replaceWith(document.adoptNode(found));
    }
  }
}

function renew(take, found) {
  for (const name of ["state", "publishing", "pictureAt", "working"]) {
    if (name in found.dataset) take.dataset[name] = found.dataset[name];
    else delete take.dataset[name];
  }
  for (const part of take.querySelectorAll("[data-part]")) {
    const other = found.querySelector(`[data-part="${part.dataset.part}"]`);
    if (other) swap(part, document.adoptNode(other));
  }
}

// What a person is using is left alone until they are done with it.
function swap(part, other) {
  if (!part.isConnected) return;
  const film = part.querySelector("video");
  const isInUse = part.contains(document.activeElement) || part.querySelector("details[open]") || (film && !film.paused);
  if (isInUse) {
    setTimeout(() => swap(part, other), IN_USE_MS);
    return;
  }
  part.replaceWith(other);
  const again = other.querySelector("video");
  if (film && again && film.currentTime) again.currentTime = film.currentTime;
  other.dispatchEvent(new CustomEvent("part", { bubbles: true }));
}

function suggest(field) {
  const list = field.list;
  let timer = 0;
  const ask = async () => {
    const answer = await fetch(`${field.dataset.projects}?q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { projects } = await answer.json();
    list.replaceChildren(...projects.map((project) => Object.assign(document.createElement("option"), { value: project.tag, label: `${project.title} · ${project.nonprofit}` })));
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask().catch(() => {}), TYPING_MS); });
  field.addEventListener("focus", () => ask().catch(() => {}), { once: true });
}
