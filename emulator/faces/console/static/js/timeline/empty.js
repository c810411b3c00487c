// What to do while there is nothing to see.

import { useSelect } from "../context.js";
import { html } from "../html.js";
import { routeTo } from "../router.js";
import { CopyLine } from "../ui/copy.js";

export function EmptyTimeline({ filters, onFilter }) {
  const organization = useSelect((state) => state.organization);
  const incoming = useSelect((state) => state.document?.webhooks[0]);
  if (Object.keys(filters).length) {
    const clear = () => onFilter({ direction: "", kind: "", status: "", text: "" });
    return html`<div class="empty" role="status">
      <h2>Nothing fits</h2>
      <p>No exchange has all that is asked for.</p>
      <button type="button" onClick=${clear}>Clear the filters</button>
    </div>`;
  }
  return html`<div class="empty">
    <h2>Nothing has been exchanged yet</h2>
    <p>Every request to your provider and every webhook of it appears here. <a href=${routeTo("phone")}>Send a text</a>, or have a webhook posted to</p>
    <${CopyLine} text=${organization.webhook_url} name="webhook URL" />
    ${incoming && html`<p>for example by</p><${CopyLine} text=${incoming.curl} name="curl line" />`}
  </div>`;
}
