// The donor's chain grows while the page is looked at.
const chain = document.querySelector("[data-chain]");
const PAUSE_MS = 10000;

setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(chain.dataset.chain).catch(() => null);
  if (!answer?.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  if (now.textContent !== chain.textContent) chain.replaceChildren(...now.childNodes);
}, PAUSE_MS);
