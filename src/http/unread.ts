import type { ResponsePort } from '../wire/port.ts';

/**
 * Bounds the whole answers that a session's client has not read; past the limit the oldest are cut.
 * A client that asks and never reads costs a bounded number of bytes, whatever the number of
 * sockets.
 */
export class UnreadAnswers {
  readonly #maxBytes: number;
  readonly #onCut: () => void;
  #ports: Set<ResponsePort> | null = null;

  constructor(maxBytes: number, onCut: () => void) {
    this.#maxBytes = maxBytes;
    this.#onCut = onCut;
  }

  /** Counts an answer that was written to a port. */
  add(port: ResponsePort): void {
    if (port.unread === 0) return;
    this.#ports ??= new Set();
    const ports = this.#ports;
    ports.add(port);
    port.whenGone(() => ports.delete(port));
    let bytes = 0;
    for (const each of ports) bytes += each.unread;
    for (const oldest of ports) {
      // The client is reading the last answer now, however large.
      if (bytes <= this.#maxBytes || ports.size === 1) return;
      bytes -= oldest.unread;
      ports.delete(oldest);
      this.#onCut();
      oldest.cut();
    }
  }
}
