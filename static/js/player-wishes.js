// What a person wants of every player on this device, and what their connection asks for.
export const AUTO = "auto";

const connection = navigator.connection;
const asked = (query) => matchMedia(query).matches;
const thrifty = connection?.saveData === true || asked("(prefers-reduced-data: reduce)");

// Nothing plays by itself.
export const calm = asked("(prefers-reduced-motion: reduce)") || thrifty;
// The smallest file, fetched when it is needed, and no better one unless the person picks it.
export const reduced = thrifty || /2g|3g/.test(connection?.effectiveType ?? "");

export const wishes = {
  quality: reduced ? AUTO : quality(recall("quality")), // AUTO, or the short side of a picture in pixels
  speed: Number(recall("speed")) || 1,
  captions: recall("captions"), // "on", "off", or null: on while there is no sound
  language: recall("captions-language"),
};

export function wish(name, value) {
  wishes[name] = value;
  try {
    localStorage.setItem(`player.${name === "language" ? "captions-language" : name}`, value);
  } catch {
    // a browser that keeps nothing: it holds for this page
  }
}

function recall(name) {
  try {
    return localStorage.getItem(`player.${name}`);
  } catch {
    return null;
  }
}

function quality(kept) {
  return Number(kept) || AUTO;
}
