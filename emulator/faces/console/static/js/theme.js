// Light, dark, or what the system says.

import { useState } from "preact/hooks";
import { remember, remembered } from "./settings.js";

export const THEMES = ["system", "light", "dark"];

export function currentTheme() {
  const theme = remembered("theme", "system");
  return THEMES.includes(theme) ? theme : "system";
}

export function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  remember("theme", theme === "system" ? null : theme);
}

/** The theme, and what turns to the next one. */
export function useTheme() {
  const [theme, change] = useState(currentTheme);
  const next = () => {
    const following = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    setTheme(following);
    change(following);
  };
  return [theme, next];
}
