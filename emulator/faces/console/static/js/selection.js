// Which rows of the timeline are chosen. Pure; the store keeps it, so that any action can use it.

export const NOTHING = { ids: new Set(), anchor: null };

export function toggled(selection, id) {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** All of *items* (by number, ascending) from the anchor to *id*. */
export function extended(selection, items, id) {
  const anchor = selection.anchor ?? id;
  const [low, high] = anchor < id ? [anchor, id] : [id, anchor];
  const ids = new Set(items.filter((each) => each.id >= low && each.id <= high).map((each) => each.id));
  return { ids, anchor };
}

/** The chosen numbers, the oldest first. */
export const chosen = (selection) => [...selection.ids].sort((one, two) => one - two);
