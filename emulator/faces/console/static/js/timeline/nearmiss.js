// A webhook that fits no model: which comes closest, and each difference from it.

import { html } from "../html.js";
import { Icon } from "../icons.js";
import { routeTo } from "../router.js";

/** Where in the body something is to be seen: what was found in a wrong way, and what may be meant. */
export function marksOf(misses) {
  const marks = {};
  for (const { nearest } of misses) {
    for (const { path, expected, near } of nearest?.mismatches ?? []) {
      if (near) marks[near] = { tone: "warn", note: `the model has ${path}` };
      marks[path] ??= { tone: "bad", note: `expected ${expected}` };
    }
  }
  return marks;
}

export function NearMisses({ misses }) {
  return misses.map(({ path, nearest }, index) => {
    if (!nearest) {
      return html`<section class="part" key=${index}><h3><${Icon} name="warning" /> Fits no model</h3>
        <p class="muted">None comes close. <a href=${routeTo("document")}>See the document's models</a>.</p></section>`;
    }
    return html`<section class="part near-miss" key=${index}>
      <h3><${Icon} name="warning" /> Near miss${path === "$" ? "" : html` at <code>${path}</code>`}</h3>
      <p>The nearest model is ${nearest.model + 1}, <b>${nearest.event_type}</b>${nearest.event_key ? html` (event key <code>${nearest.event_key}</code>)` : ""}. What differs:</p>
      <div class="table-scroll" tabindex="0" role="group" aria-label="Differences">
        <table class="grid">
          <thead><tr><th scope="col">Where</th><th scope="col">Expected</th><th scope="col">Found</th></tr></thead>
          <tbody>
            ${nearest.mismatches.map(
              (each) => html`<tr key=${each.path}>
                <th scope="row"><code>${each.path}</code></th>
                <td><ins><code>${each.expected}</code></ins></td>
                <td><del><code>${each.found}</code></del>${each.near && html`<p class="near">the closest that is there: <code>${each.near}</code>${each.why && `; ${each.why}`}</p>`}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${nearest.remedy && html`<p>Mend: ${nearest.remedy}</p>`}
    </section>`;
  });
}
