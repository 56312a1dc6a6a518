// What is said in a video, above its title: the browser reads the tracks, we set them where nothing hides them.
import { wish, wishes } from "./player-wishes.js";

const page = document.documentElement.lang;
const near = (one, other) => one.split("-")[0] === other.split("-")[0];

export class Captions {
  constructor(root) {
    this.box = root.querySelector("[data-said]");
  }

  // Read the tracks of this <video> from now on.
  follow(video) {
    this.video = video;
    this.tracks = [...video.querySelectorAll("track")];
    for (const { track } of this.tracks) track.oncuechange = () => this.#draw();
    for (const event of ["volumechange", "enterpictureinpicture", "leavepictureinpicture"]) {
      video.addEventListener(event, () => this.show());
    }
    this.show();
  }

  // {language, label} of each.
  get choices() {
    return this.tracks.map(({ srclang, label }) => ({ language: srclang, label }));
  }

  // The language that is shown now, or null.
  get shown() {
    return this.wanted && this.track ? this.track.srclang : null;
  }

  // Nobody has chosen: they are shown as long as there is no sound.
  get wanted() {
    return wishes.captions ? wishes.captions === "on" : this.video.muted;
  }

  get track() {
    const languages = [wishes.language, page].filter(Boolean);
    const by = (same) => languages.map((language) => this.tracks.find(({ srclang }) => same(srclang, language))).find(Boolean);
    return by((one, other) => one === other) ?? by(near) ?? this.tracks[0];
  }

  // A language, or null for none.
  choose(language) {
    if (language) wish("language", language);
    wish("captions", language ? "on" : "off");
    this.show();
  }

  // Returns whether there is anything to switch.
  toggle() {
    if (!this.tracks.length) return false;
    this.choose(this.shown ? null : this.track.srclang);
    return true;
  }

  show() {
    // The small window shows no part of the page, so there the browser draws them.
    const mode = document.pictureInPictureElement === this.video ? "showing" : "hidden";
    for (const { track, srclang } of this.tracks) track.mode = srclang === this.shown ? mode : "disabled";
    this.#draw();
  }

  #draw() {
    const cues = this.shown && document.pictureInPictureElement !== this.video ? [...(this.track.track.activeCues ?? [])] : [];
    this.box.lang = this.shown ?? "";
    this.box.hidden = !cues.length;
    this.box.replaceChildren(...cues.map((cue) => {
      const line = document.createElement("p");
      line.append(cue.getCueAsHTML());
      return line;
    }));
  }
}
