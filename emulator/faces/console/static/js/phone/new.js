// Begin a conversation: from which number, and with whom.

import { useState } from "preact/hooks";
import { useSelect } from "../context.js";
import { html } from "../html.js";
import { navigate, routeTo } from "../router.js";
import { Dialog } from "../ui/dialog.js";
import { usersOf } from "../chats.js";

export function NewConversation({ onClose }) {
  const organization = useSelect((state) => state.organization);
  const [number, choose] = useState(organization.numbers[0] ?? "");
  const [contact, write] = useState(organization.contact);
  const begin = (event) => {
    event.preventDefault();
    if (!contact.trim()) return;
    onClose();
    navigate(routeTo("phone", [number, contact.trim()]));
    requestAnimationFrame(() => document.getElementById("compose")?.focus());
  };
  return html`<${Dialog} title="New conversation" onClose=${onClose}>
    <form class="form" onSubmit=${begin}>
      ${organization.numbers.length > 1 &&
      html`<label class="field">
        <span>From</span>
        <select value=${number} onChange=${(event) => choose(event.currentTarget.value)}>
          ${organization.numbers.map(
            (each) => html`<option key=${each} value=${each}>
              ${each} · ${usersOf(organization, each).map((user) => user.name).join(", ") || "nobody"}
            </option>`,
          )}
        </select>
      </label>`}
      <label class="field">
        <span>To, the contact's number</span>
        <input
          type="tel"
          required
          maxlength="100"
          autocomplete="off"
          value=${contact}
          onInput=${(event) => write(event.currentTarget.value)}
          onFocus=${(event) => event.currentTarget.select()}
          autofocus
        />
      </label>
      <p class="hint">Nobody is texted for real: what is sent goes to your provider's test address.</p>
      <div class="form-end">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button class="primary" type="submit">Write to it</button>
      </div>
    </form>
  <//>`;
}
