// The phone: conversations on the left, the open one on the right. In a narrow window one of the two.

import { useEffect, useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { html } from "../html.js";
import { navigate, routeTo } from "../router.js";
import { useShortcuts } from "../shortcuts.js";
import { ChatView } from "./chat.js";
import { FirstSteps } from "./first.js";
import { NewConversation } from "./new.js";
import { Sidebar } from "./sidebar.js";

export function PhoneView({ route }) {
  const { actions } = useApp();
  const [number, contact] = route.parts;
  const [asking, ask] = useState(false);
  const open = Boolean(number && contact);

  useEffect(() => {
    if (open) actions.openChat(number, contact);
    else actions.leaveChat();
    return () => actions.leaveChat();
  }, [number, contact]);
  useShortcuts({
    n: () => ask(true),
    "/": () => document.getElementById("compose")?.focus(),
    Escape: () => open && navigate(routeTo("phone")),
  });

  const chat = useSelect((state) => state.chat);
  return html`<div class=${`phone ${open ? "has-open" : ""}`}>
    <h1 class="visually-hidden">Phone</h1>
    <${Sidebar} open=${open ? chat?.key : null} onNew=${() => ask(true)} />
    <section class="chat" aria-label=${open ? `Conversation with ${contact}` : "First steps"}>
      ${open && chat ? html`<${ChatView} key=${chat.key} chat=${chat} />` : html`<${FirstSteps} onNew=${() => ask(true)} />`}
    </section>
    ${asking && html`<${NewConversation} onClose=${() => ask(false)} />`}
  </div>`;
}
