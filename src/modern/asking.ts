import type { Asks } from '../session/asks.ts';
import type { Envelope } from '../session/envelope.ts';
import type { Asked } from '../session/exchange.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import { inside } from './inquiry.ts';
import type { Inputs } from './inputs.ts';
import { errorOf } from './questionErrors.ts';

/** A call whose handler asks its client. */
export interface AskingCall {
  readonly innerId: RequestId;
  readonly home: {
    readonly session: {
      readonly mailbox: { readonly parking: Pick<Asks, 'park' | 'unpark'> | null };
      accept(envelope: Envelope): unknown;
    };
  };
}

/** Hands an answer of the client to the handler that asked. */
export function deliver(
  { home }: AskingCall,
  id: RequestId,
  result: Record<string, unknown>,
): void {
  home.session.accept(inside({ jsonrpc: '2.0', id, result }));
}

/** Has the handler go on, as soon as there is a place for it among those that run. */
export function resume({ home, innerId }: AskingCall, go: () => void): void {
  home.session.mailbox.parking?.unpark(innerId, go);
}

/** While the client is asked, other calls of the session may have the handler's place. */
export function yieldPlace({ home, innerId }: AskingCall, { size }: Inputs): void {
  if (size > 0) home.session.mailbox.parking?.park(innerId);
}

/** Nobody will answer a question any more: it would keep the session in use for ever. */
export function refuse(
  questions: readonly Pick<Asked, 'fail'>[],
  code: 'too-many-parked' | 'call-lost',
): void {
  for (const question of questions) question.fail(errorOf(code));
}
