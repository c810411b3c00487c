// One exchange in a line.

import { duration, exactTime, fullTime } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { StatusBadge } from "../ui/status.js";

const DIRECTIONS = { out: "to the provider", in: "from the provider" };

export function Row({ exchange, index, top, isActive, isOpen, isSelected }) {
  const { id, direction, kind, at, duration_s: took } = exchange;
  const time = exactTime(at);
  const classes = ["row", "virtual-row", isActive && "active", isOpen && "open", isSelected && "selected"].filter(Boolean).join(" ");
  return html`<div
    id=${`exchange-${id}`}
    class=${classes}
    role="row"
    aria-rowindex=${index + 1}
    aria-selected=${String(isSelected)}
    data-id=${id}
    style=${{ top }}
  >
    <span role="gridcell" class="pick" data-pick title="Select">
      <span class="pick-box" aria-hidden="true">${isSelected && html`<${Icon} name="check" />`}</span>
      <span class="visually-hidden">${isSelected ? "selected" : "not selected"}</span>
    </span>
    <span role="gridcell" class="when"><time datetime=${at} title=${fullTime(at)}>${time.slice(0, -4)}<span class="ms">${time.slice(-4)}</span></time></span>
    <span role="gridcell" class=${`kind ${direction}`}>
      <${Icon} name=${direction} /><span class="visually-hidden">${DIRECTIONS[direction]}: </span><span class="kind-name">${kind}</span>
    </span>
    <span role="gridcell" class="what"><span class="what-text"><${What} exchange=${exchange} /></span><${Flags} exchange=${exchange} /></span>
    <span role="gridcell" class="took cell-end">${duration(took)}</span>
    <span role="gridcell" class="cell-end"><${StatusBadge} exchange=${exchange} /></span>
  </div>`;
}

function What({ exchange }) {
  const { events, event_count: eventCount, method, url, direction } = exchange;
  if (events.length) {
    const [first] = events;
    const values = Object.entries(first.variables).map(([name, value]) => `${name} ${value}`).join(" · ");
    return html`<b>${first.event_type}</b> <span class="muted">${values}${eventCount > 1 ? ` and ${eventCount - 1} more` : ""}</span>`;
  }
  if (direction === "in" && exchange.unmatched_count) return html`<b>fits no model</b> <span class="muted">${method} ${pathOf(url)}</span>`;
  return html`<b>${method}</b> <span class="muted">${pathOf(url, direction === "out")}</span>`;
}

function pathOf(url, withHost = false) {
  const [, host = "", rest = url] = /^https?:\/\/([^/?#]*)(.*)$/.exec(url) ?? [];
  return withHost ? host + rest : rest || "/";
}

function Flags({ exchange }) {
  const { fault, tampered, failure, problem, finding_count: findings, unmatched_count: unmatched, attempt } = exchange;
  return html`<span class="flags">
    ${attempt > 1 && html`<span class="badge" title=${`attempt ${attempt}`}>${attempt}.</span>`}
    ${fault && html`<span class="badge warn" title="Answered so on purpose"><${Icon} name="faults" />${fault}</span>`}
    ${tampered.map((how) => html`<span class="badge warn" key=${how} title="Spoilt so on purpose"><${Icon} name="faults" />${how}</span>`)}
    ${unmatched > 0 && html`<span class="badge bad"><${Icon} name="warning" />near miss</span>`}
    ${failure && !tampered.length && html`<span class="badge bad" title=${failure}><${Icon} name="warning" />failed</span>`}
    ${problem && !failure && html`<span class="badge bad" title=${problem}><${Icon} name="warning" />problem</span>`}
    ${findings > 0 && !unmatched && html`<span class="badge warn"><${Icon} name="info" />${findings}<span class="visually-hidden"> findings</span></span>`}
  </span>`;
}
