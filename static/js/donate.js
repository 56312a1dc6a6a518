// The donate form: presets fill the amount, one line says what will happen, and it is sent once.
// A comma may only part thousands: "10,50" could mean two amounts.
const WRITTEN_AMOUNT = /^(\d+|\d{1,3}(,\d{3})+)(\.\d*)?$/;

export class DonateForm {
  // Put the form of an answer's page into a sheet.
  static async place(body, answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page.querySelector("[data-donate-content]");
    if (!content) throw new Error("no form in the answer");
    body.replaceChildren(content);
    const form = content.querySelector("[data-donate-form]");
    if (form) new DonateForm(form, body);
    (content.querySelector("[data-focus-first]") ?? content.querySelector("h1, h2"))?.focus();
  }

  // Without a sheet the browser sends the form itself.
  constructor(form, sheet = null) {
    this.form = form;
    this.sheet = sheet;
    this.amount = form.elements.amount;
    this.presets = [...form.querySelectorAll("[data-amount]")];
    form.querySelectorAll("[data-with-script]").forEach((part) => { part.hidden = false; });
    form.addEventListener("click", (event) => {
      const preset = event.target.closest("[data-amount]");
      if (!preset) return;
      this.amount.value = preset.dataset.amount;
      this.#show();
    });
    this.amount.addEventListener("input", () => this.#show());
    if (sheet) form.addEventListener("submit", (event) => this.#send(event));
    addEventListener("pageshow", () => this.#wait(false)); // the person came back from the payment page
    this.#show();
  }

  #show() {
    const words = this.amount.value.normalize("NFKC").trim();
    const typed = WRITTEN_AMOUNT.test(words) ? Number(words.replaceAll(",", "")) : 0;
    for (const preset of this.presets) preset.setAttribute("aria-pressed", String(Number(preset.dataset.amount) === typed && typed > 0));
    const total = this.form.querySelector("[data-total]");
    const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: this.form.dataset.currency });
    total.textContent = typed > 0 ? format.format(typed) : "–";
  }

  // The first sending checks the form and stores the donation; when it is accepted, the same form is sent by the browser
  // itself, which follows the way to the payment page. Its token makes both one donation.
  async #send(event) {
    event.preventDefault();
    if (this.sending) return;
    this.#wait(true);
    try {
      const answer = await fetch(this.form.action, { method: "POST", body: new FormData(this.form), redirect: "manual", headers: { Accept: "text/html" } });
      if (answer.type === "opaqueredirect") return HTMLFormElement.prototype.submit.call(this.form);
      await DonateForm.place(this.sheet, answer);
    } catch {
      this.form.querySelector("[data-unreachable]").hidden = false;
    }
    this.#wait(false);
  }

  #wait(sending) {
    this.sending = sending;
    this.form.querySelector("[type=submit]").setAttribute("aria-busy", String(sending));
  }
}
