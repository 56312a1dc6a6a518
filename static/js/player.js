// One video: plays, pauses, remembers when a person paused it, and finds a lighter stream when the network is slow.
const STALL_MS = 2500;
export const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || navigator.connection?.saveData === true;

let sound = false;
const players = new Set();

export class Player {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("[data-video]");
    this.pausedByPerson = calm;
    if (!this.video) return;
    this.source = this.video.getAttribute("src");
    this.tap = root.querySelector("[data-tap]");
    this.seek = root.querySelector("[data-seek]");
    this.hear = root.querySelector("[data-hear]");
    this.muter = root.querySelector("[data-mute]");
    players.add(this);
    this.#takeOver();
  }

  #takeOver() {
    const { video, root } = this;
    video.controls = false;
    video.muted = !sound;
    root.dataset.ready = "";
    root.toggleAttribute("data-paused", true);
    for (const part of [this.tap, this.seek, this.muter]) part.hidden = false;
    this.tap.addEventListener("click", () => this.toggle());
    this.muter.addEventListener("click", () => Player.sound(!sound));
    this.hear.addEventListener("click", () => Player.sound(true));
    this.seek.addEventListener("input", () => { if (video.duration) video.currentTime = (this.seek.value / 1000) * video.duration; });
    video.addEventListener("play", () => this.#show());
    video.addEventListener("pause", () => this.#show());
    video.addEventListener("timeupdate", () => this.#progress());
    video.addEventListener("waiting", () => this.#stalled());
    video.addEventListener("playing", () => clearTimeout(this.stall));
    this.#show();
  }

  // A person's own wish; it holds until the person plays again.
  toggle() {
    if (!this.video) return;
    this.pausedByPerson = !this.video.paused;
    if (this.video.paused) this.#start();
    else this.video.pause();
  }

  // The page's wish: only when nobody has paused it.
  play() {
    if (this.video && !this.pausedByPerson) this.#start();
  }

  pause() {
    this.video?.pause();
  }

  get playing() {
    return Boolean(this.video && !this.video.paused);
  }

  async #start() {
    this.load();
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
    if (!this.video.getAttribute("src") && !this.stream) this.video.src = this.source;
    if (!calm) this.video.preload = "auto";
  }

  // Give the memory back; the poster stays.
  free() {
    if (!this.video?.getAttribute("src") && !this.stream) return;
    this.stream?.destroy();
    this.stream = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  #stalled() {
    clearTimeout(this.stall);
    this.stall = setTimeout(() => this.#adapt(), STALL_MS);
  }

  async #adapt() {
    const playlist = this.root.dataset.playlist;
    if (!playlist || this.adapted || this.video.readyState > 2) return;
    this.adapted = true;
    const { currentTime, paused } = this.video;
    if (this.video.canPlayType("application/vnd.apple.mpegurl")) {
      this.source = playlist;
      this.video.src = playlist;
    } else {
      const { default: Hls } = await import("../vendor/hls.light.min.mjs");
      if (!Hls.isSupported()) return;
      this.stream = new Hls({ startPosition: currentTime, maxBufferLength: 20 });
      this.video.removeAttribute("src");
      this.stream.loadSource(playlist);
      this.stream.attachMedia(this.video);
    }
    this.video.currentTime = currentTime;
    if (!paused) this.video.play().catch(() => {});
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
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
