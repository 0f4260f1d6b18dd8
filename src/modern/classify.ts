import type { Parcel } from '../wire/body.ts';
import { header, type RequestHead } from '../wire/headers.ts';
import {
  isRequest,
  isResponse,
  type Message,
  type NotificationMessage,
  type RequestMessage,
} from '../wire/jsonrpc.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { STATELESS_REVISION } from '../wire/versions.ts';
import { isEnvelope, KEYS, metaOf } from './envelope.ts';

/** Revisions are dates: they compare as text. */
const MODERN = STATELESS_REVISION;
export const MODERN_REVISIONS: readonly string[] = [MODERN];

/** Which era a message is of. */
export type Verdict =
  | { readonly kind: 'legacy' }
  | { readonly kind: 'request'; readonly message: RequestMessage }
  /** taken, and dropped: this revision has no notification for a server over HTTP */
  | { readonly kind: 'notification' }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly data?: Readonly<Record<string, unknown>>;
    };

const LEGACY: Verdict = { kind: 'legacy' };
const TAKEN: Verdict = { kind: 'notification' };
const MISMATCH: Verdict = { kind: 'refused', code: 'header-mismatch' };
const MISSING: Verdict = { kind: 'refused', code: 'header-missing' };
const INVALID: Verdict = { kind: 'refused', code: 'envelope-invalid' };

/** The param that names what a method is about, and has to be in `Mcp-Name` as well. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/** Longest version that a refusal repeats: a date is shorter. */
const MAX_VERSION = 32;

/** Whether a revision is one without sessions, known or not. */
export function isModern(version: string | undefined): boolean {
  return version !== undefined && version >= MODERN && /^\d{4}-\d{2}-\d{2}/.test(version);
}

/** Whether the head of a request names a revision without sessions. */
export function headIsModern(head: RequestHead): boolean {
  return !isOlder(head) && isModern(valueOf(head, 'mcp-protocol-version'));
}

/** The head names a revision of sessions: known at a glance, as most requests are of one. */
function isOlder({ headers }: RequestHead): boolean {
  const version = headers['mcp-protocol-version'];
  return typeof version === 'string' && version < MODERN && version > '2';
}

/** Tells the era of a body: by the claim in its messages, and by the headers that go with it. */
export function classify({ messages, isBatch }: Parcel, head: RequestHead): Verdict {
  // At a glance: a request of a session that says nothing of itself.
  if (!isBatch && isOlder(head) && isPlain(messages[0])) return LEGACY;
  if (isBatch) {
    const isClaimed = messages.some((each) => claimOf(each) !== undefined);
    return isClaimed ? { kind: 'refused', code: 'batch-not-allowed' } : LEGACY;
  }
  const [message] = messages;
  if (isResponse(message)) return LEGACY;
  const version = valueOf(head, 'mcp-protocol-version');
  return isRequest(message)
    ? ofRequest(message, version, head)
    : ofNotification(message, version, head);
}

/** A message has no `_meta`, and so no claim. */
function isPlain(message: Message): boolean {
  return 'method' in message && message.params?.['_meta'] === undefined;
}

function ofNotification(
  message: NotificationMessage,
  version: string | undefined,
  head: RequestHead,
): Verdict {
  const claim = claimOf(message);
  if (claim === undefined && !isModern(version)) return LEGACY;
  if (claim !== undefined && typeof claim !== 'string') return INVALID;
  if (claim !== undefined && version !== undefined && version !== claim) return MISMATCH;
  const method = valueOf(head, 'mcp-method');
  const isOurs = claim === undefined || isModern(claim);
  return isOurs && method !== undefined && method !== message.method ? MISMATCH : TAKEN;
}

function ofRequest(
  message: RequestMessage,
  version: string | undefined,
  head: RequestHead,
): Verdict {
  const claim = claimOf(message);
  const isWhole = claim !== undefined && isEnvelope(metaOf(message.params)!);
  if (message.method === 'initialize' && !(isWhole && isModern(claim as string))) {
    return isModern(version) ? MISMATCH : LEGACY;
  }
  if (claim === undefined) return isModern(version) ? INVALID : LEGACY;
  if (!isWhole) return INVALID;
  if (version !== undefined && version !== claim) return MISMATCH;
  const method = valueOf(head, 'mcp-method');
  if (method !== undefined && method !== message.method) return MISMATCH;
  if (!MODERN_REVISIONS.includes(claim as string)) return unsupported(claim as string);
  if (version === undefined || method === undefined) return MISSING;
  return ofName(message, head);
}

function ofName(message: RequestMessage, head: RequestHead): Verdict {
  const param = NAMED.get(message.method);
  const value = param === undefined ? undefined : message.params?.[param];
  if (param === undefined) return { kind: 'request', message };
  const sent = valueOf(head, 'mcp-name');
  if (sent === undefined) {
    return typeof value === 'string' ? MISSING : { kind: 'request', message };
  }
  const name = decoded(sent);
  const isSame = name !== undefined && (typeof value !== 'string' || name === value);
  return isSame ? { kind: 'request', message } : MISMATCH;
}

/** Says which revisions are served, and repeats the one that was asked for, as the revision has it. */
function unsupported(claim: string): Verdict {
  const requested = claim.slice(0, MAX_VERSION);
  const data = { supported: MODERN_REVISIONS, requested };
  return { kind: 'refused', code: 'version-unsupported', data };
}

/** The version a message claims to be of, of whatever type; `undefined` where it claims none. */
function claimOf(message: Message): unknown {
  const meta = 'method' in message ? metaOf(message.params) : undefined;
  return meta !== undefined && Object.hasOwn(meta, KEYS.version) ? meta[KEYS.version] : undefined;
}

/** The value of a header without the blanks around it. */
export function valueOf(head: RequestHead, name: string): string | undefined {
  const value = header(head, name);
  // Most hosts have taken the blanks off.
  return value !== undefined && /^[\t ]|[\t ]$/.test(value)
    ? value.replace(/^[\t ]+|[\t ]+$/g, '')
    : value;
}

/** Reads a header value that may be written as `=?base64?…?=`; `undefined` where that is not valid. */
export function decoded(value: string): string | undefined {
  const [, coded] = /^=\?base64\?(.*)\?=$/.exec(value) ?? [];
  if (coded === undefined) return value;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(coded)) {
    return undefined;
  }
  try {
    const bytes = Uint8Array.from(atob(coded), (each) => each.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
