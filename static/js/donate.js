// The donate form: presets fill the amount, one line says what will happen, and it is sent once.
// The usual ways of writing an amount. The server reads more of them; what this does not know is not shown.
const WAYS = [/^(\d{1,15})(?:\.(\d*))?$/, /^(\d{1,3}(?:,\d{3})+)(?:\.(\d*))?$/, /^(\d{1,3}(?:[ '’]\d{3})+)(?:[.,](\d*))?$/, /^()\.(\d+)$/];

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

  // What is written in the field, 0 when that is not clear.
  #typed(places) {
    let words = this.amount.value.normalize("NFKC").trim().replace("。", ".").toUpperCase();
    for (const mark of this.form.dataset.marks.split(" ")) {
      if (words.startsWith(mark)) words = words.slice(mark.length).trim();
      else if (words.endsWith(mark)) words = words.slice(0, -mark.length).trim();
      else continue;
      break;
    }
    const [, whole = "", part = ""] = WAYS.map((way) => way.exec(words)).find(Boolean) ?? [];
    const commaMayStandBeforeCents = places === 3 && /^\d{1,3},\d{3}$/.test(words);
    const pointMayPartThousands = places < 3 && /^[1-9]\d{0,2}\.\d{3}$/.test(words);
    if (commaMayStandBeforeCents || pointMayPartThousands || part.replace(/0+$/, "").length > places) return 0;
    return Number(`${whole.replace(/\D/g, "")}.${part}0`);
  }

  #show() {
    const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: this.form.dataset.currency });
    const typed = this.#typed(format.resolvedOptions().maximumFractionDigits);
    for (const preset of this.presets) preset.setAttribute("aria-pressed", String(Number(preset.dataset.amount) === typed && typed > 0));
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
