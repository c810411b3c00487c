// One exchange in full: what is wrong with it first, then the request and the answer.

import { useEffect, useState } from "preact/hooks";
import { copyText } from "../clipboard.js";
import { useApp, useSelect } from "../context.js";
import { duration, exactTime, fullTime } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { useShortcuts } from "../shortcuts.js";
import { CopyButton } from "../ui/copy.js";
import { Notice } from "../ui/notice.js";
import { StatusBadge } from "../ui/status.js";
import { BodyShown } from "./body.js";
import { NearMisses, marksOf } from "./nearmiss.js";
import { EditReplay } from "./replay.js";
import { TemplateBeside } from "./template.js";

export function Detail({ id, onClose, onOpen }) {
  const { actions } = useApp();
  const detail = useSelect((state) => state.details[id]);
  useEffect(() => {
    actions.loadDetail(id);
  }, [id, detail === undefined]);
  const ready = detail && !detail.unloaded;
  return html`<section class="detail" aria-label=${`Exchange ${id}`}>
    <header class="detail-head">
      <button class="quiet icon-only detail-back" type="button" aria-label="Back to the list" onClick=${onClose}><${Icon} name="back" /></button>
      <h2>#${id}${ready ? html` <span>${detail.kind}</span>` : ""}</h2>
      ${ready && html`<${StatusBadge} exchange=${detail} />`}
      <button class="quiet icon-only detail-close" type="button" aria-label="Close" onClick=${onClose}><${Icon} name="cross" /></button>
    </header>
    ${detail?.unloaded && html`<div class="detail-body"><${Notice} tone="bad" title=${detail.unloaded.message}>${detail.unloaded.mend}<//></div>`}
    ${!detail && html`<p class="detail-body muted" role="status">Loading…</p>`} ${ready && html`<${Shown} detail=${detail} onOpen=${onOpen} />`}
  </section>`;
}

function Shown({ detail, onOpen }) {
  const { request, reply, outcome, direction } = detail;
  const marks = marksOf(outcome.unmatched);
  return html`
    <${Actions} detail=${detail} onOpen=${onOpen} />
    <div class="detail-body">
      <${Facts} detail=${detail} />
      <${Told} detail=${detail} />
      <${NearMisses} misses=${outcome.unmatched} />
      <${Events} events=${outcome.events} />
      <${Unread} detail=${detail} />
      <${Part} title=${direction === "out" ? "Request to the provider" : "Webhook from the provider"} headers=${request.headers} body=${request.body} url=${request.url} marks=${marks} />
      ${reply
        ? html`<${Part} title=${direction === "out" ? "The provider's answer" : "Our answer"} headers=${reply.headers} body=${reply.body} />`
        : html`<section class="part"><h3>${direction === "out" ? "The provider's answer" : "Our answer"}</h3>
            <p class="muted">${detail.under_way ? "It has not come yet." : (detail.error ?? "There was none.")}</p></section>`}
      ${direction === "out" && html`<${TemplateBeside} detail=${detail} />`}
    </div>
  `;
}

function Actions({ detail, onOpen }) {
  const { actions } = useApp();
  const [editing, edit] = useState(false);
  const { id, curl, direction } = detail;
  const saveHar = () => actions.saveHar([id], `ringo-emu-${id}`);
  const canReplay = !detail.under_way;
  useShortcuts({
    c: () => actions.tried(async () => copyText(curl).then(() => actions.toasts.tell("Copied as curl."))),
    r: () => canReplay && actions.replay(id),
    e: () => canReplay && edit(true),
    s: saveHar,
  });
  return html`<div class="detail-actions" role="toolbar" aria-label="Actions">
    <${CopyButton} text=${curl} label="Copy as curl" />
    <button type="button" disabled=${!canReplay} onClick=${() => actions.replay(id)} title="Make it again (r)"><${Icon} name="again" /><span>Replay</span></button>
    <button type="button" disabled=${!canReplay} onClick=${() => actions.replay(id, { times: 2 })} title=${direction === "in" ? "Twice in a row: is it taken once only?" : "Twice in a row: does the provider take it once only?"}>Twice</button>
    <button type="button" disabled=${!canReplay} onClick=${() => edit(true)} title="Edit the body, then make it again (e)"><${Icon} name="edit" /><span>Edit…</span></button>
    <button type="button" onClick=${saveHar} title="Save it as HAR (s)"><${Icon} name="save" /><span>HAR</span></button>
    ${editing && html`<${EditReplay} detail=${detail} onClose=${() => edit(false)} onOpen=${onOpen} />`}
  </div>`;
}

function Facts({ detail }) {
  const { request, at, duration_s: took, attempt, fault, tampered, outcome } = detail;
  const facts = [
    ["At", html`<time datetime=${at} title=${fullTime(at)}>${exactTime(at)}</time>`],
    ["Took", duration(took) || "not over"],
    attempt > 1 && ["Attempt", attempt],
    outcome.messageid && ["Message id", html`<code>${outcome.messageid}</code>`],
    fault && ["Fault", html`answered <b>${fault}</b> on purpose`],
    tampered.length > 0 && ["Spoilt", html`<b>${tampered.join(" and ")}</b> on purpose`],
  ].filter(Boolean);
  return html`<div class="facts">
    <p class="address"><b>${request.method}</b> <code>${request.url}</code></p>
    ${detail.sent_to && detail.sent_to !== request.url && html`<p class="address muted">went to <code>${detail.sent_to}</code></p>`}
    <dl>${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </div>`;
}

/** Why it failed, and what else there is to say. */
function Told({ detail }) {
  const { failure, problem, findings } = detail.outcome;
  const isNews = (said) => said && !findings.some((finding) => finding.message === said);
  return html`<div class="told">
    ${isNews(failure) && html`<${Notice} tone="bad" title="The provider did not take it">${failure}<//>`}
    ${problem !== failure && isNews(problem) && html`<${Notice} tone="bad" title="A problem">${problem}<//>`}
    ${detail.error && detail.reply && html`<${Notice} tone="bad" title="The connection">${detail.error}<//>`}
    ${findings.map(
      (finding, index) => html`<${Notice} key=${index} tone=${finding.severity === "error" ? "bad" : finding.severity === "warning" ? "warn" : "info"} title=${finding.message}>
        ${finding.remedy} <span class="finding-code"><code>${finding.code}</code>${finding.path && finding.path !== "$" ? html` at <code>${finding.path}</code>` : ""} · ${finding.severity}</span>
      <//>`,
    )}
  </div>`;
}

function Unread({ detail }) {
  const { unread, direction } = detail;
  if (!unread.length) return null;
  const who = direction === "in" ? "No webhook model reads" : "The response_map does not read";
  return html`<section class="part"><p class="muted">${who}: ${unread.map((path, index) => html`${index > 0 && ", "}<code>${path}</code>`)}</p></section>`;
}

function Events({ events }) {
  if (!events.length) return null;
  return html`<section class="part">
    <h3>What it brought</h3>
    ${events.map(
      (event, index) => html`<div class="event" key=${index}>
        <p><span class="badge good"><${Icon} name="check" />${event.event_type}</span> <span class="muted">fits model ${event.model + 1}${event.path === "$" ? "" : html` at <code>${event.path}</code>`}</span></p>
        <table class="pairs">
          <tbody>
            ${Object.entries(event.variables).map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td>${value}</td></tr>`)}
          </tbody>
        </table>
      </div>`,
    )}
  </section>`;
}

function Part({ title, headers, body, url, marks }) {
  return html`<section class="part" aria-label=${title}>
    <h3>${title}</h3>
    <details class="headers">
      <summary>${headers.length} headers</summary>
      <table class="pairs">
        <tbody>${headers.map(([name, value], index) => html`<tr key=${index}><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody>
      </table>
    </details>
    <${BodyShown} body=${body} type=${typeOf(headers)} url=${url} marks=${marks} name=${title} />
  </section>`;
}

const typeOf = (headers) => headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
