// A component whose module is loaded when it is wanted, or when the browser has nothing else to do.

import { useEffect, useState } from "preact/hooks";
import { html } from "../html.js";

/** *load* imports a module; *name* is the component in it. */
export function lazy(load, name) {
  let Found = null;
  const get = async () => (Found ??= (await load())[name]);
  function Lazy(props) {
    const [, draw] = useState(Found !== null);
    const [failure, fail] = useState(null);
    useEffect(() => {
      if (Found) draw(true); // it came between being drawn and now
      else get().then(() => draw(true), fail);
    }, []);
    if (failure) return html`<p class="starting" role="alert">This part of the page could not be loaded. Load the page again.</p>`;
    return Found ? html`<${Found} ...${props} />` : null;
  }
  Lazy.load = get;
  return Lazy;
}
