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
    const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: this.form.dataset.currency });
    for (const total of this.form.querySelectorAll("[data-total]")) total.textContent = typed > 0 ? format.format(typed) : total.dataset.none;
  }

  // The answer names the payment page, or is the form with what is wrong in it, or says why it was not even read.
  async #send(event) {
    event.preventDefault();
    if (this.sending) return;
    this.#wait(true);
    const unreachable = this.form.querySelector("[data-unreachable]");
    const refused = this.form.querySelector("[data-refused]");
    unreachable.hidden = refused.hidden = true;
    try {
      const answer = await fetch(this.form.action, { method: "POST", body: new FormData(this.form), headers: { Accept: "application/json, text/html;q=0.5" } });
      if (!answer.headers.get("content-type").startsWith("application/json")) await DonateForm.place(this.sheet, answer);
      else {
        const said = await answer.json();
        if (said.next) return location.assign(said.next);
        refused.hidden = false;
        refused.querySelector("[data-refusal]").textContent = said.error;
      }
    } catch {
      unreachable.hidden = false;
    }
    this.#wait(false);
  }

  #wait(sending) {
    this.sending = sending;
    this.form.querySelector("[type=submit]").setAttribute("aria-busy", String(sending));
  }
}
