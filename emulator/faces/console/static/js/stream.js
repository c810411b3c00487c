// The one stream of events. It comes back by itself after a break, at the place where it was cut.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const BATCH_MS = 25;
const KINDS = ["hello", "exchange", "message", "faults", "document", "reset", "ready", "resync"];

/** Calls *onEvents* with some events at a time, and *onChange* with "connecting", "live" or "lost". */
export function openStream({ urlOf, onEvents, onChange, Source = EventSource }) {
  let source = null;
  let cursor = null;
  let wait = FIRST_WAIT_MS;
  let retry = null;
  let batch = [];
  let flushing = null;

  function flush() {
    clearTimeout(flushing);
    flushing = null;
    const events = batch;
    batch = [];
    if (events.length) onEvents(events);
  }

  function take(event) {
    if (event.lastEventId) cursor = event.lastEventId;
    batch.push({ kind: event.type, data: JSON.parse(event.data) });
    if (event.type === "hello") flush();
    else flushing ??= setTimeout(flush, BATCH_MS);
  }

  function open() {
    clearTimeout(retry);
    source?.close();
    source = new Source(urlOf(cursor));
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      onChange("live");
    };
    // EventSource would try again by itself, but not after an answer like 503, and it does not say when.
    source.onerror = () => {
      source.close();
      onChange("lost");
      retry = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
    for (const kind of KINDS) source.addEventListener(kind, take);
  }

  // A browser has six connections for one host: a page that nobody sees leaves its own to others.
  function look() {
    if (document.visibilityState === "visible") {
      open();
    } else {
      clearTimeout(retry);
      source?.close();
    }
  }

  onChange("connecting");
  look();
  document.addEventListener("visibilitychange", look);
  return { again: open };
}
