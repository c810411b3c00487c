// Keep what was played: the selected exchanges as a scenario that plays them again, shown before it is saved.

import { useEffect, useState } from "preact/hooks";
import { useApp } from "../context.js";
import { html } from "../html.js";
import { CopyButton, CopyLine } from "../ui/copy.js";
import { Dialog } from "../ui/dialog.js";
import { Notice } from "../ui/notice.js";

const WRITING_MS = 250;

export function KeepScenario({ ids, onClose }) {
  const { actions } = useApp();
  const [name, write] = useState("Played by hand");
  const [draft, show] = useState(null);
  const [kept, keep] = useState(null);
  const [busy, work] = useState(false);

  useEffect(() => {
    if (!name.trim()) return undefined;
    const timer = setTimeout(async () => show(await actions.scenario(ids, name.trim())), draft ? WRITING_MS : 0);
    return () => clearTimeout(timer);
  }, [name]);

  async function save(event) {
    event.preventDefault();
    work(true);
    keep((await actions.scenario(ids, name.trim(), { save: true })) ?? null);
    work(false);
  }
  if (kept) return html`<${Kept} kept=${kept} onClose=${onClose} />`;
  return html`<${Dialog} title=${`Keep ${ids.length} ${ids.length === 1 ? "exchange" : "exchanges"} as a scenario`} onClose=${onClose} wide>
    <form class="form" onSubmit=${save}>
      <label class="field">
        <span>Name</span>
        <input required maxlength="200" value=${name} onInput=${(event) => write(event.currentTarget.value)} onFocus=${(event) => event.currentTarget.select()} autofocus />
      </label>
      ${draft?.notes.length > 0 && html`<${Notice} tone="warn" title="Look at this before you rely on it"><${Notes} notes=${draft.notes} /><//>`}
      <div class="code" tabindex="0" role="group" aria-label="The scenario"><pre class="draft">${draft?.text ?? ""}</pre></div>
      <p class="hint">It is written to <code>${draft?.file ?? "…"}</code>, and no file is overwritten.</p>
      <div class="form-end">
        ${draft && html`<${CopyButton} text=${draft.text} />`}
        <button type="button" onClick=${onClose}>Cancel</button>
        <button class="primary" type="submit" disabled=${busy || !draft}>Save</button>
      </div>
    </form>
  <//>`;
}

function Kept({ kept, onClose }) {
  return html`<${Dialog} title="Kept" onClose=${onClose}>
    <div class="form">
      <${Notice} tone="good" title=${`Saved as ${kept.file}`} role="status">
        ${kept.fixtures.length > 0 && html`<p>What it sends is in ${kept.fixtures.join(", ")}.</p>`}
      <//>
      <p>Play it again at any time:</p>
      <${CopyLine} text=${`ringo-emu run ${kept.file}`} name="command" />
      <div class="form-end"><button class="primary" type="button" onClick=${onClose} autofocus>Done</button></div>
    </div>
  <//>`;
}

function Notes({ notes }) {
  return html`<ul class="notes">${notes.map((note) => html`<li key=${note}>${note}</li>`)}</ul>`;
}
