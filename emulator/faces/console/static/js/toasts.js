// Short notices: what was done, or what went wrong. Read out by screen readers; errors stay until closed.

const STAY_MS = 5000;
export const NO_TOASTS = [];

export function createToasts(store) {
  let last = 0;
  const close = (id) => store.set(({ toasts }) => ({ toasts: toasts.filter((each) => each.id !== id) }));
  function show(text, { mend = "", tone = "good" } = {}) {
    const id = ++last;
    store.set(({ toasts }) => ({ toasts: [...toasts.slice(-3), { id, text, mend, tone }] }));
    if (tone !== "bad") setTimeout(() => close(id), STAY_MS);
  }
  return {
    close,
    tell: (text) => show(text),
    fail: (error) => show(error.message, { mend: error.mend, tone: "bad" }),
  };
}
