// Single keys. They can be turned off, and never apply while somebody writes or a dialog is open.

import { useLayoutEffect, useRef } from "preact/hooks";
import { remember, remembered } from "./settings.js";

export const SHORTCUTS = [
  ["Everywhere", [
    ["?", "show these shortcuts"],
    ["g p", "phone"],
    ["g t", "timeline"],
    ["g f", "faults"],
    ["g d", "document"],
    ["m", "light, dark, or as the system"],
    ["Esc", "close, or go back"],
  ]],
  ["Phone", [
    ["n", "new conversation"],
    ["/", "write"],
    ["Enter", "send (Shift+Enter begins a line)"],
    ["↑ ↓", "walk through the conversations"],
  ]],
  ["Timeline", [
    ["/", "search"],
    ["↑ ↓ or j k", "walk through the exchanges"],
    ["Enter", "open"],
    ["Space or x", "select; with Shift+↑ ↓ a range"],
    ["c", "copy as curl"],
    ["r", "replay once"],
    ["e", "edit and replay"],
    ["s", "save as HAR"],
  ]],
];

export const singleKeysOn = () => remembered("keys", "on") === "on";
export const setSingleKeys = (on) => remember("keys", on ? null : "off");

const WRITING = "input, textarea, select, [contenteditable]";
const SEQUENCE_MS = 1200;

function isBusy(event) {
  if (event.defaultPrevented || event.isComposing) return true;
  return Boolean(event.target.closest?.(WRITING) || document.querySelector("dialog[open]"));
}

/** *bindings*: what each key does, such as `{"?": help, "g p": phone}`. */
export function useShortcuts(bindings) {
  const latest = useRef(bindings);
  latest.current = bindings;
  useLayoutEffect(() => {
    let before = "";
    let since = 0;
    function look(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event)) return;
      if (event.key !== "Escape" && !singleKeysOn()) return;
      const now = event.timeStamp;
      const pair = now - since < SEQUENCE_MS ? `${before} ${event.key}` : "";
      const action = latest.current[pair] ?? (before === "g" && pair ? null : latest.current[event.key]);
      before = event.key;
      since = now;
      if (!action) return;
      event.preventDefault();
      before = "";
      action(event);
    }
    document.addEventListener("keydown", look);
    return () => document.removeEventListener("keydown", look);
  }, []);
}
