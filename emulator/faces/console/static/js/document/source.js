// The text with line numbers; findings stand below the line that they are about.

import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { Tokens } from "../ui/lines.js";
import { TONES } from "./view.js";

const AT_FIRST = 2000;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|\b(?:true|false|null)\b)|([{}[\],:])/g;

export function Source({ text, findings }) {
  const [all, show] = useState(false);
  const lines = useMemo(() => text.split(/\r\n|\n|\r/), [text]);
  const byLine = useMemo(() => Map.groupBy ? Map.groupBy(findings, (each) => each.line) : grouped(findings), [findings]);
  const shown = all ? lines : lines.slice(0, AT_FIRST);
  const nowhere = byLine.get(null) ?? [];
  return html`
    ${nowhere.map((finding, index) => html`<${Told} key=${index} finding=${finding} />`)}
    <div class="code source" tabindex="0" role="group" aria-label="The document's text">
      <div class="source-lines">
        ${shown.map((line, index) => html`<${Line} key=${index} number=${index + 1} text=${line} findings=${byLine.get(index + 1)} />`)}
      </div>
      ${shown.length < lines.length && html`<button class="quiet" type="button" onClick=${() => show(true)}>Show all ${lines.length.toLocaleString()} lines</button>`}
    </div>
  `;
}

function grouped(findings) {
  const groups = new Map();
  for (const each of findings) groups.set(each.line, [...(groups.get(each.line) ?? []), each]);
  return groups;
}

function Line({ number, text, findings = [] }) {
  const tone = findings.length ? TONES[findings[0].severity] : "";
  return html`
    <div class=${`source-line ${tone}`} id=${`line-${number}`}>
      <span class="line-number" aria-hidden="true">${number}</span>
      <span class="line-text"><${Tokens} tokens=${tokensOf(text)} /></span>
    </div>
    ${findings.map((finding, index) => html`<${Told} key=${index} finding=${finding} text=${text} />`)}
  `;
}

function Told({ finding, text = "" }) {
  const { severity, code, message, remedy, why, column, width, line } = finding;
  const meant = column === null ? "" : text.slice(column - 1, column - 1 + width);
  return html`<div class=${`source-finding ${TONES[severity]}`} role="note" aria-label=${`${severity}${line === null ? "" : ` on line ${line}`}`}>
    <${Icon} name=${severity === "info" ? "info" : "warning"} />
    <div>
      <p><b>${message}</b>${meant && html` <span class="meant">at <code>${meant}</code></span>`}</p>
      <p>${remedy}</p>
      <p class="finding-code"><code>${code}</code> · ${severity}${column === null ? "" : ` · ${line}:${column}`}${why && ` · ${why}`}</p>
    </div>
  </div>`;
}

/** A line of JSON by the looks of it; it need not be right. */
export function tokensOf(text) {
  const tokens = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > at) tokens.push({ kind: "mark", text: text.slice(at, match.index) });
    const [, string, colon, word, mark] = match;
    if (string !== undefined) {
      tokens.push({ kind: colon === undefined ? "string" : "key", text: string });
      if (colon) tokens.push({ kind: "mark", text: colon });
    } else if (word !== undefined) tokens.push({ kind: "number", text: word });
    else tokens.push({ kind: "mark", text: mark });
    at = match.index + match[0].length;
  }
  if (at < text.length) tokens.push({ kind: "plain", text: text.slice(at) });
  return tokens;
}
