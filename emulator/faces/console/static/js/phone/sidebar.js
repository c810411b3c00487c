// Users with their numbers, and the conversations of all or of one number.

import { useRef, useState } from "preact/hooks";
import { useSelect } from "../context.js";
import { count, fullTime, shortTime } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { routeTo } from "../router.js";
import { usersOf } from "../chats.js";
import { VirtualList, reveal } from "../ui/virtual.js";
import { Avatar } from "./avatar.js";
import { stateOf } from "./states.js";

const ROW = 68;

export function Sidebar({ open, onNew }) {
  const organization = useSelect((state) => state.organization);
  const conversations = useSelect((state) => state.conversations);
  const unread = useSelect((state) => state.unread);
  const [number, choose] = useState("");
  const shown = number ? conversations.filter((each) => each.number === number) : conversations;
  const list = useRef();

  function walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const link = event.target.closest("[data-index]");
    if (!step || !link) return;
    event.preventDefault();
    const index = Math.min(shown.length - 1, Math.max(0, Number(link.dataset.index) + step));
    reveal(list.current, index, ROW);
    requestAnimationFrame(() => list.current?.querySelector(`[data-index="${index}"]`)?.focus());
  }

  return html`<aside class="sidebar" aria-label="Conversations">
    <div class="sidebar-head">
      <h2>Conversations</h2>
      <button class="primary small" type="button" onClick=${onNew} title="New conversation (n)"><${Icon} name="plus" /><span>New</span></button>
    </div>
    <${Numbers} organization=${organization} number=${number} onChoose=${choose} />
    ${shown.length === 0
      ? html`<p class="sidebar-empty">No messages yet.<br />Begin one with <b>New</b>, or have your provider post a webhook.</p>`
      : html`<${VirtualList}
          listRef=${list}
          class="virtual conversations"
          role="list"
          aria-label=${count(shown.length, "conversation")}
          count=${shown.length}
          rowHeight=${ROW}
          onKeyDown=${walk}
          row=${(index, style) =>
            html`<${Row}
              key=${shown[index].id}
              index=${index}
              style=${style}
              conversation=${shown[index]}
              isOpen=${shown[index].id === open}
              unread=${unread[shown[index].id] ?? 0}
              organization=${organization}
            />`}
        />`}
  </aside>`;
}

function Numbers({ organization, number, onChoose }) {
  const numbers = organization.numbers;
  const names = (each) => usersOf(organization, each).map((user) => user.name).join(", ");
  if (numbers.length === 1) {
    return html`<p class="own-number">
      <${Icon} name=${usersOf(organization, numbers[0]).length > 1 ? "people" : "phone"} />
      <span><b>${names(numbers[0]) || "Nobody's number"}</b> <span class="muted number">${numbers[0]}</span></span>
    </p>`;
  }
  return html`<div class="own-number">
    <label class="visually-hidden" for="number-filter">Whose conversations</label>
    <select id="number-filter" value=${number} onChange=${(event) => onChoose(event.currentTarget.value)}>
      <option value="">All numbers</option>
      ${numbers.map((each) => html`<option key=${each} value=${each}>${each} · ${names(each) || "nobody"}</option>`)}
    </select>
  </div>`;
}

function Row({ index, style, conversation, isOpen, unread, organization }) {
  const { number, contact, latest } = conversation;
  const group = usersOf(organization, number).length > 1;
  const state = latest.direction === "out" ? stateOf(latest) : null;
  return html`<div class="virtual-row" role="listitem" style=${style}>
    <a class="conversation" href=${routeTo("phone", [number, contact])} aria-current=${isOpen ? "true" : undefined} data-index=${index}>
      <${Avatar} name=${contact} />
      <span class="conversation-text">
        <span class="conversation-top">
          <span class="contact">${contact}</span>
          <time datetime=${latest.at} title=${fullTime(latest.at)}>${shortTime(latest.at)}</time>
        </span>
        <span class="conversation-bottom">
          ${state && html`<${Icon} name=${state.icon} class=${`state-${latest.state}`} /><span class="visually-hidden">${state.word}: </span>`}
          <span class="latest">${preview(latest)}</span>
          ${unread > 0 && html`<span class="count" aria-label=${`${unread} unread`}>${unread}</span>`}
        </span>
        ${organization.numbers.length > 1 &&
        html`<span class="conversation-number muted">${group && html`<${Icon} name="people" />`}${number}</span>`}
      </span>
    </a>
  </div>`;
}

const preview = (message) => (message.is_file ? (message.caption || (message.file?.name ?? "A file")) : message.content) || "(empty)";
