import { NOT_BEGUN } from '../events/clusterStats.ts';
import type { Frame } from './frame.ts';

type Check = (value: unknown) => boolean;
type Members<F> = Exclude<keyof F, 'type'>;

const isText: Check = (value) => typeof value === 'string';
const isTextOrNone: Check = (value) => value === undefined || typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isWhole: Check = (value) => Number.isSafeInteger(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTime: Check = (value) => typeof value === 'number';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isAny: Check = () => true;
const isNak: Check = (value) => NOT_BEGUN.some((why) => why === value);

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value);
}

const isHeaders: Check = (value) => isObject(value) && Object.values(value).every(isText);

const isAuthInfo: Check = (value) => {
  if (value === undefined) return true;
  if (!isObject(value)) return false;
  const { token, clientId, scopes, expiresAt, resource, extra } = value as Record<string, unknown>;
  if (!isText(token) || !isText(clientId) || !isTexts(scopes)) return false;
  if (expiresAt !== undefined && typeof expiresAt !== 'number') return false;
  if (resource !== undefined && !isUrl(resource)) return false;
  return extra === undefined || isObject(extra);
};

/** What each member of each type of frame is, as a frame arrives: before it is one. */
export const FRAME_SHAPES: {
  readonly [T in Frame['type']]: Readonly<
    Record<Members<Extract<Frame, { readonly type: T }>>, Check>
  >;
} = {
  req: {
    id: isText,
    session: isText,
    space: isTextOrNone,
    method: isText,
    headers: isHeaders,
    url: isTextOrNone,
    principal: isTextOrNone,
    authInfo: isAuthInfo,
    until: isTime,
    isSure: isFlag,
    takes: isFlag,
    hasRoom: isFlag,
    isHeard: isFlag,
    body: isTextOrNone,
  },
  ack: { id: isText },
  nak: { id: isText, why: isNak, owner: isTextOrNone },
  lost: { id: isText },
  send: { id: isText, status: isCount, headers: isTexts, body: isTextOrNone },
  open: { id: isText, headers: isTexts, body: isText },
  more: { id: isText, n: isCount, body: isText },
  end: { id: isText, n: isCount },
  cut: { id: isText },
  taken: { id: isText, bytes: isCount },
  gone: { id: isText },
  released: { print: isText },
  verb: { id: isText, verb: isText, about: isAny },
  said: { id: isText, answer: isAny, error: isTextOrNone },
  ping: { n: isWhole },
};

export function isFrameType(type: string): type is Frame['type'] {
  return Object.hasOwn(FRAME_SHAPES, type);
}
