/** What an application may choose when it connects, and what it gets when it does not. */
export {};
