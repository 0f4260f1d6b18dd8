import { currentContext } from '../session/context.ts';
import type { Implementation } from '../wire/implementation.ts';

/** The call a handler runs for, as code at any depth below the handler sees it. */
export interface CurrentCall {
  readonly era: 'legacy' | 'modern';
  /** Of the client that made the call. */
  readonly clientInfo: Implementation | undefined;
  readonly clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  /**
   * In era `modern`: answers that came with the request, by the keys under which a result of the
   * handler's own, with `resultType: 'input_required'`, has asked. Text from the client, not checked.
   */
  readonly inputResponses: Readonly<Record<string, unknown>>;
  /**
   * In era `modern`: the `requestState` of such a result. It comes back as it was given, for the same
   * caller and arguments, and within `parkMs`; it may come back more than once.
   */
  readonly requestState: string | undefined;
}

/**
 * The call this code runs for. In era `legacy` nothing but the session is known of it.
 *
 * @throws ActorsError `no-session` outside any session, `context-unavailable` where the host has no
 * AsyncLocalStorage
 */
export function currentCall(): CurrentCall {
  const { call, session } = currentContext();
  const { era, clientInfo, clientCapabilities } =
    call === undefined ? session : { ...ofCall(call) };
  return {
    era,
    clientInfo,
    clientCapabilities,
    inputResponses: call?.inputResponses ?? {},
    requestState: call?.requestState,
  };
}

function ofCall(call: Pick<CurrentCall, 'clientInfo' | 'clientCapabilities'>) {
  const { clientInfo, clientCapabilities } = call;
  return { era: 'modern', clientInfo, clientCapabilities } as const;
}
