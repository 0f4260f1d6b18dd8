import type { Forwarded } from '../directory/whereabouts.ts';
import { isRequest, type Message, type RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { Incarnation, SpaceName } from './engine.ts';

/** A request of a client, for a session of another node. */
export interface Asked {
  readonly owner: Incarnation;
  /** Where what the request is for is known; `undefined`: among sessions. */
  readonly space?: SpaceName;
  /** Id of the session, or of what else the request is for. */
  readonly session: string;
  /** Fingerprint of the session. */
  readonly print: string;
  /** The session is nobody's, and the node may claim it. */
  readonly takes: boolean;
  readonly request: Forwarded;
  /**
   * Looks for the session from the start, and has a request served where it is: this one, which was
   * begun nowhere, or one that goes on with its stream.
   */
  again(request: Forwarded, port: ResponsePort): void;
}

/** Methods that the protocol calls read-only or idempotent. */
const SURE: ReadonlySet<string> = new Set([
  'ping',
  'tools/list',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'completion/complete',
  'logging/setLevel',
  'tasks/list',
  'tasks/get',
  'tasks/cancel',
]);

/** The ids of the requests in a body, each of which is owed an answer. */
export function asksOf({ parcel }: Forwarded): RequestId[] {
  return (parcel?.messages ?? []).flatMap((message) => (isRequest(message) ? message.id : []));
}

/** Whether a request may be begun twice: nothing comes of it but an answer. */
export function isSure({ parcel }: Forwarded): boolean {
  return (parcel?.messages ?? []).every(isSureMessage);
}

/** A notification or a response that comes twice is met by a session as late, and does nothing. */
function isSureMessage(message: Message): boolean {
  return !isRequest(message) || SURE.has(message.method);
}
