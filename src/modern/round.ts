import type { RequestId } from '../wire/jsonrpc.ts';
import type { Ask } from './ask.ts';
import type { Answers } from './calls.ts';

/** What a call begins with, and begins anew with when its client comes back. */
export type Round = Pick<Ask, 'incoming' | 'message' | 'envelope'>;

/** What only the first round of a call has. */
export interface CallOptions {
  readonly innerId: RequestId;
  readonly principal: string | undefined;
  /** Answers that came with the request, and whether they are those of a call that is lost. */
  readonly given: Answers;
  readonly isRerun: boolean;
  /** What the author of the tool has put into the token. */
  readonly requestState: string | undefined;
}
