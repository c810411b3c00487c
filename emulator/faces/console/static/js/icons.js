// Small line drawings, 16 by 16, in the colour of the text. They only decorate: words stand beside them or in a label.

import { html } from "./html.js";

const PATHS = {
  phone: ["M3 3.500h10v7H7.500L4.5 13v-2.500H3z"],
  timeline: ["M2.5 4h11M2.5 8h7.500M2.5 12h9.5"],
  faults: ["M9 1.5 3 9h4l-.5 5.500L13 6.500H8.500z"],
  document: ["M4 1.500h5.500L12.5 4.500v10H4zM9.5 1.500v3h3M6 8h4.500M6 11h4.5"],
  out: ["M4 12 12 4M6 4h6v6"],
  in: ["M12 4 4 12M10 12H4V6"],
  check: ["m3 8.5 3 3 6.5-7"],
  checks: ["m1 8.5 3 3 6-7M7.5 11l.5.5 6.5-7"],
  question: ["M6 6.200A2 2 0 1 1 8.8 8C8.2 8.3 8 8.7 8 9.500M8 12v.1"],
  cross: ["m4 4 8 8M12 4l-8 8"],
  clock: ["M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3l2 1.5"],
  warning: ["M8 2 1.5 13.500h13zM8 6.500v3.500M8 11.800v.1"],
  info: ["M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.500V11M8 5v.1"],
  copy: ["M5.5 5.500h8v8h-8zM10.5 5.500v-3h-8v8h3"],
  sun: ["M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.500v1M8 13.500v1M1.5 8h1M13.5 8h1M3.4 3.400l.7.7M11.9 11.900l.7.7M3.4 12.600l.7-.7M11.9 4.100l.7-.7"],
  moon: ["M13 9.500A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.500z"],
  system: ["M2 3h12v8H2zM6 13.500h4M8 11v2.5"],
  back: ["M9.5 3.5 5 8l4.5 4.5"],
  down: ["m4 6 4 4 4-4"],
  plus: ["M8 3v10M3 8h10"],
  smile: ["M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.5 9.500s.8 1.5 2.5 1.5 2.5-1.5 2.5-1.500M6 6.200v.1M10 6.200v.1"],
  picture: ["M2 3h12v10H2zM2 11l3.5-3.5 3 3L10.5 8.5 14 12M10.5 6v.1"],
  send: ["M2 8 14 2.5 10.5 13.5 8 9z", "M8 9l3-3"],
  people: ["M6 7.500a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.400zM1.8 13c0-2.3 1.9-3.7 4.2-3.700s4.2 1.4 4.2 3.700M10.5 3.300a2.2 2.2 0 0 1 0 4M11.8 9.600c1.5.4 2.4 1.6 2.4 3.4"],
  search: ["M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.8 10.8 14 14"],
  save: ["M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.500h11"],
  again: ["M13 8A5 5 0 1 1 11.5 4.400L13 6M13 2.500V6H9.5"],
  edit: ["M10.5 2.500l3 3L6 13H3v-3z"],
  file: ["M4 1.500h5.500L12.5 4.500v10H4zM9.5 1.500v3h3"],
  link: ["M6.5 9.500l3-3M7 4.5 8.5 3A3 3 0 0 1 13 7.500L11.5 9M9 11.5 7.5 13A3 3 0 0 1 3 8.500L4.5 7"],
};

export function Icon({ name, class: extra = "" }) {
  return html`<svg class=${`icon ${extra}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    ${PATHS[name].map((path) => html`<path d=${path} />`)}
  </svg>`;
}
