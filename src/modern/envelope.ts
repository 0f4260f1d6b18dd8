import type { Implementation } from '../wire/implementation.ts';
import { isObject, type RequestMessage } from '../wire/jsonrpc.ts';

const PREFIX = 'io.modelcontextprotocol/';

/** What a request of the stateless revision says of itself, under reserved keys of `_meta`. */
export const KEYS = {
  version: `${PREFIX}protocolVersion`,
  capabilities: `${PREFIX}clientCapabilities`,
  client: `${PREFIX}clientInfo`,
  level: `${PREFIX}logLevel`,
} as const;

export const SERVER_INFO = `${PREFIX}serverInfo`;
export const SUBSCRIPTION = `${PREFIX}subscriptionId`;
export const TASKS = `${PREFIX}tasks`;

const RESERVED: ReadonlySet<string> = new Set(Object.values(KEYS));

export type Capabilities = Readonly<Record<string, unknown>>;
export type Meta = Readonly<Record<string, unknown>>;
export type Params = Readonly<Record<string, unknown>>;

/** What a request says of its client, checked. */
export interface ModernEnvelope {
  readonly capabilities: Capabilities;
  readonly clientInfo: Implementation | undefined;
  /** The least severe log message that the client wants; `undefined`: none at all. */
  readonly level: string | undefined;
}

/** A request as the server behind gets it, and what was taken off it. */
export interface Opened {
  readonly params: Params | undefined;
  /** Answers to what an earlier round of the call has asked. */
  readonly inputResponses: unknown;
  /** The token of the round that is answered. */
  readonly requestState: unknown;
}

/** The `_meta` of a message's params, where there is one. */
export function metaOf(params: Params | undefined): Meta | undefined {
  const meta = params?.['_meta'];
  return isObject(meta) ? meta : undefined;
}

/** Whether a `_meta` has the parts that every request must carry, of the right kinds. */
export function isEnvelope(meta: Meta): boolean {
  const info = meta[KEYS.client];
  if (typeof meta[KEYS.version] !== 'string' || !isObject(meta[KEYS.capabilities])) return false;
  return info === undefined || isImplementation(info);
}

/** Reads the envelope of a `_meta` that {@link isEnvelope} has passed. */
export function envelopeOf(meta: Meta): ModernEnvelope {
  const level = meta[KEYS.level];
  return {
    capabilities: meta[KEYS.capabilities] as Capabilities,
    clientInfo: meta[KEYS.client] as Implementation | undefined,
    level: typeof level === 'string' ? level : undefined,
  };
}

/** Takes off a request's params what is for this library and not for the server behind. */
export function open({ params }: RequestMessage): Opened {
  if (params === undefined) {
    return { params, inputResponses: undefined, requestState: undefined };
  }
  const { _meta, inputResponses, requestState, task: _hint, ...rest } = params;
  const meta = isObject(_meta) ? unreserved(_meta) : undefined;
  return {
    params: meta === undefined ? rest : { ...rest, _meta: meta },
    inputResponses,
    requestState,
  };
}

/** What a `_meta` says beside the envelope; `undefined`: mostly, that is nothing. */
function unreserved(meta: Meta): Meta | undefined {
  const others = Object.keys(meta).filter((key) => !RESERVED.has(key));
  return others.length === 0
    ? undefined
    : Object.fromEntries(others.map((key) => [key, meta[key]]));
}

function isImplementation(value: unknown): value is Implementation {
  return (
    isObject(value) && typeof value['name'] === 'string' && typeof value['version'] === 'string'
  );
}

/** Levels of log messages, the least severe first. */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** Whether a client wants log messages of a level: none, unless the request says so. */
export function wantsLevel({ level: least }: ModernEnvelope, level: unknown): boolean {
  if (least === undefined || typeof level !== 'string') return false;
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
