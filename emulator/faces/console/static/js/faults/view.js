// Faults: how the next webhooks are answered, so that a provider shows what it does when the platform is in trouble.

import { useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { routeTo } from "../router.js";
import { HOW, KINDS, ON, planSaid, plansOn } from "./words.js";

const EXAMPLES = [
  ["503 once", { how: "in turn", faults: [{ kind: "status", status: 503 }] }],
  ["503 three times", { how: "in turn", faults: [503, 503, 503].map((status) => ({ kind: "status", status })) }],
  ["No answer once", { how: "in turn", faults: [{ kind: "timeout" }] }],
  ["Reset once", { how: "in turn", faults: [{ kind: "reset" }] }],
  ["Always 3 s slow", { how: "always", faults: [{ kind: "slow", pause_s: 3 }] }],
  ["Rough day", { how: "chance", faults: [{ kind: "status", status: 503 }, { kind: "timeout" }, { kind: "slow", pause_s: 2 }, { kind: "status", status: 200 }] }],
];
const FIRST = { kind: "status", status: 503, pause_s: 3 };

export function FaultsView() {
  const { actions } = useApp();
  const plans = useSelect((state) => state.faults);
  const [on, choose] = useState("");
  const [how, play] = useState("in turn");
  const [faults, change] = useState([FIRST]);
  const [seed, sow] = useState(0);
  const [busy, work] = useState(false);

  const take = (example) => {
    play(example.how);
    change(example.faults.map((fault) => ({ ...FIRST, ...fault })));
  };
  const edit = (index, fields) => change(faults.with(index, { ...faults[index], ...fields }));
  async function submit(event) {
    event.preventDefault();
    work(true);
    await actions.planFaults({ on: on || null, how, seed, faults: faults.map(asked) });
    work(false);
  }

  return html`<div class="faults">
    <div class="page-head">
      <h1>Faults</h1>
      <p class="lead">Answer webhooks wrongly on purpose, and see what your provider does: does it try again, and is nothing lost or doubled?</p>
    </div>
    <${Plans} plans=${plans} />
    <form class="card form" onSubmit=${submit} aria-label="Plan faults">
      <h2>Answer the next webhooks otherwise</h2>
      <div class="examples" role="group" aria-label="Examples to begin with">
        ${EXAMPLES.map(([name, example]) => html`<button key=${name} class="small" type="button" onClick=${() => take(example)}>${name}</button>`)}
      </div>
      <label class="field">
        <span>Which</span>
        <select value=${on} onChange=${(event) => choose(event.currentTarget.value)}>
          ${Object.entries(ON).map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}
        </select>
      </label>
      <fieldset class="how">
        <legend>How</legend>
        ${Object.entries(HOW).map(
          ([value, [name, means]]) => html`<label key=${value} class="radio">
            <input type="radio" name="how" value=${value} checked=${how === value} onChange=${() => play(value)} />
            <span><b>${name}</b> <span class="muted">${means}</span></span>
          </label>`,
        )}
      </fieldset>
      <fieldset class="answers">
        <legend>Answers</legend>
        <ol>
          ${faults.map(
            (fault, index) => html`<${Answer}
              key=${index}
              fault=${fault}
              place=${index + 1}
              onEdit=${(fields) => edit(index, fields)}
              onRemove=${faults.length > 1 ? () => change(faults.toSpliced(index, 1)) : null}
            />`,
          )}
        </ol>
        <button class="small" type="button" onClick=${() => change([...faults, FIRST])}><${Icon} name="plus" /><span>Add an answer</span></button>
      </fieldset>
      ${how === "chance" &&
      html`<label class="field inline"><span>Seed</span>
        <input type="number" min="0" max="2147483648" step="1" required value=${seed} onInput=${(event) => sow(Number(event.currentTarget.value))} />
        <span class="hint">The same seed brings the same trouble again.</span>
      </label>`}
      <div class="form-end">
        <button class="primary" type="submit" disabled=${busy}><${Icon} name="faults" /><span>Answer so from now on</span></button>
      </div>
    </form>
    <p class="hint">What was answered on purpose is marked in the <a href=${routeTo("timeline", [], { direction: "in" })}>timeline</a>.</p>
  </div>`;
}

function asked({ kind, status, pause_s: pause }) {
  if (kind === "status") return { kind, status };
  return kind === "slow" ? { kind, pause_s: pause } : { kind };
}

function Plans({ plans }) {
  const { actions } = useApp();
  const running = plansOn(plans);
  if (!running.length) return html`<p class="card quiet-card" role="status"><${Icon} name="check" /> Webhooks are answered as usual.</p>`;
  return html`<section class="card plans" aria-label="Faults that are on">
    <h2>On now</h2>
    <ul>
      ${plans.map(
        (plan) => html`<li key=${plan.on}>
          <span>${planSaid(plan)}</span>
          ${plan.how !== "as usual" &&
          html`<button class="small" type="button" onClick=${() => actions.endFaults(running.length > 1 ? plan.on : null)} aria-label=${`End: ${planSaid(plan)}`}>End</button>`}
        </li>`,
      )}
    </ul>
    ${running.length > 1 && html`<button type="button" onClick=${() => actions.endFaults()}>End all</button>`}
  </section>`;
}

function Answer({ fault, place, onEdit, onRemove }) {
  const { kind, status, pause_s: pause } = fault;
  return html`<li class="answer">
    <select aria-label=${`Answer ${place}`} value=${kind} onChange=${(event) => onEdit({ kind: event.currentTarget.value })}>
      ${Object.entries(KINDS).map(([value, [name]]) => html`<option key=${value} value=${value}>${name}</option>`)}
    </select>
    ${kind === "status" &&
    html`<input type="number" aria-label=${`Status of answer ${place}`} min="200" max="599" required value=${status} onInput=${(event) => onEdit({ status: Number(event.currentTarget.value) })} />`}
    ${kind === "slow" &&
    html`<input type="number" aria-label=${`Seconds of answer ${place}`} min="0" max="120" step="0.1" required value=${pause} onInput=${(event) => onEdit({ pause_s: Number(event.currentTarget.value) })} />
      <span class="hint">s</span>`}
    <span class="hint answer-means">${KINDS[kind][1]}</span>
    ${onRemove && html`<button class="quiet icon-only" type="button" aria-label=${`Remove answer ${place}`} onClick=${onRemove}><${Icon} name="cross" /></button>`}
  </li>`;
}
