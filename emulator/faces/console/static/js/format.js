// Times, sizes and numbers as people read them.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const EXACT = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
});
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export const clock = (at) => (at ? CLOCK.format(new Date(at)) : "");
export const exactTime = (at) => (at ? EXACT.format(new Date(at)) : "");
export const fullTime = (at) => (at ? FULL.format(new Date(at)) : "");
export const dayOf = (at) => (at ? new Date(at).toDateString() : "");

export function day(at, now = new Date()) {
  if (!at) return "";
  const date = new Date(at);
  if (date.toDateString() === now.toDateString()) return "Today";
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  return date.toDateString() === yesterday.toDateString() ? "Yesterday" : DAY.format(date);
}

/** The clock for today, the day for all before. */
export function shortTime(at, now = new Date()) {
  if (!at) return "";
  return new Date(at).toDateString() === now.toDateString() ? clock(at) : day(at, now).split(",")[0];
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return `${seconds.toFixed(2)} s`;
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}
