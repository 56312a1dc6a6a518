// A second <video> gets ready behind the one that plays and takes over at the same moment of the clip, so that nobody
// sees a seam: same time, speed, sound, captions and picture-in-picture.
import { attach, release } from "./source.js";

const READY_MS = 45_000;
const MEET_MS = 6_000;
const LEAD = 0.4; // seconds of the clip to be ahead, so that seeking is over when the old one gets there
const CLOSE = [0.1, 0.15, 0.2, 0.4, 1]; // seconds apart that will do, at each try; a device that is busy jumps anyway

// Resolves with the <video> that plays now; rejects, leaving the old one as it was, when anything fails.
// `wanted` says whether the person wants it to play; `signal` calls the change off.
export async function swap(old, source, wanted, signal) {
  const next = behind(old);
  try {
    await attach(next, source, old.currentTime);
    await happened(next, "canplay", signal);
    await meet(old, next, wanted, signal);
    await handOver(old, next, wanted);
    return next;
  } catch (failed) {
    release(next);
    next.remove();
    throw failed;
  }
}

function behind(old) {
  const next = old.cloneNode(true);
  for (const name of ["data-video", "src"]) next.removeAttribute(name);
  next.setAttribute("aria-hidden", "true");
  Object.assign(next, { muted: true, preload: "auto", volume: old.volume });
  next.defaultPlaybackRate = next.playbackRate = old.playbackRate;
  old.before(next); // earlier in the page: painted underneath
  return next;
}

async function meet(old, next, wanted, signal) {
  let late = 0; // seconds that the new one took to begin, the last time it was told to
  for (const [tries, close] of CLOSE.entries()) {
    const goesOn = wanted() && moves(old);
    const at = goesOn ? ahead(old, LEAD * Math.min(tries + 1, 3) * old.playbackRate) : old.currentTime;
    next.currentTime = at;
    await happened(next, "seeked", signal);
    if (next.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && goesOn) await happened(next, "canplay", signal);
    if (goesOn) await reached(old, at - late, signal);
    if (!wanted()) return;
    await next.play();
    await shown(next, signal);
    const gap = old.currentTime - next.currentTime;
    if (!moves(old) || Math.abs(gap) < close) return;
    late = Math.min(Math.max(late + gap, 0), LEAD);
    next.pause();
  }
  throw new Error("the two never met");
}

async function handOver(old, next, wanted) {
  if (document.pictureInPictureElement === old) await next.requestPictureInPicture();
  next.muted = old.muted;
  if (!wanted()) next.pause();
  else if (next.paused) throw new Error("sound was not allowed"); // the browser pauses it in that very moment
  next.removeAttribute("aria-hidden");
  next.setAttribute("data-video", "");
  old.removeAttribute("data-video");
  old.pause();
  release(old);
  old.remove();
}

function moves(video) {
  return !video.paused && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
}

// A place the old one will come to; not across the end of a clip that starts over.
function ahead(old, lead) {
  const at = old.currentTime + lead;
  return at < old.duration - 0.1 ? at : 0.1;
}

async function reached(old, at, signal) {
  for (const until = performance.now() + MEET_MS; performance.now() < until; await pause(10)) {
    signal.throwIfAborted();
    if (!moves(old) || (old.currentTime >= at - 0.02 && old.currentTime < at + 1)) return;
  }
  throw new Error("the old one stands still");
}

// The first frame is on the screen.
function shown(video, signal) {
  if (!video.requestVideoFrameCallback || document.hidden) return Promise.resolve();
  return within(READY_MS, signal, (ok) => video.requestVideoFrameCallback(ok));
}

function happened(video, name, signal) {
  return within(READY_MS, signal, (ok, failed, options) => {
    video.addEventListener(name, ok, options);
    for (const trouble of ["error", "streamerror"]) video.addEventListener(trouble, () => failed(new Error(trouble)), options);
  });
}

async function within(ms, signal, begin) {
  const over = new AbortController();
  const late = AbortSignal.timeout(ms);
  try {
    await new Promise((ok, failed) => {
      for (const stop of [signal, late]) {
        if (stop.aborted) failed(stop.reason);
        stop.addEventListener("abort", () => failed(stop.reason), { signal: over.signal });
      }
      begin(ok, failed, { signal: over.signal });
    });
  } finally {
    over.abort();
  }
}

function pause(ms) {
  return new Promise((ok) => setTimeout(ok, ms));
}
