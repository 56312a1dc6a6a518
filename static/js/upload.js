// The page for uploading: files are chosen or dropped, each gets a row, and the page stays awake until all have arrived.
// All words come from the page.
import { check } from "./upload-check.js";
import { DetailsForm } from "./upload-form.js";
import { Row } from "./upload-row.js";
import { hasher } from "./md5-hasher.js";
import { siteAt } from "./upload-api.js";
import { size } from "./pace.js";
import { Transfer } from "./transfer.js";

const READING_MS = 1500; // long enough to read, or hear, that the video has arrived
const SAYING_MS = 1000; // what is said within it is said together

const root = document.querySelector("[data-uploader]");
if (root) startUploader(root);

function startUploader(box) {
  const say = box.dataset;
  const find = (name) => box.querySelector(`[data-${name}]`);
  const token = document.querySelector("[data-details] [name=csrf_token]").value;
  const tools = { site: siteAt(say.uploads, token), hash: hasher(say.hasher) };
  const details = new DetailsForm(document.querySelector("[data-details]"), token, leaveWhenDone);
  const transfers = new Set();
  const doubts = new Set(); // rows whose file waits for a word of its creator, or is not taken at all
  const announce = announcer(find("announce"));
  let awake = null;
  let only = null; // the transfer whose words the form holds

  const drop = find("drop");
  const chosen = find("file");
  const takeChosen = () => {
    take([...chosen.files]);
    chosen.value = "";
  };
  chosen.addEventListener("change", takeChosen);
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") take([...event.dataTransfer.files]);
    });
  }
  // A file dropped beside the box would replace the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  addEventListener("beforeunload", (event) => { if (isBusy()) event.preventDefault(); });
  document.addEventListener("visibilitychange", stayAwake);
  showUnfinished(tools.site);
  showRoom();
  if (chosen.files.length) takeChosen(); // chosen before this page was ready

  function take(files) {
    problem("");
    if (say.upload && !transfers.size) {
      if (files.length === 1) return goOnWith(files[0]);
      details.close();
      leavePage();
    }
    const fresh = files.filter((file) => ![...transfers].some((other) => other.state !== "cancelled" && isSame(other.file, file)));
    const free = Number(say.most) - [...transfers].filter((other) => other.state !== "done" && other.state !== "cancelled").length;
    if (fresh.length < files.length) problem(say.sayTwice);
    if (fresh.length > free) problem(say.sayMany);
    const taken = fresh.slice(0, Math.max(0, free));
    const isOnly = taken.length === 1 && !transfers.size && !doubts.size;
    for (const file of taken) add(file, { isOnly });
  }

  function goOnWith(file) {
    if (file.size !== Number(say.size)) return problem(say.sayOther);
    add(file, { isOnly: true, begun: say.upload });
  }

  async function add(file, { isOnly, begun = null }) {
    const transfer = new Transfer(file, { ...tools, begun }, show);
    const row = new Row(find("row"), say, file, {
      pause: () => transfer.pause(),
      goOn: () => transfer.run(),
      retry: () => transfer.retry(),
      cancel: () => transfer.cancel(),
      anyway: () => { doubts.delete(row); include(transfer, isOnly); transfer.run(); },
      remove: () => { doubts.delete(row); transfers.delete(transfer); row.box.remove(); chosen.focus(); showPage(); },
    });
    transfer.row = row;
    include(transfer, isOnly);
    find("rows").append(row.box);
    show(transfer);
    // A file that goes on has its room already; the site knows for certain.
    const mayGoOn = begun || document.querySelector(`[data-unfinished] [data-bytes="${file.size}"]`);
    const doubt = await check(file, { most: Number(say.largest), room: mayGoOn ? Infinity : room() });
    if (!doubt) return transfer.run();
    transfers.delete(transfer);
    if (only === transfer) only = null;
    doubts.add(row);
    const words = { empty: say.sayEmpty, large: say.sayLarge, full: say.sayFull, doubtful: say.sayDoubtful }[doubt];
    const said = row.show(doubt === "doubtful" ? "doubtful" : "refused", { problem: words });
    announce(`${file.name}: ${said}`);
    showPage();
  }

  function include(transfer, isOnly) {
    if (isOnly && !transfers.size) only = transfer;
    transfers.add(transfer);
  }

  function show(transfer) {
    const { row, state, upload, file, share, pace, secondsLeft } = transfer;
    const isWritten = transfer === only && state !== "done"; // its words are asked for on this page
    const page = upload && !isWritten && state !== "cancelled" ? upload.video : "";
    const said = row.show(state, { share, pace, secondsLeft, problem: wordsOf(transfer), page });
    if (said) announce(`${file.name}: ${said}`);
    stayAwake();
    if (transfer.shown === state && transfer.adopted === upload) return;
    Object.assign(transfer, { shown: state, adopted: upload });
    showPage();
    if (state === "done") leaveWhenDone();
  }

  // What depends on all rows together. From the moment it has an upload a reload goes on with the only file.
  function showPage() {
    const isAlone = only && transfers.size === 1 && !doubts.size;
    if (isAlone && only.upload) {
      Object.assign(say, { upload: only.upload.code, size: only.upload.size });
      history.replaceState(null, "", only.upload.page);
      if (details.form.hidden) details.open(only.upload.video, only.file.name);
    } else if (say.upload && !isAlone) {
      leavePage();
    }
    if (only?.state === "cancelled") { details.close(); only = null; }
    const counted = [...transfers].filter((transfer) => transfer.state !== "cancelled");
    const done = counted.filter((transfer) => transfer.state === "done").length;
    box.toggleAttribute("data-filled", transfers.size + doubts.size > 0);
    find("together").textContent = counted.length > 1 ? say.sayTogether.replace("{done}", done).replace("{all}", counted.length) : "";
    for (const item of document.querySelectorAll("[data-unfinished]")) {
      item.hidden = [...transfers].some((transfer) => transfer.upload?.code === item.dataset.unfinished);
    }
    const list = document.querySelector("[data-unfinished-list]");
    if (list) list.hidden = !list.querySelector("[data-unfinished]:not([hidden])");
    showRoom();
  }

  // Not one upload's page any more.
  function leavePage() {
    delete say.upload;
    history.replaceState(null, "", say.page);
  }

  function leaveWhenDone() {
    const isOver = () => only?.state === "done" && details.saved && transfers.size === 1 && !doubts.size;
    if (isOver()) setTimeout(() => { if (isOver()) location.assign(only.upload.video); }, READING_MS);
  }

  function wordsOf({ state, error }) {
    if (state === "lost") return error?.status ? say.sayBusy : say.sayLost;
    if (state !== "failed") return "";
    if (error.said) return error.said;
    const words = { gone: say.sayGone, other: say.sayOther, unreadable: say.sayUnreadable };
    const why = Object.keys(words).find((name) => error[name]);
    return why ? words[why] : error.status === 401 ? say.saySignedOut : say.sayStopped;
  }

  function isBusy() { return [...transfers].some((transfer) => transfer.busy); }

  function room() { return Number(say.room) - [...transfers].reduce((sum, transfer) => sum + transfer.taken, 0); }

  function showRoom() {
    const words = say.sayRoom.replace("{left}", size(Math.max(0, room()))).replace("{all}", size(Number(say.quota)));
    find("left").textContent = words;
  }

  function problem(words) {
    find("problem").hidden = !words;
    if (words) find("problem").querySelector("p").textContent = words;
  }

  // A phone that falls asleep cuts the line.
  async function stayAwake() {
    if (isBusy() && !document.hidden) awake ??= navigator.wakeLock?.request("screen").catch(() => null);
    else if (awake) {
      const lock = awake;
      awake = null;
      (await lock)?.release().catch(() => {});
    }
  }
}

// How much of each unfinished upload is there already. The list is useful without it.
async function showUnfinished(site) {
  const items = [...document.querySelectorAll("[data-unfinished]")];
  for (const item of items) item.querySelector("[data-bytes]").textContent = `${size(Number(item.querySelector("[data-bytes]").dataset.bytes))},`;
  if (!items.length) return;
  const { uploads } = await site("").catch(() => ({ uploads: [] }));
  for (const upload of uploads) {
    const item = items.find((one) => one.dataset.unfinished === upload.code);
    if (!item) continue;
    const there = upload.whole ? upload.size : Math.min(upload.size, upload.parts.length * upload.part_size);
    const percent = Math.floor((there / upload.size) * 100);
    item.querySelector("progress").value = percent;
    item.querySelector("[data-percent]").textContent = `${percent}%`;
  }
}

function isSame(one, other) {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
}

// Sentences that come close together are heard together; none is lost to the next.
function announcer(region) {
  let last = 0;
  return (words) => {
    const now = performance.now();
    region.textContent = now - last < SAYING_MS ? `${region.textContent} ${words}` : words;
    last = now;
  };
}
