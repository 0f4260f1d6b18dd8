/**
 * Where the answer to one HTTP request goes. An adapter gives one port per request; its holder
 * either sends a whole answer or opens an event stream, once.
 *
 * Nothing throws. What comes out of this order does nothing: a second `send` or `open`, `write` or
 * `end` without `open`, anything once the response is `gone`. The one thing that always has an
 * effect is `cut`. Every port passes `test/support/portContract.ts`.
 */
export interface ResponsePort {
  /** Sends a whole answer and ends the response. */
  send(status: number, headers: readonly string[], body?: string): void;
  /** Begins an event stream: the head leaves at once. */
  open(headers: readonly string[]): void;
  write(frame: string): void;
  /** Ends the event stream behind what was written. */
  end(): void;
  /** Drops the client, with whatever it has not read: nothing is unread from here on. */
  cut(): void;
  /**
   * Bytes written that the client has not taken yet, to the nearest 64 KiB: also of a response that
   * is `gone`, until the last byte is taken or dropped. A port may leave out whole answers of up to
   * 16 KiB.
   */
  readonly unread: number;
  /** Resolves when the client has taken so much that there is room for more, or is `gone`. */
  drained(): Promise<void>;
  /** Nothing more can be written: the response was sent, ended or cut, or its client left. */
  readonly gone: boolean;
  /**
   * Calls back once, when the response is `gone` and nothing of it is unread: soon, where that is
   * so already.
   */
  whenGone(callback: () => void): void;
}
