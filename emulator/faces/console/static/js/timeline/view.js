import { html } from "../html.js";
export function TimelineView() { return html`<p>…</p>`; }
