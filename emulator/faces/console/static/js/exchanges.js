// The timeline's list: exchanges by number, the oldest first, and a window that grows towards the past. Pure.

export const FILTERS = ["direction", "kind", "status", "text"];
export const PAGE = 200;
/** As many are kept while the newest are looked at, and while somebody reads back; the older are loaded again then. */
const KEPT = { newest: 2_000, back: 200_000 };

export function emptyList(filters = {}) {
  return { filters, items: [], next: null, loaded: false, loading: false, failure: null, dropped: 0 };
}

export function filtersOf(query) {
  return Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]));
}

export const sameFilters = (one, two) => FILTERS.every((name) => (one[name] ?? "") === (two[name] ?? ""));

/** Whether *exchange* fits; null where only the server knows. */
export function fits(exchange, { direction, kind, status, text }) {
  if (direction && exchange.direction !== direction) return false;
  if (kind && exchange.kind !== kind) return false;
  if (status && !statusFits(exchange.status, status)) return false;
  return text ? null : true;
}

function statusFits(status, wanted) {
  if (wanted === "none") return status === null;
  if (wanted.endsWith("xx")) return status !== null && String(status)[0] === wanted[0];
  return String(status) === wanted;
}

/** The place of *id* in *items*, or where it would stand. */
export function placeOf(items, id) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function withOlder(list, page) {
  const oldest = list.items[0]?.id ?? Infinity;
  const older = page.items.filter((each) => each.id < oldest).reverse();
  return {
    ...list,
    items: older.length ? older.concat(list.items) : list.items,
    next: page.next,
    dropped: page.dropped,
    loaded: true,
    loading: false,
    failure: null,
  };
}

/**
 * The list after *exchanges* came or changed, each as it is now; *known* are those that the server says fit.
 * While somebody is *readingBack*, nothing goes from below.
 */
export function withChanges(list, exchanges, { known = false, readingBack = false } = {}) {
  const items = list.items.slice();
  for (const exchange of exchanges) {
    const place = placeOf(items, exchange.id);
    const present = items[place]?.id === exchange.id;
    const fitting = known ? true : fits(exchange, list.filters);
    if (fitting === false && present) items.splice(place, 1);
    else if (present) items[place] = exchange;
    else if (fitting && (place > 0 || list.next === null || items.length === 0)) items.splice(place, 0, exchange);
  }
  return { ...list, ...trimmed(items, list.next, readingBack ? KEPT.back : KEPT.newest) };
}

function trimmed(items, next, most) {
  if (items.length <= most * 1.1) return { items, next };
  const kept = items.slice(items.length - most);
  return { items: kept, next: kept[0].id };
}
