// The address behind the #: which view, of what, and filtered how. The back button works, and a place can be shared.

import { useLayoutEffect, useState } from "preact/hooks";

const FIRST = "phone";

export function parseRoute(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view, ...parts] = path.split("/").filter(Boolean).map(decoded);
  return { view: view ?? FIRST, parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function routeTo(view, parts = [], query = {}) {
  const path = [view, ...parts].map((part) => encodeURIComponent(part)).join("/");
  const given = Object.entries(query).filter(([, value]) => value);
  const text = new URLSearchParams(given).toString();
  return `#/${path}${text ? `?${text}` : ""}`;
}

export function navigate(to, { replace = false } = {}) {
  if (to === location.hash) return;
  if (!replace) {
    location.hash = to;
    return;
  }
  history.replaceState(null, "", to);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute() {
  const [route, change] = useState(() => parseRoute(location.hash));
  useLayoutEffect(() => {
    const look = () => change(parseRoute(location.hash));
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  return route;
}
