import { END_REASONS, type EndReason } from '../../machines/session.ts';
import type { Verb } from '../directory/verb.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { isSpace, type SpaceName } from './engine.ts';
import type { FrameOf } from './frame.ts';

/** What an operator asks of another node: to act on one session, or to show some. */
export type VerbAsked =
  | { readonly session: string; readonly space?: SpaceName; readonly verb: Verb }
  | { readonly sessions: readonly string[] };

/** What a frame says of a verb. */
export type VerbContent = Pick<FrameOf<'verb'>, 'verb' | 'about'>;

export function contentOf(asked: VerbAsked): VerbContent {
  if ('sessions' in asked) return { verb: 'views', about: asked };
  const { session, space, verb } = asked;
  const about = verb.do === 'evict' ? { session, space, reason: verb.reason } : { session, space };
  return { verb: verb.do, about };
}

/** What a frame asks; `undefined` for a verb that this release does not know. */
export function askedOf({ verb, about }: VerbContent): VerbAsked | undefined {
  if (!isObject(about)) return undefined;
  const { session, sessions, space, reason } = about;
  if (verb === 'views' && Array.isArray(sessions)) return { sessions: sessions.map(String) };
  if (typeof session !== 'string' || !isSpace(space)) return undefined;
  if (verb === 'wake' || verb === 'give') return { session, space, verb: { do: verb } };
  if (verb !== 'evict' || !isReason(reason)) return undefined;
  return { session, space, verb: { do: 'evict', reason } };
}

function isReason(value: unknown): value is EndReason {
  return END_REASONS.some((reason) => reason === value);
}
