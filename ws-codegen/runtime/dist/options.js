/** The options of a connection, and their defaults. */
export {};
