// How an exchange ended, in a word and a colour.

import { html } from "../html.js";

export function toneOf({ status, under_way: underWay, error }) {
  if (underWay) return "info";
  if (error || status === null) return "bad";
  if (status >= 500) return "bad";
  if (status >= 400) return "warn";
  return status < 300 ? "good" : "";
}

export function StatusBadge({ exchange }) {
  const { status, error, under_way: underWay } = exchange;
  const text = underWay ? "under way" : (status ?? (error ? "error" : "no answer"));
  return html`<span class=${`badge ${toneOf(exchange)}`} title=${error ?? undefined}>${text}</span>`;
}
