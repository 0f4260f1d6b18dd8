/** Reads a text as a URL, where it is one. `URL.parse` came with Node 22. */
export function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
