/** How long a session lives whose client has left without a word, in milliseconds. */
export const LEFT_MS = 180_000;
