// What a video can be played from, and how a <video> gets it.
// Measured: a plain MP4 shows its first frame three to four times sooner than a playlist that the browser reads by itself,
// and seven times sooner than one that hls.js reads. So every video starts from a file.
export const nativeHls = document.createElement("video").canPlayType("application/vnd.apple.mpegurl") !== "";

const BUFFER_SECONDS = 20;
const streams = new WeakMap(); // <video> → its hls.js
const ladders = new Map(); // address of a playlist → promise of its rungs

export const file = (address) => ({ address, hls: false });
export const adaptive = (files) => ({ address: files.playlist, hls: true, automatic: true, adaptive: true });
export const fixed = (rung, automatic = false) => ({ address: rung.address, hls: true, automatic });

// The qualities of a master playlist, largest first: {name, side, address}, side being the short side in pixels.
export function rungs(playlist) {
  if (!ladders.has(playlist)) {
    const reading = read(playlist);
    reading.catch(() => ladders.delete(playlist));
    ladders.set(playlist, reading);
  }
  return ladders.get(playlist);
}

// Let a video play from a source, beginning at a time in seconds. Trouble comes as its "error" event, or as "streamerror".
export async function attach(video, source, at = 0) {
  release(video);
  if (source.hls && !nativeHls) return stream(video, source, at);
  video.src = source.address;
  if (at > 0) video.currentTime = at;
}

// Take its source away and give the memory back.
export function release(video) {
  streams.get(video)?.destroy();
  streams.delete(video);
  if (!video.getAttribute("src")) return;
  video.removeAttribute("src");
  video.load();
}

async function stream(video, source, at) {
  const { default: Hls } = await import("../vendor/hls.min.mjs");
  if (!Hls.isSupported()) throw new Error("no way to play HLS");
  const hls = new Hls({ startPosition: at, startLevel: 0, maxBufferLength: BUFFER_SECONDS, backBufferLength: BUFFER_SECONDS, capLevelToPlayerSize: true });
  hls.on(Hls.Events.ERROR, (_, error) => { if (error.fatal) video.dispatchEvent(new Event("streamerror")); });
  streams.set(video, hls);
  hls.loadSource(source.address);
  hls.attachMedia(video);
}

async function read(playlist) {
  const answer = await fetch(playlist);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const found = [...(await answer.text()).matchAll(/^#EXT-X-STREAM-INF:.*?RESOLUTION=(\d+)x(\d+).*\r?\n([^/\s]+)\//gm)];
  return found
    .map(([, width, height, name]) => ({ name, side: Math.min(width, height), address: new URL(`${name}.m3u8`, playlist).href }))
    .sort((one, other) => other.side - one.side);
}
