// The film on the bench: a bar that seeks frame by frame, pictures to choose from, and times in the person's own zone.
import { localise, zone } from "./local-time.js";
import { clock } from "./player-says.js";
import { attach } from "./storyboard.js";

function film(part) {
  const video = part.querySelector("[data-film]");
  const form = part.querySelector("[data-cut]");
  if (!video || !form) return;
  const bar = form.querySelector("[data-bar]");
  const frames = [...form.querySelectorAll("[data-frame]")];
  const show = (seconds) => {
    bar.value = seconds * 1000;
    bar.style.setProperty("--played", `${(bar.value / (bar.max || 1)) * 100}%`);
    bar.setAttribute("aria-valuetext", clock(seconds));
    form.querySelector("[data-at]").textContent = clock(seconds);
  };
  const go = (seconds) => {
    video.pause();
    video.currentTime = seconds;
    show(seconds);
  };
  const leaveFrames = () => { for (const frame of frames) frame.checked = false; };

  for (const hidden of form.querySelectorAll("[data-seek-row], [data-needs-bar]")) hidden.hidden = false;
  bar.addEventListener("input", () => { leaveFrames(); go(bar.value / 1000); });
  for (const frame of frames) frame.addEventListener("change", () => go(frame.value / 1000));
  video.addEventListener("timeupdate", () => { if (!video.seeking) show(video.currentTime); });
  video.addEventListener("play", leaveFrames);
  form.addEventListener("submit", () => {
    const exact = form.querySelector("[data-exact]");
    const ticked = frames.find((frame) => frame.checked);
    exact.disabled = false;
    exact.value = ticked?.value ?? Math.min(Math.round(video.currentTime * 1000), Number(bar.max));
  });
  if (bar.dataset.storyboard) attach(bar, bar.dataset.storyboard);
  show(video.currentTime);
}

// A time is written in the zone of the device; a script that knows it sends the exact moment along.
function schedule(form) {
  const field = form.querySelector("[type=datetime-local]");
  form.querySelector("[data-zone]").textContent = zone;
  if (field.dataset.moment) field.value = local(new Date(field.dataset.moment));
  field.min = local(new Date());
  form.addEventListener("submit", () => {
    const moment = new Date(field.value);
    if (Number.isNaN(moment.getTime())) return;
    const exact = form.querySelector("[data-exact-moment]");
    exact.disabled = false;
    exact.value = moment.toISOString();
  });
}

function local(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

function fit(part) {
  film(part);
  for (const form of part.querySelectorAll("[data-schedule]")) schedule(form);
  localise(part);
}

for (const part of document.querySelectorAll("[data-part]")) fit(part);
document.addEventListener("part", (event) => fit(event.target));
