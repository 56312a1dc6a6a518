// Sends a video straight to the store in parts. What has arrived stays arrived: after a lost network, a pause or a reload
// only the missing parts are sent. All words come from the page.
const AT_ONCE = 3;
const SPEED_WINDOW_MS = 8000;
const READING_MS = 1500; // long enough to read, or hear, that the video has arrived

const root = document.querySelector("[data-uploader]");
if (root) startUploader(root);

function startUploader(box) {
  const say = box.dataset;
  const find = (name) => box.querySelector(`[data-${name}]`);
  const form = document.querySelector("[data-details]");
  const meter = box.querySelector("#upload-meter");
  const token = form.querySelector("[name=csrf_token]").value;
  const hashing = hasher(say.hasher);
  let running = false, paused = false, finished = "", inFlight = new Set();

  const drop = find("drop");
  find("file").addEventListener("change", (event) => begin(event.target.files[0]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") begin(event.dataTransfer.files[0]);
    });
  }
  find("pause").addEventListener("click", () => {
    const button = find("pause");
    paused = !paused;
    button.dataset.was ??= button.textContent;
    button.textContent = paused ? button.dataset.sayGoOn : button.dataset.was;
    if (paused) inFlight.forEach((request) => request.abort());
    dispatchEvent(new Event("kindrelay:go-on"));
  });
  addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
  form.addEventListener("submit", save);

  async function begin(file) {
    if (!file || running) return;
    problem("");
    if (say.size && Number(say.size) !== file.size) return problem(say.sayOther);
    running = true;
    drop.hidden = true;
    find("work").hidden = false;
    find("name").textContent = file.name;
    show(say.sayHashing, 0);
    try {
      const upload = say.upload ? await api(say.upload) : await api("", { filename: file.name, size: file.size, type: file.type });
      adopt(upload, file);
      await send(upload, file);
      show(say.sayJoining, 1);
      finished = (await persist(() => api(`${upload.code}/complete`, {}))).video;
      running = false;
      find("pause").hidden = true;
      find("pace").textContent = "";
      show(say.sayDone, 1);
      if (form.dataset.done === "yes") setTimeout(() => location.assign(finished), READING_MS);
    } catch (error) {
      running = false;
      drop.hidden = false;
      find("work").hidden = true;
      find("file").value = "";
      problem(error.said || say.sayBroken);
    }
  }

  // From here on a reload of this page goes on with this upload.
  function adopt(upload, file) {
    say.upload = upload.code;
    say.size = upload.size;
    history.replaceState(null, "", upload.page);
    form.action = upload.video;
    form.hidden = false;
    const title = form.querySelector("[name=title]");
    title.value ||= file.name.replace(/\.[^.]+$/, "").slice(0, title.maxLength);
  }

  async function send(upload, file) {
    const known = new Map(upload.parts.map((part) => [part.number, part.etag]));
    const count = Math.ceil(file.size / upload.part_size);
    const sent = new Map();
    const pace = speedometer();
    const tell = () => {
      const bytes = [...sent.values()].reduce((sum, part) => sum + part, 0);
      show(say.saySending, bytes / file.size);
      find("pace").textContent = pace.words(bytes, file.size, say.sayLeft);
    };
    let next = 1;
    const worker = async () => {
      while (next <= count) {
        const number = next;
        next += 1;
        const blob = file.slice((number - 1) * upload.part_size, number * upload.part_size);
        const digest = await hashing(blob);
        if (known.get(number) === digest.hex) {
          pace.skip(blob.size);
        } else {
          await persist(async () => {
            const { url } = await api(`${upload.code}/parts`, { number, md5: digest.base64 });
            await put(url, blob, digest.base64, (bytes) => { sent.set(number, bytes); tell(); });
          });
        }
        sent.set(number, blob.size);
        tell();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  // Tries until it works; only an answer that says "no" (4xx) ends it.
  async function persist(work) {
    for (let attempt = 0; ; attempt += 1) {
      while (paused) await new Promise((go) => addEventListener("kindrelay:go-on", go, { once: true }));
      try {
        return await work();
      } catch (error) {
        if (error.status >= 400 && error.status < 500 && !error.fromStore) throw error;
        if (error.fromStore && error.status >= 400 && attempt >= 5) throw error;
        if (paused) continue;
        announce(say.sayWaiting);
        await Promise.race([
          new Promise((wait) => setTimeout(wait, Math.min(30000, 500 * 2 ** attempt))),
          new Promise((back) => addEventListener("online", back, { once: true })),
        ]);
      }
    }
  }

  async function api(path, body) {
    const address = path ? say.uploads + path : say.start;
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
    const answer = await fetch(address, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status, said: told.error });
    return told;
  }

  function put(url, blob, md5, onProgress) {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      inFlight.add(request);
      const end = (status) => {
        inFlight.delete(request);
        if (status >= 200 && status < 300) done();
        else fail(Object.assign(new Error("part"), { status, fromStore: true }));
      };
      request.open("PUT", url);
      request.setRequestHeader("Content-MD5", md5);
      request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
      request.addEventListener("load", () => end(request.status));
      for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => { onProgress(0); end(0); });
      request.send(blob);
    });
  }

  // While the file is on its way the page must stay: the words are saved behind its back.
  async function save(event) {
    event.preventDefault();
    const saved = form.querySelector("[data-saved]");
    saved.textContent = "";
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    let told = {}, ok = false;
    try {
      const answer = await fetch(form.action, { method: "POST", headers, body: new FormData(form) });
      ok = answer.ok;
      told = await answer.json();
    } catch { /* told below */ }
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    form.querySelectorAll("[aria-invalid]").forEach((field) => { field.removeAttribute("aria-invalid"); field.setCustomValidity(""); });
    if (ok) {
      form.dataset.done = "yes";
      saved.textContent = saved.dataset.saySaved;
      if (finished) location.assign(finished);
      return;
    }
    saved.textContent = told.error ?? saved.dataset.sayUnsaved;
    for (const [name, words] of Object.entries(told.errors ?? {})) {
      const field = form.elements[name];
      field.setAttribute("aria-invalid", "true");
      field.setCustomValidity(words);
      field.addEventListener("input", () => { field.setCustomValidity(""); field.removeAttribute("aria-invalid"); }, { once: true });
      saved.textContent = words;
    }
  }

  function show(words, share) {
    const percent = Math.floor(share * 100);
    if (meter.querySelector("[data-meter-label]").textContent !== words) announce(words);
    meter.querySelector("[data-meter-label]").textContent = words;
    meter.querySelector("[data-meter-note]").textContent = `${percent}%`;
    meter.querySelector("progress").value = percent;
  }

  function announce(words) { find("announce").textContent = words; }

  function problem(words) {
    find("problem").hidden = !words;
    if (words) find("problem").querySelector("p").textContent = words;
  }
}

