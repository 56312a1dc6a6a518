// The sheets over a player: share, keys, donate. The video waits while one is open and goes on afterwards.
import { DonateForm } from "./donate.js";
import { through, touched } from "./touches.js";

export class Sheets {
  constructor(current) {
    this.current = current; // () => the player on stage
    this.own = new Map(); // links that were made on this page, by video
    this.donate = document.querySelector("[data-donate-sheet]");
    this.share = document.querySelector("[data-share-sheet]");
    this.keys = document.querySelector("[data-keys-sheet]");
    for (const sheet of [this.donate, this.share, this.keys]) this.#prepare(sheet);
    document.addEventListener("click", (event) => this.#clicked(event));
    const system = this.share.querySelector("[data-share-system]");
    system.hidden = !navigator.share;
    system.addEventListener("click", () => navigator.share(this.passing).catch(() => {}));
    const off = this.keys.querySelector("[data-keys-off]");
    off.checked = localStorage.getItem("keys") === "off";
    off.addEventListener("change", () => localStorage.setItem("keys", off.checked ? "off" : "on"));
    this.reveal(document);
  }

  get open() {
    return document.querySelector("dialog[open]") !== null;
  }

  get keysOff() {
    return localStorage.getItem("keys") === "off";
  }

  // Buttons that need JavaScript stand hidden until it is here.
  reveal(within) {
    within.querySelectorAll("[data-share], [data-keys], [data-menu-open]").forEach((button) => { button.hidden = false; });
  }

  #prepare(sheet) {
    sheet.querySelector("[data-close]").addEventListener("click", () => sheet.close());
    sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
    sheet.addEventListener("close", () => {
      if (this.waiting) this.waiting.play();
      this.waiting = null;
    });
  }

  #clicked(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const donate = event.target.closest("[data-donate]");
    if (donate) {
      event.preventDefault();
      this.openDonate(donate.href);
    } else if (event.target.closest("[data-share]")) this.openShare(event.target.closest("[data-stage]")?.querySelector("[data-player]"));
    else if (event.target.closest("[data-keys]")) this.openKeys();
  }

  #show(sheet) {
    if (this.open) return false;
    const player = this.current();
    this.waiting = player?.playing ? player : null;
    player?.pause();
    sheet.showModal();
    return true;
  }

  openShare(root) {
    const { dataset } = root ?? this.current().root;
    this.share.querySelector("[data-share-title]").textContent = dataset.title;
    this.#pass(dataset.title, dataset.link, `/v/${dataset.code}/qr.svg`);
    this.sharing = dataset.code;
    if (this.#show(this.share)) this.#ownLink(dataset);
  }

  #pass(title, url, picture, own) {
    const place = this.share.querySelector("[data-share-own]");
    place.hidden = !own;
    if (own) place.querySelector("a").href = own;
    this.passing = { url, title };
    this.share.querySelector("[data-copy]").dataset.copy = url;
    this.share.querySelector("[data-share-qr]").src = picture;
  }

  // A link of one's own, one a video, by which what comes of it can be told. Until it is here, the plain one is as good.
  async #ownLink({ code, title, shareBy }) {
    if (!this.own.has(code)) {
      const answer = await fetch(shareBy, { method: "POST", body: new URLSearchParams({ r: through }) }).catch(() => null);
      if (!answer?.ok) return;
      this.own.set(code, await answer.json());
    }
    const { link, qr, own } = this.own.get(code);
    if (this.share.open && this.sharing === code) this.#pass(title, link, qr, own);
  }

  openKeys() {
    this.#show(this.keys);
  }

  async openDonate(address) {
    if (!this.#show(this.donate)) return;
    const player = this.current();
    touched(player?.root.dataset.code, "open", player?.video?.currentTime);
    const body = this.donate.querySelector("[data-donate-body]");
    const skeleton = setTimeout(() => body.replaceChildren(this.donate.querySelector("[data-donate-waiting]").content.cloneNode(true)), 300);
    if (body.dataset.address === address && body.querySelector("form")) {
      clearTimeout(skeleton);
      return;
    }
    body.replaceChildren();
    body.dataset.asked = address; // a slow answer must not replace the form of a video asked for since
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (body.dataset.asked !== address) return;
      await DonateForm.place(body, answer);
      body.dataset.address = address;
    } catch {
      if (body.dataset.asked === address) body.textContent = body.dataset.failed;
    } finally {
      clearTimeout(skeleton);
    }
  }
}
