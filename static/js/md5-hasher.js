// hasher(address) → hash(blob) → {hex, base64}. One worker does the work; one that could not be loaded is made anew
// the next time. A file that can't be read any more is an error with `unreadable`.
export function hasher(address) {
  let worker = null, last = 0;
  const waiting = new Map();

  function start() {
    worker = new Worker(address, { type: "module" });
    worker.addEventListener("error", () => {
      worker = null;
      for (const { fail } of waiting.values()) fail(new Error("hashing"));
      waiting.clear();
    });
    worker.addEventListener("message", ({ data }) => {
      const { done, fail } = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error) fail(Object.assign(new Error(data.error), { unreadable: true }));
      else done(data);
    });
  }

  return (blob) => new Promise((done, fail) => {
    if (!worker) start();
    last += 1;
    waiting.set(last, { done, fail });
    worker.postMessage({ id: last, blob });
  });
}
