// Keeps the states of videos fresh while something works on them, and suggests projects for the tag.
const EVERY_MS = 1500;
const TYPING_MS = 200;

for (const list of document.querySelectorAll("[data-poll]")) watch(list);
for (const field of document.querySelectorAll("[data-projects]")) suggest(field);

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
    if (!now || now.state !== take.dataset.state || !now.stage) return true;
    move(take, now);
    return false;
  });
  if (changed.length) await replace(changed);
}

function move(take, now) {
  const meter = take.querySelector(".meter");
  if (!meter) return;
  meter.querySelector("progress").value = now.percent;
  meter.querySelector("[data-meter-note]").textContent = `${now.percent}%`;
  meter.querySelector("[data-meter-label]").textContent = now.stage;
}

// A video in a new state looks different: its part of the page is taken from the server's own rendering.
async function replace(takes) {
  const page = await (await fetch(location.href)).text();
  const fresh = new DOMParser().parseFromString(page, "text/html");
  for (const take of takes) {
    const found = fresh.querySelector(`[data-video="${take.dataset.video}"]`);
    if (found) take.replaceWith(document.adoptNode(found));
    else take.remove();
  }
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
