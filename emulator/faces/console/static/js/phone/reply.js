// Playing the contact: which of the project's triggers, and what it needs.

import { html } from "../html.js";
import { Notice } from "../ui/notice.js";

/** What the text that is written stands for. */
const TEXTS = ["content", "text"];

export const startValues = {};

/** The trigger that was chosen, or the first that takes what is written: with a picture, one that needs its address. */
export function triggerFor(triggers, chosen, file) {
  const named = triggers.find((each) => each.name === chosen);
  const takes = (each) => each.needs.includes("url") === Boolean(file);
  if (named && (!file || takes(named))) return named;
  return triggers.find((each) => takes(each) && each.needs.some((need) => TEXTS.includes(need))) ?? triggers.find(takes) ?? triggers[0] ?? null;
}

const othersOf = (trigger, file) => trigger.needs.filter((need) => !TEXTS.includes(need) && !(need === "url" && file));

/** What is still to be filled. */
export function missing(trigger, text, extra, file) {
  if (!trigger) return [];
  const needsText = trigger.needs.some((need) => TEXTS.includes(need));
  const others = othersOf(trigger, file).filter((need) => !extra[need]?.trim());
  return needsText && !text.trim() && !file ? ["text", ...others] : others;
}

/** What the trigger is given. From and to are said only where they are not what it takes by itself. */
export function valuesFor({ trigger, content, extra, url, chat, organization }) {
  const values = {};
  for (const need of trigger.needs) {
    if (TEXTS.includes(need)) values[need] = content;
    else if (need === "url" && url) values.url = url;
    else values[need] = extra[need] ?? "";
  }
  if (chat.contact !== organization.contact) values.from = chat.contact;
  if (chat.number !== organization.numbers[0]) values.to = chat.number;
  return values;
}

export function ReplyFields({ triggers, trigger, onChoose, extra, onFill, file }) {
  if (!trigger) {
    return html`<${Notice} tone="info" title="The project file has no triggers.">
      A trigger says how your provider's test side is told that the contact has texted. Add one under <code>triggers:</code> in
      ringo-emu.yaml, with <code>request:</code>, <code>run:</code> or <code>ask:</code>, and start <code>serve</code> again. Until then, post a webhook yourself.
    <//>`;
  }
  return html`<div class="reply-fields">
    <label class="field inline">
      <span>Trigger</span>
      <select value=${trigger.name} onChange=${(event) => onChoose(event.currentTarget.value)}>
        ${triggers.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}
      </select>
    </label>
    ${othersOf(trigger, file).map(
      (need) => html`<label class="field inline" key=${need}>
        <span>${need}</span>
        <input type="text" value=${extra[need] ?? ""} placeholder=${need === "url" ? "https://… or attach a picture" : ""} onInput=${(event) => onFill({ ...extra, [need]: event.currentTarget.value })} />
      </label>`,
    )}
  </div>`;
}
