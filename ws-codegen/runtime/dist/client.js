/** The client as applications see it. */
export {};
