// What to do first: what the provider needs to know, and how to get a first text, out and in.

import { useSelect } from "../context.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { navigate, routeTo } from "../router.js";
import { CopyLine } from "../ui/copy.js";

export function FirstSteps({ onNew }) {
  const organization = useSelect((state) => state.organization);
  const document = useSelect((state) => state.document);
  const some = useSelect((state) => state.conversations.length > 0);
  const incoming = document?.webhooks.find((each) => each.event_type === "message") ?? document?.webhooks[0];
  const number = organization.numbers[0];
  const write = () => (number ? navigate(routeTo("phone", [number, organization.contact])) : onNew());
  return html`<div class="first">
    <h2>${some ? "Choose a conversation" : "Nothing has been sent yet"}</h2>
    <p class="lead">
      This page plays Ringotel's side of <b>${organization.service}</b> for the organization <b>${organization.domain}</b>. What is
      written here goes to your provider; what your provider posts appears here.
    </p>
    <ol class="steps">
      <li>
        <h3>Give your provider the webhook URL</h3>
        <p>${organization.has_subscribe ? "The document's Subscribe request has told it already; here it is for doing it by hand." : "The document has no Subscribe request, so enter it where your provider keeps such addresses."}</p>
        <${CopyLine} text=${organization.webhook_url} name="webhook URL" />
      </li>
      <li>
        <h3>Send a first text</h3>
        <p>From ${number ?? "no number: the organization has none"} to the contact ${organization.contact}.</p>
        <button class="primary" type="button" onClick=${write}><${Icon} name="edit" /><span>Write to ${organization.contact}</span></button>
      </li>
      <li>
        <h3>Have a text come in</h3>
        ${incoming
          ? html`<p>Post what your provider would. This line fits the document's model:</p>
              <${CopyLine} text=${incoming.curl} name="curl line" />`
          : html`<p>The document has no webhook model that an example could be made for. <a href=${routeTo("document")}>See the document</a>.</p>`}
      </li>
    </ol>
  </div>`;
}
