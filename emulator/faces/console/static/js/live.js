// Keeps the store true: loads the lists when the stream says hello, then applies what it tells.

import { chatWith, isNewIncoming, withMessage } from "./chats.js";
import { emptyList, withChanges } from "./exchanges.js";
import { NOTHING } from "./selection.js";
import { openStream } from "./stream.js";
import { NO_TOASTS } from "./toasts.js";

export const INITIAL = {
  connection: "connecting",
  loaded: false,
  failure: null,
  organization: null,
  triggers: [],
  readiness: null,
  faults: [],
  document: null,
  conversations: [],
  unread: {},
  chat: null,
  notes: {},
  exchanges: emptyList(),
  readingBack: false,
  details: {},
  selection: NOTHING,
  toasts: NO_TOASTS,
};

const SEARCH_MS = 400;

export function startLive({ store, api, actions }) {
  let held = [];
  let loading = null;
  let searching = null;

  function onEvents(events) {
    held.push(...events);
    if (events.some((each) => each.kind === "resync") || !store.get().loaded) load();
    else if (!loading) apply();
  }

  function load() {
    loading ??= loadAll().finally(() => {
      loading = null;
      if (store.get().loaded) apply();
    });
  }

  async function loadAll() {
    try {
      const [organization, conversations, triggers, faults, document] = await Promise.all([
        api.get("/organization"),
        api.get("/conversations"),
        api.get("/triggers"),
        api.get("/faults"),
        api.get("/document"),
      ]);
      // What came before this answer is in it; only what comes from now on is new.
      held = held.filter((each) => each.kind !== "resync" && each.kind !== "hello");
      store.set({
        organization,
        document,
        conversations: conversations.items,
        triggers: triggers.items,
        faults: faults.items,
        unread: {},
        details: {},
        loaded: true,
        failure: null,
      });
      await Promise.all([lookReady(), actions.reloadChat(), actions.loadExchanges(store.get().exchanges.filters)]);
    } catch (error) {
      store.set({ failure: error });
    }
  }

  async function lookReady() {
    try {
      store.set({ readiness: await api.get("/ready") });
    } catch (error) {
      store.set({ readiness: { ready: false, failure: error.message, mend: error.mend } });
    }
  }

  function apply() {
    const events = held;
    held = [];
    const of = (kind) => events.filter((each) => each.kind === kind).map((each) => each.data);
    const reset = events.findLastIndex((each) => each.kind === "reset");
    if (reset >= 0) {
      actions.forget();
      events.splice(0, reset + 1);
    }
    const exchanges = of("exchange");
    store.set((state) => applied(state, exchanges, of("message")));
    if (exchanges.length) lookAtExchanges(exchanges);
    const faults = of("faults").at(-1);
    if (faults) store.set({ faults: faults.items });
    const ready = of("ready").at(-1);
    if (ready) store.set({ readiness: ready });
    if (of("document").length) actions.loadDocument();
  }

  function lookAtExchanges(exchanges) {
    const { details, faults, exchanges: list } = store.get();
    for (const { id } of exchanges) if (details[id]) actions.loadDetail(id, { again: true });
    // A plan loses a fault with each webhook that it answers; the stream tells only what the API changed.
    if (faults.length && exchanges.some((each) => each.fault)) actions.loadFaults();
    if (list.filters.text && exchanges.some((each) => !each.under_way)) {
      searching ??= setTimeout(() => {
        searching = null;
        actions.searchNewest();
      }, SEARCH_MS);
    }
  }

  const stream = openStream({
    urlOf: api.streamUrl,
    onEvents,
    onChange: (connection) => store.set({ connection }),
  });
  return { again: stream.again };
}

function applied(state, exchanges, messages) {
  let { conversations, chat, unread } = state;
  const userOf = (number) => state.organization?.users.find((user) => user.numbers.includes(number))?.extension ?? null;
  for (const message of messages) {
    const seen = chat?.key === message.conversation && chat.open;
    if (!seen && isNewIncoming(message, conversations)) {
      unread = { ...unread, [message.conversation]: (unread[message.conversation] ?? 0) + 1 };
    }
    conversations = withMessage(conversations, message, userOf);
    chat = chatWith(chat, message);
  }
  const list = exchanges.length ? withChanges(state.exchanges, exchanges, state) : state.exchanges;
  return { conversations, chat, unread, exchanges: list };
}
