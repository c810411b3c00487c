// The page's state: one object that is replaced, never changed, and those who want to know.

export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get: () => state,
    /** Take over the fields of *patch*, or of what it makes of the state. */
    set(patch) {
      const fields = typeof patch === "function" ? patch(state) : patch;
      if (!fields) return;
      state = { ...state, ...fields };
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
