import { html } from "../html.js";
export function DocumentView() { return html`<p>…</p>`; }
