import { isRequest, type Message, readMessage } from './jsonrpc.ts';
import type { RefusalCode } from './refusals.ts';
import { keepText } from './verbatim.ts';
import { scanText, scanValue } from './scan.ts';
import { allowsBatches } from './versions.ts';

/** The body of a request: text, or the value that a host's parser made of it. */
export type Body = { readonly text: string } | { readonly parsed: unknown };

/** The messages of one body. */
export interface Parcel {
  readonly messages: readonly [Message, ...Message[]];
  readonly isBatch: boolean;
  /** Size of the JSON text; 0 where the body came as a value. */
  readonly bytes: number;
  /** What all messages take in memory, in bytes: the text, and something for each of its values. */
  readonly weight: number;
}

export interface BodyLimits {
  readonly maxDepth: number;
  readonly maxElements: number;
}

/** Scans, parses and reads a body, in this order (rows P4, P7). */
export function readBody(body: Body, { maxDepth, maxElements }: BodyLimits): Parcel | RefusalCode {
  const isText = 'text' in body;
  const verdict = isText
    ? scanText(body.text, maxDepth, maxElements)
    : scanValue(body.parsed, maxDepth, maxElements);
  if (verdict === 'deep') return 'body-too-deep';
  if (verdict === 'large') return 'body-too-many-elements';
  if (!isText) return readValue(body.parsed, 0, verdict);
  try {
    const parcel = readValue(JSON.parse(body.text) as unknown, body.text.length, verdict);
    if (typeof parcel !== 'string' && !parcel.isBatch) keepText(parcel.messages[0], body.text);
    return parcel;
  } catch {
    return 'parse-error';
  }
}

function readValue(value: unknown, bytes: number, weight: number): Parcel | RefusalCode {
  if (!Array.isArray(value)) {
    const message = readMessage(value);
    if (message === undefined) return 'invalid-request';
    return { messages: [message], isBatch: false, bytes, weight };
  }
  const messages: Message[] = [];
  for (const each of value as unknown[]) {
    const message = readMessage(each);
    if (message === undefined) return 'invalid-request';
    messages.push(message);
  }
  const [first, ...rest] = messages;
  if (first === undefined) return 'invalid-request';
  return { messages: [first, ...rest], isBatch: true, bytes, weight };
}

/** What one message of a batch takes in memory, in bytes. */
export function weightOf(message: Message): number {
  // No scan without limits ends in a verdict.
  return Number(scanValue(message, Infinity, Infinity));
}

/** Whether a body is a lone `initialize`: the only message that belongs to no session yet. */
export function isInitialize({ messages: [first], isBatch }: Parcel): boolean {
  return !isBatch && 'method' in first && first.method === 'initialize' && 'id' in first;
}

/**
 * Whether a dual-era client asks which era a server is of (row M10). It gets the answer of any
 * server with sessions, because some clients take a list of revisions as a refusal and do not fall
 * back.
 */
export function isProbe({ messages: [first] }: Parcel): boolean {
  return isRequest(first) && first.method === 'server/discover';
}

/** Whether a batch is allowed: in one revision only, up to what may be in flight (row P4). */
export function allowsBatch(
  { messages }: Parcel,
  revision: string | undefined,
  max: number,
): boolean {
  if (!allowsBatches(revision) || messages.length > max) return false;
  return messages.every((message) => !isRequest(message) || message.method !== 'initialize');
}
