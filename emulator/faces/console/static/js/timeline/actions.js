// The timeline: loading, searching, opening, replaying, and saving as HAR.

import { download } from "../clipboard.js";
import { PAGE, emptyList, withChanges, withOlder } from "../exchanges.js";
import { harOf } from "../har.js";
import { NOTHING } from "../selection.js";

const AT_ONCE = 4;
/** As many details are loaded for one file. */
export const MOST_IN_HAR = 2000;

export function exchangeActions({ store, api, toasts, tried }) {
  let asking = null;
  let opened = null;

  async function loadPage() {
    const list = store.get().exchanges;
    if (list.loading || (list.loaded && list.next === null)) return;
    const mine = (asking = new AbortController());
    store.set({ exchanges: { ...list, loading: true } });
    try {
      const query = { ...list.filters, before: list.next, limit: PAGE };
      const page = await api.get("/exchanges", query, mine.signal);
      store.set(({ exchanges }) => ({ exchanges: withOlder(exchanges, page) }));
    } catch (failure) {
      if (failure.name === "AbortError") return;
      store.set(({ exchanges }) => ({ exchanges: { ...exchanges, loading: false, loaded: true, failure } }));
    }
  }

  async function detailsOf(ids, onOne) {
    const found = new Map();
    const left = [...ids];
    async function work() {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        try {
          found.set(id, await api.get(`/exchanges/${id}`));
        } catch (error) {
          if (error.status !== 404) throw error; // it went because the journal was full
        }
        onOne(found.size);
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return ids.filter((id) => found.has(id)).map((id) => found.get(id));
  }

  return {
    async loadExchanges(filters) {
      asking?.abort();
      store.set({ exchanges: emptyList(filters) });
      await loadPage();
    },
    loadOlder: loadPage,
    /** What fits a text only the server knows: ask it for the newest. */
    searchNewest: () =>
      tried(async () => {
        const { filters } = store.get().exchanges;
        const page = await api.get("/exchanges", { ...filters, limit: PAGE });
        store.set(({ exchanges }) => {
          if (exchanges.filters !== filters) return null;
          return { exchanges: withChanges(exchanges, page.items.toReversed(), { known: true, readingBack: true }) };
        });
      }),

    /** The one that is looked at; answers for others come too late. */
    async loadDetail(id, { again = false } = {}) {
      opened = id;
      if (store.get().details[id] && !again) return;
      const detail = await api.get(`/exchanges/${id}`).catch((unloaded) => ({ unloaded }));
      if (opened === id) store.set({ details: { [id]: detail } });
    },

    replay: (id, { times = 1, body = null } = {}) =>
      tried(async () => {
        const { items } = await api.post(`/exchanges/${id}/replay`, { times, ...(body !== null && { body }) });
        const failed = items.find((each) => each.failure);
        if (failed) toasts.fail({ message: failed.failure, mend: failed.mend });
        else toasts.tell(`#${id} was made again: ${items.map((each) => `#${each.exchange} ${each.status}`).join(", ")}`);
        return items;
      }),

    /** Whether somebody is at the older rows: what is in sight must not go. */
    readBack: (readingBack) => store.get().readingBack !== readingBack && store.set({ readingBack }),
    select: (selection) => store.set({ selection }),
    unselect: () => store.set({ selection: NOTHING }),

    /** A scenario that plays them again; with *save* it is written to the project's folder. */
    scenario: (ids, name, { save = false } = {}) =>
      tried(() => api.post("/scenarios", { name, exchanges: ids, save })),

    saveHar: (ids, name, onProgress = () => {}) =>
      tried(async () => {
        const wanted = ids.slice(-MOST_IN_HAR);
        const details = await detailsOf(wanted, (done) => onProgress(done, wanted.length));
        download(`${name}.har`, JSON.stringify(harOf(details), null, 2), "application/json");
        const cut = ids.length > wanted.length ? `, the newest of ${ids.length.toLocaleString()}` : "";
        toasts.tell(`Saved ${details.length.toLocaleString()} exchanges as ${name}.har${cut}.`);
      }),
  };
}
