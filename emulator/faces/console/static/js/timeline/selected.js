// What can be done with the rows that are selected.

import { useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { chosen } from "../selection.js";

export function SelectionBar() {
  const { actions } = useApp();
  const selection = useSelect((state) => state.selection);
  const [saving, save] = useState("");
  const ids = chosen(selection);
  async function saveHar() {
    await actions.saveHar(ids, `ringo-emu-${ids[0]}-${ids.at(-1)}`, (done, all) => save(`${done} of ${all}`));
    save("");
  }
  return html`<div class="selection" role="toolbar" aria-label="Selected exchanges">
    <span role="status"><b>${ids.length.toLocaleString()}</b> selected</span>
    <button type="button" onClick=${saveHar} disabled=${Boolean(saving)}><${Icon} name="save" /><span>${saving || "Download HAR"}</span></button>
    <button class="quiet" type="button" onClick=${actions.unselect}>Clear</button>
  </div>`;
}
