// What the timeline shows, and what can be done with all of it.

import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { count } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { useShortcuts } from "../shortcuts.js";
import { Dialog } from "../ui/dialog.js";

const DIRECTIONS = [["", "All"], ["out", "Out"], ["in", "In"]];
const KINDS = ["SendMessage", "SendFile", "Subscribe", "webhook", "trigger", "replay"];
const STATUSES = [["", "Any status"], ["2xx", "2xx"], ["3xx", "3xx"], ["4xx", "4xx"], ["5xx", "5xx"], ["none", "No answer"]];
const PAUSE_MS = 250;

export function Filters({ filters, onFilter }) {
  const { actions } = useApp();
  const list = useSelect((state) => state.exchanges);
  const [text, write] = useState(filters.text ?? "");
  const [asking, ask] = useState(false);
  const [saving, save] = useState("");
  const field = useRef();
  const kinds = KINDS.includes(filters.kind ?? "webhook") ? KINDS : [...KINDS, filters.kind];
  const seen = [...new Set(list.items.slice(-500).map((each) => each.kind))].filter((kind) => !kinds.includes(kind));

  useEffect(() => {
    if (text === (filters.text ?? "")) return undefined;
    const timer = setTimeout(() => onFilter({ text }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => write(filters.text ?? ""), [filters.text]);
  useShortcuts({ "/": () => field.current.focus() });

  async function saveAll() {
    const ids = list.items.filter((each) => !each.under_way).map((each) => each.id);
    await actions.saveHar(ids, "ringo-emu", (done, all) => save(`${done} of ${all}`));
    save("");
  }
  const onKeyDown = (event) => {
    if (event.key === "Escape" && text) {
      event.preventDefault();
      event.stopPropagation();
      write("");
    }
  };
  return html`<div class="filters" role="search" aria-label="Filter the exchanges">
    <div class="search">
      <${Icon} name="search" />
      <input
        ref=${field}
        type="search"
        aria-label="Search addresses and bodies"
        placeholder="Search"
        maxlength="200"
        value=${text}
        onInput=${(event) => write(event.currentTarget.value)}
        onKeyDown=${onKeyDown}
      />
    </div>
    <div class="segmented" role="group" aria-label="Direction">
      ${DIRECTIONS.map(
        ([value, name]) => html`<button key=${value} type="button" aria-pressed=${String((filters.direction ?? "") === value)} onClick=${() => onFilter({ direction: value })}>${name}</button>`,
      )}
    </div>
    <select aria-label="Kind" value=${filters.kind ?? ""} onChange=${(event) => onFilter({ kind: event.currentTarget.value })}>
      <option value="">Any kind</option>
      ${[...kinds, ...seen].map((kind) => html`<option key=${kind} value=${kind}>${kind}</option>`)}
    </select>
    <select aria-label="Status" value=${filters.status ?? ""} onChange=${(event) => onFilter({ status: event.currentTarget.value })}>
      ${STATUSES.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}
      ${filters.status && !STATUSES.some(([value]) => value === filters.status) && html`<option value=${filters.status}>${filters.status}</option>`}
    </select>
    <div class="filters-end">
      <span class="muted loaded">${count(list.items.length, "exchange")}${list.next === null ? "" : " loaded"}</span>
      <button class="quiet small" type="button" onClick=${saveAll} disabled=${!list.items.length || Boolean(saving)} title="Save what is listed as HAR">
        <${Icon} name="save" /><span>${saving || "HAR"}</span>
      </button>
      <button class="quiet small" type="button" onClick=${() => ask(true)} disabled=${!list.items.length}>Forget all…</button>
    </div>
    ${asking && html`<${Forget} onClose=${() => ask(false)} />`}
  </div>`;
}

function Forget({ onClose }) {
  const { actions } = useApp();
  const forget = async () => {
    onClose();
    await actions.reset();
  };
  return html`<${Dialog} title="Forget all?" onClose=${onClose}>
    <p>All messages and exchanges go, and faults end. The provider keeps what it has.</p>
    <div class="form-end">
      <button type="button" onClick=${onClose}>Keep them</button>
      <button class="primary" type="button" onClick=${forget}>Forget all</button>
    </div>
  <//>`;
}
