// The integration document: its text with what is wrong on each line, and what it makes the platform do.

import { useSelect } from "../context.js";
import { count } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { Notice } from "../ui/notice.js";
import { Explained } from "./explained.js";
import { Source } from "./source.js";

export function DocumentView({ route }) {
  const document = useSelect((state) => state.document);
  const { file, text, problem, findings, played, why_not: whyNot } = document;
  const numbers = ["error", "warning", "info"]
    .map((severity) => [severity, findings.filter((each) => each.severity === severity).length])
    .filter(([, number]) => number);
  return html`<div class="document">
    <header class="document-head">
      <h1><${Icon} name="document" /> ${file}</h1>
      ${played
        ? html`<span class="badge good"><${Icon} name="check" />played as it is saved</span>`
        : html`<span class="badge bad"><${Icon} name="warning" />not what is played</span>`}
      ${numbers.map(([severity, number]) => html`<span key=${severity} class=${`badge ${TONES[severity]}`}>${count(number, severity, severity === "info" ? "infos" : undefined)}</span>`)}
    </header>
    <div role="status" class="document-told">
      ${!played && html`<${Notice} tone="bad" title="This text is not what is played.">${sentence(whyNot)} What was read before is still played.<//>`}
      ${problem && problem !== whyNot && html`<${Notice} tone="bad" title="It cannot be shown in full.">${problem}<//>`}
    </div>
    <div class="document-parts">
      <section class="document-source" aria-label="Text">
        ${text === null ? html`<p class="muted">There is no text to show.</p>` : html`<${Source} text=${text} findings=${findings} />`}
      </section>
      <section class="document-explained" aria-label="What it does">
        <${Explained} document=${document} chosen=${route.parts[0]} />
      </section>
    </div>
  </div>`;
}

export const TONES = { error: "bad", warning: "warn", info: "info" };

const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, ".") : "");
