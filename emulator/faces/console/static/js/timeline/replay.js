// Edit a body, then make the request again.

import { useState } from "preact/hooks";
import { useApp } from "../context.js";
import { html } from "../html.js";
import { Dialog } from "../ui/dialog.js";
import { Notice } from "../ui/notice.js";

export function EditReplay({ detail, onClose, onOpen }) {
  const { actions } = useApp();
  const [body, write] = useState(detail.request.body.text ?? "");
  const [busy, work] = useState(false);
  const hasSecret = detail.request.body.text?.includes("***");
  async function submit(event) {
    event.preventDefault();
    work(true);
    const items = await actions.replay(detail.id, { body });
    work(false);
    if (!items) return;
    onClose();
    if (items[0]) onOpen(items[0].exchange);
  }
  return html`<${Dialog} title=${`Edit #${detail.id} and make it again`} onClose=${onClose} wide>
    <form class="form" onSubmit=${submit}>
      ${detail.request.body.text === null && html`<${Notice} tone="warn">The body is no text; what is written here goes in its place.<//>`}
      ${hasSecret && html`<${Notice} tone="warn">Put the secret where *** stands: it is masked here, and would be sent as ***.<//>`}
      <label class="field">
        <span>Body</span>
        <textarea class="body-edit" rows="14" spellcheck="false" value=${body} onInput=${(event) => write(event.currentTarget.value)}></textarea>
      </label>
      <p class="hint">Method, address and headers stay; ${detail.direction === "in" ? "it goes to our own webhook URL." : "it goes to the provider."}</p>
      <div class="form-end">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button class="primary" type="submit" disabled=${busy}>Make it again</button>
      </div>
    </form>
  <//>`;
}
