/** What a client knows about its connection, as one value that applications can show. */
export {};
