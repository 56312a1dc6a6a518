// Finds out which source a player ought to have, and brings it there while it plays: better files that were made after
// the page was opened, the quality a person chose, a sharper picture for a large screen.
import { AUTO, reduced, wish, wishes } from "./player-wishes.js";
import { file, fixed, nativeHls, rungs } from "./source.js";

const FIRST_LOOK_MS = 5_000;
const LAST_LOOK_MS = 20_000;
const MOST_TRIES = 5; // to go over to files that are there
const SMOOTH_SECONDS = 4; // of play without a stall, before a sharper picture is fetched
const WORTH_SECONDS = 12; // a shorter clip is over before it pays
const WORTH_FACTOR = 1.3; // screen pixels for each pixel of the picture
const FAST_ENOUGH = 5; // megabits a second

export class GoneError extends Error {}

// Where the files of a player's video are now. Throws GoneError with the server's words when it may not be watched any
// more, and other errors when nobody answers.
export async function ask(root) {
  const answer = await fetch(root.dataset.files, { headers: { Accept: "application/json" } });
  const said = await answer.json();
  if ([403, 404, 410].includes(answer.status)) throw new GoneError(said.error);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return said;
}

// Call `look` until it returns true, at a gentle and slowing pace, while `worth` says so.
export function ponder(look, worth) {
  const later = (pause) => setTimeout(async () => {
    if (!worth()) return later(pause);
    const done = await look().catch(() => false);
    if (!done) later(Math.min(pause * 1.4, LAST_LOOK_MS));
  }, pause);
  later(FIRST_LOOK_MS);
}

export class Upgrade {
  constructor(player) {
    this.player = player;
  }

  // It plays: see to it that it has what it should.
  settle() {
    this.#follow();
    if (this.settled === this.player.source) return;
    this.settled = this.player.source;
    clearTimeout(this.timer);
    if (wishes.quality !== AUTO) this.improve();
    else this.timer = setTimeout(() => this.improve(), SMOOTH_SECONDS * 1000);
  }

  // The person chose: AUTO, or the short side of a picture in pixels.
  async choose(quality) {
    wish("quality", quality);
    this.chosen = true;
    clearTimeout(this.timer);
    if (this.player.files.state !== "ready") await this.refresh().catch(() => {});
    if (await this.improve() || wishes.quality !== quality) return;
    const better = await this.#better().catch(() => null);
    if (better) this.player.restart(better, this.player.video.currentTime); // with a break, but as the person wants it
  }

  // False when there is something better and it could not be had.
  async improve() {
    const { player } = this;
    if (!player.source || player.trouble.told) return false;
    try {
      const better = await this.#better();
      return !better || await player.change(better);
    } catch {
      return false;
    }
  }

  // Learn of files that were made since.
  async refresh() {
    const { player } = this;
    try {
      Object.assign(player.files, await ask(player.root));
      return player.files;
    } catch (failed) {
      if (failed instanceof GoneError) player.trouble.end(failed.message);
      throw failed;
    }
  }

  // A video that has only its preview yet.
  #follow() {
    const { player } = this;
    if (this.following || player.files.state === "ready" || (reduced && !this.chosen)) return;
    this.following = true;
    let tries = 0;
    ponder(async () => {
      const { state } = await this.refresh();
      if (state !== "ready") return false;
      player.pictures();
      tries += 1;
      return await this.improve() || tries === MOST_TRIES;
    }, () => player.playing && !document.hidden);
  }

  async #better() {
    const { files, source, video } = this.player;
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (wishes.quality !== AUTO) {
      const wished = nearest(await rungs(files.playlist), wishes.quality);
      return !wished || (wished.side === side && !source.adaptive) ? null : fixed(wished);
    }
    if (reduced && !this.chosen) return null;
    if (!source.automatic && source.address !== files.mp4) return file(files.mp4);
    if (source.hls || !this.#pays()) return null;
    const sharper = (await rungs(files.playlist)).find((rung) => rung.side > side);
    return sharper ? fixed(sharper, true) : null;
  }

  // Whether more pixels would be seen and can be had.
  #pays() {
    const { root, video } = this.player;
    const { videoWidth, videoHeight, duration } = video;
    const box = root.getBoundingClientRect();
    const fit = getComputedStyle(video).objectFit === "cover" ? Math.max : Math.min;
    const scale = fit(box.width / videoWidth, box.height / videoHeight) * devicePixelRatio;
    const fast = (navigator.connection?.downlink ?? FAST_ENOUGH) >= FAST_ENOUGH;
    return nativeHls && !reduced && fast && duration > WORTH_SECONDS && scale > WORTH_FACTOR && !this.player.trouble.stalls;
  }
}

// The largest quality that is not above the wish, else the smallest there is.
function nearest(all, quality) {
  return all.find(({ side }) => side <= quality) ?? all.at(-1);
}
