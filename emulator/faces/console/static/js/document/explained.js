// What the document makes the platform do: each request with sample values, each webhook, and how a token is got.

import { useRef } from "preact/hooks";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { formLines, jsonLines, plainLines } from "../jsonlines.js";
import { navigate, routeTo } from "../router.js";
import { Origins } from "../timeline/template.js";
import { CopyButton } from "../ui/copy.js";
import { Lines } from "../ui/lines.js";

export function Explained({ document, chosen }) {
  const tabs = tabsOf(document);
  const list = useRef();
  if (!tabs.length) {
    return html`<div class="empty"><h2>Nothing to explain yet</h2><p>Once the document has no errors, its requests and webhooks are shown here with sample values.</p></div>`;
  }
  const open = tabs.find((each) => each.id === chosen) ?? tabs[0];
  const go = (tab) => navigate(routeTo("document", [tab.id]), { replace: true });
  const walk = (event) => {
    const place = tabs.indexOf(open);
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    go(tab);
    list.current.querySelector(`#tab-${tabs.indexOf(tab)}`).focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label="Requests and webhooks" ref=${list} onKeyDown=${walk}>
      ${tabs.map(
        (tab, index) => html`<button
          key=${tab.id}
          id=${`tab-${index}`}
          class="quiet"
          type="button"
          role="tab"
          aria-selected=${String(tab === open)}
          aria-controls="explained"
          tabindex=${tab === open ? "0" : "-1"}
          onClick=${() => go(tab)}
        ><${Icon} name=${tab.icon} /><span>${tab.name}</span></button>`,
      )}
    </div>
    <div class="explained" id="explained" role="tabpanel" tabindex="0" aria-labelledby=${`tab-${tabs.indexOf(open)}`}>${open.show()}</div>
  `;
}

function tabsOf({ requests, webhooks, oauth2 }) {
  return [
    ...requests.map((each) => ({ id: each.name, name: each.name, icon: "out", show: () => html`<${Request} request=${each} />` })),
    ...webhooks.map((each) => ({
      id: `webhook-${each.model + 1}`,
      name: `${each.model + 1} ${each.event_type}`,
      icon: "in",
      show: () => html`<${Webhook} webhook=${each} />`,
    })),
    ...(oauth2.length ? [{ id: "oauth2", name: "OAuth 2.0", icon: "link", show: () => html`<${Steps} steps=${oauth2} />` }] : []),
  ];
}

function bodyLines(text, headers = []) {
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  if (/x-www-form-urlencoded/i.test(type)) return formLines(text);
  return jsonLines(text) ?? plainLines(text);
}

function Request({ request }) {
  const { method, url, headers, body, curl, origins } = request;
  return html`
    <p class="hint">What is sent, with sample values.</p>
    <p class="address"><b>${method}</b> <code>${url}</code></p>
    <table class="pairs"><tbody>${headers.map(([name, value], index) => html`<tr key=${index}><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>
    ${body && html`<${Lines} lines=${bodyLines(body, headers)} label="Body" />`}
    <div><${CopyButton} text=${curl} label="Copy as curl" /></div>
    <h2>Where the values come from</h2>
    <${Origins} origins=${origins} />
  `;
}

function Webhook({ webhook }) {
  const { method, url, body, curl, event_key: key, event_type: type, events } = webhook;
  return html`
    <p class="hint">An example that fits this model${key ? html` (event key <code>${key}</code>)` : ""}: it is taken as <b>${type}</b>.</p>
    <p class="address"><b>${method}</b> <code>${url}</code></p>
    ${body && html`<${Lines} lines=${bodyLines(body)} label="Body" />`}
    <div><${CopyButton} text=${curl} label="Copy as curl" /></div>
    <h2>What is read from it</h2>
    ${events?.map(
      (event, index) => html`<table class="pairs" key=${index}>
        <tbody>${Object.entries(event.variables).map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody>
      </table>`,
    )}
  `;
}

function Steps({ steps }) {
  return html`<ol class="oauth">
    ${steps.map(
      ({ step, method, url, curl }, index) => html`<li key=${index}>
        <p>${step}</p>
        ${url && html`<p class="address"><b>${method}</b> <code>${url}</code></p>`}
        ${curl && html`<div><${CopyButton} text=${curl} label="Copy as curl" name=${`Copy step ${index + 1} as curl`} /></div>`}
      </li>`,
    )}
  </ol>`;
}
