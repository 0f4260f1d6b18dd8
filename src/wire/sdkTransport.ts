import type { RequestId } from './jsonrpc.ts';

/** A message as either SDK types it: each of its requests, notifications and responses fits. */
export interface SdkMessage {
  readonly jsonrpc: '2.0';
  readonly id?: RequestId | undefined;
  readonly method?: string | undefined;
  readonly params?: object | undefined;
  readonly result?: object | undefined;
  readonly error?: object | undefined;
}

/**
 * What a server or a client of the SDK connects to: of the `Transport` of v1 and that of v2 the
 * members that both have. By structure, so that neither package needs to be there.
 */
export interface SdkTransport {
  start(): Promise<void>;
  send(
    message: SdkMessage,
    options?: { readonly relatedRequestId?: RequestId | undefined },
  ): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: SdkMessage, extra?: unknown) => void) | undefined;
  sessionId?: string | undefined;
}
