// One conversation: who it is with, its messages, and what is written next.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { day, dayOf } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { routeTo } from "../router.js";
import { usersOf } from "../chats.js";
import { Notice } from "../ui/notice.js";
import { Avatar } from "./avatar.js";
import { Bubble } from "./bubble.js";
import { Composer } from "./composer.js";

const NEAR_PX = 80;

export function ChatView({ chat }) {
  const { actions } = useApp();
  const organization = useSelect((state) => state.organization);
  const [dropped, drop] = useState(null);
  const [over, hover] = useState(false);
  const users = usersOf(organization, chat.number);

  const onDrop = (event) => {
    event.preventDefault();
    hover(false);
    const [file] = event.dataTransfer.files;
    if (file) drop({ file });
  };
  const onDragOver = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    hover(true);
  };
  return html`<div class=${`chat-inner ${over ? "over" : ""}`} onDrop=${onDrop} onDragOver=${onDragOver} onDragLeave=${() => hover(false)}>
    <header class="chat-head">
      <a class="button quiet icon-only back" href=${routeTo("phone")} aria-label="Back to the conversations"><${Icon} name="back" /></a>
      <${Avatar} name=${chat.contact} />
      <div class="chat-who">
        <h2>${chat.contact}</h2>
        <p class="muted">
          ${users.length > 1 ? html`<${Icon} name="people" /> ` : ""}${users.map((user) => user.name).join(", ") || "Nobody"} · ${chat.number}
        </p>
      </div>
    </header>
    <${Messages} chat=${chat} users=${users} onEarlier=${actions.loadEarlier} onReadBack=${actions.readChatBack} />
    <${Composer} chat=${chat} users=${users} dropped=${dropped} />
    ${over && html`<div class="drop-hint" aria-hidden="true"><${Icon} name="picture" /> Drop it to send it</div>`}
  </div>`;
}

function Messages({ chat, users, onEarlier, onReadBack }) {
  const ref = useRef();
  const inner = useRef();
  const place = useRef({ following: true, height: 0, oldest: null });
  const { items, next, loading, failure } = chat;
  const newest = items.at(-1);

  useLayoutEffect(() => {
    const element = ref.current;
    const { following, height, oldest } = place.current;
    if (following || newest?.state === "sending") element.scrollTop = element.scrollHeight;
    // Earlier messages were put above: what was in sight stays in sight.
    else if (oldest !== null && items[0]?.id < oldest) element.scrollTop += element.scrollHeight - height;
    place.current.height = element.scrollHeight;
    place.current.oldest = items[0]?.id ?? null;
  }, [items]);

  // Pictures arrive, and what is written grows: who follows stays at the newest.
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(() => {
      if (place.current.following) ref.current.scrollTop = ref.current.scrollHeight;
    });
    watcher.observe(ref.current);
    watcher.observe(inner.current);
    return () => watcher.disconnect();
  }, []);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = ref.current;
    place.current.following = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    onReadBack(!place.current.following);
    if (scrollTop < NEAR_PX && next !== null && !loading) onEarlier();
  };
  return html`<div class="messages" ref=${ref} onScroll=${onScroll} tabindex="0" role="log" aria-label="Messages" aria-busy=${loading ? "true" : undefined}>
    <div ref=${inner}>
    ${failure && html`<${Notice} tone="bad" title=${failure.message}>${failure.mend}<//>`}
    ${next !== null && html`<button class="quiet earlier" type="button" onClick=${onEarlier} disabled=${loading}>${loading ? "Loading…" : "Earlier messages"}</button>`}
    ${items.length === 0 && !loading && html`<p class="no-messages">No messages with ${chat.contact} yet. Write the first one below.</p>`}
    ${items.map((message, index) => {
      const before = items[index - 1];
      const isNewDay = dayOf(message.at) !== dayOf(before?.at);
      return [
        isNewDay && html`<p class="day" key=${`day-${message.id}`}><span>${day(message.at)}</span></p>`,
        html`<${Bubble} key=${message.id} message=${message} users=${users} follows=${!isNewDay && follows(before, message)} />`,
      ];
    })}
    </div>
  </div>`;
}

const follows = (before, message) => before?.direction === message.direction && before.extension === message.extension;
