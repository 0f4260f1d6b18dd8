import type { AnswerForm } from '../wire/headers.ts';
import type { RequestId, RequestMessage } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { Answers } from './calls.ts';
import type { ModernEnvelope } from './envelope.ts';

/** What a call begins with, and begins anew with when its client comes back. */
export interface Round {
  readonly message: RequestMessage;
  readonly envelope: ModernEnvelope;
  readonly port: ResponsePort;
  readonly form: AnswerForm;
}

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
