// What the browser remembers for the next visit. Where it keeps nothing, the defaults hold.

const PREFIX = "ringo-emu.";

export function remembered(name, fallback) {
  try {
    return localStorage.getItem(PREFIX + name) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Nothing to be done: the choice holds until the page is closed.
  }
}
