// Writing: as one of us, or as the contact, which the project's trigger has the provider play.

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp, useSelect } from "../context.js";
import { size } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { EmojiPicker } from "./emoji.js";
import { ReplyFields, missing, startValues, triggerFor, valuesFor } from "./reply.js";

const MOST_BYTES = 16 * 1024 * 1024;

export function Composer({ chat, users, dropped }) {
  const { actions } = useApp();
  const organization = useSelect((state) => state.organization);
  const triggers = useSelect((state) => state.triggers);
  const [role, play] = useState("us");
  const [text, write] = useState("");
  const [file, attach] = useState(null);
  const [picking, pick] = useState(false);
  const [failure, fail] = useState(null);
  const [extension, speak] = useState(users[0]?.extension ?? null);
  const [chosen, choose] = useState(null);
  const [extra, fill] = useState(startValues);
  const area = useRef();
  const chooser = useRef();
  const name = useId();
  const asContact = role === "contact";
  const trigger = asContact ? triggerFor(triggers, chosen, file) : null;
  const canAttach = asContact ? triggers.some((each) => each.needs.includes("url")) : organization.can_send_files;

  useEffect(() => {
    if (dropped) take(dropped.file);
  }, [dropped]);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, 180)}px`;
  }, [text, role]);

  function take(given) {
    if (!canAttach) fail({ message: "No file can be sent here.", mend: asContact ? "No trigger needs a url." : "The document has no SendFile request." });
    else if (given.size > MOST_BYTES) fail({ message: `${given.name} has ${size(given.size)}.`, mend: "A file may have 16 MiB." });
    else {
      fail(null);
      attach(given);
    }
  }

  async function submit(event) {
    event?.preventDefault();
    if (asContact ? !trigger || missing(trigger, text, extra, file).length : !text.trim() && !file) return;
    const before = { text, file };
    write("");
    attach(null);
    fail(null);
    area.current?.focus();
    try {
      if (asContact) await replyAs(before);
      else await actions.send({ number: chat.number, contact: chat.contact, content: text, file, extension: users.length > 1 ? extension : null });
    } catch (error) {
      fail(error);
      write((now) => now || before.text);
      attach((now) => now ?? before.file);
    }
  }

  async function replyAs({ text: content, file: picture }) {
    const url = picture ? (await actions.uploadFile(picture)).url : null;
    const values = valuesFor({ trigger, content, extra, url, chat, organization });
    if (!(await actions.play(trigger.name, values))) throw { message: "The reply was not played.", mend: "The notice says why." };
  }

  function insert(sign) {
    const { selectionStart: start, selectionEnd: end } = area.current;
    write(text.slice(0, start) + sign + text.slice(end));
    pick(false);
    requestAnimationFrame(() => {
      area.current.focus();
      area.current.setSelectionRange(start + sign.length, start + sign.length);
    });
  }

  const onKeyDown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    submit(event);
  };
  const onPaste = (event) => {
    const [given] = event.clipboardData.files;
    if (!given) return;
    event.preventDefault();
    take(given);
  };
  const onChoose = (event) => {
    const [given] = event.currentTarget.files;
    event.currentTarget.value = "";
    if (given) take(given);
  };
  const label = asContact ? `Reply as ${chat.contact}` : file ? "Caption" : `Text to ${chat.contact}`;

  return html`<form class=${`composer by-${role}`} onSubmit=${submit} aria-label=${asContact ? "Play the contact" : "Write"}>
    <div class="composer-roles">
      <div class="segmented" role="group" aria-label="Who writes">
        <button type="button" aria-pressed=${String(!asContact)} onClick=${() => play("us")}>${users.length > 1 ? "We write" : `${users[0]?.name ?? "We"} writes`}</button>
        <button type="button" aria-pressed=${String(asContact)} onClick=${() => play("contact")}>The contact replies</button>
      </div>
      ${!asContact &&
      users.length > 1 &&
      html`<div class="as"><span aria-hidden="true">as</span>
        <select aria-label="Write as" value=${extension} onChange=${(event) => speak(event.currentTarget.value)}>
          ${users.map((user) => html`<option key=${user.extension} value=${user.extension}>${user.name} (${user.extension})</option>`)}
        </select>
      </div>`}
    </div>
    ${failure && html`<p class="composer-failure" role="alert"><${Icon} name="warning" /><span><b>${failure.message}</b> ${failure.mend}</span></p>`}
    ${asContact && html`<${ReplyFields} triggers=${triggers} trigger=${trigger} onChoose=${choose} extra=${extra} onFill=${fill} file=${file} />`}
    ${file && html`<${Preview} file=${file} onRemove=${() => attach(null)} />`}
    ${(!asContact || trigger) &&
    html`<div class="composer-line">
      <div class="composer-tools">
        <button class="quiet icon-only" type="button" aria-label="Emoji" title="Emoji" aria-expanded=${String(picking)} onClick=${() => pick(!picking)}><${Icon} name="smile" /></button>
        <button class="quiet icon-only" type="button" aria-label="Attach a picture" title=${canAttach ? "Attach a picture (or paste it, or drop it)" : "No file can be sent here"} disabled=${!canAttach} onClick=${() => chooser.current.click()}><${Icon} name="picture" /></button>
        <input ref=${chooser} type="file" accept="image/*,video/*,audio/*,.pdf,.vcf" hidden onChange=${onChoose} />
        ${picking && html`<${EmojiPicker} onPick=${insert} onClose=${() => (pick(false), area.current.focus())} />`}
      </div>
      <label class="visually-hidden" for=${`compose`}>${label}</label>
      <textarea
        id="compose"
        name=${name}
        ref=${area}
        rows="1"
        maxlength="20000"
        placeholder=${label}
        value=${text}
        onInput=${(event) => write(event.currentTarget.value)}
        onKeyDown=${onKeyDown}
        onPaste=${onPaste}
        dir="auto"
      ></textarea>
      <button class="primary icon-only send" type="submit" aria-label=${asContact ? "Play the reply" : "Send"} title=${asContact ? "Play the reply (Enter)" : "Send (Enter)"} disabled=${asContact ? missing(trigger, text, extra, file).length > 0 : !text.trim() && !file}><${Icon} name="send" /></button>
    </div>`}
  </form>`;
}

function Preview({ file, onRemove }) {
  const [url, show] = useState(null);
  useEffect(() => {
    if (!file.type.startsWith("image/")) return undefined;
    const made = URL.createObjectURL(file);
    show(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return html`<div class="preview">
    ${url ? html`<img src=${url} alt="" />` : html`<${Icon} name="file" />`}
    <span class="preview-name">${file.name} <small class="muted">${size(file.size)}</small></span>
    <button class="quiet icon-only" type="button" aria-label=${`Remove ${file.name}`} onClick=${onRemove}><${Icon} name="cross" /></button>
  </div>`;
}
