// While webhooks are answered wrongly on purpose, every view says so, and one click ends it.

import { useApp, useSelect } from "../context.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { routeTo } from "../router.js";
import { planSaid, plansOn } from "./words.js";

export function FaultsBanner() {
  const { actions } = useApp();
  const faults = plansOn(useSelect((state) => state.faults));
  return html`<div role="status" class="banner-place">
    ${faults.length > 0 &&
    html`<div class="banner warn">
      <${Icon} name="faults" />
      <span><strong>Faults are on.</strong> ${faults.map(planSaid).join("; ")}. <a href=${routeTo("faults")}>Change</a></span>
      <button type="button" onClick=${() => actions.endFaults()}>End them</button>
    </div>`}
  </div>`;
}
