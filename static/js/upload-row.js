// The row of one file: its meter, its words, its buttons. The words are data-say-* of the uploader, data-<name> of a
// button; what a state looks like stands in STATES.
import { size, speed, time } from "./pace.js";

const SURE_MS = 5000;
const STATES = {
  new: { words: "sayWaitingTurn", buttons: ["cancel"] },
  checking: { words: "sayHashing", buttons: ["pause", "cancel"] },
  waiting: { words: "sayWaitingTurn", buttons: ["pause", "cancel"] },
  sending: { words: "saySending", buttons: ["pause", "cancel"] },
  lost: { words: "sayLost", buttons: ["pause", "cancel"] },
  joining: { words: "sayJoining", buttons: [] },
  paused: { words: "sayPaused", buttons: ["goOn", "cancel"] },
  done: { words: "sayDone", buttons: [] },
  failed: { words: "sayStopped", buttons: ["retry", "cancel"] },
  cancelled: { words: "sayCancelled", buttons: ["retry", "remove"] },
  refused: { words: "sayRefused", buttons: ["remove"] },
  doubtful: { words: "sayDoubtful", buttons: ["anyway", "remove"] },
};
const QUIET = new Set(["new", "checking", "waiting"]);

export class Row {
  #said = "";
  #sure = 0;

  constructor(template, say, file, actions) {
    this.say = say;
    this.box = template.content.firstElementChild.cloneNode(true);
    this.find = (name) => this.box.querySelector(`[data-${name}]`);
    this.meter = this.box.querySelector("progress");
    this.find("name").textContent = file.name;
    this.size = size(file.size);
    this.meter.setAttribute("aria-label", file.name);
    this.box.setAttribute("aria-label", file.name);
    for (const button of this.box.querySelectorAll("[data-do]")) {
      this.#call(button, button.textContent.trim(), file.name);
      button.addEventListener("click", () => this.#press(button, actions, file.name));
    }
  }

  // What people are told, or "" where nothing that matters is new.
  show(state, { share = 0, pace = null, secondsLeft = 0, problem = "", page = "" }) {
    const { words, buttons } = STATES[state];
    const said = problem || this.say[words];
    const percent = Math.floor(share * 100);
    const isNews = said !== this.#said && !QUIET.has(state);
    this.box.dataset.state = state;
    if (said !== this.#said) this.find("words").textContent = said;
    this.find("percent").textContent = share > 0 && state !== "done" && state !== "cancelled" ? `${percent}%` : "";
    this.meter.value = percent;
    const facts = [this.size, ...(state === "sending" ? this.#pace(pace.perSecond(), secondsLeft) : [])];
    this.find("pace").textContent = facts.join(" · ");
    this.find("page").hidden = !page;
    if (page) this.find("page").href = page;
    this.#offer(buttons);
    this.#said = said;
    return isNews ? said : "";
  }

  #pace(perSecond, secondsLeft) {
    if (perSecond <= 0) return [];
    return [speed(perSecond), this.say.sayLeft.replace("{time}", time(secondsLeft))];
  }

  // The focus never falls off the row: where its button goes, the next one takes it.
  #offer(names) {
    const all = [...this.box.querySelectorAll("[data-do]")];
    const held = all.find((button) => button === document.activeElement);
    for (const button of all) button.hidden = !names.includes(button.dataset.do);
    if (held?.hidden) (all.find((button) => !button.hidden) ?? this.box).focus();
  }

  // Cancelling asks once more, in its own place.
  #press(button, actions, name) {
    if (!button.dataset.sure || this.#sure) {
      this.#calm(button, name);
      actions[button.dataset.do]();
      return;
    }
    const words = button.textContent;
    button.dataset.was = words;
    this.#call(button, button.dataset.sure, name);
    this.#sure = setTimeout(() => this.#calm(button, name), SURE_MS);
  }

  #calm(button, name) {
    clearTimeout(this.#sure);
    this.#sure = 0;
    if (button.dataset.was) this.#call(button, button.dataset.was, name);
  }

  #call(button, words, name) {
    button.textContent = words;
    button.setAttribute("aria-label", `${words}: ${name}`);
  }
}
