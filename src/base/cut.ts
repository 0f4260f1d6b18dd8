/**
 * The beginning of a text, as a text of its own: what `slice` gives keeps all of the long text in
 * memory, for as long as somebody holds the short one.
 *
 * @param max in UTF-16 code units, some thousands at most
 */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : copied(text.slice(0, max));
}

/** The same for a short text that may be a part of a long one. */
export function copied(part: string): string {
  return String.fromCharCode(...Array.from({ length: part.length }, (_, i) => part.charCodeAt(i)));
}
