// One file on its way to the store, in parts. Whatever stopped it (a lost line, a pause, a reload), it goes on by
// asking what has arrived and sending the rest. It holds no words: `state` says what goes on, `error` why it stopped.
import { put } from "./upload-api.js";
import { Pace } from "./pace.js";

const FILES_AT_ONCE = 2;
const PARTS_AT_ONCE = 3; // of all files together
const STORE_TRIES = 5; // answers of the store that refuse a part; silence is tried for ever
const LOOK_EVERY = 3; // tries, after which the site is asked whether the upload still exists
const LONGEST_WAIT_MS = 30_000;

const BUSY = new Set(["checking", "waiting", "sending", "lost", "joining"]);

const lanes = gate(FILES_AT_ONCE);
const slots = gate(PARTS_AT_ONCE);
const opening = gate(1); // in the order of choosing, and no two files take the same unfinished upload
const claimed = new Set(); // for good: what is being cancelled is still listed for a moment

export class Transfer {
  state = "new";
  upload = null; // what the site says about it
  error = null;
  taken = 0; // bytes of its creator's room that it took since the page was loaded
  arrived = 0; // bytes that people were told have arrived: never less than before
  pace = new Pace();
  #stopper = null;
  #starting = null;
  #forgetting = null;
  #isCancelling = false;
  #sent = new Map(); // part → its bytes on the way or there
  #known = new Map(); // part → the MD5 of what the store has
  #digests = new Map();
  #troubled = new Set();

  // `begun` names the unfinished upload this file belongs to; without one it is looked for.
  constructor(file, { site, hash, begun }, changed) {
    Object.assign(this, { file, site, hash, begun, changed });
  }

  // Leaving the page now would lose something: a part on its way, or the word that it is cancelled.
  get busy() { return BUSY.has(this.state) || this.#isCancelling; }
  get share() { return this.file.size ? this.arrived / this.file.size : 0; }
  get secondsLeft() { return (this.file.size - this.arrived) / this.pace.perSecond(); }

  async run() {
    const { signal } = (this.#stopper = new AbortController());
    this.error = null;
    this.#troubled.clear();
    try {
      this.#enter("checking");
      await this.#forgetting;
      await opening(() => this.#persist(signal, "opening", () => (this.#starting = this.#open(signal))));
      this.#enter("waiting");
      await lanes(async () => {
        refuseIf(signal);
        if (!this.upload.whole) await this.#send(signal);
        this.#enter("joining");
        await this.#persist(signal, "joining", () => this.site(`/${this.upload.code}/complete`, {}));
      });
      refuseIf(signal);
      this.#tell(this.file.size);
      this.#enter("done");
    } catch (error) {
      if (signal.aborted) return; // who stopped it has said so
      this.#stopper.abort();
      this.error = error;
      this.#enter("failed");
    }
  }

  pause() { this.#stop("paused"); }

  // Nothing of it stays: neither here nor there. Tells the site as soon as the site can be reached.
  async cancel() {
    this.#stop("cancelled");
    await this.#giveUp();
  }

  async retry() {
    if (this.error?.gone) await this.#giveUp();
    await this.run();
  }

  #stop(state) {
    this.#stopper?.abort();
    this.#enter(state);
    this.pace.rest();
  }

  async #giveUp() {
    this.#forgetting = this.#forget();
    const upload = await this.#forgetting;
    if (!upload) return;
    const { signal } = new AbortController();
    this.#isCancelling = true;
    await this.#persist(signal, "cancelling", () => this.site(`/${upload.code}/cancel`, {})).catch(() => {});
    this.#isCancelling = false;
    this.changed(this);
  }

  async #forget() {
    const upload = this.upload ?? (await this.#starting?.catch(() => null));
    if (upload) this.taken -= this.file.size;
    this.upload = this.begun = this.#starting = null;
    this.arrived = 0;
    this.#sent.clear();
    this.#known.clear();
    return upload;
  }

  async #open(signal) {
    refuseIf(signal);
    const { name, size, type } = this.file;
    const code = this.upload?.code ?? this.begun;
    const found = code ? await this.site(`/${code}`) : await this.#unfinished(name, size);
    if (found && !this.upload && !(await this.#isOf(found))) throw refusal({ other: true });
    if (found?.gone) throw refusal({ gone: true });
    refuseIf(signal);
    this.upload = found ?? (await this.#begin(name, size, type));
    claimed.add(this.upload.code);
    this.#known = new Map(this.upload.parts.map((part) => [part.number, part.etag]));
    this.#sent = new Map(this.upload.parts.map((part) => [part.number, this.#blob(part.number).size]));
    this.#tell(this.upload.whole ? size : this.#onTheWay());
    return this.upload;
  }

  async #begin(filename, size, type) {
    const upload = await this.site("", { filename, size, type });
    this.taken += size;
    return upload;
  }

  async #unfinished(filename, size) {
    const { uploads } = await this.site(`?${new URLSearchParams({ filename, size })}`);
    for (const upload of uploads) {
      if (!upload.gone && !claimed.has(upload.code) && (await this.#isOf(upload))) return upload;
    }
    return null;
  }

  // By size and by the first part that has arrived; its name was the site's to compare.
  async #isOf(upload) {
    if (upload.size !== this.file.size) return false;
    const [first] = upload.parts;
    return !first || (await this.#digest(first.number, upload.part_size)).hex === first.etag;
  }

  async #send(signal) {
    const count = Math.ceil(this.file.size / this.upload.part_size);
    let next = 1;
    const worker = async () => {
      while (next <= count) {
        const number = next;
        next += 1;
        await this.#persist(signal, number, (attempt) => slots(() => this.#sendPart(number, attempt, signal)));
      }
    };
    this.#enter("sending");
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker));
  }

  async #sendPart(number, attempt, signal) {
    refuseIf(signal);
    if (attempt % LOOK_EVERY === LOOK_EVERY - 1 && (await this.site(`/${this.upload.code}`)).gone) throw refusal({ gone: true });
    if (attempt) this.#digests.delete(number); // the file itself may have changed
    const { hex, base64 } = await this.#digest(number);
    const blob = this.#blob(number);
    if (this.#known.get(number) !== hex) {
      const { url } = await this.site(`/${this.upload.code}/parts`, { number, md5: base64 });
      refuseIf(signal);
      await put(url, blob, base64, signal, (more, bytes) => {
        this.pace.sent(more);
        // The browser counts what it has handed to the network, which may hold a whole part back. So the last byte
        // arrives with the store's word: nobody reads 100 % before all of it is there.
        this.#moved(number, Math.min(bytes, blob.size - 1));
      });
      this.#known.set(number, hex);
    }
    this.#moved(number, blob.size);
  }

