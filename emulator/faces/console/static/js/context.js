// How components reach the store, the API and the actions.

import { createContext } from "preact";
import { useContext, useLayoutEffect, useReducer, useRef } from "preact/hooks";

export const AppContext = createContext(null);

export function useApp() {
  return useContext(AppContext);
}

/** What *select* takes of the state; the component is drawn again when that is another value. */
export function useSelect(select) {
  const { store } = useApp();
  const [, draw] = useReducer((count) => count + 1, 0);
  const value = select(store.get());
  const latest = useRef();
  latest.current = { select, value };
  useLayoutEffect(() => {
    const look = () => {
      if (!Object.is(latest.current.select(store.get()), latest.current.value)) draw();
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return value;
}
