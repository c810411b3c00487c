// Preact's h as a tagged template. What stands in ${…} becomes text or an attribute, never markup.

import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);
