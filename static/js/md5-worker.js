// Hashes parts of a file away from the page: {id, blob} in, {id, hex, base64} or {id, error} out. One part after the
// other, a piece at a time: on a small phone this takes a megabyte, however large the parts are.
import { base64, hex, Md5 } from "./md5.js";

const PIECE = 1024 * 1024;
let queue = Promise.resolve();

addEventListener("message", ({ data: { id, blob } }) => {
  queue = queue.then(async () => {
    try {
      const digest = await hashed(blob);
      postMessage({ id, hex: hex(digest), base64: base64(digest) });
    } catch (error) {
      postMessage({ id, error: String(error) });
    }
  });
});

async function hashed(blob) {
  const md5 = new Md5();
  let at = 0;
  for (; at + PIECE < blob.size; at += PIECE) md5.add(await read(blob, at));
  return md5.end(await read(blob, at));
}

async function read(blob, at) {
  return new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
}
