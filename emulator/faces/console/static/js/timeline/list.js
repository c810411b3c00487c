// The rows of the timeline, and how one walks through them and selects.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { placeOf } from "../exchanges.js";
import { html } from "../html.js";
import { NOTHING, extended, toggled } from "../selection.js";
import { useShortcuts } from "../shortcuts.js";
import { Notice } from "../ui/notice.js";
import { VirtualList, reveal } from "../ui/virtual.js";
import { EmptyTimeline } from "./empty.js";
import { Row } from "./row.js";

export const ROW = 40;

export function ExchangeList({ open, onOpen, onFilter }) {
  const { actions } = useApp();
  const list = useSelect((state) => state.exchanges);
  const selection = useSelect((state) => state.selection);
  const [active, activate] = useState(open);
  const element = useRef();
  const newest = useRef(null);
  const { items } = list;
  const total = items.length;
  const at = (index) => items[total - 1 - index];
  const indexOf = (id) => {
    const place = placeOf(items, id);
    return items[place]?.id === id ? total - 1 - place : -1;
  };

  const shifted = newest.current === null ? 0 : total - placeOf(items, newest.current + 1);
  useLayoutEffect(() => {
    newest.current = items.at(-1)?.id ?? null;
  }, [items]);
  useLayoutEffect(() => () => actions.readBack(false), []);
  useLayoutEffect(() => {
    if (open !== null) activate(open);
  }, [open]);

  function walkTo(index, event = {}) {
    const exchange = at(Math.max(0, Math.min(total - 1, index)));
    if (!exchange) return;
    if (event.shiftKey) actions.select(extended(selection.anchor === null ? toggled(NOTHING, active ?? exchange.id) : selection, items, exchange.id));
    activate(exchange.id);
    reveal(element.current, indexOf(exchange.id), ROW);
    if (open !== null && !event.shiftKey) onOpen(exchange.id, { replace: true });
  }
  const walk = (step, event) => walkTo(active === null ? 0 : indexOf(active) + step, event);
  const page = () => Math.max(1, Math.floor(element.current.clientHeight / ROW) - 1);
  const select = () => active !== null && actions.select(toggled(selection, active));

  const keys = {
    ArrowDown: (event) => walk(1, event),
    ArrowUp: (event) => walk(-1, event),
    PageDown: (event) => walk(page(), event),
    PageUp: (event) => walk(-page(), event),
    Home: (event) => walkTo(0, event),
    End: (event) => walkTo(total - 1, event),
    Enter: () => active !== null && onOpen(active),
    " ": select,
  };
  const onKeyDown = (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(event);
  };
  useShortcuts({
    j: () => (element.current?.focus(), walk(1)),
    k: () => (element.current?.focus(), walk(-1)),
    x: select,
    Escape: () => (selection.ids.size ? actions.unselect() : open !== null && onOpen(null)),
  });

  function onClick(event) {
    const id = Number(event.target.closest("[data-id]")?.dataset.id);
    if (!id) return;
    element.current.focus({ preventScroll: true });
    if (event.shiftKey) actions.select(extended({ ...selection, anchor: selection.anchor ?? active }, items, id));
    else if (event.ctrlKey || event.metaKey || event.target.closest("[data-pick]")) actions.select(toggled(selection, id));
    else onOpen(id);
    activate(id);
  }
  // Shift and a click select rows, not the text in them.
  const onMouseDown = (event) => event.shiftKey && event.preventDefault();

  if (list.failure) {
    return html`<div class="list-notice"><${Notice} tone="bad" title=${list.failure.message} role="alert">${list.failure.mend}<//></div>`;
  }
  if (list.loaded && total === 0 && list.next === null) return html`<${EmptyTimeline} filters=${list.filters} onFilter=${onFilter} />`;
  return html`
    <div class="row row-head" aria-hidden="true">
      <span></span><span>Time</span><span>Kind</span><span>What</span><span class="cell-end">Took</span><span class="cell-end">Status</span>
    </div>
    <${VirtualList}
      listRef=${element}
      id="exchanges"
      class="virtual exchanges"
      role="grid"
      tabindex="0"
      aria-label="Exchanges, the latest first"
      aria-rowcount=${list.next === null ? total : -1}
      aria-multiselectable="true"
      aria-activedescendant=${active !== null && indexOf(active) >= 0 ? `exchange-${active}` : undefined}
      aria-busy=${list.loading ? "true" : undefined}
      count=${total}
      rowHeight=${ROW}
      shifted=${shifted}
      onNearEnd=${actions.loadOlder}
      onTop=${(isTop) => actions.readBack(!isTop)}
      onKeyDown=${onKeyDown}
      onClick=${onClick}
      onMouseDown=${onMouseDown}
      row=${(index, style) => {
        const exchange = at(index);
        const { id } = exchange;
        return html`<${Row} key=${id} exchange=${exchange} index=${index} top=${style.top} isActive=${id === active} isOpen=${id === open} isSelected=${selection.ids.has(id)} />`;
      }}
    />
  `;
}
