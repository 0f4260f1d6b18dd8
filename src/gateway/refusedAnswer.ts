import { systemClock } from '../base/clock.ts';
import { within, timerFor } from '../base/within.ts';
import {
  isObject,
  isResponse,
  type RequestId,
  readMessage,
  type ResponseMessage,
} from '../wire/jsonrpc.ts';
import { watchedBody } from './watchedBody.ts';

/** More than any error says; and how long its text may take to come. */
const MAX_BYTES = 64 * 1024;
const READ_MS = 1000;

/** Codes of JSON-RPC errors that a server, not a method, defines: `-32000` says nothing by itself. */
const SERVER_CODES = [-32_099, -32_000] as const;

/** What a remote server says with a status that is no success. */
export interface RefusedAnswer {
  readonly text: string;
  /** The JSON-RPC error of the request, where the text is one. */
  readonly answer: ResponseMessage | undefined;
  /** The session may be what was refused, and not this request. */
  readonly isDoubtful: boolean;
}

/** Reads what a remote server answers a request with whose status is no success. */
export async function readRefused(response: Response, id: RequestId): Promise<RefusedAnswer> {
  const text = await textOf(response);
  const answer = answerIn(text, id);
  const code = answer?.error?.code;
  const isServers = code === undefined || (code >= SERVER_CODES[0] && code <= SERVER_CODES[1]);
  return { text, answer, isDoubtful: response.status === 400 && isServers };
}

function answerIn(text: string, id: RequestId): ResponseMessage | undefined {
  try {
    const message = readMessage(JSON.parse(text));
    const isOwn = message !== undefined && isResponse(message) && message.id === id;
    return isOwn && isObject(message.error) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a response; of one that is too long or too slow, none. */
async function textOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reading = new AbortController();
  const watched = watchedBody(body, {
    maxBytes: MAX_BYTES,
    pace: () => undefined,
    onEnd: () => {},
    signal: reading.signal,
  });
  try {
    const timer = timerFor(systemClock, READ_MS);
    return await within(new Response(watched).text(), timer, () => new Error('too slow'));
  } catch {
    reading.abort();
    return '';
  }
}
