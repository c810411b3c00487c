// What can be done with the rows that are selected.

import { useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { chosen } from "../selection.js";
import { lazy } from "../ui/lazy.js";

const MOST_KEPT = 500;
const KeepScenario = lazy(() => import("./keep.js"), "KeepScenario");

export function SelectionBar() {
  const { actions } = useApp();
  const selection = useSelect((state) => state.selection);
  const [saving, save] = useState("");
  const [keeping, keep] = useState(false);
  const ids = chosen(selection);
  async function saveHar() {
    await actions.saveHar(ids, `ringo-emu-${ids[0]}-${ids.at(-1)}`, (done, all) => save(`${done} of ${all}`));
    save("");
  }
  return html`<div class="selection" role="toolbar" aria-label="Selected exchanges">
    <span role="status"><b>${ids.length.toLocaleString()}</b> selected</span>
    <button
      class="primary"
      type="button"
      disabled=${ids.length > MOST_KEPT}
      title=${ids.length > MOST_KEPT ? `At most ${MOST_KEPT} exchanges make a scenario` : undefined}
      onClick=${() => keep(true)}
    ><${Icon} name="file" /><span>Keep as scenario…</span></button>
    <button type="button" onClick=${saveHar} disabled=${Boolean(saving)}><${Icon} name="save" /><span>${saving || "Download HAR"}</span></button>
    <button class="quiet" type="button" onClick=${actions.unselect}>Clear</button>
    ${keeping && html`<${KeepScenario} ids=${ids} onClose=${() => keep(false)} />`}
  </div>`;
}
