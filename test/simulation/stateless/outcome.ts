import type { Response } from '../heard.ts';
import type { Outcome } from './call.ts';

type Params = Readonly<Record<string, unknown>>;

/** An answer to a request of the stateless revision, as its client reads it. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly result: Params | undefined;
  /** The code of the JSON-RPC error. */
  readonly error: number | undefined;
  /** The code of a refusal of this library. */
  readonly code: string | undefined;
  /** The session that a client may name from here on. */
  readonly sessionArgument: string | undefined;
}

/** Refusals before anything of a call has begun, or gone on. */
const REFUSALS: ReadonlySet<string | undefined> = new Set([
  'draining',
  'at-capacity',
  'quota-reached',
  'store-unavailable',
  'session-busy',
  'internal-error',
  'server-unavailable',
  'capability-missing',
  'session-ended',
  'session-crashed',
  'session-restarted',
]);

/** The answers in a whole response: there ought to be one. */
export function repliesIn({ status, body, isStream, events, end }: Response): Reply[] {
  // What is cut may end anywhere.
  const whole = end === 'whole' ? [body] : [];
  const texts = isStream ? events.map(({ data }) => data) : whole;
  return texts.filter(Boolean).flatMap((text) => {
    const message = JSON.parse(text) as {
      readonly method?: string;
      readonly result?: Params;
      readonly error?: { readonly code: number; readonly data?: { readonly code?: string } };
    };
    if (message.method !== undefined) return [];
    const { result, error } = message;
    const meta = result?.['_meta'] as Params | undefined;
    const sessionArgument = meta?.['mcp-actors/session'] as string | undefined;
    return { status, text, result, error: error?.code, code: error?.data?.code, sessionArgument };
  });
}

/** What became of a request. */
export function outcomeOf({ text, result, code }: Reply): Outcome {
  if (result === undefined) {
    if (code === 'request-state-invalid') return 'invalid';
    return REFUSALS.has(code) ? 'refused' : 'error';
  }
  const { resultType } = result;
  if (resultType === 'input_required') return 'asked';
  if (resultType === 'task') return 'task';
  if (text.includes('what it had done so far is unknown')) return 'lost';
  return text.includes('There is no such session') ? 'gone' : 'answer';
}
