// Talking to the site, and to the store. Errors say how they ended: {status, said, final}. `final` is a "no" that
// stays one; everything else is worth another try. No answer at all is status 0.
const ANSWER_MS = 120_000; // a store may take its time to join a large file
const SILENCE_MS = 30_000; // a line that moves nothing for so long is dead, whatever the browser believes

const PASSING = new Set([408, 425, 429]);

// siteAt(base, token) → site(path, body): JSON out, JSON in; with a body it is a POST.
export function siteAt(base, token) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
  return async (path, body) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_MS);
    try {
      const sending = body ? { method: "POST", body: JSON.stringify(body) } : {};
      const answer = await fetch(base + path, { ...sending, headers, signal: stop.signal });
      if (answer.redirected) throw failure(401, { final: true }); // to the page for signing in
      const told = await answer.json().catch(() => ({}));
      if (answer.ok) return told;
      const final = answer.status >= 400 && answer.status < 500 && !PASSING.has(answer.status);
      throw failure(answer.status, { said: told.error, final });
    } catch (error) {
      throw "final" in error ? error : failure(0);
    } finally {
      clearTimeout(timer);
    }
  };
}

// PUT one part; `onSent(bytes)` hears each step. Ends early when `signal` is aborted or the line is silent.
export function put(url, blob, md5, signal, onSent) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    let sent = 0, timer = 0;
    const stop = () => request.abort();
    const listen = () => { clearTimeout(timer); timer = setTimeout(stop, SILENCE_MS); };
    const end = (status) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      if (status >= 200 && status < 300) done();
      else fail(failure(status, { fromStore: true }));
    };
    request.open("PUT", url);
    request.setRequestHeader("Content-MD5", md5);
    request.upload.addEventListener("progress", ({ loaded }) => {
      listen();
      onSent(loaded - sent, loaded);
      sent = loaded;
    });
    request.addEventListener("load", () => end(request.status));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => end(0));
    signal.addEventListener("abort", stop);
    listen();
    request.send(blob);
  });
}

function failure(status, more = {}) {
  return Object.assign(new Error(`answer ${status}`), { status, final: false, ...more });
}
