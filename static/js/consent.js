// The question of consent is answered in place, so that a video that plays goes on.
const form = document.querySelector("[data-consent]");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (body.get("answer") === "yes") await fetch(location.href); // brings the visitor's cookies
    form.remove();
    document.dispatchEvent(new Event("answered"));
  } catch {
    form.submit();
  }
});
