import { html } from "../html.js";
export function FaultsView() { return html`<p>…</p>`; }
