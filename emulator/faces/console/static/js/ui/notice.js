// A box that says what is so, or wrong, and how to mend it.

import { html } from "../html.js";
import { Icon } from "../icons.js";

const ICONS = { bad: "warning", warn: "warning", good: "check", info: "info" };

export function Notice({ tone = "info", title, children, role }) {
  return html`<div class=${`notice ${tone}`} role=${role}>
    <${Icon} name=${ICONS[tone]} />
    <div class="notice-text">
      ${title && html`<p class="notice-title">${title}</p>`} ${children && html`<div class="notice-more">${children}</div>`}
    </div>
  </div>`;
}
