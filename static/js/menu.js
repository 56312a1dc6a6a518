// The menu over a player: quality, speed, captions, picture-in-picture. One for the page; it opens in the player asked.
import { filled, say } from "./player-says.js";
import { AUTO, wishes } from "./player-wishes.js";
import { rungs } from "./source.js";

export class Menu {
  constructor(players) {
    this.players = players; // element of a player → Player
    this.root = document.querySelector("[data-playback]");
    this.now = this.root.querySelector("[data-now]");
    this.soon = this.root.querySelector("[data-soon]");
    this.pip = this.root.querySelector("[data-pip]");
    document.addEventListener("click", (event) => this.#clicked(event), { capture: true });
    this.root.addEventListener("change", (event) => this.#picked(event.target));
    document.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.close(); });
    this.root.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.root.contains(relatedTarget) && relatedTarget !== this.button) this.close(false);
    });
    this.root.querySelector("[data-menu-close]").addEventListener("click", () => this.close());
    this.pip.addEventListener("click", () => inPicture(this.player));
  }

  get open() {
    return !this.root.hidden;
  }

  show(player) {
    this.player = player;
    this.button = player.root.querySelector("[data-menu-open]");
    player.root.append(this.root);
    this.#fill();
    this.root.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.watching = new AbortController();
    const redraw = () => this.#playsNow();
    player.root.addEventListener("playerchange", redraw, { signal: this.watching.signal });
    this.ticking = setInterval(redraw, 1000); // an adaptive stream changes without a word
    (this.root.querySelector("input:checked") ?? this.root.querySelector("button")).focus();
  }

  close(back = true) {
    if (!this.open) return;
    this.root.hidden = true;
    this.watching.abort();
    clearInterval(this.ticking);
    this.button.setAttribute("aria-expanded", "false");
    if (back) this.button.focus();
  }

  #clicked(event) {
    const button = event.target.closest("[data-menu-open]");
    if (button) {
      const again = this.open && this.button === button;
      this.close();
      if (!again) this.show(this.players(button));
    } else if (this.open && !this.root.contains(event.target)) {
      this.close(false);
      if (event.target.closest("[data-tap]")) event.stopPropagation(); // it was meant for the menu, not for the video
    }
  }

  #fill() {
    const { player } = this;
    this.pip.hidden = !document.pictureInPictureEnabled;
    this.#check("speed", wishes.speed);
    const languages = player.captions.choices;
    this.root.querySelector("[data-group=captions]").hidden = !languages.length;
    this.#offer("captions", languages.map(({ language, label }) => ({ value: language, label, lang: language })));
    this.#check("captions", player.captions.shown ?? "");
    this.#qualities();
  }

  async #qualities() {
    const { player } = this;
    this.#check("quality", AUTO);
    this.#playsNow();
    await player.upgrade.refresh().catch(() => {}); // there may be better files by now, or none any more
    if (player.trouble.told === "gone") return this.close();
    const found = await rungs(player.files.playlist).catch(() => []);
    if (player !== this.player || !this.open) return;
    this.soon.hidden = player.files.state === "ready";
    this.#offer("quality", found.map(({ name, side }) => ({ value: side, label: name })));
    const wished = found.find(({ side }) => side <= wishes.quality) ?? found.at(-1);
    this.#check("quality", wishes.quality === AUTO || !wished ? AUTO : wished.side);
  }

  #playsNow() {
    const { videoWidth, videoHeight } = this.player.video;
    this.now.hidden = !videoWidth;
    this.now.textContent = filled(this.now.dataset.words, { quality: `${Math.min(videoWidth, videoHeight)}p` });
  }

  // The first choice of a group stands in the page; the others come from the video.
  #offer(name, choices) {
    const list = this.root.querySelector(`[data-group=${name}] [data-choices]`);
    const [first] = list.children;
    const focused = list.contains(document.activeElement);
    list.replaceChildren(first, ...choices.map(({ value, label, lang }) => {
      const choice = first.cloneNode(true);
      Object.assign(choice.querySelector("input"), { value, checked: false });
      Object.assign(choice.querySelector("span"), { textContent: label, lang: lang ?? "" });
      return choice;
    }));
    if (focused) first.querySelector("input").focus();
  }

  #check(name, value) {
    for (const input of this.root.querySelectorAll(`[data-group=${name}] input`)) input.checked = input.value === String(value);
  }

  async #picked(input) {
    const { player } = this;
    const label = input.nextElementSibling.textContent;
    if (input.name.endsWith("speed")) {
      player.constructor.speed(Number(input.value));
      say("speed", { speed: label });
    } else if (input.name.endsWith("captions")) {
      player.captions.choose(input.value || null);
      say(input.value ? "captionsOn" : "captionsOff");
    } else {
      say("quality", { quality: label });
      await player.upgrade.choose(input.value === AUTO ? AUTO : Number(input.value));
    }
  }
}

// Into the small window, or out of it. False where there is none.
export async function inPicture(player) {
  if (!document.pictureInPictureEnabled) return false;
  const leaving = document.pictureInPictureElement === player.video;
  try {
    if (leaving) await document.exitPictureInPicture();
    else await player.video.requestPictureInPicture();
    say(leaving ? "pipOff" : "pipOn");
  } catch {
    return false; // it has no picture yet, or the browser refuses
  }
  return true;
}
