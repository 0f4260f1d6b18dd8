import type { Implementation } from '../wire/implementation.ts';
import type { RequestId } from '../wire/jsonrpc.ts';

/** One call of the stateless revision, as code below its handler reaches it. */
export interface CallScope {
  /** The id under which the session knows the request. */
  readonly innerId: RequestId;
  /** Who made the call: in a session that many share, not whose the session is. */
  readonly principal: string | undefined;
  readonly clientInfo: Implementation | undefined;
  readonly clientCapabilities: Readonly<Record<string, unknown>>;
  /** The least severe log message that the client wants; `undefined`: none at all. */
  readonly level: string | undefined;
  /** Answers that came with the request, by the keys of their questions. */
  readonly inputResponses: Readonly<Record<string, unknown>>;
  /** The state of the author's own that came back with the request. */
  readonly requestState: string | undefined;
}
