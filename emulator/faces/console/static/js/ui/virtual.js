// A list of which only the rows in sight exist. All rows are equally high, so that 100,000 scroll like ten.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";

const OVERSCAN = 8;

/** Where the rows begin and end that are in sight. */
export function inSight(top, height, rowHeight, count) {
  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  return [first, Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN)];
}

/** *onTop* is told whether the first row is in sight. *shifted* rows were added above since the last time: what is in sight stays there, unless it was the top. */
export function VirtualList({ count, rowHeight, row, onNearEnd, shifted = 0, listRef, onTop, ...attributes }) {
  const own = useRef();
  const ref = listRef ?? own;
  const latest = useRef();
  latest.current = onTop;
  const [[top, height], see] = useState([0, 800]);

  useLayoutEffect(() => {
    const element = ref.current;
    const look = () => {
      see([element.scrollTop, element.clientHeight]);
      latest.current?.(element.scrollTop === 0);
    };
    look();
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      watcher.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  useLayoutEffect(() => {
    if (shifted && ref.current.scrollTop > 0) ref.current.scrollTop += shifted * rowHeight;
  }, [shifted, count]);

  const [first, end] = inSight(top, height, rowHeight, count);
  useLayoutEffect(() => {
    if (end >= count - 3 * OVERSCAN) onNearEnd?.();
  }, [end, count]);

  const rows = [];
  for (let index = first; index < end; index++) rows.push(row(index, { top: `${index * rowHeight}px` }));
  return html`<div class="virtual" ref=${ref} ...${attributes}>
    <div class="virtual-rows" role="presentation" style=${{ height: `${count * rowHeight}px` }}>${rows}</div>
  </div>`;
}

/** Scroll as little as is needed for row *index* to be in sight. */
export function reveal(element, index, rowHeight) {
  const top = index * rowHeight;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + rowHeight > element.scrollTop + element.clientHeight) {
    element.scrollTop = top + rowHeight - element.clientHeight;
  }
}
