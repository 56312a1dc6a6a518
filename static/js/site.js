// Every page: theme, menu, buttons that send once, copying, focus on what went wrong.
const html = document.documentElement;

for (const box of document.querySelectorAll("[data-theme-choice]")) {
  box.hidden = false;
  const buttons = [...box.querySelectorAll("[data-theme-value]")];
  const show = () => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.themeValue === (html.dataset.theme ?? ""))));
  show();
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-value]");
    if (!button) return;
    const value = button.dataset.themeValue;
    if (value) html.dataset.theme = value;
    else delete html.dataset.theme;
    document.cookie = `theme=${value};path=/;samesite=lax;max-age=${value ? 31536000 : 0}`;
    show();
  });
}

for (const menu of document.querySelectorAll("[data-menu]")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// Whoever comes back to a page that answered a form finds the page, and is not asked to send the form again.
if ("comesBack" in html.dataset) history.replaceState(history.state, "", location.href);

// A form is sent once; the button comes back when the person returns to the page.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (event.target.dataset.sent) return event.preventDefault();
  if (!event.target.querySelector("[data-once]")) return;
  event.target.dataset.sent = "yes";
  event.target.querySelectorAll("[data-once]").forEach((b) => b.setAttribute("aria-busy", "true"));
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((b) => b.removeAttribute("aria-busy"));
  }
});

// <button data-copy="text" data-copied="Copied">: the button's words change for a moment and are announced.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.querySelector("[data-words]") ?? button;
  words.dataset.was ??= words.textContent;
  words.setAttribute("aria-live", "polite");
  if (await copy(button.dataset.copy)) words.textContent = button.dataset.copied;
  setTimeout(() => { words.textContent = words.dataset.was; }, 2500);
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages opened over plain http have no clipboard: select a field's text and copy that.
    const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "unseen" });
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.focus();
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

// <button data-share-url="…" data-share-title="…" hidden>: the system's own sheet, where there is one.
for (const button of document.querySelectorAll("[data-share-url]")) {
  if (!navigator.share) continue;
  button.hidden = false;
  button.addEventListener("click", () => navigator.share({ url: button.dataset.shareUrl, title: button.dataset.shareTitle }).catch(() => {}));
}

document.querySelector("[data-focus-first]")?.focus();
