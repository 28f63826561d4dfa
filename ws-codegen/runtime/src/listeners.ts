/** A set of listeners, of which none can break another. */

/** Receives values. If it returns a promise, a rejection is reported like an exception. */
export type Listener<Value> = (value: Value) => void;

/** Removes a listener. Calling it again is harmless. */
export type Unsubscribe = () => void;

/** The listeners of one kind of value. */
export interface Listeners<Value> {
  /** Registers `listener` until the returned function is called. The same function may be registered twice. */
  add(listener: Listener<Value>): Unsubscribe;
  /** Calls every listener in the order of registration; `false` when there is none. */
  emit(value: Value): boolean;
}

/**
 * Makes an empty set. Whatever a listener throws goes to `failed`, and the next listener is called all the same. A listener
 * that is removed during `emit` is not called any more; one that is added then hears only later values.
 */
export function createListeners<Value>(failed: (cause: unknown) => void): Listeners<Value> {
  const entries = new Set<{ readonly listener: (value: Value) => unknown }>();
  return {
    add(listener) {
      const entry = { listener };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
    emit(value) {
      const present = [...entries];
      for (const entry of present) {
        if (!entries.has(entry)) continue;
        try {
          const outcome = entry.listener(value);
          if (outcome instanceof Promise) outcome.catch(failed);
        } catch (cause) {
          failed(cause);
        }
      }
      return present.length > 0;
    },
  };
}
