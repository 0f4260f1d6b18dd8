/** How long a client is told to wait for an answer, each by its own means. */
export const timeout = 20_000;
