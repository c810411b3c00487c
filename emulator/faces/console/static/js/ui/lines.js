// Lines of code: colours for what they are, marks for what is wrong with them, and numbers where wanted.

import { useState } from "preact/hooks";
import { html } from "../html.js";

const AT_FIRST = 1500;
const VARIABLE = /(\$[^$"\s][^$"]*\$)/;

/** *marks*: by JSONPath, `{tone, note}`. */
export function Lines({ lines, marks = {}, label }) {
  const [all, show] = useState(false);
  const shown = all ? lines : lines.slice(0, AT_FIRST);
  return html`<div class="code" tabindex="0" role="group" aria-label=${label}>
    <pre>${shown.map((line, index) => html`<${Line} key=${index} line=${line} mark=${line.path && marks[line.path]} />`)}</pre>
    ${shown.length < lines.length &&
    html`<button type="button" class="quiet" onClick=${() => show(true)}>Show all ${lines.length.toLocaleString()} lines</button>`}
  </div>`;
}

function Line({ line, mark }) {
  const isClosing = /^[}\]]/.test(line.tokens[0]?.text ?? "");
  const noted = mark && !isClosing;
  return html`<span class=${`line ${noted ? `marked ${mark.tone}` : ""}`}>${"  ".repeat(line.indent)}<${Tokens} tokens=${line.tokens} />${noted && html`<span class="line-note">${"  "}← ${mark.note}</span>`}${"\n"}</span>`;
}

export function Tokens({ tokens }) {
  return tokens.map(({ kind, text }, index) =>
    kind === "string" || kind === "plain"
      ? html`<span key=${index} class=${`t-${kind}`}>${text.split(VARIABLE).map((part, place) => (place % 2 ? html`<span class="t-variable">${part}</span>` : part))}</span>`
      : html`<span key=${index} class=${`t-${kind}`}>${text}</span>`,
  );
}
