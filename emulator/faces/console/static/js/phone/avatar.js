// A round mark for a contact: the last two digits, in one of a few colours.

import { html } from "../html.js";

const HUES = 6;

export function Avatar({ name }) {
  const digits = name.replace(/\D/g, "");
  const sum = [...name].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return html`<span class=${`avatar hue-${sum % HUES}`} aria-hidden="true">${(digits || name).slice(-2)}</span>`;
}