  // Tries until it works, for as long as nobody says "no".
  async #persist(signal, what, work) {
    for (let attempt = 0; ; attempt += 1) {
      refuseIf(signal);
      try {
        return await work(attempt);
      } catch (error) {
        refuseIf(signal);
        if (error.final || error.unreadable) throw error;
        if (error.fromStore && error.status && attempt >= STORE_TRIES) throw error;
        this.#sent.delete(what);
        if (attempt || !navigator.onLine) this.#inTrouble(what, error);
        await rest(signal, Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempt));
      }
    }
  }

  #inTrouble(what, error) {
    this.#troubled.add(what);
    this.error = error;
    this.pace.rest();
    if (BUSY.has(this.state)) this.#enter("lost");
  }

  #moved(number, bytes) {
    this.#sent.set(number, bytes);
    this.#troubled.delete(number);
    if (this.state === "lost" && !this.#troubled.size) this.#enter("sending");
    this.#tell(this.#onTheWay());
  }

  #tell(bytes) {
    this.arrived = Math.max(this.arrived, bytes);
    this.changed(this);
  }

  #enter(state) {
    this.state = state;
    this.changed(this);
  }

  #onTheWay() { return [...this.#sent.values()].reduce((sum, bytes) => sum + bytes, 0); }

  #blob(number, size = this.upload.part_size) { return this.file.slice((number - 1) * size, number * size); }

  async #digest(number, size = this.upload.part_size) {
    if (!this.#digests.has(number)) this.#digests.set(number, await this.hash(this.#blob(number, size)));
    return this.#digests.get(number);
  }
}

// Lets `width` pieces of work in at once, the others in the order they came.
function gate(width) {
  const waiting = [];
  let inside = 0;
  return async (work) => {
    if (inside < width) inside += 1;
    else await new Promise((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    }
  };
}

function refusal(why) { return Object.assign(new Error("refused"), { final: true, ...why }); }

function refuseIf(signal) { if (signal.aborted) throw refusal({}); }

function rest(signal, milliseconds) {
  return new Promise((done) => {
    const over = new AbortController(); // takes the listeners away again
    const end = () => {
      clearTimeout(timer);
      over.abort();
      done();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end, { signal: over.signal });
    addEventListener("online", end, { signal: over.signal });
  });
}
