// The file of a message: a picture is shown, anything else can be saved. What it is says its type, never its name.

import { useState } from "preact/hooks";
import { useApp } from "../context.js";
import { size } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";

const PICTURE = /^image\/(png|jpe?g|gif|webp)$/;

export function FileShown({ message }) {
  const { api } = useApp();
  const { file, received, caption, content, direction } = message;
  const url = file ? api.fileUrl(file.id) : received?.sha256 && api.receivedUrl(message.id);
  const kept = file ?? received;
  const name = file?.name ?? (kept?.type?.startsWith("image/") ? "Received picture" : "Received file");
  return html`
    ${url ? html`<${Kept} url=${url} name=${name} type=${kept.type ?? ""} bytes=${kept.size} />` : html`<${Address} content=${content} />`}
    ${direction === "in" && !received && html`<p class="fetching">The file is being fetched…</p>`}
    ${caption && html`<p class="caption">${caption}</p>`}
  `;
}

function Kept({ url, name, type, bytes }) {
  const [isBroken, breakOff] = useState(false);
  if (PICTURE.test(type) && !isBroken) {
    return html`<a class="picture" href=${url} target="_blank" rel="noreferrer">
      <img src=${url} alt=${name} loading="lazy" onError=${() => breakOff(true)} />
    </a>`;
  }
  return html`<a class="file" href=${url} download=${name}>
    <${Icon} name="file" /><span>${name} <small>${type} ${size(bytes)}</small></span>
  </a>`;
}

function Address({ content }) {
  if (!/^https?:\/\//i.test(content)) return html`<span class="file"><${Icon} name="file" /><span>${content || "(no address)"}</span></span>`;
  return html`<a class="file" href=${content} target="_blank" rel="noreferrer noopener">
    <${Icon} name="picture" /><span>${content}</span>
  </a>`;
}
