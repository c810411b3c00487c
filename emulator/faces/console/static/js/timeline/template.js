// What the document says of a request, beside what was made of it, and where each value comes from.

import { useSelect } from "../context.js";
import { html } from "../html.js";
import { jsonLines, plainLines } from "../jsonlines.js";
import { Lines } from "../ui/lines.js";
import { prettyLines } from "./body.js";

/** The part of the document that *kind* is made by; null where there is none. */
export function templateOf(document, kind) {
  try {
    return JSON.parse(document.text).API?.[kind] ?? null;
  } catch {
    return null;
  }
}

export function TemplateBeside({ detail }) {
  const document = useSelect((state) => state.document);
  const sample = document?.requests.find((each) => each.name === detail.kind);
  const template = document && templateOf(document, detail.kind);
  if (!sample && !template) return null;
  const { request } = detail;
  const type = request.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const rendered = request.body.text ? (prettyLines(request.body.text, type) ?? plainLines(request.body.text)) : plainLines(request.url);
  return html`<section class="part" aria-label="Template">
    <h3>The document's template, and what was made of it</h3>
    ${!document.played && html`<p class="muted">The file is not what is played, so this may differ: ${document.why_not}.</p>`}
    <div class="beside">
      ${template &&
      html`<div>
        <p class="body-head muted">${template.request_method ?? ""} ${template.request_url ?? ""}</p>
        <${Lines} lines=${jsonLines(JSON.stringify(template.request_parameters ?? {})) ?? []} label="Template" />
      </div>`}
      <div>
        <p class="body-head muted">${request.method} ${request.url}</p>
        <${Lines} lines=${rendered} label="What was made of it" />
      </div>
    </div>
    ${sample && html`<${Origins} origins=${sample.origins} />`}
  </section>`;
}

export function Origins({ origins }) {
  return html`<div class="table-scroll" tabindex="0" role="group" aria-label="Where the values come from">
    <table class="grid">
      <thead><tr><th scope="col">Value</th><th scope="col">Comes from</th><th scope="col">If that has no value</th></tr></thead>
      <tbody>
        ${origins.map(
          ({ path, source, unset }) => html`<tr key=${path}>
            <th scope="row"><code>${path}</code></th>
            <td>${source}</td>
            <td class="muted">${unset ?? ""}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
