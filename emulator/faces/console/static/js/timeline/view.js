// The timeline: all exchanges of both directions on the left, the open one on the right.

import { useEffect } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { filtersOf, sameFilters } from "../exchanges.js";
import { html } from "../html.js";
import { navigate, routeTo } from "../router.js";
import { Detail } from "./detail.js";
import { Filters } from "./filters.js";
import { ExchangeList } from "./list.js";
import { SelectionBar } from "./selected.js";

export function TimelineView({ route }) {
  const { actions, store } = useApp();
  const filters = filtersOf(route.query);
  const open = /^\d+$/.test(route.parts[0] ?? "") ? Number(route.parts[0]) : null;
  const asked = JSON.stringify(filters);
  const hasSelection = useSelect((state) => state.selection.ids.size > 0);

  useEffect(() => {
    if (!sameFilters(filters, store.get().exchanges.filters)) actions.loadExchanges(filters);
  }, [asked]);

  const to = (id, options) => navigate(routeTo("timeline", id === null ? [] : [id], filters), options);
  const filter = (changed) => navigate(routeTo("timeline", open === null ? [] : [open], { ...filters, ...changed }), { replace: true });
  const close = () => {
    to(null);
    document.getElementById("exchanges")?.focus();
  };
  return html`<div class=${`timeline ${open === null ? "" : "has-open"}`}>
    <h1 class="visually-hidden">Timeline</h1>
    <section class="timeline-list" aria-label="List">
      <${Filters} filters=${filters} onFilter=${filter} />
      <${ExchangeList} open=${open} onOpen=${to} onFilter=${filter} />
      ${hasSelection && html`<${SelectionBar} />`}
    </section>
    ${open !== null && html`<${Detail} key=${open} id=${open} onClose=${close} onOpen=${to} />`}
  </div>`;
}
