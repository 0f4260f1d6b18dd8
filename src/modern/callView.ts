import { cut } from '../base/cut.ts';
import { MAX_NAME_LENGTH, type RequestId } from '../wire/jsonrpc.ts';
import type { Params } from './envelope.ts';
import type { InputRequest } from './ownRound.ts';

/** A call of the stateless revision that has outlived the response which brought it. */
export interface CallView {
  /** The call's number in this process, as in `call.transition`. */
  readonly call: number;
  /** The session's name in events and logs: it opens nothing. */
  readonly session: string;
  /** A loggable name of the principal; `anonymous` without one. */
  readonly principal: string;
  readonly method: string;
  /** The tool or prompt that is called, up to 256 characters. */
  readonly name: string | undefined;
  /** The path of the call's state: `parked`, `task.working`, `task.asking`, `kept`. */
  readonly state: string;
  /** How often the client has come back. */
  readonly round: number;
  /** Methods of the questions that wait for the client. */
  readonly questions: readonly string[];
  /** When the call came, in milliseconds since the epoch. */
  readonly since: number;
  /** When the call is given up or forgotten, in milliseconds since the epoch. */
  readonly deadline: number | undefined;
}

/** A call, as a view is made of it. */
export interface ViewedCall {
  readonly innerId: RequestId;
  readonly home: { readonly session: { readonly key: string } };
  readonly principal: string | undefined;
  readonly method: string;
  readonly params: Params | undefined;
  readonly state: string;
  readonly round: number;
  readonly startedAt: number;
  /** The questions that wait, by their keys. */
  readonly inputRequests: Readonly<Record<string, InputRequest>>;
}

/** Makes the view of a call: names and times, never arguments or answers. */
export function callViewOf(
  call: ViewedCall,
  principalKey: (principal: string | undefined) => string,
  deadline: number | undefined,
): CallView {
  const { innerId, home, principal, method, params, state, round, startedAt } = call;
  const name = params?.['name'];
  return {
    call: Number(innerId),
    session: home.session.key,
    principal: principalKey(principal),
    method,
    // Text from the wire, of any length.
    name: typeof name === 'string' ? cut(name, MAX_NAME_LENGTH) : undefined,
    state,
    round,
    questions: Object.values(call.inputRequests).map((request) => request.method),
    since: startedAt,
    deadline,
  };
}
