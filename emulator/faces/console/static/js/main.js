// Starts the page.

import { render } from "preact";
import { createActions } from "./actions.js";
import { createApi } from "./api.js";
import { App } from "./app.js";
import { AppContext } from "./context.js";
import { html } from "./html.js";
import { INITIAL, startLive } from "./live.js";
import { beginSession } from "./session.js";
import { createStore } from "./store.js";

const api = createApi();
const store = createStore(INITIAL);
const actions = createActions({ store, api });
const root = document.getElementById("app");

root.replaceChildren();
beginSession(api)
  .catch((failure) => store.set({ failure }))
  .finally(() => {
    const live = startLive({ store, api, actions });
    render(html`<${AppContext.Provider} value=${{ api, store, actions, live }}><${App} /><//>`, root);
  });
