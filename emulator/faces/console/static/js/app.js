// The page around the views: the header, what holds for all of them, and which one is shown.

import { useEffect, useState } from "preact/hooks";
import { useApp, useSelect } from "./context.js";
import { FaultsBanner } from "./faults/banner.js";
import { plansOn } from "./faults/words.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { PhoneView } from "./phone/view.js";
import { navigate, routeTo, useRoute } from "./router.js";
import { useShortcuts } from "./shortcuts.js";
import { useTheme } from "./theme.js";
import { lazy } from "./ui/lazy.js";
import { Notice } from "./ui/notice.js";
import { Toasts } from "./ui/toasts.js";

const TimelineView = lazy(() => import("./timeline/view.js"), "TimelineView");
const FaultsView = lazy(() => import("./faults/view.js"), "FaultsView");
const DocumentView = lazy(() => import("./document/view.js"), "DocumentView");
const HelpDialog = lazy(() => import("./help/dialog.js"), "HelpDialog");
const OTHERS = [TimelineView, FaultsView, DocumentView, HelpDialog];
const SOON_MS = 500;

const VIEWS = {
  phone: { name: "Phone", icon: "phone", view: PhoneView },
  timeline: { name: "Timeline", icon: "timeline", view: TimelineView },
  faults: { name: "Faults", icon: "faults", view: FaultsView },
  document: { name: "Document", icon: "document", view: DocumentView },
};

export function App() {
  const route = useRoute();
  const [helping, help] = useState(false);
  const [theme, nextTheme] = useTheme();
  const loaded = useSelect((state) => state.loaded);
  const failure = useSelect((state) => state.failure);
  const unread = useSelect((state) => Object.values(state.unread).reduce((sum, each) => sum + each, 0));
  const shown = VIEWS[route.view] ?? VIEWS.phone;

  useEffect(() => {
    document.title = `${unread ? `(${unread}) ` : ""}${shown.name} · ringo-emu`;
  }, [unread, shown]);
  useEffect(() => {
    shown.view.load?.().catch(() => {}); // it says so itself once it is shown
  }, [shown]);
  useEffect(() => {
    if (!loaded) return undefined;
    const timer = setTimeout(() => OTHERS.forEach((each) => each.load().catch(() => {})), SOON_MS);
    return () => clearTimeout(timer);
  }, [loaded]);
  useShortcuts({
    "?": () => help(true),
    m: nextTheme,
    "g p": () => navigate(routeTo("phone")),
    "g t": () => navigate(routeTo("timeline")),
    "g f": () => navigate(routeTo("faults")),
    "g d": () => navigate(routeTo("document")),
  });

  return html`
    <a class="skip" href="#main" onClick=${toMain}>Skip to the content</a>
    <header class="top">
      <a class="brand" href=${routeTo("phone")} aria-label="ringo-emu, to the phone">
        <img src="/icon.svg" alt="" width="22" height="22" /><span>ringo-emu</span>
      </a>
      <nav class="views" aria-label="Views">
        ${Object.entries(VIEWS).map(
          ([key, { name, icon }]) => html`<a
            key=${key}
            class="view-link"
            href=${routeTo(key)}
            aria-current=${VIEWS[key] === shown ? "page" : undefined}
          >
            <${Icon} name=${icon} /><span>${name}</span>
            ${key === "phone" && unread > 0 && html`<span class="count" aria-label=${`${unread} unread`}>${unread}</span>`}
            ${key === "document" && html`<${DocumentMark} />`} ${key === "faults" && html`<${FaultsMark} />`}
          </a>`,
        )}
      </nav>
      <div class="top-end">
        <${Connection} />
        <button class="quiet icon-only" type="button" onClick=${nextTheme} aria-label=${`Theme: ${theme}`} title=${`Theme: ${theme} (m)`}>
          <${Icon} name=${{ system: "system", light: "sun", dark: "moon" }[theme]} />
        </button>
        <button class="quiet icon-only" type="button" onClick=${() => help(true)} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
          <span class="glyph" aria-hidden="true">?</span>
        </button>
      </div>
    </header>
    <${FaultsBanner} />
    <${ReadyBanner} />
    <main id="main" tabindex="-1" class=${`view view-${route.view}`}>
      ${loaded ? html`<${shown.view} route=${route} />` : html`<${Starting} failure=${failure} />`}
    </main>
    <${Toasts} />
    ${helping && html`<${HelpDialog} onClose=${() => help(false)} />`}
  `;
}

function toMain(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Starting({ failure }) {
  if (!failure) return html`<p class="starting" role="status">Loading…</p>`;
  return html`<div class="starting">
    <${Notice} tone="bad" title=${failure.message}>${failure.mend}<//>
  </div>`;
}

const CONNECTIONS = {
  connecting: ["Connecting…", "muted"],
  live: ["Live", "good"],
  lost: ["Connection lost", "bad"],
};

function Connection() {
  const connection = useSelect((state) => state.connection);
  const [text, tone] = CONNECTIONS[connection];
  return html`<span class=${`connection ${tone}`} role="status" title=${connection === "lost" ? "It is tried again and again." : undefined}>
    <span class="dot" aria-hidden="true"></span><span>${text}</span>
  </span>`;
}

function DocumentMark() {
  const document = useSelect((state) => state.document);
  if (!document || document.played) return null;
  return html`<span class="count bad" aria-label="the file is not what is played" title="The file is not what is played">!</span>`;
}

function FaultsMark() {
  const on = useSelect((state) => plansOn(state.faults).length > 0);
  return on && html`<span class="count warn" aria-label="on" title="Faults are on">on</span>`;
}

function ReadyBanner() {
  const { actions } = useApp();
  const readiness = useSelect((state) => state.readiness);
  const organization = useSelect((state) => state.organization);
  if (!readiness || (readiness.ready && !readiness.failure)) return null;
  return html`<div class="banner bad" role="status">
    <${Icon} name="warning" />
    <span><strong>${readiness.ready ? "Not subscribed." : "Not ready."}</strong> ${readiness.failure ?? "The provider does not know the webhook URL yet."} ${readiness.mend}</span>
    ${organization?.has_subscribe && html`<button type="button" onClick=${actions.subscribe}>Subscribe again</button>`}
  </div>`;
}
