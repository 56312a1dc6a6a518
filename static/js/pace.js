// How fast bytes go, how long the rest takes, and how to say both: in words of the page's language.
const WINDOW_MS = 8000;
const LEAST_MS = 700; // a shorter look says nothing yet
const KILO = 1024;

// Counts the bytes that really went over the wire. They only ever grow, even where a part has to be sent again.
export class Pace {
  #seen = [];
  #total = 0;

  sent(bytes, now = performance.now()) {
    this.#total += bytes;
    this.#seen.push([now, this.#total]);
    while (this.#seen.length > 2 && now - this.#seen[0][0] > WINDOW_MS) this.#seen.shift();
  }

  // After a pause the time before it counts no more.
  rest() { this.#seen = []; }

  perSecond() {
    if (this.#seen.length < 2) return 0;
    const [began, before] = this.#seen[0];
    const [ended, after] = this.#seen.at(-1);
    return ended - began < LEAST_MS ? 0 : ((after - before) * 1000) / (ended - began);
  }
}

const language = document.documentElement.lang;
const inUnit = (value, unit, digits = 0, unitDisplay = "short") =>
  new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay, maximumFractionDigits: digits }).format(value);

export function size(bytes) {
  if (bytes < KILO ** 2) return inUnit(Math.ceil(bytes / KILO), "kilobyte");
  if (bytes < 1000 * KILO ** 2) return inUnit(bytes / KILO ** 2, "megabyte", bytes < 10 * KILO ** 2 ? 1 : 0);
  return inUnit(bytes / KILO ** 3, "gigabyte", 1);
}

export function speed(perSecond) {
  if (perSecond < KILO ** 2) return inUnit(Math.ceil(perSecond / KILO), "kilobyte-per-second");
  return inUnit(perSecond / KILO ** 2, "megabyte-per-second", 1);
}

export function time(seconds) {
  if (seconds < 10) return inUnit(Math.max(1, Math.ceil(seconds)), "second", 0, "long");
  if (seconds < 60) return inUnit(Math.ceil(seconds / 5) * 5, "second", 0, "long");
  if (seconds < 90 * 60) return inUnit(Math.ceil(seconds / 60), "minute", 0, "long");
  return inUnit(seconds / 3600, "hour", 1, "long");
}
