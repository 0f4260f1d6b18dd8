/** What an array element or an object member takes in memory beside its text, in bytes, about. */
const VALUE_BYTES = 64;
/** What a number in an array takes. */
const NUMBER_BYTES = 16;

/**
 * What a scan finds in a body before it is parsed: too deep, too large, or else what its values take
 * in memory, in bytes.
 */
export type ScanVerdict = number | 'deep' | 'large';

/**
 * Walks JSON text once and stops at the first limit it meets, so that a nested or padded body costs
 * its length and nothing more. The syntax is left to `JSON.parse`.
 *
 * @param maxDepth nested arrays and objects allowed
 * @param maxElements values in arrays and members of objects allowed, over the whole text. Numbers
 * in arrays are not counted: an embedding takes little more than its text
 */
export function scanText(text: string, maxDepth: number, maxElements: number): ScanVerdict {
  let depth = 0;
  let elements = 0;
  let numbers = 0;
  let isArray = false;
  const outer: boolean[] = [];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a string: skip to its closing quote
        i = endOfString(text, i);
        break;
      case 0x2c: // ,
        // Nothing in an array but a number ends in a digit.
        if (isArray && isDigit(text.charCodeAt(lastBefore(text, i)))) numbers++;
        else if (++elements > maxElements) return 'large';
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) return 'deep';
        if (++elements > maxElements) return 'large';
        outer.push(isArray);
        isArray = text.charCodeAt(i) === 0x5b;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        isArray = outer.pop() ?? false;
        break;
    }
  }
  return text.length + elements * VALUE_BYTES + numbers * NUMBER_BYTES;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Where the last character before a place is that is no white space of JSON. */
function lastBefore(text: string, place: number): number {
  let i = place - 1;
  while (i >= 0 && isSpace(text.charCodeAt(i))) i--;
  return i;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Where the string that begins at a place has its closing quote. */
export function endOfString(text: string, start: number): number {
  for (let i = start; ;) {
    const quote = text.indexOf('"', i + 1);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return quote;
    i = quote;
  }
}

/**
 * Walks a body that a host's parser turned into values, with the limits of {@link scanText}. Of the
 * text that the values once were, names and strings alone are counted.
 */
export function scanValue(root: unknown, maxDepth: number, maxElements: number): ScanVerdict {
  let elements = 0;
  let numbers = 0;
  let length = 0;
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'string') length += value.length;
      if (typeof value !== 'object' || value === null) continue;
      if (depth >= maxDepth) return 'deep';
      const children: unknown[] = Array.isArray(value) ? value : Object.values(value);
      if (children !== value) for (const name of Object.keys(value)) length += name.length;
      const flat = children === value ? numbersIn(children) : 0;
      numbers += flat;
      elements += Math.max(children.length, 1) - flat;
      if (elements > maxElements) return 'large';
      for (const child of children) next.push(child);
    }
    level = next;
  }
  return length + elements * VALUE_BYTES + numbers * NUMBER_BYTES;
}

/** Numbers in an array that are not counted: of its last value, text says nothing but its bracket. */
function numbersIn(values: readonly unknown[]): number {
  let count = 0;
  for (let i = 0; i < values.length - 1; i++) if (typeof values[i] === 'number') count++;
  return count;
}
