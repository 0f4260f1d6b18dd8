/**
 * Where the answer to one HTTP request goes. An adapter gives one port per request; its holder
 * either sends a whole answer or opens an event stream, once.
 */
export interface ResponsePort {
  /** Sends a whole answer and ends the response. */
  send(status: number, headers: readonly string[], body?: string): void;
  /** Begins an event stream: the head leaves at once. */
  open(headers: readonly string[]): void;
  write(frame: string): void;
  end(): void;
  /** Drops the client, with whatever it has not read. */
  cut(): void;
  /** Bytes written that the client has not taken yet. */
  readonly unread: number;
  /** Resolves when the client has taken what was written, or is gone. */
  drained(): Promise<void>;
  /** The response is over, ended by either side. */
  readonly gone: boolean;
  /** Calls back once, when the response is over. */
  whenGone(callback: () => void): void;
}
