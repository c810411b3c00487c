// A small choice of emoji, walked through with the arrow keys.

import { useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";

const COLUMNS = 8;
const EMOJI = [
  ["😀", "grinning"], ["😂", "tears of joy"], ["😊", "smiling"], ["😍", "heart eyes"], ["😎", "sunglasses"], ["🤔", "thinking"], ["😢", "crying"], ["😡", "angry"],
  ["👍", "thumbs up"], ["👎", "thumbs down"], ["👋", "waving"], ["🙏", "folded hands"], ["👏", "clapping"], ["💪", "strong"], ["👀", "eyes"], ["🤝", "handshake"],
  ["❤️", "heart"], ["🎉", "party"], ["🔥", "fire"], ["✨", "sparkles"], ["✅", "done"], ["❌", "cross"], ["⚠️", "warning"], ["🚀", "rocket"],
  ["☕", "coffee"], ["🍕", "pizza"], ["🐱", "cat"], ["🌞", "sun"], ["📞", "phone"], ["📅", "calendar"], ["👩‍💻", "technologist, several code points"], ["🇦🇺", "flag of Australia, two letters"],
];

export function EmojiPicker({ onPick, onClose }) {
  const ref = useRef();
  useLayoutEffect(() => ref.current.querySelector("button").focus(), []);
  const walk = (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...ref.current.querySelectorAll("button")];
    buttons[buttons.indexOf(document.activeElement) + step]?.focus();
  };
  const onFocusOut = (event) => !event.currentTarget.contains(event.relatedTarget) && event.relatedTarget && onClose();
  return html`<div class="emoji" ref=${ref} role="group" aria-label="Emoji" onKeyDown=${walk} onFocusOut=${onFocusOut}>
    ${EMOJI.map(
      ([sign, name], index) => html`<button class="quiet" key=${sign} type="button" tabindex=${index ? "-1" : "0"} aria-label=${name} title=${name} onClick=${() => onPick(sign)}>${sign}</button>`,
    )}
  </div>`;
}
