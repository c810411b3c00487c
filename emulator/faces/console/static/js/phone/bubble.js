// One message. Its text is text, whatever it holds.

import { useApp, useSelect } from "../context.js";
import { clock, fullTime, size } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { routeTo } from "../router.js";
import { stateOf } from "./states.js";

const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}[\u{FE0F}\u{1F3FB}-\u{1F3FF}]?(?:\u200d\p{Extended_Pictographic}\uFE0F?)*\s*){1,3}$/u;

export function Bubble({ message, users, follows }) {
  const { api } = useApp();
  const note = useSelect((state) => state.notes[message.id]);
  const findings = note?.findings.filter((each) => each.message !== (message.reason ?? note.failure)) ?? [];
  const { direction, state, reason, exchange, report } = message;
  const { word, icon, means } = stateOf(message);
  const writer = users.find((user) => user.extension === message.extension)?.name ?? message.extension;
  const big = !message.is_file && ONLY_EMOJI.test(message.content);
  return html`<article class=${`message ${direction} ${follows ? "follows" : ""}`} aria-label=${direction === "out" ? `Sent by ${writer ?? "us"}` : "Received"}>
    ${direction === "out" && users.length > 1 && !follows && html`<p class="writer">${writer ?? "nobody"}</p>`}
    <div class=${`bubble ${big ? "big" : ""} ${state === "failed" ? "failed" : ""}`} dir="auto">
      ${message.is_file ? html`<${FileShown} message=${message} api=${api} />` : message.content || html`<em>(empty)</em>`}
    </div>
    <p class="meta">
      <time datetime=${message.at} title=${fullTime(message.at)}>${clock(message.at)}</time>
      ${direction === "out" &&
      html`<span class=${`state state-${state}`} title=${means}><${Icon} name=${icon} /><span>${word}</span></span>`}
      ${exchange !== null && html`<a href=${routeTo("timeline", [exchange])} aria-label=${`Exchange ${exchange}, which ${direction === "out" ? "sent" : "brought"} it`}>#${exchange}</a>`}
      ${report !== null && html`<a href=${routeTo("timeline", [report])} aria-label=${`Exchange ${report}, which reported the delivery`}>report #${report}</a>`}
    </p>
    ${state === "failed" && html`<p class="why bad"><b>${reason ?? note?.failure ?? "It was not taken."}</b> ${note?.mend}</p>`}
    ${state === "untracked" && html`<p class="why warn">The answer named no message id, so no delivery report can match.</p>`}
    ${findings.map((finding) => html`<p class="why warn" key=${finding.code}><code>${finding.code}</code> ${finding.message}: ${finding.remedy}</p>`)}
  </article>`;
}

function FileShown({ message, api }) {
  const { file, content } = message;
  if (file?.type.startsWith("image/") && /(png|jpe?g|gif|webp)$/.test(file.type)) {
    const url = api.fileUrl(file.id);
    return html`<a class="picture" href=${url} target="_blank" rel="noreferrer">
      <img src=${url} alt=${file.name} loading="lazy" />
    </a>`;
  }
  if (file) {
    return html`<a class="file" href=${api.fileUrl(file.id)} download=${file.name}>
      <${Icon} name="file" /><span>${file.name} <small>${size(file.size)}</small></span>
    </a>`;
  }
  if (!/^https?:\/\//i.test(content)) return html`<span class="file"><${Icon} name="file" /><span>${content || "(no address)"}</span></span>`;
  return html`<a class="file" href=${content} target="_blank" rel="noreferrer noopener">
    <${Icon} name="picture" /><span>${content}</span>
  </a>`;
}
