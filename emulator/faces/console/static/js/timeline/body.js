// A body: pretty or as it was sent.

import { useState } from "preact/hooks";
import { downloadBytes } from "../clipboard.js";
import { size } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { formLines, jsonLines, plainLines } from "../jsonlines.js";
import { CopyButton } from "../ui/copy.js";
import { Lines } from "../ui/lines.js";

/** The lines of a text by what it is, or null where there is nothing prettier than itself. */
export function prettyLines(text, type) {
  if (/x-www-form-urlencoded/i.test(type)) return formLines(text);
  return jsonLines(text);
}

export function BodyShown({ body, type, url = "", marks = {}, name }) {
  const [raw, show] = useState(false);
  const query = url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
  if (body.size === 0) {
    if (!query) return html`<p class="muted no-body">No body.</p>`;
    return html`<p class="body-head muted">Query</p><${Lines} lines=${formLines(query)} marks=${marks} label=${`${name}: query`} />`;
  }
  const save = () => downloadBytes("body.bin", body.base64);
  if (body.text === null) {
    return html`<div class="body-head">
      <span class="muted">${size(body.size)}${body.encoding ? `, ${body.encoding}` : ""}, not text</span>
      <button class="quiet small" type="button" onClick=${save}><${Icon} name="save" /><span>Save it</span></button>
    </div>`;
  }
  const pretty = prettyLines(body.text, type);
  const lines = raw || !pretty ? plainLines(body.text) : pretty;
  return html`<div class="body-head">
      <span class="muted">${size(body.size)}${type ? ` · ${type}` : ""}${body.encoding ? ` · unpacked from ${body.encoding}` : ""}</span>
      ${pretty &&
      html`<div class="segmented" role="group" aria-label=${`How to show the body: ${name}`}>
        <button type="button" aria-pressed=${String(!raw)} onClick=${() => show(false)}>Pretty</button>
        <button type="button" aria-pressed=${String(raw)} onClick=${() => show(true)}>Raw</button>
      </div>`}
      <${CopyButton} text=${body.text} label=${`Copy the body: ${name}`} compact quiet />
    </div>
    <${Lines} lines=${lines} marks=${raw ? {} : marks} label=${`Body: ${name}`} />`;
}
