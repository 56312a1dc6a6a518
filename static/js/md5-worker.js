// Hashes parts of a file away from the page: {id, blob} in, {id, hex, base64} or {id, error} out.
import { base64, hex, md5 } from "./md5.js";

addEventListener("message", async ({ data: { id, blob } }) => {
  try {
    const digest = md5(new Uint8Array(await blob.arrayBuffer()));
    postMessage({ id, hex: hex(digest), base64: base64(digest) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
