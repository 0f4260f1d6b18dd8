import type { ResponsePort } from '../wire/port.ts';

/**
 * Whole answers a session's client has not read yet. Past the limit the oldest are cut: a client
 * that asks and never reads costs a bounded number of bytes, whatever the number of its sockets.
 */
export class UnreadAnswers {
  readonly #maxBytes: number;
  readonly #onCut: () => void;
  #ports: Set<ResponsePort> | null = null;

  constructor(maxBytes: number, onCut: () => void) {
    this.#maxBytes = maxBytes;
    this.#onCut = onCut;
  }

  /** An answer was written to a port. */
  add(port: ResponsePort): void {
    if (port.unread === 0) return;
    this.#ports ??= new Set();
    const ports = this.#ports;
    ports.add(port);
    port.whenGone(() => ports.delete(port));
    let bytes = 0;
    for (const each of ports) bytes += each.unread;
    for (const oldest of ports) {
      // The last one is what the client is reading now, however large.
      if (bytes <= this.#maxBytes || ports.size === 1) return;
      bytes -= oldest.unread;
      ports.delete(oldest);
      this.#onCut();
      oldest.cut();
    }
  }
}
