// The notices at the page's edge.

import { useApp, useSelect } from "../context.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";

export function Toasts() {
  const { actions } = useApp();
  const toasts = useSelect((state) => state.toasts);
  return html`<section class="toasts" aria-label="Notices" aria-live="polite" aria-relevant="additions">
    ${toasts.map(
      ({ id, text, mend, tone }) => html`<div class=${`toast ${tone}`} key=${id}>
        <${Icon} name=${tone === "bad" ? "warning" : "check"} />
        <p><span>${text}</span>${mend && html`<span class="mend">${mend}</span>`}</p>
        <button class="quiet icon-only" type="button" aria-label="Close this notice" onClick=${() => actions.toasts.close(id)}>
          <${Icon} name="cross" />
        </button>
      </div>`,
    )}
  </section>`;
}
