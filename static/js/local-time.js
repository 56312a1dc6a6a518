// Writes the moments of a part of the page in the zone of the device; without scripts they stand there in UTC.
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function localise(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
    time.title = zone;
  }
}
