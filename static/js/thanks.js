// Waits for the payment, asking less and less often, and shows the page anew once it has arrived.
const page = document.querySelector("[data-poll]");
const FIRST_MS = 900;
const LONGEST_MS = 8000;

async function ask(pause) {
  try {
    const answer = await fetch(page.dataset.poll, { headers: { Accept: "application/json" } });
    if (answer.ok && (await answer.json()).settled) return location.reload();
  } catch {
    // the network will be back
  }
  setTimeout(() => ask(Math.min(pause * 1.4, LONGEST_MS)), pause);
}

if (page) setTimeout(() => ask(FIRST_MS), FIRST_MS);