// One worker hashes parts in the order they are asked for. One that could not be loaded is made anew next time.
function hasher(address) {
  let hash = null;
  return (blob) => {
    hash ??= startHashing(address, () => { hash = null; });
    return hash(blob);
  };
}

function startHashing(address, onBroken) {
  const worker = new Worker(address, { type: "module" });
  const waiting = new Map();
  let last = 0;
  worker.addEventListener("error", () => {
    onBroken();
    for (const { fail } of waiting.values()) fail(new Error("hashing"));
  });
  worker.addEventListener("message", ({ data }) => {
    const { done, fail } = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error) fail(new Error(data.error));
    else done(data);
  });
  return (blob) => new Promise((done, fail) => {
    last += 1;
    waiting.set(last, { done, fail });
    worker.postMessage({ id: last, blob });
  });
}

// Speed over the last seconds, and the time that is left at that speed.
function speedometer() {
  const seen = [];
  let skipped = 0;
  const language = document.documentElement.lang;
  const unit = (value, name, digits = 0) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long", maximumFractionDigits: digits }).format(value);
  const rate = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return {
    skip(bytes) { skipped += bytes; },
    words(bytes, total, left) {
      const now = performance.now();
      seen.push([now, bytes - skipped]);
      while (seen.length > 2 && now - seen[0][0] > SPEED_WINDOW_MS) seen.shift();
      const seconds = (now - seen[0][0]) / 1000;
      const perSecond = seconds > 0.5 ? (bytes - skipped - seen[0][1]) / seconds : 0;
      if (perSecond <= 0) return "";
      const rest = (total - bytes) / perSecond;
      const time = rest < 60 ? unit(Math.max(1, Math.ceil(rest)), "second") : unit(Math.ceil(rest / 60), "minute");
      return `${rate.format(perSecond / 1e6)} MB/s · ${left.replace("{time}", time)}`;
    },
  };
}
