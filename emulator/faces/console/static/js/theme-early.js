// Runs before the first paint, so that a remembered theme does not flash. A classic script: modules come later.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("ringo-emu.theme");
  } catch {
    // A browser that keeps nothing: the system's theme holds.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
