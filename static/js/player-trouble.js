// When a video stands still: a lighter stream, another kind of file, or words and another try, from where it was.
import { reduced, wishes, AUTO } from "./player-wishes.js";
import { adaptive, file } from "./source.js";
import { ask, GoneError } from "./upgrade.js";

const STALL_MS = 2_500;
const FIRST_TRY_MS = 2_000;
const LAST_TRY_MS = 30_000;

export class Trouble {
  constructor(player) {
    this.player = player;
    this.box = player.root.querySelector("[data-trouble]");
    this.words = this.box.querySelector("[data-trouble-words]");
    this.again = this.box.querySelector("[data-again]");
    this.broken = new Set(); // addresses that could not be played although the site answers
    this.stalls = 0;
    this.again.addEventListener("click", () => this.#retry());
    addEventListener("online", () => { if (this.told === "lost") this.#retry(); });
  }

  stalled() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.player.playing && this.player.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#look(false);
    }, STALL_MS);
  }

  failed() {
    if (this.player.source) this.#look(true);
  }

  over() {
    clearTimeout(this.timer);
    this.pause = FIRST_TRY_MS;
    if (this.told !== "gone") this.#tell(null);
  }

  // The video may not be watched any more; `why` are the site's own words.
  end(why) {
    const { player } = this;
    player.pausedByPerson = true;
    player.pause();
    player.free();
    this.#tell("gone", why);
  }

  async #look(dead) {
    if (this.looking || this.told === "gone") return;
    this.looking = true;
    const { player } = this;
    this.at = player.video.currentTime || this.at || 0;
    try {
      Object.assign(player.files, await ask(player.root));
      if (dead || this.told) this.#replace(dead);
      else await this.#lighten();
    } catch (failed) {
      if (failed instanceof GoneError) this.end(failed.message);
      else this.#lost();
    } finally {
      this.looking = false;
    }
  }

  // Too slow for what it plays: let the player choose as it goes. A chosen quality stays.
  async #lighten() {
    const { player } = this;
    this.stalls += 1;
    if (player.files.state !== "ready" || player.source.adaptive || reduced || wishes.quality !== AUTO) return;
    await player.change(adaptive(player.files));
  }

  // The site answers: begin again where it was, from what has not failed yet.
  #replace(dead) {
    const { player } = this;
    if (dead && this.told !== "lost") this.broken.add(player.source.address);
    const { files } = player;
    const other = [player.source, file(files.mp4), adaptive(files), file(files.light)].find(({ address }) => !this.broken.has(address));
    if (!other) return this.#tell("broken");
    this.#tell(null);
    player.going = !player.pausedByPerson;
    player.restart(other, this.at);
  }

  #lost() {
    this.#tell("lost");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#look(true), this.pause ?? FIRST_TRY_MS);
    this.pause = Math.min((this.pause ?? FIRST_TRY_MS) * 2, LAST_TRY_MS);
  }

  #retry() {
    clearTimeout(this.timer);
    this.broken.clear();
    this.player.pausedByPerson = false;
    this.#look(true);
  }

  #tell(what, words) {
    this.told = what;
    this.box.hidden = !what;
    this.player.root.toggleAttribute("data-troubled", Boolean(what));
    if (!what) return;
    this.words.textContent = words || this.words.dataset[what];
    this.again.hidden = what === "gone";
  }
}
