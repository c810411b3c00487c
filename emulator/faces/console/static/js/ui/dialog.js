// A dialog: the browser keeps the focus in it, closes it on Escape, and gives the focus back.

import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { Icon } from "../icons.js";

export function Dialog({ title, onClose, children, wide = false }) {
  const ref = useRef();
  const name = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    ref.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  const onBackdrop = (event) => event.target === ref.current && onClose();
  return html`<dialog class=${wide ? "wide" : ""} ref=${ref} aria-labelledby=${name} onClose=${onClose} onMouseDown=${onBackdrop}>
    <div class="dialog-body">
      <header class="dialog-head">
        <h2 id=${name}>${title}</h2>
        <button class="quiet icon-only" type="button" aria-label="Close" onClick=${onClose}><${Icon} name="cross" /></button>
      </header>
      ${children}
    </div>
  </dialog>`;
}
