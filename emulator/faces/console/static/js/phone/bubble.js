// One message. Its text is text, whatever it holds.

import { useSelect } from "../context.js";
import { clock, fullTime } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { routeTo } from "../router.js";
import { FileShown } from "./file.js";
import { stateOf } from "./states.js";

const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}[\u{FE0F}\u{1F3FB}-\u{1F3FF}]?(?:\u200d\p{Extended_Pictographic}\uFE0F?)*\s*){1,3}$/u;

export function Bubble({ message, users, follows }) {
  const note = useSelect((state) => state.notes[message.id]);
  const told = message.received?.findings ?? note?.findings ?? [];
  const findings = told.filter((each) => each.message !== (message.reason ?? note?.failure));
  const { direction, state, reason, exchange, report } = message;
  const { word, icon, means } = stateOf(message);
  const writer = users.find((user) => user.extension === message.extension)?.name ?? message.extension;
  const big = !message.is_file && ONLY_EMOJI.test(message.content);
  return html`<article class=${`message ${direction} ${follows ? "follows" : ""}`} aria-label=${direction === "out" ? `Sent by ${writer ?? "us"}` : "Received"}>
    ${direction === "out" && users.length > 1 && !follows && html`<p class="writer">${writer ?? "nobody"}</p>`}
    <div class=${`bubble ${big ? "big" : ""} ${state === "failed" ? "failed" : ""}`} dir="auto">
      ${message.is_file ? html`<${FileShown} message=${message} />` : message.content || html`<em>(empty)</em>`}
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
