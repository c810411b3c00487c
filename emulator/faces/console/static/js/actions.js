// What the page can have done. Each asks the API and puts the answer into the store.

import { exchangeActions } from "./timeline/actions.js";
import { phoneActions } from "./phone/actions.js";
import { emptyList } from "./exchanges.js";
import { NOTHING } from "./selection.js";
import { createToasts } from "./toasts.js";

export function createActions({ store, api }) {
  const toasts = createToasts(store);
  const common = { store, api, toasts };

  /** Do it, and tell where it fails. Gives undefined then. */
  async function tried(work) {
    try {
      return await work();
    } catch (error) {
      if (error.name !== "AbortError") toasts.fail(error);
      return undefined;
    }
  }

  return {
    ...phoneActions({ ...common, tried }),
    ...exchangeActions({ ...common, tried }),
    toasts,
    tried,
    loadDocument: () => tried(async () => store.set({ document: await api.get("/document") })),
    loadFaults: () => tried(async () => store.set({ faults: (await api.get("/faults")).items })),
    planFaults: (plan) => tried(async () => store.set({ faults: (await api.put("/faults", plan)).items })),
    endFaults: (on) => tried(async () => store.set({ faults: (await api.remove("/faults", { on })).items })),
    subscribe: () =>
      tried(async () => {
        const called = await api.post("/subscribe");
        if (called.failure) toasts.fail({ message: called.failure, mend: called.mend });
        else toasts.tell("The provider has the webhook URL.");
        return called;
      }),
    reset: () => tried(() => api.post("/reset")),
    /** All messages and exchanges are gone. */
    forget: () =>
      store.set(({ chat, exchanges }) => ({
        conversations: [],
        unread: {},
        notes: {},
        details: {},
        selection: NOTHING,
        chat: chat && { ...chat, items: [], next: null },
        exchanges: { ...emptyList(exchanges.filters), loaded: true },
      })),
  };
}
