import { END_REASONS, type EndReason } from '../../machines/session.ts';
import type { Verb } from '../directory/verb.ts';
import { isObject } from '../wire/jsonrpc.ts';
import type { FrameOf } from './frame.ts';

/** What an operator asks of another node: to act on one session, or to show some. */
export type VerbAsked =
  | { readonly session: string; readonly verb: Verb }
  | { readonly sessions: readonly string[] };

/** What a frame says of a verb. */
export type VerbContent = Pick<FrameOf<'verb'>, 'verb' | 'about'>;

export function contentOf(asked: VerbAsked): VerbContent {
  if ('sessions' in asked) return { verb: 'views', about: asked };
  const { session, verb } = asked;
  return {
    verb: verb.do,
    about: verb.do === 'evict' ? { session, reason: verb.reason } : { session },
  };
}

/** What a frame asks; `undefined` for a verb that this release does not know. */
export function askedOf({ verb, about }: VerbContent): VerbAsked | undefined {
  if (!isObject(about)) return undefined;
  const { session, sessions, reason } = about;
  if (verb === 'views' && Array.isArray(sessions)) return { sessions: sessions.map(String) };
  if (typeof session !== 'string') return undefined;
  if (verb === 'wake') return { session, verb: { do: 'wake' } };
  if (verb !== 'evict' || !isReason(reason)) return undefined;
  return { session, verb: { do: 'evict', reason } };
}

function isReason(value: unknown): value is EndReason {
  return END_REASONS.some((reason) => reason === value);
}
