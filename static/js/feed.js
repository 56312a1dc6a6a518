// The feed: the stage in view plays, the next one is fetched ahead, far ones give their memory back.
import { listen } from "./keys.js";
import { Menu } from "./menu.js";
import { Player } from "./player.js";
import { Sheets } from "./sheets.js";
import "./touches.js";

const feed = document.querySelector("[data-feed]");
const NEAR = 1;

if (feed) {
  const stages = [];
  let at = 0;
  const current = () => stages[at]?.player;
  const sheets = new Sheets(current);
  const menu = new Menu((within) => stages.find(({ element }) => element.contains(within)).player);

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) enter(stages.findIndex((stage) => stage.element === entry.target));
    }
  }, { root: feed, threshold: 0.51 });

  function add(element) {
    stages.push({ element, player: new Player(element.querySelector("[data-player]")) });
    sheets.reveal(element);
    seen.observe(element);
  }

  function enter(index) {
    if (index !== at) menu.close(false);
    at = index;
    stages.forEach(({ player }, i) => {
      if (i === at) return;
      player.pause();
      if (Math.abs(i - at) > NEAR || player.heavy) player.free();
    });
    if (!sheets.open) current().play();
    stages[at + 1]?.player.load();
    if (at >= stages.length - 2) more();
  }

  function step(by) {
    stages[Math.max(0, Math.min(stages.length - 1, at + by))]?.element.scrollIntoView({ behavior: "smooth" });
  }

  async function more() {
    const link = feed.querySelector("[data-more]");
    if (!link || link.dataset.asked) return;
    link.dataset.asked = "yes";
    try {
      const page = new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
      const place = link.parentElement;
      for (const element of page.querySelectorAll("[data-stage]")) {
        place.before(element);
        add(element);
      }
      const next = page.querySelector("[data-more]");
      if (next) place.replaceChildren(next);
      else place.remove();
    } catch {
      delete link.dataset.asked; // the link itself still works
    }
  }

  feed.querySelectorAll("[data-stage]").forEach(add);
  for (const button of document.querySelectorAll("[data-step]")) {
    button.hidden = false;
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      if (document.pictureInPictureElement !== current()?.video) current()?.pause();
    } else if (!sheets.open) current()?.play();
  });
  listen(current, sheets, step);
}
