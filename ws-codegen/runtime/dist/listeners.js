/** A set of listeners, of which none can break another. */
/**
 * Makes an empty set. Whatever a listener throws goes to `failed`, and the next listener is called all the same. A listener
 * that is removed during `emit` is not called any more; one that is added then hears only later values.
 */
export function createListeners(failed) {
    const entries = new Set();
    return {
        add(listener) {
            const entry = { listener };
            entries.add(entry);
            return () => void entries.delete(entry);
        },
        emit(value) {
            const present = [...entries];
            for (const entry of present) {
                if (!entries.has(entry))
                    continue;
                try {
                    const outcome = entry.listener(value);
                    if (outcome instanceof Promise)
                        outcome.catch(failed);
                }
                catch (cause) {
                    failed(cause);
                }
            }
            return present.length > 0;
        },
    };
}
