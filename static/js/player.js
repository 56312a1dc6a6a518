// One video on a page: plays, pauses, remembers when a person paused it. What it plays from may change meanwhile.
import { Captions } from "./captions.js";
import { clock } from "./player-says.js";
import { Trouble } from "./player-trouble.js";
import { calm, reduced, wish, wishes } from "./player-wishes.js";
import { attach, file, release } from "./source.js";
import { swap } from "./source-swap.js";
import { Upgrade } from "./upgrade.js";

export { calm };

let sound = false;
const players = new Set();

export class Player {
  constructor(root) {
    this.root = root;
    this.pausedByPerson = calm;
    const video = root.querySelector("[data-video]");
    if (!video) return;
    const { state, mp4, light, playlist, storyboard } = root.dataset;
    this.files = { state, mp4, light, playlist, storyboard };
    this.tap = root.querySelector("[data-tap]");
    this.seek = root.querySelector("[data-seek]");
    this.hear = root.querySelector("[data-hear]");
    this.muter = root.querySelector("[data-mute]");
    this.captions = new Captions(root);
    this.trouble = new Trouble(this);
    this.upgrade = new Upgrade(this);
    players.add(this);
    this.#takeOver(video);
  }

  #takeOver(video) {
    const { root } = this;
    video.controls = false;
    video.muted = !sound;
    if (reduced) video.preload = "none";
    // What the page began to load goes on, unless something lighter is asked for.
    if (video.getAttribute("src") === this.#first().address) this.source = this.#first();
    this.#bind(video);
    root.dataset.ready = "";
    for (const part of [this.tap, this.seek, this.muter]) part.hidden = false;
    this.tap.addEventListener("click", () => this.toggle());
    this.muter.addEventListener("click", () => Player.sound(!sound));
    this.hear.addEventListener("click", () => Player.sound(true));
    this.seek.addEventListener("input", () => { if (this.video.duration) this.video.currentTime = (this.seek.value / 1000) * this.video.duration; });
    this.seek.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.skip(by);
      this.seek.dispatchEvent(new Event("input"));
    });
    this.pictures();
  }

  #bind(video) {
    this.video = video;
    this.binding?.abort();
    this.binding = new AbortController();
    const on = (name, act) => video.addEventListener(name, act, { signal: this.binding.signal });
    video.defaultPlaybackRate = video.playbackRate = wishes.speed;
    on("play", () => this.#show());
    on("pause", () => {
      this.going = false;
      this.#show();
    });
    on("timeupdate", () => this.#progress());
    on("waiting", () => this.trouble.stalled());
    on("playing", () => {
      this.trouble.over();
      this.upgrade.settle();
    });
    for (const name of ["error", "streamerror"]) on(name, () => this.trouble.failed());
    this.captions.follow(video);
    this.#show();
    this.root.dispatchEvent(new Event("playerchange"));
  }

  // A person's own wish; it holds until the person plays again.
  toggle() {
    if (!this.video) return;
    this.pausedByPerson = !this.video.paused;
    if (this.video.paused) this.start();
    else this.pause();
  }

  // The page's wish: only when nobody has paused it.
  play() {
    if (this.video && !this.pausedByPerson) this.start();
  }

  pause() {
    this.going = false;
    this.video?.pause();
  }

  get playing() {
    return Boolean(this.video && !this.video.paused);
  }

  // Whether it holds more memory than a plain file does.
  get heavy() {
    return Boolean(this.source?.hls);
  }

  async start() {
    this.load();
    this.going = true;
    for (const other of players) if (other !== this) other.pause();
    try {
      await this.video.play();
    } catch (refused) {
      if (refused.name !== "NotAllowedError" || this.video.muted) return;
      Player.sound(false);
      await this.video.play().catch(() => {});
    }
  }

  // Fetch ahead without playing.
  load() {
    if (!this.video) return;
    if (!this.source) this.restart(this.#first());
    if (!calm && !reduced) this.video.preload = "auto";
  }

  // Give the memory back; the poster stays.
  free() {
    this.changing?.stop.abort();
    if (this.video) release(this.video);
    this.source = null;
  }

  // Begin again from a source, in the same <video>.
  restart(source, at = 0) {
    this.changing?.stop.abort();
    this.source = source;
    const { video } = this;
    const begun = () => { if (this.going && this.source === source) video.play().catch(() => {}); };
    attach(video, source, at).then(begun, () => this.trouble.failed());
  }

  // Go over to another source without a visible break; false when it did not work out and all is as before.
  change(source) {
    if (this.changing?.address === source.address) return this.changing.done;
    this.changing?.stop.abort();
    const stop = new AbortController();
    const change = { address: source.address, stop, done: this.#change(source, stop.signal) };
    this.changing = change;
    change.done.finally(() => { if (this.changing === change) this.changing = null; });
    return change.done;
  }

  async #change(source, signal) {
    try {
      const next = await swap(this.video, source, () => this.going, signal);
      this.source = source;
      this.#bind(next);
      return true;
    } catch {
      return false;
    }
  }

  // Forward or back, in seconds.
  skip(by) {
    const { currentTime, duration } = this.video;
    if (!duration) return;
    this.video.currentTime = Math.min(Math.max(0, currentTime + by), Math.max(0, duration - 0.1));
    this.#progress();
  }

  // The storyboard comes with the first look at the seek bar, once there is one.
  pictures() {
    const { storyboard } = this.files;
    if (!storyboard || this.pictured) return;
    this.pictured = true;
    const looked = new AbortController();
    const bring = async () => {
      looked.abort();
      (await import("./storyboard.js")).attach(this.seek, storyboard);
    };
    for (const name of ["pointerenter", "focus", "touchstart"]) this.seek.addEventListener(name, bring, { signal: looked.signal, passive: true });
  }

  // A small picture first, whatever the screen, when data is dear or the person wants a small one.
  #first() {
    const { mp4, light } = this.files;
    return file(reduced || wishes.quality <= 480 ? light : mp4);
  }

  #progress() {
    const { currentTime, duration } = this.video;
    if (!duration) return;
    this.seek.value = Math.round((currentTime / duration) * 1000);
    this.seek.style.setProperty("--played", `${(currentTime / duration) * 100}%`);
    this.seek.setAttribute("aria-valuetext", `${clock(currentTime)} / ${clock(duration)}`);
  }

  #show() {
    const { paused, muted } = this.video;
    this.root.toggleAttribute("data-paused", paused);
    this.tap.setAttribute("aria-label", paused ? this.tap.dataset.play : this.tap.dataset.pause);
    this.hear.hidden = paused || !muted || Player.heard;
    this.muter.setAttribute("aria-label", muted ? this.muter.dataset.on : this.muter.dataset.off);
    for (const sign of this.muter.querySelectorAll("[data-when]")) sign.hidden = (sign.dataset.when === "muted") !== muted;
  }

  // Sound is one choice for the whole page.
  static sound(on) {
    sound = on;
    if (on) Player.heard = true;
    for (const player of players) {
      player.video.muted = !on;
      player.#show();
    }
  }

  static get sounding() {
    return sound;
  }

  // So is speed.
  static speed(rate) {
    wish("speed", rate);
    for (const { video } of players) video.defaultPlaybackRate = video.playbackRate = rate;
  }
}
