// A button that copies a text, and says so.

import { useEffect, useState } from "preact/hooks";
import { copyText } from "../clipboard.js";
import { useApp } from "../context.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";

const SAID_MS = 1600;

export function CopyButton({ text, label = "Copy", name, quiet = false, compact = false }) {
  const { actions } = useApp();
  const [done, say] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => say(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = () => actions.tried(async () => copyText(text).then(() => say(true)));
  const classes = `copy ${quiet ? "quiet" : ""} ${compact ? "icon-only" : ""}`;
  return html`<button class=${classes} type="button" onClick=${copy} aria-label=${name ?? (compact ? label : undefined)} title=${compact ? label : undefined}>
    <${Icon} name=${done ? "check" : "copy"} />
    ${!compact && html`<span>${done ? "Copied" : label}</span>`}
    ${compact && html`<span class="visually-hidden" role="status">${done ? "Copied" : ""}</span>`}
  </button>`;
}

/** A line of text that is there to be copied. */
export function CopyLine({ text, name }) {
  return html`<div class="copy-line">
    <code tabindex="0" role="group" aria-label=${name}>${text}</code>
    <${CopyButton} text=${text} label=${`Copy ${name}`} compact quiet />
  </div>`;
}
