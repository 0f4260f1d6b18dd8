import type { Message, RequestId } from './jsonrpc.ts';
import { endOfString } from './scan.ts';

/**
 * Texts of messages that hold numbers a JavaScript number can not: passed on as values, an integer
 * past 2^53 would be another one, and a `1.0` of Python's an integer.
 */
export const texts: WeakMap<Message, string> = new WeakMap();

/** Sixteen digits, a fraction that ends in zero or is tiny, an exponent, a negative zero. */
const INEXACT = /(?<=^|[:,[\s])(?:-?(?:[\d.]{16}|\d+\.\d*0(?!\d)|[\d.]+[eE]|0\.0{6})|-0(?![.\d]))/;

/** Whether text may hold a number that its value would not be written as again. */
export function isInexact(text: string): boolean {
  return INEXACT.test(text);
}

/** Keeps the text that a message was read from, where passing on the value would change it. */
export function keepText(message: Message, text: string): void {
  if (isInexact(text) && members(text) !== undefined) {
    // White space in JSON, but the end of a line to whoever reads lines or event streams.
    texts.set(message, text.replaceAll(/[\r\n]+/g, ' '));
  }
}

/** A message as JSON: as it was read, where that was kept. */
export function jsonOf(message: Message): string {
  return texts.get(message) ?? JSON.stringify(message);
}

/** Writes a message as JSON; `undefined` where JSON can not carry it: a `bigint`, a cycle. */
export function textOf(message: Message): string | undefined {
  try {
    return jsonOf(message);
  } catch {
    return undefined;
  }
}

/** The text that was kept of a message. */
export function keptText(message: Message): string | undefined {
  return texts.get(message);
}

/** Gives a message another id, in the text that was kept as well. */
export function relabel<M extends Message>(message: M, id: RequestId): M {
  const relabelled = { ...message, id };
  const text = texts.get(message);
  const [start, end] = (text !== undefined && members(text)?.get('id')) || [];
  if (text !== undefined && start !== undefined) {
    texts.set(relabelled, text.slice(0, start) + JSON.stringify(id) + text.slice(end));
  }
  return relabelled;
}

/**
 * Where the value of each member of an object is in its text. `undefined` for text with a name that
 * comes twice: who reads it next might take the other value, and another message for the one that
 * was let in.
 */
function members(text: string): Map<string, [start: number, end: number]> | undefined {
  const found = new Map<string, [number, number]>();
  let depth = 0;
  let name: string | undefined;
  let start = 0;
  const over = (end: number): boolean => {
    if (name === undefined) return true;
    const isTwice = found.has(name);
    found.set(name, [start, end]);
    name = undefined;
    return !isTwice;
  };
  for (let i = 0; i < text.length; i++) {
    switch (text.charAt(i)) {
      case '"': {
        const end = endOfString(text, i);
        if (depth === 1 && name === undefined) {
          const [colon] = /^\s*:\s*/.exec(text.slice(end + 1, end + 64)) ?? [];
          if (colon === undefined) return undefined;
          name = JSON.parse(text.slice(i, end + 1)) as string;
          start = end + 1 + colon.length;
          i = start - 1;
        } else i = end;
        break;
      }
      case '{':
      case '[':
        depth++;
        break;
      case '}':
      case ']':
        if (depth-- === 1 && !over(i)) return undefined;
        break;
      case ',':
        if (depth === 1 && !over(i)) return undefined;
        break;
    }
  }
  return found;
}
