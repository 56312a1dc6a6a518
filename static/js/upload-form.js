// The words about the only file: saved behind the page's back, because the page must stay while the file is sent.
export class DetailsForm {
  saved = false;

  constructor(form, token, onSaved) {
    Object.assign(this, { form, token, onSaved });
    this.status = form.querySelector("[data-saved]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  open(address, filename) {
    this.form.action = address;
    this.form.hidden = false;
    const about = this.form.querySelector("[data-about]");
    about.textContent = about.dataset.sayAbout.replace("{name}", filename);
    const title = this.form.elements.title;
    title.value ||= filename.replace(/\.[^.]+$/, "").slice(0, title.maxLength);
  }

  close() { this.form.hidden = true; }

  async #save() {
    this.status.textContent = "";
    const headers = { Accept: "application/json", "X-CSRFToken": this.token };
    let told = {}, ok = false;
    try {
      const answer = await fetch(this.form.action, { method: "POST", headers, body: new FormData(this.form) });
      ok = answer.ok && !answer.redirected;
      told = await answer.json();
    } catch { /* told below */ }
    this.#calm();
    if (ok) {
      this.saved = true;
      this.status.textContent = this.status.dataset.saySaved;
      this.onSaved();
    } else {
      this.#complain(told);
    }
  }

  #calm() {
    delete this.form.dataset.sent;
    this.form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    this.form.querySelectorAll("[aria-invalid]").forEach(well);
  }

  #complain({ error, errors = {} }) {
    this.status.textContent = error ?? this.status.dataset.sayUnsaved;
    for (const [name, words] of Object.entries(errors)) {
      const field = this.form.elements[name];
      field.setAttribute("aria-invalid", "true");
      field.setCustomValidity(words);
      field.addEventListener("input", () => well(field), { once: true });
      this.status.textContent = words;
    }
  }
}

function well(field) {
  field.removeAttribute("aria-invalid");
  field.setCustomValidity("");
}
