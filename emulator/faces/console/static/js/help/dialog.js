// The shortcuts, and whether single keys do anything at all.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { SHORTCUTS, setSingleKeys, singleKeysOn } from "../shortcuts.js";
import { Dialog } from "../ui/dialog.js";

export function HelpDialog({ onClose }) {
  const [on, turn] = useState(singleKeysOn);
  const change = (event) => {
    setSingleKeys(event.currentTarget.checked);
    turn(event.currentTarget.checked);
  };
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${onClose} wide>
    <div class="shortcuts">
      ${SHORTCUTS.map(
        ([group, keys]) => html`<section key=${group}>
          <h3>${group}</h3>
          <dl>
            ${keys.map(
              ([key, meaning]) => html`<div key=${key}>
                <dt>${key.split(" ").map((each) => (["or", "with"].includes(each) ? ` ${each} ` : html`<kbd>${each}</kbd>`))}</dt>
                <dd>${meaning}</dd>
              </div>`,
            )}
          </dl>
        </section>`,
      )}
    </div>
    <label class="check"><input type="checkbox" checked=${on} onChange=${change} /> Single keys are shortcuts</label>
    <p class="hint">
      The page is a client of the API at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>; all that it does, a test can do
      too.
    </p>
  <//>`;
}
